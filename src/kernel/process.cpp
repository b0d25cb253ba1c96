#include "kernel/process.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "kernel/kabi.hpp"

#include <poll.h>
#include <unistd.h>

namespace phial::kernel {

namespace {

std::unexpected<Error> ended(pid_t pid) {
  return fail(Kind::not_found, "process " + std::to_string(pid) + " has ended");
}

} // namespace

Result<std::uint64_t> parse_start_time(std::string_view stat) {
  constexpr std::size_t kFieldsAfterName = 19; // field 22 is the twentieth behind the name
  std::size_t name_end = stat.rfind(") ");
  if (name_end != std::string_view::npos) {
    std::vector<std::string_view> fields = split(stat.substr(name_end + 2), ' ');
    if (fields.size() > kFieldsAfterName)
      if (auto ticks = parse_uint(trim(fields[kFieldsAfterName])))
        return *ticks;
  }
  return fail(Kind::input, "not the text of /proc/PID/stat");
}

Result<std::uint64_t> process_start_time(pid_t pid) {
  Result<std::string> text = read_file("/proc/" + std::to_string(pid) + "/stat");
  // ESRCH: it ended between open and read.
  if (!text && (text.error().number == ENOENT || text.error().number == ESRCH))
    return ended(pid);
  return parse_start_time(TRY(std::move(text)));
}

Result<Fd> open_process(pid_t pid, std::uint64_t start_time) {
  Fd fd(static_cast<int>(syscall(__NR_pidfd_open, pid, 0)));
  if (!fd) {
    if (errno == ESRCH)
      return ended(pid);
    return fail_call("pidfd_open", std::to_string(pid));
  }
  // Only after the descriptor holds the process can its start time be asked for without it changing hands: if that one
  // has ended meanwhile and the number is another's, the time differs.
  if (TRY(process_start_time(pid)) != start_time)
    return ended(pid);
  return fd;
}

Result<bool> has_ended(int pidfd) {
  pollfd request{pidfd, POLLIN, 0};
  if (poll(&request, 1, 0) < 0)
    return fail_call("poll", "a pidfd");
  return (request.revents & POLLIN) != 0;
}

Result<std::string> boot_id() {
  std::string text = TRY(read_file("/proc/sys/kernel/random/boot_id"));
  return std::string(trim(text));
}

} // namespace phial::kernel
