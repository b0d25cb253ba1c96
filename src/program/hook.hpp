// Running an OCI hook: a program of the user's, with the container's state on its standard input and a time limit.
// The same source for the host and for phial-init: no libc, no heap. runtime-spec config.md, "POSIX-platform Hooks".
#pragma once

#include <cstdint>

namespace phial::program {

// What is added to the exit status or signal of a hook that failed, as the negative result has it; errnos lie below.
inline constexpr long kHookExited = 10000;
inline constexpr long kHookSignalled = 11000;
inline constexpr long kHookTimedOut = 12000;

// The arguments of Op::run_hook. 0, a negative errno where it could not be started, or the negative of one of the
// numbers above with what it ended with.
long run_hook(const std::uint64_t* args);

} // namespace phial::program
