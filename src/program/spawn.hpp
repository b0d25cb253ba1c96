// Making the container's process: phial-init in a sealed memfd, cloned and executed. clone3(2), execveat(2).
#pragma once

#include "program/interpreter.hpp"

namespace phial::program {

// A descriptor of a memfd with the bytes of phial-init, mode 0111, all seals, inheritable; or a negative errno. Where
// vm.memfd_noexec forbids executable memfds: a file on a detached read-only tmpfs.
long load_init();

// Namespaces the process is to be cloned within: it becomes uid and gid 0 of the user namespace, and the new ones are
// that namespace's. -1: none. The caller stays where it is.
struct SpawnPlace {
  int users = -1;
  int pids = -1;
  // Or a pidfd whose namespaces `join` (CLONE_NEW flags, not the user's nor the time's) the process is born in, with
  // none of our descriptors that an exec closes: what runs in there already can look at it from its first moment on.
  int container = -1;
  std::uint64_t join = 0;
};

// Clones with the clone_args at `arguments` (its stack is set here) and executes the init in the child. Without
// CLONE_VFORK the child waits until release_spawned() and becomes uid and gid 0 before the exec, for a user namespace
// whose id maps are written in between. Returns the pid or a negative errno; an exec that failed is reported by the
// child's exit, status 125.
long spawn(Machine& machine, std::uint64_t arguments, int init, SpawnPlace place);

// Lets the child of the last spawn() without CLONE_VFORK go on.
long release_spawned();

} // namespace phial::program
