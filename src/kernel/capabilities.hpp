// Capabilities: the names, sets of them, and docker's defaults. Facts and parsing; one read-only probe.
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace phial::kernel {

struct CapabilityFacts {
  std::string_view name;   // "CAP_CHOWN"; its number is its place in the table
  std::string_view since;  // first kernel
  std::string_view allows; // one clause that follows "may"
};

// The 41 of capabilities(7), in the order of their numbers.
[[nodiscard]] std::span<const CapabilityFacts> capabilities();

inline constexpr int kCapabilityCount = 41;

class CapabilitySet {
public:
  constexpr CapabilitySet() = default;
  constexpr explicit CapabilitySet(std::uint64_t bits) : bits_(bits) {}
  constexpr CapabilitySet(std::initializer_list<int> numbers) {
    for (int number : numbers)
      add(number);
  }
  // Everything this build knows a name for.
  [[nodiscard]] static constexpr CapabilitySet all() {
    return CapabilitySet((std::uint64_t{1} << kCapabilityCount) - 1);
  }

  [[nodiscard]] constexpr std::uint64_t bits() const { return bits_; }
  [[nodiscard]] constexpr std::uint32_t low() const { return static_cast<std::uint32_t>(bits_); }
  [[nodiscard]] constexpr std::uint32_t high() const { return static_cast<std::uint32_t>(bits_ >> 32); }
  [[nodiscard]] constexpr bool has(int number) const { return (bits_ >> number & 1) != 0; }
  [[nodiscard]] constexpr bool empty() const { return bits_ == 0; }
  constexpr void add(int number) { bits_ |= std::uint64_t{1} << number; }
  constexpr void remove(int number) { bits_ &= ~(std::uint64_t{1} << number); }

  friend constexpr bool operator==(CapabilitySet, CapabilitySet) = default;
  friend constexpr CapabilitySet operator|(CapabilitySet a, CapabilitySet b) {
    return CapabilitySet(a.bits_ | b.bits_);
  }
  friend constexpr CapabilitySet operator&(CapabilitySet a, CapabilitySet b) {
    return CapabilitySet(a.bits_ & b.bits_);
  }
  friend constexpr CapabilitySet operator-(CapabilitySet a, CapabilitySet b) {
    return CapabilitySet(a.bits_ & ~b.bits_);
  }

private:
  std::uint64_t bits_ = 0;
};

// The number of "CAP_NET_ADMIN", "net_admin", "NET_ADMIN"; nullopt for what is no capability.
[[nodiscard]] std::optional<int> find_capability(std::string_view name);

// "CAP_SYS_ADMIN"; "capability 63" for a number without a name.
[[nodiscard]] std::string capability_name(int number);
[[nodiscard]] std::vector<std::string> capability_names(CapabilitySet set);
// "CAP_CHOWN,CAP_KILL"; "none"; "all".
[[nodiscard]] std::string format_capabilities(CapabilitySet set);

// A list as --cap-add and --cap-drop take it: names, or "ALL". Kind::input with the nearest name for anything else.
[[nodiscard]] Result<CapabilitySet> parse_capabilities(std::span<const std::string> names);

// What docker gives a container that asks for nothing: 14 of them.
[[nodiscard]] CapabilitySet default_capabilities();

// The five sets of a process, from the text of /proc/PID/status.
struct ProcessCapabilities {
  CapabilitySet inheritable, permitted, effective, bounding, ambient;
};
[[nodiscard]] std::optional<ProcessCapabilities> parse_status_capabilities(std::string_view status);

// The permitted set of this process. capget(2)
[[nodiscard]] Result<CapabilitySet> own_capabilities();

// The highest number the running kernel knows (/proc/sys/kernel/cap_last_cap).
[[nodiscard]] Result<int> last_capability();

} // namespace phial::kernel
