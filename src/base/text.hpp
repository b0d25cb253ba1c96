// Text: splitting, joining, numbers, sizes, suggestions. Pure.
#pragma once

#include "base/error.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace phial {

[[nodiscard]] std::vector<std::string_view> split(std::string_view text, char separator);
// At the first separator: {before, after}; {text, nullopt} where there is none.
struct Halves {
  std::string_view first;
  std::optional<std::string_view> second;
};
[[nodiscard]] Halves split_once(std::string_view text, char separator);
[[nodiscard]] std::string_view trim(std::string_view text);
[[nodiscard]] std::string join(std::span<const std::string> parts, std::string_view separator);
[[nodiscard]] std::string lower(std::string_view text);
[[nodiscard]] bool equal_but_for_case(std::string_view a, std::string_view b); // of ASCII letters

// The whole of `text` as a number; nullopt where any character is left over or it does not fit.
[[nodiscard]] std::optional<std::int64_t> parse_int(std::string_view text, int base = 10);
[[nodiscard]] std::optional<std::uint64_t> parse_uint(std::string_view text, int base = 10);

// Docker's sizes: a number (decimals allowed) and b, k, m, g, t, p with an optional "b" or "ib" behind, powers of 1024;
// in bytes. "-1" is no size; callers that allow it look first.
[[nodiscard]] std::optional<std::uint64_t> parse_size(std::string_view text);
// 1536 -> "1.5kB"; units of 1000 as docker prints them.
[[nodiscard]] std::string format_size(std::uint64_t bytes);
// 1536 -> "1.5KiB"; units of 1024.
[[nodiscard]] std::string format_binary_size(std::uint64_t bytes);

// The candidate nearest to `word` by edit distance, if it is near enough to be a slip of the finger.
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view word,
                                                      std::span<const std::string_view> candidates);

// 'text' quoted for a POSIX shell; plain words stay as they are.
[[nodiscard]] std::string shell_quote(std::string_view text);

[[nodiscard]] std::string to_hex(std::span<const unsigned char> bytes);

} // namespace phial
