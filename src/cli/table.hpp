// Columns of text as docker prints them: three spaces between, a column at least ten wide, the last one ragged. Pure.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace phial::cli {

class Table {
public:
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  [[nodiscard]] std::string text() const;

private:
  std::vector<std::vector<std::string>> rows_;
};

} // namespace phial::cli
