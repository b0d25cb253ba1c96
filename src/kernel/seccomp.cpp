#include "kernel/seccomp.hpp"

#include "kernel/kabi.hpp"

#include <linux/seccomp.h>

#include <algorithm>

namespace phial::kernel {

namespace {

constexpr std::string_view kArchitectureNames[] = {
    "SCMP_ARCH_X86",         "SCMP_ARCH_X86_64", "SCMP_ARCH_X32",       "SCMP_ARCH_ARM",     "SCMP_ARCH_AARCH64",
    "SCMP_ARCH_MIPS",        "SCMP_ARCH_MIPS64", "SCMP_ARCH_MIPS64N32", "SCMP_ARCH_MIPSEL",  "SCMP_ARCH_MIPSEL64",
    "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC",    "SCMP_ARCH_PPC64",     "SCMP_ARCH_PPC64LE", "SCMP_ARCH_S390",
    "SCMP_ARCH_S390X",       "SCMP_ARCH_PARISC", "SCMP_ARCH_PARISC64",  "SCMP_ARCH_RISCV64", "SCMP_ARCH_LOONGARCH64",
    "SCMP_ARCH_M68K",        "SCMP_ARCH_SH",     "SCMP_ARCH_SHEB",
};

} // namespace

bool notifies(const SeccompProfile& profile) {
  return std::ranges::any_of(profile.rules,
                             [](const SeccompRule& rule) { return rule.action == SeccompAction::notify; });
}

std::uint32_t load_flags(const SeccompProfile& profile) {
  std::uint32_t flags = profile.flags.value_or(SECCOMP_FILTER_FLAG_SPEC_ALLOW);
  if (!notifies(profile)) // this flag is about listeners; alone the kernel refuses it
    return flags & ~static_cast<std::uint32_t>(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
  // A process of one thread has nobody to synchronize with, and the kernel does not take both together.
  return (flags & ~static_cast<std::uint32_t>(SECCOMP_FILTER_FLAG_TSYNC)) | SECCOMP_FILTER_FLAG_NEW_LISTENER;
}

std::span<const std::string_view> seccomp_architectures() {
  return kArchitectureNames;
}

} // namespace phial::kernel
