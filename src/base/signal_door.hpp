// SignalDoor: the signals a program of ours gets while it stands before a container, to be passed on.
#pragma once

#include "base/fd.hpp"

#include <signal.h>

namespace phial {

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
  // Gives nothing back: for a process that ends now.
  void leave();
  // The next signal that came, 0 for none.
  [[nodiscard]] int next();

private:
  Fd fd_;
  sigset_t before_{};
  bool open_ = false;
};

} // namespace phial
