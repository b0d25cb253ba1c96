#include "base/decimal.hpp"

#include "base/text.hpp"

namespace phial {

std::optional<double> parse_decimal(std::string_view text) {
  Halves halves = split_once(text, '.');
  std::string_view fraction = halves.second.value_or("");
  constexpr std::string_view kDigits = "0123456789";
  if ((halves.first.empty() && fraction.empty()) || halves.first.find_first_not_of(kDigits) != std::string_view::npos ||
      fraction.find_first_not_of(kDigits) != std::string_view::npos)
    return std::nullopt;
  double value = 0;
  double unit = 1;
  for (char digit : halves.first)
    value = value * 10 + (digit - '0');
  for (char digit : fraction)
    value += (digit - '0') * (unit /= 10);
  return value;
}

} // namespace phial
