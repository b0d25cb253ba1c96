#include "program/map_namespace.hpp"

#include "base/fd.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace phial::program {

namespace {

// The maps are written to a process that lives there for that long. It ends without a signal to its parent.
[[noreturn]] void stay(pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent)
    ::_exit(0);
  for (;;)
    ::pause();
}

long write_map(const std::string& path, const char* map) {
  Fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  std::size_t size = std::strlen(map);
  if (!file)
    return -errno;
  ssize_t n = ::write(file.get(), map, size); // one write, or the kernel refuses it
  return n == static_cast<ssize_t>(size) ? 0 : -(n < 0 ? errno : EIO);
}

long with_maps(const std::string& directory, const char* uid_map, const char* gid_map) {
  if (long written = write_map(directory + "/uid_map", uid_map); written != 0)
    return written;
  if (long written = write_map(directory + "/gid_map", gid_map); written != 0)
    return written;
  int space = ::open((directory + "/ns/user").c_str(), O_RDONLY | O_CLOEXEC);
  return space < 0 ? -errno : space;
}

} // namespace

long make_user_namespace(const char* uid_map, const char* gid_map) {
  pid_t parent = ::getpid();
  long child = ::syscall(SYS_clone, CLONE_NEWUSER, nullptr, nullptr, nullptr, nullptr);
  if (child < 0)
    return -errno;
  if (child == 0)
    stay(parent);
  long space = with_maps("/proc/" + std::to_string(child), uid_map, gid_map);
  ::kill(static_cast<pid_t>(child), SIGKILL);
  while (::waitpid(static_cast<pid_t>(child), nullptr, __WALL) < 0 && errno == EINTR) {
  }
  return space;
}

} // namespace phial::program
