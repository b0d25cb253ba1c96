// What is left of a container whose record cannot be read any more: the journal still names its process, and that
// process still says which cgroups are its own.
#pragma once

#include "base/error.hpp"

#include <string>

namespace phial::runtime {

// Ends the process that the journal in `state` names, if it was started in this boot and lives, and removes those of
// its cgroups that are called after the container: "…/ID", or systemd's "…-ID.scope". No process is no error.
[[nodiscard]] Result<> end_unrecorded(const std::string& state, const std::string& id);

} // namespace phial::runtime
