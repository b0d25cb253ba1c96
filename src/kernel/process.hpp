// A process's identity: its number alone is reused, its number and start time within one boot are not.
// A pure parser and read-only probes; sends no signal.
#pragma once

#include "base/fd.hpp"

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace phial::kernel {

// The start time in /proc/PID/stat: clock ticks since boot, field 22; proc_pid_stat(5). The name in the second field
// may hold anything, parentheses and newlines too.
[[nodiscard]] Result<std::uint64_t> parse_start_time(std::string_view stat);

// The same of a running process. Kind::not_found where there is none.
[[nodiscard]] Result<std::uint64_t> process_start_time(pid_t pid);

// A pidfd (close-on-exec) of the process that has this number and this start time. Kind::not_found where it has ended,
// even if another has its number now; pidfd_open(2).
[[nodiscard]] Result<Fd> open_process(pid_t pid, std::uint64_t start_time);

// Whether the process behind a pidfd has ended (as a zombie too).
[[nodiscard]] Result<bool> has_ended(int pidfd);

// /proc/sys/kernel/random/boot_id, 36 characters: start times compare within one boot only.
[[nodiscard]] Result<std::string> boot_id();

} // namespace phial::kernel
