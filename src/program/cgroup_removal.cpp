#include "program/cgroup_removal.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "kernel/cgroup/layout.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

namespace phial::program {

namespace {

constexpr long kFirstPause = 100'000; // ns
constexpr long kLongestPause = 20'000'000;
constexpr int kPauses = 510; // ten seconds in all

// Kills by cgroup.kill where the kernel has it; else every process that is listed, which a fork may outrun: the caller
// comes again.
void kill_all_in(const std::string& path) {
  if (Result<Fd> kill_file = open_at(AT_FDCWD, path + "/cgroup.kill", O_WRONLY)) {
    (void)write_all(kill_file->get(), "1");
    return;
  }
  // A v1 freezer keeps even the killed from ending.
  if (Result<Fd> freezer = open_at(AT_FDCWD, path + "/freezer.state", O_WRONLY))
    (void)write_all(freezer->get(), "THAWED");
  Result<std::string> processes = read_file(path + "/cgroup.procs");
  if (!processes)
    return;
  for (std::string_view line : split(*processes, '\n'))
    if (auto pid = parse_int(line); pid && *pid > 1 && *pid != ::getpid())
      ::kill(static_cast<pid_t>(*pid), SIGKILL);
}

bool is_directory(const std::string& path);

void thaw_tree(const std::string& path) {
  Result<Fd> state = open_at(AT_FDCWD, path + "/freezer.state", O_WRONLY);
  if (!state)
    return;
  (void)write_all(state->get(), "THAWED");
  Result<std::vector<std::string>> names = list_directory(path);
  if (!names)
    return;
  for (const std::string& name : *names)
    if (is_directory(path + "/" + name))
      thaw_tree(path + "/" + name);
}

// What the container froze below its cgroup in the freezer's hierarchy of version 1 does not end in any other hierarchy
// either: the cgroup of the same name there is thawed whole.
void thaw_everywhere(std::string_view path) {
  Result<kernel::CgroupLayout> layout = kernel::probe_cgroup_layout();
  const kernel::CgroupHierarchy* freezer = layout ? layout->holding("freezer") : nullptr;
  if (freezer == nullptr || freezer->version != 1)
    return;
  for (const kernel::CgroupHierarchy& hierarchy : layout->hierarchies)
    if (path.starts_with(hierarchy.point + "/"))
      return thaw_tree(freezer->point + std::string(path.substr(hierarchy.point.size())));
}

bool is_directory(const std::string& path) {
  struct stat status{};
  return ::lstat(path.c_str(), &status) == 0 && S_ISDIR(status.st_mode);
}

// Depth first; 0 or the errno of the first directory that stays.
int remove_directories(const std::string& path) {
  if (::rmdir(path.c_str()) == 0 || errno == ENOENT)
    return 0;
  if (errno != EBUSY && errno != ENOTEMPTY)
    return errno;
  int problem = EBUSY;
  Result<std::vector<std::string>> names = list_directory(path);
  if (!names)
    return names.error().number == ENOENT ? 0 : EBUSY;
  for (const std::string& name : *names)
    if (is_directory(path + "/" + name))
      (void)remove_directories(path + "/" + name);
  kill_all_in(path);
  if (::rmdir(path.c_str()) == 0 || errno == ENOENT)
    return 0;
  problem = errno;
  return problem;
}

} // namespace

long remove_cgroup(const char* path) {
  timespec pause{0, kFirstPause};
  for (int i = 0;; ++i) {
    int problem = remove_directories(path);
    if (problem == 0)
      return 0;
    if (problem != EBUSY || i == kPauses)
      return -problem;
    if (i == 0)
      thaw_everywhere(path);
    // allow sleep: rmdir says EBUSY until the last of the dead has left, and nothing announces that on cgroup v1
    ::nanosleep(&pause, nullptr);
    if (pause.tv_nsec < kLongestPause)
      pause.tv_nsec *= 2;
  }
}

} // namespace phial::program
