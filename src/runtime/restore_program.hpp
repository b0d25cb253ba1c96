// Compiling a container that criu brings back. Pure.
#pragma once

#include "program/program.hpp"
#include "runtime/request.hpp"

namespace phial::runtime {

// `criu` is the command line that makes its processes, between the section `host` and the section `started`.
[[nodiscard]] Result<program::Program> compile_restore(const Request& request, const std::vector<std::string>& criu,
                                                       const HostFacts& facts);

} // namespace phial::runtime
