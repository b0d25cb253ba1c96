// Why a process could not be started, in words that the programs above know: engines tell "not found" (exit status 127)
// from "cannot be executed" (126) by fragments of runc's texts in the log. This is the one place that has them.
#pragma once

#include "program/host.hpp"
#include "program/program.hpp"
#include "spec/types.hpp"

namespace phial::runtime {

// What the journal of a program that failed says.
[[nodiscard]] Error journal_failure(const program::Program& program, program::Loaded& run);

// Puts runc's sentence before ours where the command (Kind::command_missing, command_invalid) or the working directory
// is to blame; leaves any other error as it is. Pure.
void name_command(Error& error, const spec::Process& process);

} // namespace phial::runtime
