#include "base/child.hpp"

#include "base/fd.hpp"
#include "base/spawn.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

namespace phial {

namespace {

Result<int> wait_for(pid_t pid, const char* program) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR)
      return fail_call("waitpid", program);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// Takes what is there; false at the end.
bool take(int from, std::string& into, std::size_t keep) {
  char buffer[4096];
  ssize_t n = ::read(from, buffer, sizeof buffer);
  if (n < 0)
    return errno == EINTR || errno == EAGAIN;
  if (into.size() < keep)
    into.append(buffer, static_cast<std::size_t>(n));
  return n > 0;
}

void take_all(const Fd& out, const Fd& err, Ended& ended, std::size_t keep) {
  pollfd ready[2] = {{out.get(), POLLIN, 0}, {err.get(), POLLIN, 0}};
  std::string* into[2] = {&ended.out, &ended.err};
  while (ready[0].fd >= 0 || ready[1].fd >= 0) {
    if (::poll(ready, 2, -1) < 0 && errno != EINTR)
      return;
    for (int i : {0, 1})
      if (ready[i].fd >= 0 && ready[i].revents != 0 && !take(ready[i].fd, *into[i], keep))
        ready[i].fd = -1; // poll passes over it
  }
}

} // namespace

Result<Ended> run_to_end(const char* const* argv, const char* const* envp, std::size_t keep) {
  Pipe out = TRY(make_pipe());
  Pipe err = TRY(make_pipe());
  Spawn spawn;
  spawn.open(STDIN_FILENO, "/dev/null", O_RDONLY);
  spawn.pass(out.write.get(), STDOUT_FILENO);
  spawn.pass(err.write.get(), STDERR_FILENO);
  spawn.close_from(STDERR_FILENO + 1);
  pid_t pid = TRY(spawn.run(argv[0], argv, envp));
  out.write.reset();
  err.write.reset();
  Ended ended;
  take_all(out.read, err.read, ended, keep);
  ended.status = TRY(wait_for(pid, argv[0]));
  return ended;
}

Result<Ended> run_to_end(const std::vector<std::string>& words) {
  std::vector<const char*> argv = exec_words(words);
  const char* const none[] = {nullptr};
  return run_to_end(argv.data(), none);
}

Result<int> run_on_our_streams(const std::vector<std::string>& words, const char* const* envp, int passed) {
  std::vector<const char*> argv = exec_words(words);
  constexpr int kPassed = STDERR_FILENO + 1;
  Spawn spawn;
  if (passed >= 0)
    spawn.pass(passed, kPassed);
  spawn.close_from(passed >= 0 ? kPassed + 1 : kPassed);
  return wait_for(TRY(spawn.run(argv[0], argv.data(), envp)), argv[0]);
}

} // namespace phial
