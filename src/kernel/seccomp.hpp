// Seccomp profiles (seccomp(2)): the profile as plain data, and its compiler to classic BPF.
// libseccomp is used in seccomp.cpp alone; nothing here loads a filter into the kernel.
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace phial::kernel {

enum class SeccompAction : std::uint8_t { kill_thread, kill_process, trap, error, trace, allow, log, notify };

enum class SeccompOperator : std::uint8_t {
  not_equal,
  less,
  less_or_equal,
  equal,
  greater_or_equal,
  greater,
  masked_equal, // (argument & value) == value_two
};

struct SeccompArgument {
  std::uint32_t index = 0; // 0 to 5
  SeccompOperator op = SeccompOperator::equal;
  std::uint64_t value = 0;
  std::uint64_t value_two = 0; // masked_equal only
  friend bool operator==(const SeccompArgument&, const SeccompArgument&) = default;
};

struct SeccompRule {
  std::vector<std::string> names;
  SeccompAction action = SeccompAction::allow;
  std::optional<std::uint32_t> error_number; // for error (absent: EPERM) and trace (absent: EPERM)
  std::vector<SeccompArgument> arguments;    // all must hold; several on one index: any of them, as runc has it
  friend bool operator==(const SeccompRule&, const SeccompRule&) = default;
};

struct SeccompProfile {
  SeccompAction default_action = SeccompAction::allow;
  std::optional<std::uint32_t> default_error; // absent: EPERM
  std::vector<std::string> architectures;     // "SCMP_ARCH_X86_64"; the native one is always among them
  std::optional<std::uint32_t> flags;         // SECCOMP_FILTER_FLAG_*; absent: SPEC_ALLOW
  std::string listener_path;                  // socket that gets the descriptor of SCMP_ACT_NOTIFY
  std::string listener_metadata;
  std::vector<SeccompRule> rules;
  friend bool operator==(const SeccompProfile&, const SeccompProfile&) = default;
};

// The profile as classic BPF for the native machine and the architectures it names: an array of struct sock_filter as
// bytes, ready for seccomp(SECCOMP_SET_MODE_FILTER). What differs from a bare libseccomp filter:
//  - names no table knows are ignored, as calls of other machines and of newer kernels are;
//  - calls newer than the library are decided by a prologue of our own. A rule with conditions on such a call is taken
//    for the stricter side: without its conditions where it forbids, not at all where it allows;
//  - where the default action forbids, calls with numbers above every one the profile names return ENOSYS, so that a
//    program built for a newer kernel falls back as it would on an old one;
//  - conditions on socket hold for i386's socketcall too, which is closed for new sockets then, unless it is named;
//  - a foreign architecture kills the process, not only the thread.
// Errors: Kind::input for a profile that makes no sense, Kind::internal for what libseccomp refuses otherwise.
[[nodiscard]] Result<std::vector<std::uint8_t>> compile_seccomp(const SeccompProfile& profile);

// The flags to load the filter with: the profile's, SECCOMP_FILTER_FLAG_SPEC_ALLOW where it says nothing, and
// SECCOMP_FILTER_FLAG_NEW_LISTENER where a rule notifies.
[[nodiscard]] std::uint32_t load_flags(const SeccompProfile& profile);
// A rule hands calls to a listener.
[[nodiscard]] bool notifies(const SeccompProfile& profile);

// The architectures compile_seccomp() knows, "SCMP_ARCH_X86_64" …
[[nodiscard]] std::span<const std::string_view> seccomp_architectures();

} // namespace phial::kernel
