// Devices: the nodes every container gets, the rules about which ones it may open, and what the rules mean. Facts,
// parsing, and the text for cgroup v1; the program for cgroup v2 is in device_filter.hpp. One read-only probe.
#pragma once

#include "base/error.hpp"
#include "kernel/resources.hpp"

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace phial::kernel {

struct DeviceNode {
  std::string_view path; // in the container
  char type;             // 'c' or 'b'
  std::uint32_t major;
  std::uint32_t minor;
  mode_t mode;
};

// null zero full random urandom tty: the runtime specification's defaults, but for console and ptmx.
[[nodiscard]] std::span<const DeviceNode> default_devices();

struct DeviceLink {
  std::string_view path;
  std::string_view target;
};

// fd stdin stdout stderr ptmx core.
[[nodiscard]] std::span<const DeviceLink> default_device_links();

// What a container that asks for nothing may do: make any node, open the default ones, console, ptmx and pts. The
// first rule denies everything.
[[nodiscard]] std::vector<DeviceRule> default_device_rules();

// "c 1:3 rwm", "b 8:* r", "a *:* rwm", "a". Kind::input for anything else; docker's --device-cgroup-rule.
[[nodiscard]] Result<DeviceRule> parse_device_rule(std::string_view text, bool allow = true);
// "c 1:3 rwm".
[[nodiscard]] std::string format_device_rule(const DeviceRule& rule);

// One thing a process wants to do with a device.
struct DeviceAccess {
  char type = 'c'; // 'c' or 'b'
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  std::string_view access; // of r, w, m
};
// What the rules say to it: for each letter the last rule that speaks of it decides; what no rule speaks of is denied.
[[nodiscard]] bool device_allowed(std::span<const DeviceRule> rules, const DeviceAccess& access);

// One write to devices.allow or devices.deny of cgroup v1.
struct DeviceListWrite {
  bool allow = false;
  std::string text; // "c 1:3 rwm"
};
// A rule for both types that is not about everything becomes two: the kernel takes "a" for the whole of it.
[[nodiscard]] std::vector<DeviceListWrite> device_list_writes(std::span<const DeviceRule> rules);

struct DeviceNumber {
  char type = 'c'; // 'c', 'b', or 'p' for a fifo
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  mode_t mode = 0; // permission bits
  uid_t uid = 0;
  gid_t gid = 0;
};
// stat(2) of a device node on the host. Kind::input where it is none.
[[nodiscard]] Result<DeviceNumber> probe_device(const std::string& path);

} // namespace phial::kernel
