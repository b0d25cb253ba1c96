// Processes as the engine's records name them, asked of the kernel. pidfd_open(2).
#pragma once

#include "base/fd.hpp"
#include "engine/record.hpp"

namespace phial::engine {

// A pidfd of the process that was started at `start` as `pid`, where it still lives; an empty Fd where it does not
// (a number that another process has by now does not count, a zombie that nobody has waited for does).
[[nodiscard]] Result<Fd> open_process(pid_t pid, std::uint64_t start);

// Of a run's first process and of its monitor; empty where the machine has been booted since.
[[nodiscard]] Result<Fd> open_container_process(const Running& running);
[[nodiscard]] Result<Fd> open_monitor(const Running& running);

// Whether the process behind a pidfd has ended (a zombie has).
[[nodiscard]] bool has_ended(int pidfd);
// Waits until it has, at most `milliseconds` (-1: for ever). False when the time is over.
[[nodiscard]] Result<bool> wait_for_end(int pidfd, int milliseconds);

// pidfd_send_signal(2). A process that has ended is no error.
[[nodiscard]] Result<> send_signal(int pidfd, int signal);

} // namespace phial::engine
