#include "runtime/freezer.hpp"

#include "base/file.hpp"
#include "base/text.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

namespace phial::runtime {

namespace {

constexpr int kPatience = 10'000; // milliseconds

Result<> write_to(const std::string& path, std::string_view value) {
  Fd file = TRY(open_at(AT_FDCWD, path, O_WRONLY));
  TRY(write_all(file.get(), value), "write " + std::string(value) + " to " + path);
  return {};
}

bool says_frozen(std::string_view events) {
  for (std::string_view line : split(events, '\n'))
    if (line == "frozen 1")
      return true;
  return false;
}

// Version 1 tells nobody when it is done, and a process that forks meanwhile needs to be asked again.
Result<bool> freeze_v1(const std::string& state) {
  for (int waited = 0; waited < kPatience; ++waited) {
    TRY(write_to(state, "FROZEN"));
    std::string text = TRY(read_file(state));
    if (trim(text) == "FROZEN")
      return true;
    timespec pause{0, 1'000'000};
    // allow sleep: the freezer of version 1 wakes nobody
    ::nanosleep(&pause, nullptr);
  }
  return false;
}

// Version 2 wakes whoever polls cgroup.events.
Result<bool> freeze_v2(const std::string& directory) {
  Fd events = TRY(open_at(AT_FDCWD, directory + "/cgroup.events", O_RDONLY));
  TRY(write_to(directory + "/cgroup.freeze", "1"));
  for (;;) {
    std::string text = TRY(read_all(events.get()));
    if (says_frozen(text))
      return true;
    pollfd wait{events.get(), POLLPRI, 0};
    int n = ::poll(&wait, 1, kPatience);
    if (n == 0)
      return false;
    if (n < 0 && errno != EINTR)
      return fail_call("poll", "cgroup.events");
    if (::lseek(events.get(), 0, SEEK_SET) != 0)
      return fail_call("lseek", "cgroup.events");
  }
}

Result<> collect(const std::string& directory, std::vector<pid_t>& out) {
  Result<std::string> text = read_file(directory + "/cgroup.procs");
  if (!text)
    return text.error().kind == Kind::not_found ? Result<>() : std::unexpected(std::move(text).error());
  for (std::string_view line : split(*text, '\n'))
    if (auto pid = parse_int(line); pid && *pid > 0)
      out.push_back(static_cast<pid_t>(*pid));
  for (const std::string& name : TRY(list_directory(directory))) {
    std::string below = directory + "/" + name;
    struct stat status{};
    if (::lstat(below.c_str(), &status) == 0 && S_ISDIR(status.st_mode))
      TRY(collect(below, out));
  }
  return {};
}

} // namespace

bool is_frozen(const CgroupPaths& cgroup) {
  if (cgroup.freezer.empty())
    return false;
  if (cgroup.freezer_v1) {
    Result<std::string> state = read_file(cgroup.freezer + "/freezer.state");
    return state && trim(*state) != "THAWED";
  }
  Result<std::string> events = read_file(cgroup.freezer + "/cgroup.events");
  return events && says_frozen(*events);
}

Result<> set_frozen(const CgroupPaths& cgroup, bool frozen) {
  if (cgroup.freezer.empty())
    return fail(Kind::state, "the container has no cgroup that can be frozen",
                "this host has no freezer: see `phial doctor`");
  std::string state = cgroup.freezer + (cgroup.freezer_v1 ? "/freezer.state" : "/cgroup.freeze");
  std::string_view thawed = cgroup.freezer_v1 ? "THAWED" : "0";
  if (!frozen)
    return write_to(state, thawed);
  if (TRY(cgroup.freezer_v1 ? freeze_v1(state) : freeze_v2(cgroup.freezer)))
    return {};
  TRY(write_to(state, thawed));
  return fail(Kind::state, "a process of the container did not stop within ten seconds",
              "it waits in the kernel, probably for a disk or a network file system; try again");
}

Result<std::vector<pid_t>> processes_in(const CgroupPaths& cgroup) {
  std::vector<pid_t> out;
  const std::string& directory =
      !cgroup.freezer.empty() || cgroup.directories.empty() ? cgroup.freezer : cgroup.directories.front();
  if (directory.empty())
    return fail(Kind::state, "the container has no cgroup");
  TRY(collect(directory, out));
  std::ranges::sort(out);
  out.erase(std::ranges::unique(out).begin(), out.end());
  return out;
}

void thaw_below(const std::string& directory) {
  (void)write_to(directory + "/freezer.state", "THAWED");
  Result<std::vector<std::string>> names = list_directory(directory);
  for (const std::string& name : names ? *names : std::vector<std::string>())
    if (std::string below = directory + "/" + name; exists(below + "/freezer.state"))
      thaw_below(below);
}

} // namespace phial::runtime
