// The operations of runtime-spec runtime.md on a container there is. Each asks the kernel for its status first, and
// refuses what that does not allow with Kind::state, in runc's words, touching nothing.
#pragma once

#include "runtime/lifecycle/container.hpp"

namespace phial::runtime {

// A created container executes its program. Returns once it does; where it cannot (the program is missing, a hook
// failed) the container has ended by then, and stays to be deleted.
[[nodiscard]] Result<> start_container(const std::string& root, const std::string& id);

// Sends a signal to its first process, or to all in its cgroup and below.
[[nodiscard]] Result<> kill_container(const std::string& root, const std::string& id, int signal, bool all);

// Removes a container that has ended, one that was never started, or with `force` any: what is left of it is ended,
// the poststop hooks run (`problems` gets what they did wrong), and nothing of it stays. `force` takes "there is none"
// for success.
[[nodiscard]] Result<> delete_container(const std::string& root, const std::string& id, bool force,
                                        std::vector<std::string>* problems = nullptr);

// Freezes and thaws. Only a running container can be paused, only a paused one resumed.
[[nodiscard]] Result<> pause_container(const std::string& root, const std::string& id);
[[nodiscard]] Result<> resume_container(const std::string& root, const std::string& id);

} // namespace phial::runtime
