#include "engine/process.hpp"

namespace phial::engine {

namespace {

Result<Fd> open_of_boot(const Running& running, pid_t pid, std::uint64_t start) {
  if (pid <= 0 || TRY(kernel::boot_id()) != running.boot)
    return Fd();
  return kernel::open_process(pid, start);
}

} // namespace

Result<Fd> open_container_process(const Running& running) {
  return open_of_boot(running, running.pid, running.pid_start);
}

Result<Fd> open_monitor(const Running& running) {
  return open_of_boot(running, running.monitor, running.monitor_start);
}

} // namespace phial::engine
