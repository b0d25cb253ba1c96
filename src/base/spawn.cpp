#include "base/spawn.hpp"

#include "base/clone.hpp"
#include "base/raw_call.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include <cerrno>

namespace phial {

namespace {

constexpr std::size_t kStackSize = 16384;
constexpr int kLastSignal = 64;

alignas(16) constinit char child_stack[kStackSize] = {};

std::uint64_t address(const void* pointer) {
  return reinterpret_cast<std::uint64_t>(pointer);
}

std::uint64_t word(int number) {
  return static_cast<std::uint64_t>(number);
}

} // namespace

// What the child reads while it shares our memory, and where it says what failed.
struct Spawn::Child {
  const Action* actions = nullptr;
  std::size_t count = 0;
  const char* path = nullptr;
  const char* const* argv = nullptr;
  const char* const* envp = nullptr;
  const char* failed = nullptr; // the call
  long result = 0;
};

constinit Spawn::Child* Spawn::current_ = nullptr;

__attribute__((no_sanitize("address", "undefined"))) long Spawn::perform(const Action& action) {
  switch (action.what) {
  case What::open: {
    long opened = raw_call(__NR_openat, word(AT_FDCWD), address(action.path), word(action.other), 0);
    if (opened < 0 || opened == action.number)
      return opened;
    long moved = raw_call(__NR_dup3, static_cast<std::uint64_t>(opened), word(action.number), 0);
    raw_call(__NR_close, static_cast<std::uint64_t>(opened));
    return moved;
  }
  case What::pass:
    if (action.other == action.number)
      return raw_call(__NR_fcntl, word(action.number), F_SETFD, 0);
    return raw_call(__NR_dup3, word(action.other), word(action.number), 0);
  case What::close_from: return raw_call(__NR_close_range, word(action.number), ~0U, 0);
  case What::enter: return raw_call(__NR_chdir, address(action.path));
  case What::session: return raw_call(__NR_setsid);
  }
  return -EINVAL;
}

// In the child, on a stack of its own: raw system calls only.
__attribute__((no_sanitize("address", "undefined"))) void Spawn::child_main() {
  Child* self = current_;
  const std::uint64_t standard[4] = {}; // the kernel's structure: handler, flags, restorer, mask; zero is the default
  for (int number = 1; number <= kLastSignal; ++number)
    raw_call(__NR_rt_sigaction, word(number), address(standard), 0, 8);
  const std::uint64_t none = 0;
  raw_call(__NR_rt_sigprocmask, SIG_SETMASK, address(&none), 0, 8);
  self->failed = "prepare";
  for (std::size_t i = 0; i < self->count && self->result >= 0; ++i)
    self->result = perform(self->actions[i]);
  if (self->result >= 0) {
    self->failed = "execve";
    self->result = raw_call(__NR_execve, address(self->path), address(self->argv), address(self->envp));
  }
  for (;;)
    raw_call(__NR_exit_group, 127);
}

void Spawn::open(int number, const char* path, int flags) {
  actions_.push_back({What::open, number, flags, path});
}

void Spawn::pass(int ours, int number) {
  actions_.push_back({What::pass, number, ours, nullptr});
}

void Spawn::close_from(int number) {
  actions_.push_back({What::close_from, number, 0, nullptr});
}

void Spawn::enter(const char* directory) {
  actions_.push_back({What::enter, 0, 0, directory});
}

void Spawn::begin_session() {
  actions_.push_back({What::session, 0, 0, nullptr});
}

Result<pid_t> Spawn::run(const char* path, const char* const* argv, const char* const* envp) const {
  Child child{actions_.data(), actions_.size(), path, argv, envp, nullptr, 0};
  current_ = &child;
  clone_args arguments{};
  // No handler of ours may run in the child, which shares our memory until its exec; we wait until then.
  arguments.flags = CLONE_VM | CLONE_VFORK | CLONE_CLEAR_SIGHAND;
  arguments.exit_signal = SIGCHLD;
  arguments.stack = address(child_stack);
  arguments.stack_size = sizeof child_stack;
  long pid = clone_child(&arguments, child_main);
  if (pid < 0)
    return fail_call("clone3", path, static_cast<int>(-pid));
  if (child.result >= 0)
    return static_cast<pid_t>(pid);
  while (::waitpid(static_cast<pid_t>(pid), nullptr, 0) < 0 && errno == EINTR) {
  }
  return fail_call(child.failed, path, static_cast<int>(-child.result));
}

std::vector<const char*> exec_words(const std::vector<std::string>& words) {
  std::vector<const char*> out;
  out.reserve(words.size() + 1);
  for (const std::string& word : words)
    out.push_back(word.c_str());
  out.push_back(nullptr);
  return out;
}

} // namespace phial
