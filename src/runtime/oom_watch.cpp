#include "runtime/oom_watch.hpp"

#include "base/file.hpp"
#include "kernel/cgroup/stats.hpp"

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

namespace phial::runtime {

namespace {

std::uint64_t kills_in(const std::string& directory) {
  Result<std::string> events = read_file(directory + "/memory.events");
  return events ? kernel::oom_kills(*events).value_or(0) : 0;
}

Result<> register_event(const std::string& directory, int event, int file) {
  Fd control = TRY(open_at(AT_FDCWD, directory + "/cgroup.event_control", O_WRONLY));
  return write_all(control.get(), std::to_string(event) + " " + std::to_string(file));
}

} // namespace

Result<OomWatch> OomWatch::open(const CgroupPaths& cgroup) {
  OomWatch out;
  out.directory_ = cgroup.memory;
  out.v1_ = cgroup.memory_v1;
  if (cgroup.memory.empty())
    return out;
  if (out.v1_) {
    out.fd_ = Fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!out.fd_)
      return fail_call("eventfd", "");
    out.file_ = TRY(open_at(AT_FDCWD, cgroup.memory + "/memory.oom_control", O_RDONLY));
    TRY(register_event(cgroup.memory, out.fd_.get(), out.file_.get()));
    return out;
  }
  out.fd_ = Fd(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  std::string path = cgroup.memory + "/memory.events";
  if (!out.fd_ || ::inotify_add_watch(out.fd_.get(), path.c_str(), IN_MODIFY) < 0)
    return fail_call("inotify_add_watch", path);
  out.kills_ = kills_in(cgroup.memory);
  return out;
}

bool OomWatch::happened() {
  char buffer[4096];
  bool came = false;
  while (::read(fd_.get(), buffer, sizeof buffer) > 0)
    came = true;
  if (v1_) // its end is told by the same event
    return came && exists(directory_ + "/cgroup.event_control");
  std::uint64_t before = kills_;
  kills_ = std::max(kills_, kills_in(directory_));
  return kills_ > before;
}

} // namespace phial::runtime
