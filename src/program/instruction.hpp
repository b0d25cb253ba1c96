// Instruction: the unit a container program is made of, as it lies in memory for the host's interpreter and for
// phial-init alike. Freestanding: nothing here may need a library.
#pragma once

#include <linux/errno.h>

#include <cstdint>

namespace phial::program {

// What an instruction does. All but `call` are the few things that are not one system call; docs/program.md describes
// each. Those marked (host) exist on the host's side only, those marked (init) in phial-init only.
enum class Op : std::uint8_t {
  call,          // the system call `number` with args[0..5]
  store,         // args[0]: address, args[1]: value, args[2]: width in bytes: writes a value into the data
  load,          // args[0]: address, args[1]: width: reads a value of the data into the result slot
  store_decimal, // args[0]: address, args[1]: value: writes it as decimal text with a terminating NUL
  post,          // args[0]: descriptor, args[1]: byte: tells the other side that it may go on
  wait,          // args[0]: descriptor, args[1]: byte: waits for that byte; end of file fails with EPIPE
  skip,          // nothing: it carries a jump
  fail,          // args[0]: errno: fails with it
  await_start,   // (init) args[0]: listener: accept, read a byte; on end of file accept again
  reap,          // (init) fork: the child goes on, the parent stays as PID 1, reaps, and ends with the child
  load_init,     // (host) result: descriptor of a sealed memfd that holds phial-init
  spawn,   // (host) args[0]: clone_args, args[1]: descriptor of the init; result: the pid. With bits 1 and 2 of args[4]
           // it is cloned within the user namespace args[2] and the pid namespace args[3]; with bit 4 within the
           // namespaces args[3] (CLONE_NEW flags) of the process of the pidfd args[2], without what an exec closes
  release, // (host) lets a child that waits for its id maps go on to the exec
  process_dir,   // (host) args[0]: pid; result: descriptor of /proc/PID
  remove_cgroup, // (host) args[0]: path: ends what is in it, removes it and what is below
  remove_tree,   // (host) args[0]: path: removes the directory and all below it
  make_path,     // (host) args[0]: path, args[1]: mode: mkdir with all parents
  copy_tree,     // (host) args[0]: descriptor of the source, args[1]: of the target, args[2]: 1 keeps the target's mode
  run_hook,      // args[0]: path, args[1]: argv, args[2]: envp, args[3]: seconds or 0, args[4], args[5]: address and
                 // size of what it reads on its standard input. A failure is an errno, or one of hook.hpp's numbers
  store_padded,  // args[0]: address, args[1]: value: writes it as ten characters, decimal, blanks before it
  expect,  // args[0]: value, args[1]: what it is to be under the mask args[2], else it fails with the errno args[3]
  netlink, // (host) args[0]: socket, args[1], args[2]: message and its size; fails as the kernel answers
  make_user_namespace,  // (host) args[0]: uid_map, args[1]: gid_map; result: descriptor of a namespace nobody lives in
  receive_fd,           // (host) args[0]: socket; result: the descriptor the init sent over it
  enter_user_namespace, // (host) args[0]: argv of newuidmap, args[1]: of newgidmap, args[2]: room for our pid as text
  run_helper,  // (host) args[0]: argv, args[1]: envp: runs a program of ours to its end. A failure is as of run_hook
  ensure_path, // args[0]: directory, args[1]: path below it, args[2]: type and mode of a file, 0 for a directory: makes
               // what is missing of it; result: an O_PATH descriptor
  clone_foreign_mount, // (host) args[0]: descriptor of a mount namespace, args[1]: path in it, args[2]: 1 with the
                       // mounts below; result: the clone, detached
};

// What happens after an instruction beyond going on to the next.
enum class Flow : std::uint8_t {
  plain,        // an error that is not tolerated fails the program
  or_else,      // a tolerated error goes on at `target`, any error where none is named; others fail
  then_skip,    // success goes on at `target`; a tolerated error goes on to the next
  or_elsewhere, // an error that says that a path leads to nothing (kElsewhere) goes on at `target`; others fail
};

// How an argument is to be read.
enum class ArgKind : std::uint8_t { value = 0, data = 1, slot = 2 };

inline constexpr std::uint16_t kNoSlot = 0xffff;
inline constexpr unsigned kArguments = 6;
inline constexpr unsigned kPaddedWidth = 10; // characters that Op::store_padded writes

struct Instruction {
  Op op = Op::call;
  Flow flow = Flow::plain;
  std::uint16_t number = 0;       // the system call, for Op::call
  std::uint16_t result = kNoSlot; // the slot that takes the result
  std::uint16_t step = 0;         // the step this belongs to
  std::uint16_t kinds = 0;        // two bits an argument
  std::uint16_t target = 0;       // index of an instruction, for Flow; in the undo section: what it undoes
  std::int16_t tolerated[2] = {}; // errnos that count as success, 0 for none
  std::uint64_t args[kArguments] = {};
};
static_assert(sizeof(Instruction) == 64);

inline constexpr ArgKind kind_of(const Instruction& instruction, unsigned argument) {
  return static_cast<ArgKind>((instruction.kinds >> (2 * argument)) & 3);
}

// There is nothing to be had by this path, and another may do: what execvp(3) goes on after, and a path that cannot be
// followed at all.
inline constexpr int kElsewhere[] = {ENOENT, ENOTDIR, EACCES, ELOOP, ENAMETOOLONG};

inline constexpr bool leads_elsewhere(long result) {
  for (int number : kElsewhere)
    if (result == -number)
      return true;
  return false;
}

inline constexpr bool tolerates(const Instruction& instruction, long result) {
  return result < 0 && (result == -instruction.tolerated[0] || result == -instruction.tolerated[1]);
}

// The sections of a program, by who runs them and when, in the order in which they stand.
enum class Section : std::uint8_t {
  host,    // the host, before the new process exists and up to its making
  beside,  // the host, beside the new process, which does nothing until the last of these releases it
  init,    // phial-init, up to the point where the container is created
  start,   // phial-init, from `start` to the exec of the container's program
  started, // the host, once the container's program runs
  stopped, // the host, once the container has ended and is to go
  undo,    // the host: removes what outlives the process, last made first
};
inline constexpr unsigned kSections = 7;

struct Range {
  std::uint32_t first = 0;
  std::uint32_t count = 0;
};

} // namespace phial::program
