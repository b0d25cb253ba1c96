#include "engine/launch.hpp"

#include "base/file.hpp"
#include "base/removal.hpp"
#include "base/spawn.hpp"
#include "engine/wire.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace phial::engine {

namespace {

// The monitor's descriptors have fixed numbers; ours may lie on those, so they go up first.
Result<Fd> out_of_the_way(int fd) {
  int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, kMonitorProcessFd + 1);
  if (copy < 0) // EINVAL: not even that number is below the limit
    return fail_call("fcntl(F_DUPFD_CLOEXEC)", std::to_string(fd), errno == EINVAL ? EMFILE : errno);
  return Fd(copy);
}

struct Descriptors {
  Fd socket, lock, alive, process;
};

Result<> spawn(const std::string& path, const Places& place, const Descriptors& theirs) {
  Spawn monitor;
  monitor.begin_session();
  monitor.enter("/");
  for (int fd : {0, 1, 2})
    monitor.open(fd, "/dev/null", O_RDWR);
  monitor.pass(theirs.socket.get(), kMonitorClientFd);
  monitor.pass(theirs.lock.get(), kMonitorLockFd);
  monitor.pass(theirs.alive.get(), kMonitorAliveFd);
  if (theirs.process)
    monitor.pass(theirs.process.get(), kMonitorProcessFd);
  monitor.close_from((theirs.process ? kMonitorProcessFd : kMonitorAliveFd) + 1);
  const char* argv[] = {"phial-monitor", place.directory.c_str(), place.state.c_str(), nullptr};
  const char* environment[] = {nullptr};
  Result<pid_t> started = monitor.run(path.c_str(), argv, environment);
  if (!started) {
    started.error().kind = Kind::system;
    started.error().hint = "is phial installed completely? its helpers belong into the libexec directory";
    return std::unexpected(std::move(started).error());
  }
  return {};
}

} // namespace

Result<Launched> launch_monitor(const Engine& engine, const Places& place, const MonitorOrder& order,
                                std::string_view program, const Fd& lock, const Fd& process) {
  // A further process' directory stands in that of a container, which is gone when the container has ended.
  Fd making;
  if (order.exec)
    making = TRY(make_locked_directory(place.state));
  else
    TRY(make_directories(place.state));
  Fd alive = TRY(lock_file(place.state + "/alive"));
  TRY(write_file_atomically(place.state + "/order", order_text(order)));
  TRY(write_file_atomically(place.state + "/program", program));
  wire::Pair pair = TRY(wire::make_pair());
  Descriptors theirs;
  theirs.socket = TRY(out_of_the_way(pair.theirs.get()));
  theirs.lock = TRY(out_of_the_way(lock ? lock.get() : alive.get()));
  theirs.alive = TRY(out_of_the_way(alive.get()));
  if (process)
    theirs.process = TRY(out_of_the_way(process.get()));
  TRY(spawn(engine.libexec + "/phial-monitor", place, theirs));
  return Launched{std::move(pair.ours)};
}

} // namespace phial::engine
