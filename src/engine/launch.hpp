// Launching phial-monitor: what it needs in the state directory, its descriptors, its process.
#pragma once

#include "engine/containers.hpp"
#include "engine/monitor_order.hpp"

namespace phial::engine {

struct Launched {
  Fd socket; // our end of the monitor's socketpair
};

// Makes the container's state directory with the order and the program's image in it, and starts the monitor. `lock`
// is the container's lock, which the monitor keeps until the start is decided. The caller has healed the container.
// `process`: see kMonitorProcessFd.
[[nodiscard]] Result<Launched> launch_monitor(const Engine& engine, const Places& place, const MonitorOrder& order,
                                              std::string_view program, const Fd& lock, const Fd& process = Fd());

} // namespace phial::engine
