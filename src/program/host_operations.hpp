// The operations that only the host has (Op, those marked "host"): what is more than one system call or needs a loop.
#pragma once

#include "program/interpreter.hpp"

namespace phial::program {

// Machine::named of the host. Returns a result or a negative errno.
long host_operation(Machine& machine, const Instruction& instruction, const std::uint64_t* args);

} // namespace phial::program
