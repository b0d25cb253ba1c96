// What killed processes of ours left that belongs to no container any more, or to none yet: found and removed by the
// next command that makes or removes a container. What belongs to a container is heal()'s (containers.hpp).
#pragma once

#include "engine/engine.hpp"

namespace phial::engine {

// Containers half made and half removed, with their names, anonymous volumes and state. Whatever somebody still works
// on is left alone. Never fails: what it cannot remove is the next one's.
void recover(const Engine& engine);

// Removes the volumes that were made for this container alone.
[[nodiscard]] Result<> remove_anonymous_volumes(const Engine& engine, const Record& record);

// What monitors of further processes (exec) that were killed left in a running container's state directory.
void recover_execs(const std::string& state);

} // namespace phial::engine
