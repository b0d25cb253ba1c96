// Programs of the host that verbs run: ps, criu.
#pragma once

#include "commandline/environment.hpp"

#include <optional>
#include <string>

namespace phial::oci {

// The first of that name in PATH (without one: the places every system has) that may be executed.
[[nodiscard]] std::optional<std::string> find_program(const commandline::Environment& environment,
                                                      std::string_view name);
[[nodiscard]] std::optional<std::string> find_criu(const commandline::Environment& environment);

} // namespace phial::oci
