#include "base/child.hpp"

#include "base/fd.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace phial {

namespace {

struct Attributes {
  posix_spawnattr_t value{};
  posix_spawn_file_actions_t files{};
  Attributes() {
    ::posix_spawnattr_init(&value);
    ::posix_spawn_file_actions_init(&files);
  }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() {
    ::posix_spawn_file_actions_destroy(&files);
    ::posix_spawnattr_destroy(&value);
  }

  void fresh_signals() {
    sigset_t none;
    sigset_t all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setsigmask(&value, &none);
    ::posix_spawnattr_setsigdefault(&value, &all);
    ::posix_spawnattr_setflags(&value, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  void streams(int out, int err) {
    ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&files, err, STDERR_FILENO);
    ::posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  }
};

Result<int> wait_for(pid_t pid, const char* program) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR)
      return fail_call("waitpid", program);
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

std::vector<const char*> pointers(const std::vector<std::string>& words) {
  std::vector<const char*> out;
  out.reserve(words.size() + 1);
  for (const std::string& word : words)
    out.push_back(word.c_str());
  out.push_back(nullptr);
  return out;
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
  Attributes attributes;
  attributes.fresh_signals();
  attributes.streams(out.write.get(), err.write.get());
  pid_t pid = -1;
  int number = ::posix_spawn(&pid, argv[0], &attributes.files, &attributes.value, const_cast<char* const*>(argv),
                             const_cast<char* const*>(envp));
  if (number != 0)
    return fail_call("posix_spawn", argv[0], number);
  out.write.reset();
  err.write.reset();
  Ended ended;
  take_all(out.read, err.read, ended, keep);
  ended.status = TRY(wait_for(pid, argv[0]));
  return ended;
}

Result<Ended> run_to_end(const std::vector<std::string>& words) {
  std::vector<const char*> argv = pointers(words);
  const char* const none[] = {nullptr};
  return run_to_end(argv.data(), none);
}

Result<int> run_on_our_streams(const std::vector<std::string>& words, const char* const* envp, int passed) {
  std::vector<const char*> argv = pointers(words);
  Attributes attributes;
  attributes.fresh_signals();
  constexpr int kPassed = STDERR_FILENO + 1;
  if (passed >= 0)
    ::posix_spawn_file_actions_adddup2(&attributes.files, passed, kPassed);
  ::posix_spawn_file_actions_addclosefrom_np(&attributes.files, passed >= 0 ? kPassed + 1 : kPassed);
  pid_t pid = -1;
  int number = ::posix_spawn(&pid, argv[0], &attributes.files, &attributes.value, const_cast<char* const*>(argv.data()),
                             const_cast<char* const*>(envp));
  if (number != 0)
    return fail_call("posix_spawn", argv[0], number);
  return wait_for(pid, argv[0]);
}

} // namespace phial
