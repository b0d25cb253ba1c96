// Lines of a terminal: wrapping and colour for the printers of a program. Knows text, not programs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace phial::program {

enum class Colour : std::uint8_t { none, ansi };

struct Layout {
  Colour colour = Colour::none;
  std::size_t width = 100; // columns of the terminal; 0: lines are never broken
};

// Breaks text into lines of at most `first` columns for the first and `rest` for the others (0: no limit), after a
// space or a '|' that stands outside of quotes; a word longer than a line stays whole.
[[nodiscard]] std::vector<std::string> wrap(std::string_view text, std::size_t first, std::size_t rest);

// How many columns text takes: its characters, where they are UTF-8.
[[nodiscard]] std::size_t columns(std::string_view text);

enum class Ink : std::uint8_t { plain, bold, dim, name, slot, text };

// The text in a colour.
[[nodiscard]] std::string paint(Colour colour, Ink ink, std::string_view text);

// Colours the lines of one call: its name, slots, strings. Keeps the state of quotes from line to line.
class CallPainter {
public:
  CallPainter(Colour colour, bool named) : colour_(colour), named_(named) {}
  [[nodiscard]] std::string line(std::string_view text);

private:
  Colour colour_;
  bool named_; // the first word is a call's name
  bool quoted_ = false;
};

} // namespace phial::program
