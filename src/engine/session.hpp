// Session: the client's side of an attachment: the caller's streams, terminal and signals at one end, phial-monitor's
// socket at the other, until the container ends or the detach keys are typed.
#pragma once

#include "base/fd.hpp"
#include "engine/engine.hpp"
#include "engine/terminal.hpp"
#include "engine/wire.hpp"

#include <signal.h>

#include <functional>

namespace phial::engine {

// Signals of the caller as descriptors: blocked while it lives, given back afterwards. signalfd(2).
class SignalDoor {
public:
  SignalDoor() = default;
  SignalDoor(SignalDoor&& other) noexcept;
  SignalDoor& operator=(SignalDoor&& other) = delete;
  ~SignalDoor();
  // Every signal that can be passed on (`proxy`), or SIGWINCH alone. What the caller ignored stays ignored.
  [[nodiscard]] static Result<SignalDoor> open(bool proxy);
  [[nodiscard]] int get() const { return fd_.get(); }
  // The next signal that came, 0 for none.
  [[nodiscard]] int next();

private:
  Fd fd_;
  sigset_t before_{};
  bool open_ = false;
};

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
