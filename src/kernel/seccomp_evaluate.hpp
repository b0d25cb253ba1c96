// What a compiled seccomp filter answers to a call, found without loading it: for tests and for explanations.
#pragma once

#include "base/error.hpp"

#include <array>
#include <cstdint>
#include <span>

namespace phial::kernel {

struct SeccompCall {
  std::uint32_t number = 0;
  std::uint32_t architecture = 0; // AUDIT_ARCH_*
  std::uint64_t instruction = 0;  // address
  std::array<std::uint64_t, 6> arguments{};
};

struct SeccompAnswer {
  std::uint32_t word = 0;         // SECCOMP_RET_* with its data
  std::uint32_t instructions = 0; // how many of the filter were executed
};

// Runs the filter (an array of struct sock_filter as bytes) on the call. Kind::input for bytes the kernel would not
// take as a seccomp filter, as far as the run meets them.
[[nodiscard]] Result<SeccompAnswer> evaluate_filter(std::span<const std::uint8_t> filter, const SeccompCall& call);

} // namespace phial::kernel
