#include "commandline/environment.hpp"

namespace phial::commandline {

std::optional<std::string_view> Environment::get(std::string_view name) const {
  for (char** entry = entries_; entry != nullptr && *entry != nullptr; ++entry) {
    std::string_view text(*entry);
    if (text.size() > name.size() && text.starts_with(name) && text[name.size()] == '=')
      return text.substr(name.size() + 1);
  }
  return std::nullopt;
}

} // namespace phial::commandline
