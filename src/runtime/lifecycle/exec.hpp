// exec: a further process in a container there is. It is in the container's namespaces and cgroups from its first
// instruction of its own program on, and nobody's but its caller's: no file of ours tells of it.
#pragma once

#include "program/host.hpp"
#include "runtime/lifecycle/container.hpp"
#include "runtime/lifecycle/exec_cgroups.hpp"
#include "runtime/lifecycle/handover.hpp"

namespace phial::runtime {

// The container, where its status allows exec. Kind::state in runc's words.
[[nodiscard]] Result<Container> container_for_exec(const std::string& root, const std::string& id, bool ignore_paused);

struct ExecOrder : Handover {
  spec::Process process; // whole
  std::vector<SubCgroup> cgroups;
};

// The process once its program runs.
struct Executed {
  Fd process; // pidfd
  pid_t pid = 0;
  Fd terminal; // the master, where it has a terminal and no console socket took it
  std::vector<std::string> warnings;
};

// Fails with no process left. `spec` is the container's. The descriptors from 3 to 2 + preserve_fds stay what they are.
[[nodiscard]] Result<Executed> execute(const Container& container, const spec::Spec& spec, ExecOrder order);

} // namespace phial::runtime
