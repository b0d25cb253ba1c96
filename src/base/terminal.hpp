// The caller's own terminal while a container's is shown in it: its size, raw mode and back. termios(3).
#pragma once

#include "base/fd.hpp"

#include <termios.h>

#include <cstdint>
#include <optional>

namespace phial {

struct TerminalSize {
  std::uint16_t rows = 0;
  std::uint16_t columns = 0;
};

[[nodiscard]] bool is_terminal(int fd);

// Rows and columns; nullopt where `fd` is no terminal or does not know.
[[nodiscard]] std::optional<TerminalSize> terminal_size(int fd);

// Of the first of standard output, input and error that is a terminal.
[[nodiscard]] std::optional<TerminalSize> own_terminal_size();

// Raw mode as long as it lives. Restored by its end, on every way out of a function; a process that is killed leaves
// the restoring to the shell.
class RawMode {
public:
  RawMode() = default;
  RawMode(RawMode&& other) noexcept : fd_(std::exchange(other.fd_, -1)), saved_(other.saved_) {}
  RawMode& operator=(RawMode&& other) noexcept;
  RawMode(const RawMode&) = delete;
  RawMode& operator=(const RawMode&) = delete;
  ~RawMode() { restore(); }
  [[nodiscard]] static Result<RawMode> enter(int fd);
  void restore();

private:
  int fd_ = -1;
  termios saved_{};
};

} // namespace phial
