// What the program says: text to standard output, one write a call; and how wide the reader's terminal is.
#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <string_view>

namespace phial::cli {

// Writes to standard output. A reader that went away is no error of ours.
void print(std::string_view text);
// Writes to standard error.
void print_error(std::string_view text);

// Columns of the terminal on `fd`, or `otherwise` where it is none.
[[nodiscard]] std::size_t terminal_width(int fd, std::size_t otherwise);

} // namespace phial::cli
