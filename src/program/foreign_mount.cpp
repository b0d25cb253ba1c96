#include "program/foreign_mount.hpp"

#include "base/clone.hpp"
#include "base/raw_call.hpp"

#include <asm/unistd.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <signal.h>
#include <sys/wait.h>

#include <cstddef>

namespace phial::program {

namespace {

constexpr std::size_t kStackSize = 16384;

struct Visit {
  std::uint64_t space = 0;
  const char* path = nullptr;
  std::uint64_t flags = 0;
  long result = 0;
};
constinit Visit visit;
alignas(16) constinit char child_stack[kStackSize] = {};

std::uint64_t address(const void* pointer) {
  return reinterpret_cast<std::uint64_t>(pointer);
}

__attribute__((no_sanitize("address", "undefined"))) long clone_there() {
  constexpr std::uint64_t kHere = static_cast<std::uint64_t>(AT_FDCWD);
  long result = raw_call(__NR_setns, visit.space, CLONE_NEWNS); // our root and working directory are there now
  if (result < 0)
    return result;
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_NO_MAGICLINKS;
  long at = raw_call(__NR_openat2, kHere, address(visit.path), address(&how), sizeof how);
  if (at < 0)
    return at;
  result = raw_call(__NR_open_tree, static_cast<std::uint64_t>(at), address(""), visit.flags);
  raw_call(__NR_close, static_cast<std::uint64_t>(at));
  return result;
}

// In the child, on a stack of its own, in memory and with descriptors shared with the parent: raw system calls only.
[[noreturn]] __attribute__((no_sanitize("address", "undefined"))) void child_main() {
  visit.result = clone_there();
  for (;;)
    raw_call(__NR_exit_group, 0);
}

} // namespace

long clone_foreign_mount(int space, const char* path, bool recursive) {
  visit = {static_cast<std::uint64_t>(space), path, 0, 0};
  visit.flags = OPEN_TREE_CLONE | AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0U);
  clone_args arguments{};
  arguments.flags = CLONE_VM | CLONE_VFORK | CLONE_FILES;
  arguments.exit_signal = SIGCHLD;
  arguments.stack = address(child_stack);
  arguments.stack_size = sizeof child_stack;
  long pid = clone_child(&arguments, child_main);
  if (pid < 0)
    return pid;
  raw_call(__NR_wait4, static_cast<std::uint64_t>(pid), 0, __WALL, 0);
  return visit.result;
}

} // namespace phial::program
