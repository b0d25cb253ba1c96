// Reading what cgroup files say: pure parsers of their texts, for both versions. Who reads the files is the caller's
// business.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace phial::kernel {

// The number after `key` in a file of "key value" lines (memory.events, cpu.stat, cgroup.events, memory.stat).
[[nodiscard]] std::optional<std::uint64_t> flat_value(std::string_view text, std::string_view key);

// A file of one number (pids.current, memory.peak, cpuacct.usage). "max" is nullopt, as is anything else.
[[nodiscard]] std::optional<std::uint64_t> single_value(std::string_view text);

// Limits: version 1 says "no limit" by a number near 2^63. nullopt: no limit, or no number.
[[nodiscard]] std::optional<std::uint64_t> limit_value(std::string_view text);

// How many processes the kernel killed for want of memory: from memory.oom_control (version 1, since 4.13) or
// memory.events (version 2). nullopt where the text does not say.
[[nodiscard]] std::optional<std::uint64_t> oom_kills(std::string_view text);

// cgroup.events (version 2): whether a process lives in the cgroup or below, and whether it stands still.
[[nodiscard]] bool populated(std::string_view events);
[[nodiscard]] bool frozen(std::string_view events);

// freezer.state (version 1): THAWED, FREEZING or FROZEN. True for the last only.
[[nodiscard]] bool frozen_v1(std::string_view state);

// Processor time used, in nanoseconds: from cpu.stat (version 2, "usage_usec").
[[nodiscard]] std::optional<std::uint64_t> cpu_usage_v2(std::string_view cpu_stat);
// Enforcement periods, throttled periods and throttled time: cpu.stat of either version, in nanoseconds.
struct Throttling {
  std::uint64_t periods = 0;
  std::uint64_t throttled = 0;
  std::uint64_t throttled_nanoseconds = 0;
};
[[nodiscard]] Throttling throttling(std::string_view cpu_stat);

// memory.events of version 2.
struct MemoryEvents {
  std::uint64_t low = 0, high = 0, max = 0, oom = 0, oom_kill = 0, oom_group_kill = 0;
};
[[nodiscard]] MemoryEvents memory_events(std::string_view text);

// One line of a pressure file (PSI): averages in hundredths of a percent, total in microseconds.
struct PressureLine {
  std::uint32_t avg10 = 0, avg60 = 0, avg300 = 0;
  std::uint64_t total = 0;
};
struct Pressure {
  PressureLine some;
  std::optional<PressureLine> full;
};
[[nodiscard]] std::optional<Pressure> parse_pressure(std::string_view text);

// Bytes and operations, all devices together: from io.stat (version 2), or the "Total"-less device lines of
// blkio.throttle.io_service_bytes and io_serviced (version 1).
struct IoTotals {
  std::uint64_t read_bytes = 0, write_bytes = 0, read_operations = 0, write_operations = 0;
};
[[nodiscard]] IoTotals io_totals_v2(std::string_view io_stat);
[[nodiscard]] IoTotals io_totals_v1(std::string_view service_bytes, std::string_view serviced);

} // namespace phial::kernel
