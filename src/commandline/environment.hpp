// The environment a program was given; its only door to it.
#pragma once

#include <optional>
#include <string_view>

namespace phial::commandline {

class Environment {
public:
  explicit Environment(char** entries) : entries_(entries) {}
  // The value of a variable; nullopt where it is not set.
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const;
  [[nodiscard]] char** entries() const { return entries_; }

private:
  char** entries_;
};

} // namespace phial::commandline
