#include "kernel/flags.hpp"

#include "base/text.hpp"

#include <sys/stat.h>

#include <charconv>

namespace phial::kernel {

namespace {

std::string in_base(std::uint64_t value, int base) {
  char digits[24];
  auto [end, error] = std::to_chars(digits, digits + sizeof digits, value, base);
  return {digits, end};
}

constexpr Flag kFileTypes[] = {
    {S_IFSOCK, "S_IFSOCK", S_IFMT}, {S_IFLNK, "S_IFLNK", S_IFMT}, {S_IFREG, "S_IFREG", S_IFMT},
    {S_IFBLK, "S_IFBLK", S_IFMT},   {S_IFDIR, "S_IFDIR", S_IFMT}, {S_IFCHR, "S_IFCHR", S_IFMT},
    {S_IFIFO, "S_IFIFO", S_IFMT},
};

} // namespace

std::string hexadecimal(std::uint64_t value) {
  return "0x" + in_base(value, 16);
}

std::string format_flags(std::uint64_t value, FlagTable table) {
  std::string text;
  std::uint64_t rest = value;
  std::uint64_t named = 0;
  auto add = [&text](std::string_view word) {
    if (!text.empty())
      text += '|';
    text += word;
  };
  for (const Flag& flag : table) {
    std::uint64_t field = flag.field();
    // A row is passed over when a wider row before it has spoken for its bits.
    if ((value & field) != flag.bits || (named & field) == field)
      continue;
    add(flag.name);
    named |= field;
    rest &= ~field;
  }
  if (rest != 0)
    add(hexadecimal(rest));
  return text.empty() ? "0" : text;
}

std::optional<std::uint64_t> parse_flags(std::string_view text, FlagTable table) {
  if (text == "0")
    return 0;
  std::uint64_t value = 0;
  for (std::string_view word : split(text, '|')) {
    bool found = false;
    for (const Flag& flag : table) {
      if (flag.name != word)
        continue;
      value |= flag.bits;
      found = true;
      break;
    }
    if (found)
      continue;
    if (!word.starts_with("0x"))
      return std::nullopt;
    auto bits = parse_uint(word.substr(2), 16);
    if (!bits)
      return std::nullopt;
    value |= *bits;
  }
  return value;
}

std::string_view name_of(std::uint64_t value, NameTable table) {
  for (const Name& row : table)
    if (row.value == value)
      return row.name;
  return {};
}

std::string format_name(std::uint64_t value, NameTable table) {
  std::string_view name = name_of(value, table);
  return name.empty() ? in_base(value, 10) : std::string(name);
}

std::string format_mode(std::uint64_t mode) {
  std::string octal = in_base(mode & ~std::uint64_t{S_IFMT}, 8);
  octal.insert(0, octal.size() < 4 ? 4 - octal.size() : 0, '0');
  if ((mode & S_IFMT) == 0)
    return octal;
  return format_flags(mode & S_IFMT, kFileTypes) + "|" + octal;
}

} // namespace phial::kernel
