#include "cli/output.hpp"

#include "base/file.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

namespace phial::cli {

void print(std::string_view text) {
  static_cast<void>(write_all(STDOUT_FILENO, text));
}

void print_error(std::string_view text) {
  static_cast<void>(write_all(STDERR_FILENO, text));
}

std::size_t terminal_width(int fd, std::size_t otherwise) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    return otherwise;
  return size.ws_col;
}

} // namespace phial::cli
