#include "program/user_namespace.hpp"

#include "base/child.hpp"
#include "base/fd.hpp"

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <string>

namespace phial::program {

namespace {

bool succeeds(std::uint64_t argv) {
  const char* const none[] = {nullptr};
  Result<Ended> ended = run_to_end(reinterpret_cast<const char* const*>(argv), none);
  return ended && ended->status == 0;
}

// Stays outside, and writes the maps when the other is inside.
[[noreturn]] void write_maps(Pipe& inside, std::uint64_t uids, std::uint64_t gids) {
  inside.write.reset();
  char byte = 0;
  bool good = ::read(inside.read.get(), &byte, 1) == 1 && succeeds(uids) && succeeds(gids);
  ::_exit(good ? 0 : 1);
}

} // namespace

long enter_user_namespace(std::uint64_t uids, std::uint64_t gids, std::uint64_t pid_text) {
  std::string pid = std::to_string(::getpid());
  std::memcpy(reinterpret_cast<char*>(pid_text), pid.c_str(), pid.size() + 1);
  Result<Pipe> inside = make_pipe();
  if (!inside)
    return -inside.error().number;
  pid_t child = ::fork();
  if (child < 0)
    return -errno;
  if (child == 0)
    write_maps(*inside, uids, gids);
  long result = ::unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 ? 0 : -errno;
  if (result == 0 && ::write(inside->write.get(), "i", 1) != 1)
    result = -errno;
  inside->write.reset(); // where we did not get inside, the child ends by it
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return result != 0 || status == 0 ? result : -EPERM;
}

} // namespace phial::program
