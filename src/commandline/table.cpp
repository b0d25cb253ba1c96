#include "commandline/table.hpp"

#include <algorithm>
#include <cstddef>

namespace phial::commandline {

namespace {

constexpr std::size_t kPadding = 3;

// Code points, which is what a terminal shows of most scripts.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

} // namespace

std::string Table::text() const {
  std::vector<std::size_t> widths;
  for (const std::vector<std::string>& row : rows_)
    for (std::size_t i = 0; i + 1 < row.size(); ++i) {
      if (widths.size() <= i)
        widths.resize(i + 1, least_);
      widths[i] = std::max(widths[i], width_of(row[i]) + kPadding);
    }
  std::string out;
  for (const std::vector<std::string>& row : rows_) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      if (i + 1 < row.size())
        out.append(widths[i] - width_of(row[i]), ' ');
    }
    out += '\n';
  }
  return out;
}

} // namespace phial::commandline
