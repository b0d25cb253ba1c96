#include "kernel/mountinfo.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace phial::kernel {

namespace {

bool is_octal(char letter) {
  return letter >= '0' && letter <= '7';
}

std::vector<std::string> option_list(std::string_view text) {
  std::vector<std::string> options;
  for (std::string_view option : split(text, ','))
    options.push_back(unescape_octal(option));
  return options;
}

// "shared:12" and its kin; unknown tags are passed over, as the manual page asks.
bool read_tag(std::string_view tag, MountInfo& row) {
  if (tag == "unbindable") {
    row.unbindable = true;
    return true;
  }
  Halves halves = split_once(tag, ':');
  std::optional<int>* field = halves.first == "shared"           ? &row.shared
                              : halves.first == "master"         ? &row.master
                              : halves.first == "propagate_from" ? &row.propagate_from
                                                                 : nullptr;
  if (field == nullptr)
    return true;
  auto group = halves.second ? parse_uint(*halves.second) : std::nullopt;
  if (!group)
    return false;
  *field = static_cast<int>(*group);
  return true;
}

std::optional<MountInfo> parse_line(std::string_view line) {
  std::vector<std::string_view> words = split(line, ' ');
  if (words.size() < 10)
    return std::nullopt;
  auto separator = std::find(words.begin() + 6, words.end(), "-");
  // The source may be the empty word, and then the line has two spaces in a row.
  if (words.end() - separator < 4)
    return std::nullopt;
  auto id = parse_uint(words[0]);
  auto parent = parse_uint(words[1]);
  Halves device = split_once(words[2], ':');
  auto major = parse_uint(device.first);
  auto minor = device.second ? parse_uint(*device.second) : std::nullopt;
  if (!id || !parent || !major || !minor)
    return std::nullopt;
  MountInfo row;
  row.id = static_cast<int>(*id);
  row.parent = static_cast<int>(*parent);
  row.major = static_cast<std::uint32_t>(*major);
  row.minor = static_cast<std::uint32_t>(*minor);
  row.root = unescape_octal(words[3]);
  row.point = unescape_octal(words[4]);
  row.options = option_list(words[5]);
  for (auto tag = words.begin() + 6; tag != separator; ++tag)
    if (!read_tag(*tag, row))
      return std::nullopt;
  row.type = unescape_octal(separator[1]);
  row.source = unescape_octal(separator[2]);
  row.super_options = option_list(separator[3]);
  return row;
}

bool covers(std::string_view point, std::string_view path) {
  if (point == "/")
    return path.starts_with('/');
  return path.starts_with(point) && (path.size() == point.size() || path[point.size()] == '/');
}

} // namespace

bool MountInfo::has_option(std::string_view option) const {
  return std::ranges::find(options, option) != options.end();
}

bool MountInfo::has_super_option(std::string_view option) const {
  return std::ranges::find(super_options, option) != super_options.end();
}

std::string unescape_octal(std::string_view text) {
  if (text.find('\\') == std::string_view::npos)
    return std::string(text);
  std::string plain;
  plain.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size() && is_octal(text[i + 1]) && is_octal(text[i + 2]) &&
        is_octal(text[i + 3])) {
      plain += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0'));
      i += 3;
    } else {
      plain += text[i];
    }
  }
  return plain;
}

Result<std::vector<MountInfo>> parse_mountinfo(std::string_view text) {
  std::vector<MountInfo> rows;
  std::size_t number = 0;
  for (std::string_view line : split(text, '\n')) {
    ++number;
    if (line.empty())
      continue;
    auto row = parse_line(line);
    if (!row)
      return fail(Kind::input, "line " + std::to_string(number) + " of mountinfo is not a mount: " + std::string(line));
    rows.push_back(std::move(*row));
  }
  return rows;
}

const MountInfo* find_mount(const std::vector<MountInfo>& mounts, std::string_view path) {
  const MountInfo* best = nullptr;
  for (const MountInfo& row : mounts)
    if (covers(row.point, path) && (best == nullptr || row.point.size() >= best->point.size()))
      best = &row;
  return best;
}

} // namespace phial::kernel
