#include "base/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

namespace phial {

bool is_terminal(int fd) {
  return ::isatty(fd) == 1;
}

std::optional<TerminalSize> terminal_size(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0)
    return std::nullopt;
  return TerminalSize{size.ws_row, size.ws_col};
}

std::optional<TerminalSize> own_terminal_size() {
  for (int fd : {STDOUT_FILENO, STDIN_FILENO, STDERR_FILENO})
    if (auto size = terminal_size(fd))
      return size;
  return std::nullopt;
}

Result<RawMode> RawMode::enter(int fd) {
  RawMode out;
  if (::tcgetattr(fd, &out.saved_) != 0)
    return fail_call("tcgetattr", "the terminal");
  termios raw = out.saved_;
  ::cfmakeraw(&raw);
  if (::tcsetattr(fd, TCSANOW, &raw) != 0)
    return fail_call("tcsetattr", "the terminal");
  out.fd_ = fd;
  return out;
}

RawMode& RawMode::operator=(RawMode&& other) noexcept {
  if (this != &other) {
    restore();
    fd_ = std::exchange(other.fd_, -1);
    saved_ = other.saved_;
  }
  return *this;
}

void RawMode::restore() {
  if (fd_ >= 0)
    ::tcsetattr(fd_, TCSADRAIN, &saved_);
  fd_ = -1;
}

} // namespace phial
