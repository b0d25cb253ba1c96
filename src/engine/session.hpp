// Session: the client's side of an attachment: the caller's streams, terminal and signals at one end, phial-monitor's
// socket at the other, until the container ends or the detach keys are typed.
#pragma once

#include "base/fd.hpp"
#include "base/signal_door.hpp"
#include "engine/engine.hpp"
#include "engine/terminal.hpp"
#include "engine/wire.hpp"

#include <functional>

namespace phial::engine {

// -i and -t as docker has them: a terminal asked for without one to give is refused before anything is made.
[[nodiscard]] Result<> check_terminal(bool tty, bool input);

struct SessionSettings {
  bool tty = false;   // the container has a terminal
  bool input = false; // standard input is passed on
  bool output = true; // what it writes is shown here
  std::string detach_keys;
  std::function<void(int signal)> pass_on; // a signal we got
};

struct SessionEnd {
  enum class Why : std::uint8_t { exited, detached, lost, failed } why = Why::lost;
  std::int32_t code = 0; // exited
  wire::Failure failure; // failed
};

// Relays over `socket` (already greeted) until one of the ends of SessionEnd. `lost`: the monitor went without a word.
// `signals` was opened before the container was started, so that none is lost.
[[nodiscard]] Result<SessionEnd> relay_session(int socket, SignalDoor& signals, const SessionSettings& settings);

} // namespace phial::engine
