// Device rules as a BPF program of type BPF_PROG_TYPE_CGROUP_DEVICE: what cgroup v2 has in place of the devices
// controller. Pure: rules in, instructions out; loading and attaching is the program's business.
#pragma once

#include "kernel/resources.hpp"

#include <linux/bpf.h>

#include <span>
#include <string>
#include <vector>

namespace phial::kernel {

// The program returns 1 to allow and 0 to deny. For each of read, write and mknod that is asked for, the last rule
// that speaks of it decides; what no rule speaks of is denied. The same meaning as device_allowed in devices.hpp.
[[nodiscard]] std::vector<bpf_insn> device_filter(std::span<const DeviceRule> rules);

// The same for a person: one line a rule that can still have an effect, in the order the filter tries them.
[[nodiscard]] std::vector<std::string> describe_device_filter(std::span<const DeviceRule> rules);

} // namespace phial::kernel
