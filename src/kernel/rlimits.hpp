// Resource limits of a process: the table, and what somebody may write for one. Facts and parsing only.
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace phial::kernel {

inline constexpr std::uint64_t kRlimitInfinity = ~std::uint64_t{0};

struct RlimitFacts {
  int number;                // RLIMIT_*
  std::string_view oci_name; // "RLIMIT_NOFILE": config.json's process.rlimits[].type
  std::string_view name;     // "nofile": --ulimit's
  std::string_view unit;     // of the values: "bytes", "seconds", "microseconds", or a thing that is counted
  std::string_view limits;   // what it limits, one clause
};

// The sixteen of getrlimit(2).
[[nodiscard]] std::span<const RlimitFacts> rlimits();

// By number, by "RLIMIT_NOFILE", by "nofile"; nullptr where there is none.
[[nodiscard]] const RlimitFacts* find_rlimit(int number);
[[nodiscard]] const RlimitFacts* find_rlimit(std::string_view name);

// "RLIMIT_FOO is not a resource limit", with the nearest name as a hint. Kind::input.
[[nodiscard]] std::unexpected<Error> unknown_rlimit(std::string_view name);

struct Rlimit {
  int number = 0;
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
  friend bool operator==(const Rlimit&, const Rlimit&) = default;
};

// Docker's --ulimit: "nofile=1024", "nofile=1024:2048", "core=-1"; -1 and "unlimited" are no limit.
[[nodiscard]] Result<Rlimit> parse_ulimit(std::string_view text);

// "nofile=1024:2048".
[[nodiscard]] std::string format_ulimit(const Rlimit& limit);

} // namespace phial::kernel
