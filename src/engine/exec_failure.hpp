// Why a container's program could not be executed: the diagnosis (runtime/exec_diagnosis.hpp) put to the container's
// own files. Reads only; where nothing is found out, nothing is said.
#pragma once

#include "base/fd.hpp"
#include "engine/record.hpp"
#include "spec/types.hpp"

#include <string>

namespace phial::engine {

// Adds to the error of a failed start what is behind it. `upper`: the container's writable layer, where it is left.
void explain_start(Error& error, const Record& record, const std::string& upper, const spec::Spec& spec);

// The same for a further command in the running container `pid`.
void explain_command(Error& error, std::int32_t pid, const spec::Spec& spec, const spec::Process& process);

// Why the program ended with status 127 as soon as it was executed: sentence and hint on lines of their own, or empty.
[[nodiscard]] std::string explain_127(const Record& record, const std::string& upper, const spec::Spec& spec);

} // namespace phial::engine
