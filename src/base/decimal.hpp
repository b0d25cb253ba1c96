// Decimal fractions as people write them for sizes and durations.
#pragma once

#include <optional>
#include <string_view>

namespace phial {

// "1.5", ".5", "12.": digits and at most one point, no sign, no exponent. The standard library's function is right to
// the last bit, and 140 KiB for it; the last bit of "1.5 GiB" is nobody's concern.
[[nodiscard]] std::optional<double> parse_decimal(std::string_view text);

} // namespace phial
