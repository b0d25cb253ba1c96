// A process and its identity: its number alone is reused, its number and start time within one boot are not. Pure
// parsers, probes, and the waiting and signalling that go by descriptor. phial-monitor links this file.
#pragma once

#include "base/fd.hpp"

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace phial::kernel {

// Fields of /proc/PID/stat that are of use here. The command may hold anything, parentheses and newlines too.
// proc_pid_stat(5).
struct ProcStat {
  std::int32_t pid = 0;
  std::string command; // comm, without the parentheses
  char state = '?';
  std::int32_t parent = 0;
  std::int32_t terminal = 0;
  std::uint64_t ticks = 0; // user and system time together, in clock ticks
  std::uint64_t start = 0; // clock ticks after boot
};
[[nodiscard]] std::optional<ProcStat> parse_stat(std::string_view text);

// The start time of a process that there is: clock ticks after boot.
[[nodiscard]] Result<std::uint64_t> start_time_of(pid_t pid);

// The 36 characters of /proc/sys/kernel/random/boot_id: start times compare within one boot only.
[[nodiscard]] Result<std::string> boot_id();
// The same as a number, of its first 16 digits; 0 for what is no boot id.
[[nodiscard]] std::uint64_t boot_number(std::string_view boot_id);

// A pidfd (close-on-exec) of the process that was started at `start` as `pid`, where it still lives; an empty Fd where
// it does not (a number that another process has by now does not count, a zombie that nobody has waited for does).
// pidfd_open(2).
[[nodiscard]] Result<Fd> open_process(pid_t pid, std::uint64_t start);

// The same where all that is known is that the number was the process's at some time: `known_at`, in clock ticks after
// boot. What has the number now and is no younger is that process.
[[nodiscard]] Result<Fd> open_process_known_at(pid_t pid, std::uint64_t known_at);

// Now, in clock ticks after boot. clock_gettime(2) CLOCK_BOOTTIME, sysconf(3) _SC_CLK_TCK.
[[nodiscard]] std::uint64_t ticks_after_boot();

// Whether the process behind a pidfd has ended (a zombie has).
[[nodiscard]] bool has_ended(int pidfd);

// Waits until it has, at most `milliseconds` (-1: for ever). False when the time is over.
[[nodiscard]] Result<bool> wait_for_end(int pidfd, int milliseconds);

// pidfd_send_signal(2). A process that has ended is no error.
[[nodiscard]] Result<> send_signal(int pidfd, int signal);

} // namespace phial::kernel
