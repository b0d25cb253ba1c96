// What the caller of a new process asked to be given: its pid in a file, its pidfd and its terminal's master over
// sockets; and what it gives: descriptors beyond the standard ones.
#pragma once

#include "base/fd.hpp"
#include "spec/types.hpp"

#include <sys/types.h>

#include <string>
#include <string_view>

namespace phial::runtime {

struct Handover {
  std::string console_socket; // where the terminal's master goes; empty: it is kept
  std::string pid_file;
  std::string pidfd_socket;
  unsigned preserve_fds = 0; // with the next
  unsigned listened = 0;     // of them, sockets the process is told of by $LISTEN_FDS
  bool detach = false;       // nobody of ours stays with it
};

// Refuses what does not go together, before anything is touched: a terminal of a process that others start needs a
// console socket, and a console socket a terminal. Kind::usage, in runc's words.
[[nodiscard]] Result<> check_handover(const Handover& options, bool terminal);

// What the process is told of it: $LISTEN_FDS. Where its terminal is shown in the caller's, that one's size counts.
void tell_process(spec::Process& process, const Handover& options);

// Those of our standard streams (a mask: 1, 2, 4) that the process's user may be made the owner of: pipes, sockets,
// files and terminals, and no device that others use.
[[nodiscard]] unsigned streams_to_give();

// Sends the terminal's master (and lets go of it) and the pidfd to whom they are for; writes the pid file, atomically
// and last, for callers wait for it.
[[nodiscard]] Result<> hand_over(const Handover& options, pid_t pid, const Fd& process, Fd& terminal);

// One descriptor with a name for it over an AF_UNIX stream socket at `path`. unix(7), SCM_RIGHTS.
[[nodiscard]] Result<> send_over(const std::string& path, std::string_view name, int descriptor);

} // namespace phial::runtime
