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

} // namespace phial::kernel
