// What a seccomp profile answers to each call, number by number, before it is a program: pure tables, no BPF.
#pragma once

#include "base/error.hpp"
#include "kernel/seccomp.hpp"
#include "kernel/syscalls.hpp"

#include <cstdint>
#include <vector>

namespace phial::kernel {

// seccomp_data has arguments of 64 bits; a program of 32 bits means the low ones.
[[nodiscard]] constexpr bool is_wide(Architecture architecture) {
  return architecture == Architecture::x86_64 || architecture == Architecture::aarch64;
}

// Conditions that must all hold, and the answer (SECCOMP_RET_* with its data) then.
struct SeccompChain {
  std::uint32_t word = 0;
  std::vector<SeccompArgument> conditions; // by index
  friend bool operator==(const SeccompChain&, const SeccompChain&) = default;
};

struct SeccompDecision {
  std::uint32_t word = 0;           // where no chain holds
  std::vector<SeccompChain> chains; // the first that holds answers
  friend bool operator==(const SeccompDecision&, const SeccompDecision&) = default;
};

// All numbers from first to the next range's have the same decision.
struct SeccompRange {
  std::uint32_t first = 0;
  std::uint32_t decision = 0; // index
};

struct SeccompTable {
  Architecture architecture = kNativeArchitecture;
  std::vector<SeccompDecision> decisions;
  std::vector<SeccompRange> ranges; // sorted; the first begins at 0, the last is open
};

// The tables of the native architecture and, where the profile names them, of those that run beside it. x32's numbers
// are without their bit. How rules that meet on one call are settled: a rule without conditions wins over those with,
// the first of them over later ones. Errors: Kind::input.
[[nodiscard]] Result<std::vector<SeccompTable>> decide_seccomp(const SeccompProfile& profile, Architecture native);

} // namespace phial::kernel
