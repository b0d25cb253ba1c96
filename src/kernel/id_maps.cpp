#include "kernel/id_maps.hpp"

#include "base/text.hpp"

namespace phial::kernel {

namespace {

constexpr std::uint64_t kIdEnd = 0xffffffff; // the last value is "no id"

std::string line(const IdRange& range) {
  return std::to_string(range.inside) + " " + std::to_string(range.outside) + " " + std::to_string(range.size);
}

bool overlap(std::uint32_t a, std::uint32_t b, std::uint32_t a_size, std::uint32_t b_size) {
  return std::uint64_t{a} < std::uint64_t{b} + b_size && std::uint64_t{b} < std::uint64_t{a} + a_size;
}

// The numbers on a line, however they are spaced.
std::vector<std::uint64_t> numbers(std::string_view text) {
  std::vector<std::uint64_t> result;
  for (std::string_view word : split(text, ' ')) {
    if (word.empty())
      continue;
    auto number = parse_uint(word);
    if (!number || *number > kIdEnd)
      return {};
    result.push_back(*number);
  }
  return result;
}

} // namespace

Result<> check_id_map(std::span<const IdRange> ranges) {
  if (ranges.empty())
    return fail(Kind::input, "an id map has no range", "map at least the container's root: 0 HOST_ID 1");
  if (ranges.size() > kIdRangeLimit)
    return fail(Kind::input, "an id map has more than " + std::to_string(kIdRangeLimit) + " ranges");
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const IdRange& one = ranges[i];
    if (one.size == 0)
      return fail(Kind::input, "the id range '" + line(one) + "' is empty");
    if (std::uint64_t{one.inside} + one.size > kIdEnd || std::uint64_t{one.outside} + one.size > kIdEnd)
      return fail(Kind::input, "the id range '" + line(one) + "' runs past the highest id");
    for (const IdRange& other : ranges.subspan(i + 1))
      if (overlap(one.inside, other.inside, one.size, other.size) ||
          overlap(one.outside, other.outside, one.size, other.size))
        return fail(Kind::input, "the id ranges '" + line(one) + "' and '" + line(other) + "' overlap");
  }
  return {};
}

std::string id_map_text(std::span<const IdRange> ranges) {
  std::string text;
  for (const IdRange& range : ranges)
    text += line(range) + "\n";
  return text;
}

Result<std::vector<IdRange>> parse_id_map(std::string_view text) {
  std::vector<IdRange> ranges;
  for (std::string_view row : split(text, '\n')) {
    if (trim(row).empty())
      continue;
    std::vector<std::uint64_t> fields = numbers(trim(row));
    if (fields.size() != 3)
      return fail(Kind::input, "not a line of an id map: " + std::string(row));
    ranges.push_back({static_cast<std::uint32_t>(fields[0]), static_cast<std::uint32_t>(fields[1]),
                      static_cast<std::uint32_t>(fields[2])});
  }
  return ranges;
}

std::optional<std::uint32_t> to_outside(std::span<const IdRange> ranges, std::uint32_t inside) {
  for (const IdRange& range : ranges)
    if (inside >= range.inside && inside - range.inside < range.size)
      return range.outside + (inside - range.inside);
  return std::nullopt;
}

std::optional<std::uint32_t> to_inside(std::span<const IdRange> ranges, std::uint32_t outside) {
  for (const IdRange& range : ranges)
    if (outside >= range.outside && outside - range.outside < range.size)
      return range.inside + (outside - range.outside);
  return std::nullopt;
}

std::vector<SubordinateRange> parse_subordinate_ids(std::string_view text, std::string_view user, std::uint32_t id) {
  std::vector<SubordinateRange> ranges;
  std::string number = std::to_string(id);
  for (std::string_view row : split(text, '\n')) {
    std::vector<std::string_view> fields = split(trim(row), ':');
    if (fields.size() != 3 || (fields[0] != user && fields[0] != number))
      continue;
    auto first = parse_uint(fields[1]);
    auto size = parse_uint(fields[2]);
    if (first && size && *size > 0 && *first + *size <= kIdEnd && *size <= kIdEnd)
      ranges.push_back({static_cast<std::uint32_t>(*first), static_cast<std::uint32_t>(*size)});
  }
  return ranges;
}

} // namespace phial::kernel
