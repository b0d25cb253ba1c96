// kill: to one process by its pidfd, or to every process of the cgroup.
#include "kernel/process.hpp"
#include "runtime/freezer.hpp"
#include "runtime/lifecycle/operations.hpp"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace phial::runtime {

namespace {

// Those that are there now; one that is born meanwhile and was missed dies with the next round.
Result<> signal_all(const Container& container, int signal) {
  int rounds = signal == SIGKILL ? 5 : 1;
  for (int i = 0; i < rounds; ++i) {
    std::vector<pid_t> pids = TRY(processes_in(container.record.cgroups));
    if (pids.empty())
      return {};
    for (pid_t pid : pids) {
      Fd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
      if (process)
        TRY(kernel::send_signal(process.get(), signal));
    }
  }
  return {};
}

} // namespace

Result<> kill_container(const std::string& root, const std::string& id, int signal, bool all) {
  Container container = TRY(find_container(root, id));
  bool reachable = container.is_alive() && container.status != Status::creating;
  if (!reachable && !all)
    return fail(Kind::state, "container not running");
  if (all && !container.record.cgroups.directories.empty())
    TRY(signal_all(container, signal));
  else if (container.process)
    TRY(kernel::send_signal(container.process.get(), signal));
  // The frozen do not even die.
  if (signal == SIGKILL && container.status == Status::paused && container.record.cgroups.freezer_v1)
    TRY(set_frozen(container.record.cgroups, false));
  return {};
}

Result<> pause_container(const std::string& root, const std::string& id) {
  Container container = TRY(find_container(root, id));
  if (container.status != Status::running && container.status != Status::created)
    return fail(Kind::state, "container not running or created: " + std::string(status_name(container.status)));
  return set_frozen(container.record.cgroups, true);
}

Result<> resume_container(const std::string& root, const std::string& id) {
  Container container = TRY(find_container(root, id));
  if (container.status != Status::paused)
    return fail(Kind::state, "container not paused");
  return set_frozen(container.record.cgroups, false);
}

} // namespace phial::runtime
