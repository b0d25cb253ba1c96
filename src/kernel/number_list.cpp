#include "kernel/number_list.hpp"

#include "base/text.hpp"

namespace phial::kernel {

namespace {

std::unexpected<Error> no_list(std::string_view text) {
  return fail(Kind::input, "\"" + std::string(text) + "\" is not a list like \"0-3,7\"",
              "numbers go up to " + std::to_string(kNumberListLimit));
}

bool has_bit(std::span<const std::uint64_t> words, std::size_t number) {
  return number / 64 < words.size() && (words[number / 64] >> (number % 64) & 1) != 0;
}

} // namespace

Result<std::vector<std::uint64_t>> parse_number_list(std::string_view text) {
  std::vector<std::uint64_t> out;
  if (trim(text).empty())
    return out;
  for (std::string_view part : split(text, ',')) {
    Halves ends = split_once(trim(part), '-');
    std::optional<std::uint64_t> first = parse_uint(trim(ends.first));
    std::optional<std::uint64_t> last = ends.second ? parse_uint(trim(*ends.second)) : first;
    if (!first || !last || *first > *last || *last > kNumberListLimit)
      return no_list(text);
    if (out.size() <= *last / 64)
      out.resize(*last / 64 + 1);
    for (std::uint64_t number = *first; number <= *last; ++number)
      out[number / 64] |= std::uint64_t{1} << (number % 64);
  }
  return out;
}

std::string format_number_list(std::span<const std::uint64_t> words) {
  std::string out;
  for (std::size_t number = 0; number < words.size() * 64; ++number) {
    if (!has_bit(words, number))
      continue;
    std::size_t last = number;
    while (has_bit(words, last + 1))
      ++last;
    out += (out.empty() ? "" : ",") + std::to_string(number) + (last == number ? "" : "-" + std::to_string(last));
    number = last;
  }
  return out;
}

} // namespace phial::kernel
