// Network devices of the caller's namespace: their index and the addresses that go with one when it moves. A pure
// parser of rtnetlink's answer, and a read-only probe that feeds it. rtnetlink(7).
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace phial::kernel {

struct NetAddress {
  std::uint8_t family = 0; // AF_INET, AF_INET6
  std::uint8_t prefix = 0; // bits
  std::vector<std::uint8_t> local;
  std::vector<std::uint8_t> peer;      // where it differs from `local`
  std::vector<std::uint8_t> broadcast; // may be empty
  friend bool operator==(const NetAddress&, const NetAddress&) = default;
};

// "192.0.2.7/24"
[[nodiscard]] std::string format_address(const NetAddress& address);

// The addresses of the device `index` in the answer to RTM_GETADDR: those set by somebody, of global scope
// (RT_SCOPE_UNIVERSE); what the kernel made by itself it makes again.
[[nodiscard]] Result<std::vector<NetAddress>> parse_addresses(std::span<const std::uint8_t> answer,
                                                              std::uint32_t index);

struct NetDeviceState {
  std::uint32_t index = 0; // 0: there is no such device
  std::vector<NetAddress> addresses;
};
[[nodiscard]] Result<NetDeviceState> probe_net_device(const std::string& name);

} // namespace phial::kernel
