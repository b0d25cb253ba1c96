// Seccomp profiles (seccomp(2)): the profile as plain data, and its compiler to classic BPF: seccomp_decisions.* has
// what the profile answers to each number, seccomp_compile.cpp makes a program of it. Nothing here loads a filter.
#pragma once

#include "base/error.hpp"
#include "kernel/syscalls.hpp"

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

// The profile as classic BPF for the native machine and those of the architectures the profile names that it runs too;
// no call can come from others. An array of struct sock_filter as bytes, ready for seccomp(SECCOMP_SET_MODE_FILTER).
//  - Names no architecture has are ignored, as calls of newer kernels are.
//  - A rule without conditions wins over those with conditions on the same call, the first of them over later ones. A
//    rule with the default's answer stands in no other's way.
//  - Where the default action forbids, calls with numbers above every one the profile names return ENOSYS, so that a
//    program built for a newer kernel falls back as it would on an old one.
//  - On i386 a rule for a call that socketcall or ipc can make too is one for these as well; where the default action
//    forbids, conditions on socket close socketcall for new sockets, unless it is named.
//  - On 32-bit architectures the low halves of arguments are compared, x32's too.
//  - A foreign architecture kills the process.
// The answers are libseccomp's but for the ENOSYS, socketcall's closing and calls libseccomp does not know.
// Errors: Kind::input for a profile that makes no sense or is too large for the kernel.
[[nodiscard]] Result<std::vector<std::uint8_t>> compile_seccomp(const SeccompProfile& profile,
                                                                Architecture native = kNativeArchitecture);

// The flags to load the filter with: the profile's, SECCOMP_FILTER_FLAG_SPEC_ALLOW where it says nothing, and
// SECCOMP_FILTER_FLAG_NEW_LISTENER where a rule notifies.
[[nodiscard]] std::uint32_t load_flags(const SeccompProfile& profile);
// A rule hands calls to a listener.
[[nodiscard]] bool notifies(const SeccompProfile& profile);

// The architectures compile_seccomp() knows, "SCMP_ARCH_X86_64" …
[[nodiscard]] std::span<const std::string_view> seccomp_architectures();

} // namespace phial::kernel
