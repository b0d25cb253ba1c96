// Processes as the engine's records name them, asked of the kernel.
#pragma once

#include "engine/record.hpp"
#include "kernel/process.hpp"

namespace phial::engine {

using kernel::has_ended;
using kernel::send_signal;
using kernel::wait_for_end;

// Of a run's first process and of its monitor; empty where the process has ended or the machine has been booted since.
[[nodiscard]] Result<Fd> open_container_process(const Running& running);
[[nodiscard]] Result<Fd> open_monitor(const Running& running);

} // namespace phial::engine
