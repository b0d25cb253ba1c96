// The program as a shell script: run as root by bash with util-linux, iproute2 and coreutils alone it makes a container
// with the same namespaces, mounts, limits and capabilities. docs/program.md says how it works. Pure.
#pragma once

#include "program/program.hpp"

#include <string>

namespace phial::program {

[[nodiscard]] std::string print_shell(const Program& program);

} // namespace phial::program
