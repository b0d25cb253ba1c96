// A container's process in the foreground of run or exec: our signals are its signals, our terminal shows its own, and
// its end is ours.
#pragma once

#include "base/fd.hpp"
#include "base/signal_door.hpp"
#include "oci/log.hpp"

#include <sys/types.h>

namespace phial::oci {

struct Foreground {
  int process = -1; // a pidfd of our child
  pid_t pid = 0;
  Fd terminal; // the master, where it has a terminal
  // Where it may not be the container's program yet: at end of file it is, or has ended. Until then no signal is passed
  // on, for the init would not see it.
  Fd until_program;
};

// Signals to be passed on from now on; SIGPIPE is none of ours, a write tells as much. Before the process is made.
[[nodiscard]] Result<SignalDoor> open_signal_door();

// Until it has ended and all it wrote to the terminal is shown. Its exit status, 128 and the number for a signal.
[[nodiscard]] Result<int> attend(Foreground foreground, SignalDoor& signals);

// The container has ended, but not all of it could be removed: that is told, and its exit status stays its own.
void tell_remains(Log& log, const Error& problem, const std::string& id);

} // namespace phial::oci
