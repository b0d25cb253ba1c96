// MonitorOrder: what phial-monitor is told about the container it starts, as "key value" lines in
// STATE/containers/ID/order. The monitor links this file.
//
// The monitor's command line is CONTAINER_DIRECTORY STATE_DIRECTORY; its descriptors are kMonitor*Fd below. It finds
// `order` and `program` in the state directory, and makes `journal` and `attach` there.
#pragma once

#include "base/error.hpp"
#include "runtime/cgroup_paths.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace phial::engine {

// Descriptors the monitor is born with. The client's end of a socketpair; the lock on the container that the starter
// took (let go once the start has succeeded or failed); the lock whose holder is alive as the container's monitor.
inline constexpr int kMonitorClientFd = 3;
inline constexpr int kMonitorLockFd = 4;
inline constexpr int kMonitorAliveFd = 5;
// For a further process in a running container: the pidfd of its first process, which the program names by this number.
inline constexpr int kMonitorProcessFd = 6;

struct MonitorOrder {
  bool exec = false; // a further process in a running container: nothing is recorded or logged
  bool tty = false;
  bool input = false;         // standard input is a pipe, else /dev/null
  bool input_once = false;    // it ends when the one client who writes to it goes away
  bool client_output = false; // the starter wants the output; it holds it up as a pipe would
  bool log = true;
  std::uint64_t log_max_size = 0;
  std::uint32_t log_max_files = 1;
  std::uint16_t rows = 0; // the terminal's first size; 0: left as it is
  std::uint16_t columns = 0;
  bool remove = false;              // --rm
  std::string names;                // the directory whose links to the container go with it
  std::string id;                   // what those links hold
  std::string oom_file;             // memory.events or memory.oom_control; or empty
  std::vector<std::string> volumes; // directories that go with the container, too
  runtime::CgroupPaths cgroup;      // for the other commands; the monitor has no use of it
};

[[nodiscard]] std::string order_text(const MonitorOrder& order);
[[nodiscard]] Result<MonitorOrder> parse_order(std::string_view text);

} // namespace phial::engine
