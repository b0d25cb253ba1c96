// What names a process beyond its number: the start time in /proc/PID/stat and the boot. The monitor links this file.
#pragma once

#include "base/error.hpp"

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace phial::engine {

// Fields of /proc/PID/stat that are of use here. proc_pid_stat(5).
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

[[nodiscard]] Result<std::uint64_t> start_time_of(pid_t pid);
// The 36 characters of /proc/sys/kernel/random/boot_id.
[[nodiscard]] Result<std::string> boot_id();

} // namespace phial::engine
