// Signals: names, numbers, and what somebody may write for one. Facts and parsing only.
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace phial::kernel {

// What a process that has done nothing about a signal does when it arrives; signal(7).
enum class SignalDefault : std::uint8_t { terminate, ignore, core, stop, resume };

struct Signal {
  int number;
  std::string_view name; // with SIG
  SignalDefault action;
};

// The 31 classic signals in the order of their numbers.
[[nodiscard]] std::span<const Signal> signals();

// "SIGTERM" for 15, "SIGRTMIN+3" for 37, "signal 99" for what is none.
[[nodiscard]] std::string signal_name(int number);

// "SIGTERM", "TERM", "term", "15", "RTMIN+3", "SIGRTMAX-1". Kind::input for anything else, with the nearest name.
// The real-time numbers are the kernel's as the C library leaves them (34 to 64).
[[nodiscard]] Result<int> parse_signal(std::string_view text);

// "SigIgn" of /proc/PID/status, bit n - 1 for signal n; none where the text has no such line. proc_pid_status(5).
[[nodiscard]] std::uint64_t parse_ignored_signals(std::string_view status);

} // namespace phial::kernel
