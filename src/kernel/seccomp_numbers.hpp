// Constants of seccomp filters: the machines a filter can meet and how their numbers of system calls relate.
#pragma once

#include <cstdint>

namespace phial::kernel {

// AUDIT_ARCH_* of linux/audit.h, as seccomp_data.arch has them.
inline constexpr std::uint32_t kAuditX86_64 = 0xc000003e; // x32 too: it differs by a bit of the number
inline constexpr std::uint32_t kAuditI386 = 0x40000003;
inline constexpr std::uint32_t kAuditAarch64 = 0xc00000b7;
inline constexpr std::uint32_t kAuditArm = 0x40000028;

inline constexpr std::uint32_t kX32Bit = 0x40000000;
// x32 has calls of its own up to this number.
inline constexpr std::uint32_t kX32Last = 547;
// From here on a call has the same number on every machine (Linux 5.1).
inline constexpr std::uint32_t kFirstCommonNumber = 424;

} // namespace phial::kernel
