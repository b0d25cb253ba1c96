// What a new container's caller asked to be given: its pid in a file, its pidfd and its terminal's master over sockets.
#pragma once

#include "base/fd.hpp"
#include "runtime/lifecycle/bundle.hpp"

#include <sys/types.h>

namespace phial::runtime {

// Refuses what does not go together, before anything is touched: a terminal of a container that others start needs a
// console socket, and a console socket a terminal. Kind::usage, in runc's words.
[[nodiscard]] Result<> check_handover(const MakeOptions& options, const spec::Spec& spec);

// Sends the terminal's master (and lets go of it) and the pidfd to whom they are for; writes the pid file, atomically
// and last, for callers wait for it.
[[nodiscard]] Result<> hand_over(const MakeOptions& options, pid_t pid, const Fd& process, Fd& terminal);

// One descriptor with a name for it over an AF_UNIX stream socket at `path`. unix(7), SCM_RIGHTS.
[[nodiscard]] Result<> send_over(const std::string& path, std::string_view name, int descriptor);

// The name of the user we are, as /etc/passwd has it; else the number.
[[nodiscard]] std::string owner_name();

// Writes a file that does not exist yet, mode 0600.
[[nodiscard]] Result<> write_new_file(const std::string& path, std::string_view bytes);

} // namespace phial::runtime
