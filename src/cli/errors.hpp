// How a failure is told: to a person as a sentence, its cause and a hint; to a machine as one line of JSON; to the
// calling program as an exit status.
#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>

namespace phial::cli {

// `who` is "phial" or "phial run". Ends with a newline.
[[nodiscard]] std::string person_text(std::string_view who, const Error& error);
[[nodiscard]] std::string machine_text(std::string_view who, const Error& error, int status);

// Docker's statuses: 127 where the container's program is missing, 126 where it cannot be executed, else `otherwise`
// (125 for run-like verbs, 1 for the others).
[[nodiscard]] int exit_status(Kind kind, int otherwise);
inline constexpr int kFlagStatus = 125; // a flag that cannot be understood, of any verb

[[nodiscard]] std::string_view kind_name(Kind kind);

} // namespace phial::cli
