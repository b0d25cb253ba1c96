#include "engine/launch.hpp"

#include "base/file.hpp"
#include "base/removal.hpp"
#include "engine/wire.hpp"

#include <fcntl.h>
#include <spawn.h>
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

class SpawnActions {
public:
  SpawnActions() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
  }
  SpawnActions(const SpawnActions&) = delete;
  SpawnActions& operator=(const SpawnActions&) = delete;
  ~SpawnActions() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

struct Descriptors {
  Fd socket, lock, alive, process;
};

Result<> spawn(const std::string& path, const Places& place, const Descriptors& theirs) {
  SpawnActions spawn;
  ::posix_spawn_file_actions_addchdir_np(&spawn.actions_, "/");
  for (int fd : {0, 1, 2})
    ::posix_spawn_file_actions_addopen(&spawn.actions_, fd, "/dev/null", O_RDWR, 0);
  ::posix_spawn_file_actions_adddup2(&spawn.actions_, theirs.socket.get(), kMonitorClientFd);
  ::posix_spawn_file_actions_adddup2(&spawn.actions_, theirs.lock.get(), kMonitorLockFd);
  ::posix_spawn_file_actions_adddup2(&spawn.actions_, theirs.alive.get(), kMonitorAliveFd);
  if (theirs.process)
    ::posix_spawn_file_actions_adddup2(&spawn.actions_, theirs.process.get(), kMonitorProcessFd);
  ::posix_spawn_file_actions_addclosefrom_np(&spawn.actions_,
                                             (theirs.process ? kMonitorProcessFd : kMonitorAliveFd) + 1);
  ::posix_spawnattr_setflags(&spawn.attributes_, POSIX_SPAWN_SETSID);
  std::string words[] = {"phial-monitor", place.directory, place.state};
  char* argv[] = {words[0].data(), words[1].data(), words[2].data(), nullptr};
  char* environment[] = {nullptr};
  pid_t pid = 0;
  int problem = ::posix_spawn(&pid, path.c_str(), &spawn.actions_, &spawn.attributes_, argv, environment);
  if (problem != 0) {
    auto error = fail_call("posix_spawn", path, problem);
    error.error().kind = Kind::system;
    error.error().hint = "is phial installed completely? its helpers belong into the libexec directory";
    return error;
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
