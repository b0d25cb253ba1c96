// Columns of text as docker and runc print them: three spaces between, a column not narrower than a least width
// (docker's is ten, runc's twelve), the last one ragged. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace phial::commandline {

class Table {
public:
  explicit Table(std::size_t least = 10) : least_(least) {}
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  [[nodiscard]] std::string text() const;

private:
  std::size_t least_;
  std::vector<std::vector<std::string>> rows_;
};

} // namespace phial::commandline
