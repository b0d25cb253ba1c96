// Phial's default seccomp profile: what a container may ask of the kernel when nothing else was said. The tables are
// grouped by purpose with the reason why each group is open or closed; `explain` and `exposure` read the same tables.
#pragma once

#include "kernel/capabilities.hpp"
#include "kernel/seccomp.hpp"

#include <span>
#include <string_view>

namespace phial::kernel {

struct SyscallGroup {
  std::string_view purpose;
  std::string_view reason; // why it is open, or closed
  bool open = true;
  CapabilitySet capabilities; // open only where the container has one of them; empty: always
  std::string_view names;     // separated by single spaces
};

// Every group but those decided by arguments (clone, clone3, personality, socket).
[[nodiscard]] std::span<const SyscallGroup> default_syscall_groups();

// The profile for a container with these capabilities in its bounding set.
[[nodiscard]] SeccompProfile default_seccomp_profile(CapabilitySet capabilities);

// The capabilities that make a difference to the default profile; all others open no call.
[[nodiscard]] CapabilitySet deciding_capabilities();

// The compiled default profile for these capabilities, where it was compiled with the program: for those that come to
// the same as the default ones (--cap-add NET_ADMIN does), or as none at all. Empty for every other set, which needs
// compile_seccomp(default_seccomp_profile(…)).
[[nodiscard]] std::span<const std::uint8_t> precompiled_filter_for(CapabilitySet capabilities);

} // namespace phial::kernel
