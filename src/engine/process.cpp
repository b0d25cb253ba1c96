#include "engine/process.hpp"

#include "engine/proc_stat.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace phial::engine {

Result<Fd> open_process(pid_t pid, std::uint64_t start) {
  Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) {
    if (errno == ESRCH || errno == EINVAL)
      return Fd();
    return fail_call("pidfd_open", std::to_string(pid));
  }
  // Opened first, compared afterwards: while the descriptor is open the number cannot change its owner.
  Result<std::uint64_t> now = start_time_of(pid);
  if (!now || *now != start)
    return Fd();
  return pidfd;
}

namespace {

Result<Fd> open_of_boot(const Running& running, pid_t pid, std::uint64_t start) {
  if (pid <= 0 || TRY(boot_id()) != running.boot)
    return Fd();
  return open_process(pid, start);
}

} // namespace

Result<Fd> open_container_process(const Running& running) {
  return open_of_boot(running, running.pid, running.pid_start);
}

Result<Fd> open_monitor(const Running& running) {
  return open_of_boot(running, running.monitor, running.monitor_start);
}

bool has_ended(int pidfd) {
  pollfd wait{pidfd, POLLIN, 0};
  return ::poll(&wait, 1, 0) > 0;
}

Result<bool> wait_for_end(int pidfd, int milliseconds) {
  timespec begin{};
  ::clock_gettime(CLOCK_MONOTONIC, &begin);
  for (int left = milliseconds;;) {
    pollfd wait{pidfd, POLLIN, 0};
    int n = ::poll(&wait, 1, left);
    if (n > 0)
      return true;
    if (n == 0)
      return false;
    if (errno != EINTR)
      return fail_call("poll", "pidfd");
    if (milliseconds >= 0) {
      timespec now{};
      ::clock_gettime(CLOCK_MONOTONIC, &now);
      auto passed = (now.tv_sec - begin.tv_sec) * 1000 + (now.tv_nsec - begin.tv_nsec) / 1'000'000;
      left = passed >= milliseconds ? 0 : milliseconds - static_cast<int>(passed);
    }
  }
}

Result<> send_signal(int pidfd, int signal) {
  if (::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0) != 0 && errno != ESRCH)
    return fail_call("pidfd_send_signal", std::to_string(signal));
  return {};
}

} // namespace phial::engine
