// top: the container's processes with the columns of `ps -ef`, read from the host's /proc; nothing is run inside.
// proc_pid_stat(5), proc_pid_cmdline(5).
#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "engine/containers.hpp"
#include "kernel/process.hpp"
#include "runtime/freezer.hpp"
#include "spec/users.hpp"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

namespace phial::engine {

namespace {

std::string two(std::uint64_t value) {
  return (value < 10 ? "0" : "") + std::to_string(value);
}

// Processor time as ps has it: 01:02:03.
std::string clock_text(std::uint64_t seconds) {
  return two(seconds / 3600) + ":" + two(seconds / 60 % 60) + ":" + two(seconds % 60);
}

// Numbers of devices as the kernel packs them for tty_nr.
std::string terminal_text(std::int32_t number) {
  auto value = static_cast<std::uint32_t>(number);
  std::uint32_t major = value >> 8 & 0xfff;
  std::uint32_t minor = (value & 0xff) | (value >> 12 & 0xfff00);
  if (number == 0)
    return "?";
  if (major >= 136 && major <= 143)
    return "pts/" + std::to_string(minor + (major - 136) * 256);
  return "tty" + std::to_string(minor);
}

struct Clock {
  std::uint64_t hertz = 100;
  std::int64_t uptime = 0; // nanoseconds
  std::int64_t present = 0;
};

Clock read_clock() {
  timespec boot{};
  ::clock_gettime(CLOCK_BOOTTIME, &boot);
  return {static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK)),
          static_cast<std::int64_t>(boot.tv_sec) * kSecond + boot.tv_nsec, now()};
}

// 15:04 of today, else Nov22; UTC's day decides, the machine's zone is not looked up.
std::string start_text(std::int64_t started, std::int64_t present) {
  std::string text = time_string(started);
  if (text.substr(0, 10) == time_string(present).substr(0, 10))
    return text.substr(11, 5);
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  auto month = parse_uint(text.substr(5, 2)).value_or(1);
  return std::string(kMonths.substr((month - 1) * 3, 3)) + text.substr(8, 2);
}

std::string command_text(pid_t pid, const std::string& name) {
  Result<std::string> line = read_file("/proc/" + std::to_string(pid) + "/cmdline", std::size_t{4} << 20);
  if (!line || line->empty())
    return "[" + name + "]";
  std::string out;
  for (char c : *line) // what a process calls itself must not steer the caller's terminal
    out += c == '\0' ? ' ' : static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? '?' : c;
  while (!out.empty() && out.back() == ' ')
    out.pop_back();
  return out;
}

std::string user_name(uid_t uid, const std::vector<spec::PasswdEntry>& users) {
  for (const spec::PasswdEntry& user : users)
    if (user.uid == uid)
      return user.name;
  return std::to_string(uid);
}

std::optional<ProcessRow> row_of(pid_t pid, const Clock& clock, const std::vector<spec::PasswdEntry>& users) {
  std::string directory = "/proc/" + std::to_string(pid);
  Result<std::string> text = read_file(directory + "/stat");
  struct stat owner{};
  if (!text || ::stat(directory.c_str(), &owner) != 0)
    return std::nullopt; // gone meanwhile
  auto stat = kernel::parse_stat(*text);
  if (!stat)
    return std::nullopt;
  auto age = clock.uptime - static_cast<std::int64_t>(stat->start * (1'000'000'000 / clock.hertz));
  std::uint64_t seconds = stat->ticks / clock.hertz;
  auto lived = static_cast<std::uint64_t>(std::max<std::int64_t>(age / kSecond, 1));
  ProcessRow row;
  row.user = user_name(owner.st_uid, users);
  row.pid = std::to_string(pid);
  row.parent = std::to_string(stat->parent);
  row.cpu = std::to_string(std::min<std::uint64_t>(seconds * 100 / lived, 99));
  row.started = start_text(clock.present - age, clock.present);
  row.terminal = terminal_text(stat->terminal);
  row.time = clock_text(seconds);
  row.command = command_text(pid, stat->command);
  return row;
}

} // namespace

Result<std::vector<ProcessRow>> top(const Engine& engine, std::string_view reference) {
  Container container = TRY(find(engine, reference));
  if (!container.is_running())
    return fail(Kind::state, "container " + container.name + " is not running",
                "`phial start " + container.name + "` starts it");
  Clock clock = read_clock();
  Result<std::string> passwd = read_file("/etc/passwd", spec::kMaxUserFile);
  std::vector<spec::PasswdEntry> users = spec::parse_passwd(passwd ? *passwd : std::string());
  std::vector<ProcessRow> out;
  for (pid_t pid : TRY(runtime::processes_in(container.cgroup)))
    if (auto row = row_of(pid, clock, users))
      out.push_back(std::move(*row));
  return out;
}

} // namespace phial::engine
