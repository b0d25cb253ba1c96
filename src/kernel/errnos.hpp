// The names and texts of errno values. Facts only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace phial::kernel {

// "ENOENT" for 2; "errno 4711" for a number without a name.
[[nodiscard]] std::string errno_name(int number);

// 2 for "ENOENT"; nullopt for a name that is none. EWOULDBLOCK and ENOTSUP are known by their other names too.
[[nodiscard]] std::optional<int> errno_number(std::string_view name);

// "No such file or directory"; never depends on a locale.
[[nodiscard]] std::string errno_text(int number);

} // namespace phial::kernel
