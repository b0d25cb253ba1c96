#include "cli/variables.hpp"

#include "base/text.hpp"
#include "cli/values.hpp"

namespace phial::cli {

Result<std::string> parse_variable(std::string_view text, const Lookup& lookup) {
  Halves halves = split_once(text, '=');
  if (halves.first.empty() || text.find('\0') != std::string_view::npos)
    return bad_value(text, "a variable", "expected NAME=VALUE, or NAME to pass on your own");
  if (halves.second)
    return std::string(text);
  std::optional<std::string_view> value = lookup(text);
  return value ? std::string(text) + "=" + std::string(*value) : std::string(text);
}

Result<std::vector<std::string>> parse_variable_file(std::string_view text, std::string_view file,
                                                     const Lookup& lookup) {
  std::vector<std::string> out;
  if (text.starts_with("\xEF\xBB\xBF"))
    text.remove_prefix(3);
  std::size_t number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    if (line.ends_with('\r'))
      line.remove_suffix(1);
    std::size_t start = line.find_first_not_of(" \t\v\f\r");
    if (start == std::string_view::npos || line[start] == '#')
      continue;
    line.remove_prefix(start);
    Halves halves = split_once(line, '=');
    std::string where = std::string(file) + ":" + std::to_string(number);
    if (halves.first.empty() || line.find('\0') != std::string_view::npos)
      return std::unexpected(fail(Kind::input, "a name is missing before the =").error().with_position(where));
    if (halves.first.find_first_of(" \t") != std::string_view::npos)
      return std::unexpected(fail(Kind::input, "the name \"" + std::string(halves.first) + "\" has a space in it")
                                 .error()
                                 .with_position(where));
    if (halves.second)
      out.emplace_back(line);
    else if (std::optional<std::string_view> value = lookup(halves.first))
      out.push_back(std::string(halves.first) + "=" + std::string(*value));
  }
  return out;
}

} // namespace phial::cli
