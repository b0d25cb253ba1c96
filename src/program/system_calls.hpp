// The shapes of the system calls a program may carry: what each argument is, so that it can be printed the way a person
// reads it. A table and its lookup; describe.cpp does the printing.
#pragma once

#include "kernel/flags.hpp"

#include <cstdint>
#include <string_view>

namespace phial::program {

// What an argument is.
enum class Role : std::uint8_t {
  none,    // the call has no such argument
  integer, // signed, 32 bits
  number,  // unsigned
  address, // an address the program does not look into
  fd,      // a descriptor, or AT_FDCWD where a directory is meant
  text,    // a NUL-terminated string: a path, a name
  flags,   // by Argument::flags
  name,    // by Argument::names
  mode,    // mode_t
  device,  // dev_t
  signal,
  id,        // uid or gid; -1 leaves it as it is
  strings,   // argv
  variables, // envp
  out,       // room for what the kernel answers
  buffer,    // bytes; the next argument is their length
  clone_args,
  mount_attr,
  open_how,
  sock_fprog,
  rlimit,
  resource, // which limit
  capability,
  cap_header,
  cap_data,
  message, // msghdr
  bpf_attr,
  sched_attr,
  io_priority,    // class and level in one word
  memory_policy,  // mode and flags in one word
  mask,           // of processors or memory nodes
  socket_address, // sockaddr; the next argument is its length
  window_size,
  time,    // timespec
  depends, // on the call and the arguments before it; see dependent_role()
};

struct Argument {
  Role role = Role::none;
  std::uint8_t table = 0; // for the roles `flags` and `name`: see flags_of(), names_of()
};

struct CallShape {
  FixedText<23> name;
  Argument arguments[6];
};

[[nodiscard]] kernel::FlagTable flags_of(Argument argument);
[[nodiscard]] kernel::NameTable names_of(Argument argument);

// The shape of a system call of this machine; nullptr where the table has none.
[[nodiscard]] const CallShape* shape_of(int number);

// What an argument of role `depends` is, given the command before it (fsconfig's, prctl's, fcntl's, ioctl's …).
[[nodiscard]] Argument dependent_argument(std::string_view call, unsigned argument, std::uint64_t command);

} // namespace phial::program
