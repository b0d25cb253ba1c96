#include "kernel/process.hpp"

#include "base/file.hpp"
#include "base/text.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

namespace phial::kernel {

std::optional<ProcStat> parse_stat(std::string_view text) {
  // The command may hold anything, parentheses too: what counts begins behind the last one.
  std::size_t open = text.find('(');
  std::size_t close = text.rfind(") ");
  if (open == std::string_view::npos || close == std::string_view::npos || close < open)
    return std::nullopt;
  auto pid = parse_int(trim(text.substr(0, open)));
  std::vector<std::string_view> fields = split(trim(text.substr(close + 2)), ' '); // fields[0] is field 3, the state
  if (!pid || fields.size() < 20 || fields[0].size() != 1)
    return std::nullopt;
  auto parent = parse_int(fields[1]);
  auto terminal = parse_int(fields[4]);
  auto user = parse_uint(fields[11]);
  auto system = parse_uint(fields[12]);
  auto start = parse_uint(fields[19]);
  if (!parent || !terminal || !user || !system || !start)
    return std::nullopt;
  return ProcStat{static_cast<std::int32_t>(*pid),
                  std::string(text.substr(open + 1, close - open - 1)),
                  fields[0][0],
                  static_cast<std::int32_t>(*parent),
                  static_cast<std::int32_t>(*terminal),
                  *user + *system,
                  *start};
}

Result<std::uint64_t> start_time_of(pid_t pid) {
  std::string path = "/proc/" + std::to_string(pid) + "/stat";
  auto stat = parse_stat(TRY(read_value(path)));
  if (!stat)
    return fail(Kind::system, path + " cannot be understood");
  return stat->start;
}

Result<std::string> boot_id() {
  return read_value("/proc/sys/kernel/random/boot_id");
}

std::uint64_t boot_number(std::string_view boot_id) {
  constexpr std::size_t kDigits = 16;
  std::string digits;
  for (char letter : boot_id)
    if (letter != '-' && digits.size() < kDigits)
      digits += letter;
  return digits.size() == kDigits ? parse_uint(digits, 16).value_or(0) : 0;
}

namespace {

// Where `is_it` agrees with when it started.
Result<Fd> open_if(pid_t pid, auto&& is_it) {
  Fd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) {
    if (errno == ESRCH || errno == EINVAL)
      return Fd();
    return fail_call("pidfd_open", std::to_string(pid));
  }
  // Opened first, compared afterwards: while the descriptor is open the number cannot change its owner.
  Result<std::uint64_t> now = start_time_of(pid);
  if (!now && now.error().number != ENOENT && now.error().number != ESRCH)
    return std::unexpected(std::move(now).error()); // never "gone" of a process that may be there
  if (!now || !is_it(*now))
    return Fd();
  return pidfd;
}

} // namespace

Result<Fd> open_process(pid_t pid, std::uint64_t start) {
  return open_if(pid, [start](std::uint64_t started) { return started == start; });
}

Result<Fd> open_process_known_at(pid_t pid, std::uint64_t known_at) {
  return open_if(pid, [known_at](std::uint64_t started) { return started <= known_at; });
}

std::uint64_t ticks_after_boot() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  std::uint64_t nanoseconds =
      static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
  return nanoseconds / (1'000'000'000 / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK)));
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

} // namespace phial::kernel
