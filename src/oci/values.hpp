// Values of flags that are numbers and durations, checked. Errors are Kind::usage and name the flag. Pure.
#pragma once

#include "oci/verb.hpp"

#include <cstdint>
#include <optional>

namespace phial::oci {

// The last value of a flag as a number from `least` to `most`; nullopt where it was not given.
[[nodiscard]] Result<std::optional<std::int64_t>> number_of(const Arguments& arguments, std::string_view flag,
                                                            std::int64_t least, std::int64_t most);

// "500ms", "5s", "1m30s" in nanoseconds, more than nothing.
[[nodiscard]] Result<std::optional<std::int64_t>> duration_of(const Arguments& arguments, std::string_view flag);

} // namespace phial::oci
