// Run: the monitor's work in its order. Each step leaves the records such that a monitor killed right after it leaves
// behind what is true, and what the next command can mend.
#pragma once

#include "base/fd.hpp"
#include "engine/log_writer.hpp"
#include "engine/monitor_order.hpp"
#include "engine/record.hpp"
#include "engine/wire.hpp"
#include "helpers/relay.hpp"
#include "program/host.hpp"

#include <optional>
#include <string>

namespace phial::helpers {

class Run {
public:
  Run(std::string container, std::string state) : container_(std::move(container)), state_(std::move(state)) {}
  // An error only where not even the starter could be told.
  Result<> all();

private:
  Result<> prepare();
  Relay::Streams take_streams();
  Result<Relay::Streams> start();
  Result<> await_exec();
  Result<> write_started();
  Result<> supervise(Relay::Streams streams);
  Result<engine::Exit> collect();
  void finish(const engine::Exit& exit);
  void remove_container();
  void report_failure(const Error& error);

  std::string container_;
  std::string state_;
  engine::MonitorOrder order_;
  std::optional<program::Loaded> program_;
  Fd client_{engine::kMonitorClientFd};
  Fd lock_{engine::kMonitorLockFd};
  Fd alive_{engine::kMonitorAliveFd};
  Fd directory_;
  Fd process_;
  bool spawned_ = false;
  std::uint32_t failed_ = 0; // of the program: index plus one
};

} // namespace phial::helpers
