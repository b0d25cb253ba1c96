// Reads tar archives that may be hostile: what a header claims is checked against the limits before it is believed.
#include "image/tar.hpp"

#include "base/text.hpp"
#include "image/tar_format.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <optional>

namespace phial::image {

namespace {

constexpr std::uint64_t kHeaderLimit = std::uint64_t{1} << 20; // of one pax header or one long name
constexpr std::uint64_t kSizeLimit = std::uint64_t{1} << 62;   // of anything
constexpr std::size_t kSegmentLimit = std::size_t{1} << 20;    // of a sparse file

std::unexpected<Error> bad(std::string why) {
  return fail(Kind::input, "malformed tar archive: " + std::move(why));
}

std::string_view text_of(std::string_view field) {
  return field.substr(0, field.find('\0'));
}

// A number as tar writes it: octal digits between blanks, or GNU's base 256 with the first bit set.
std::optional<std::int64_t> number_of(std::string_view field) {
  auto first = static_cast<unsigned char>(field[0]);
  if ((first & 0x80) != 0) {
    bool negative = first == 0xff;
    std::uint64_t value = negative ? ~std::uint64_t{0} : first & 0x7fU;
    for (char c : field.substr(1)) {
      std::uint64_t top = value >> 55;
      if (top != 0 && top != 0x1ff)
        return std::nullopt;
      value = value << 8 | static_cast<unsigned char>(c);
    }
    auto out = static_cast<std::int64_t>(value);
    return negative == (out < 0) ? std::optional(out) : std::nullopt;
  }
  std::size_t begin = std::min(field.find_first_not_of(' '), field.size());
  field.remove_prefix(begin);
  field = field.substr(0, field.find_first_of(std::string_view(" \0", 2)));
  if (field.empty())
    return 0;
  std::optional<std::uint64_t> value = parse_uint(field, 8);
  return value && *value < kSizeLimit ? std::optional(static_cast<std::int64_t>(*value)) : std::nullopt;
}

Result<std::uint64_t> size_of(std::string_view field, std::string_view what) {
  std::optional<std::int64_t> value = number_of(field);
  if (!value || *value < 0 || static_cast<std::uint64_t>(*value) > kSizeLimit)
    return bad(std::string(what) + " is not a number");
  return static_cast<std::uint64_t>(*value);
}

Result<std::uint64_t> decimal(std::string_view text, std::string_view what) {
  std::optional<std::uint64_t> value = parse_uint(text);
  if (!value || *value > kSizeLimit)
    return bad(std::string(what) + " is not a number");
  return *value;
}

Result<std::uint32_t> id_of(std::uint64_t value, std::string_view what) {
  // 2^32 - 1 means "leave it" to chown(2).
  if (value >= std::numeric_limits<std::uint32_t>::max())
    return bad(std::string(what) + " " + std::to_string(value) + " is out of range");
  return static_cast<std::uint32_t>(value);
}

// "1700000000.123456789", also negative.
Result<> apply_mtime(std::string_view text, TarEntry& entry) {
  auto [whole, fraction] = split_once(text, '.');
  std::optional<std::int64_t> seconds = parse_int(whole == "-" || whole == "-0" ? "0" : whole);
  if (!seconds)
    return bad("mtime is not a number");
  std::string digits(fraction.value_or("").substr(0, 9));
  digits.resize(9, '0');
  std::optional<std::uint64_t> nanoseconds = parse_uint(digits);
  if (!nanoseconds)
    return bad("mtime is not a number");
  if (text.starts_with('-') && *nanoseconds > 0) {
    seconds = *seconds - 1;
    nanoseconds = 1'000'000'000 - *nanoseconds;
  }
  entry.mtime = *seconds;
  entry.mtime_nanoseconds = static_cast<std::uint32_t>(*nanoseconds);
  return {};
}

// "LENGTH KEY=VALUE\n", again and again. An empty value takes the record back.
Result<> parse_records(std::string_view text, std::vector<std::pair<std::string, std::string>>& out) {
  while (!text.empty()) {
    std::size_t blank = text.find(' ');
    std::optional<std::uint64_t> length = parse_uint(text.substr(0, blank));
    if (blank == std::string_view::npos || !length || *length > text.size() || *length < blank + 3 ||
        text[*length - 1] != '\n')
      return bad("a pax header's record has a wrong length");
    auto [key, value] = split_once(text.substr(blank + 1, *length - blank - 2), '=');
    if (!value || key.empty())
      return bad("a pax header's record is not KEY=VALUE");
    out.emplace_back(key, *value);
    text.remove_prefix(*length);
  }
  return {};
}

Result<TarType> type_of(char flag, std::string_view name) {
  switch (flag) {
  case '\0':
  case '0':
  case '7': return name.ends_with('/') ? TarType::directory : TarType::file;
  case 'S': return TarType::file;
  case '1': return TarType::hard_link;
  case '2': return TarType::symlink;
  case '3': return TarType::character;
  case '4': return TarType::block;
  case '5':
  case 'D': return TarType::directory;
  case '6': return TarType::fifo;
  default: break;
  }
  std::string shown =
      flag > ' ' && flag < 127 ? "'" + std::string(1, flag) + "'" : std::to_string(static_cast<int>(flag));
  return bad("an entry has the unknown type " + shown);
}

} // namespace

// Up to `most` bytes of what comes next; empty at the end of the stream.
Result<std::string_view> TarReader::take(std::size_t most) {
  if (piece_.empty())
    piece_ = TRY(bytes_.next());
  std::string_view out = piece_.substr(0, most);
  piece_.remove_prefix(out.size());
  position_ += out.size();
  return out;
}

// False where the stream ends before the block's first byte.
Result<bool> TarReader::read_block(char* block) {
  std::size_t have = 0;
  while (have < kTarBlock) {
    std::string_view some = TRY(take(kTarBlock - have));
    if (some.empty() && have == 0)
      return false;
    if (some.empty())
      return bad("it ends within a header");
    std::memcpy(block + have, some.data(), some.size());
    have += some.size();
  }
  return true;
}

Result<> TarReader::skip(std::uint64_t count) {
  while (count > 0) {
    if (piece_.empty()) {
      std::uint64_t skipped = TRY(bytes_.skip(count));
      position_ += skipped;
      count -= skipped;
      if (count == 0)
        break;
    }
    std::string_view some = TRY(take(std::min<std::uint64_t>(count, std::numeric_limits<std::size_t>::max())));
    if (some.empty())
      return bad("it ends within a file's data");
    count -= some.size();
  }
  return {};
}

// The payload of a header that holds text, with its padding.
Result<std::string> TarReader::read_text(std::uint64_t size) {
  if (size > kHeaderLimit)
    return bad("a header of " + std::to_string(size) + " bytes; 1 MiB is the limit");
  std::string out;
  while (out.size() < size) {
    std::string_view some = TRY(take(size - out.size()));
    if (some.empty())
      return bad("it ends within a header");
    out += some;
  }
  TRY(skip((kTarBlock - size % kTarBlock) % kTarBlock));
  return out;
}

Result<> TarReader::read_header(const char* block, TarEntry& entry) {
  entry.name = text_of(tar_field(block, kTarName));
  if (tar_field(block, kTarMagic).starts_with(std::string_view("ustar\0", 6)))
    if (std::string_view prefix = text_of(tar_field(block, kTarPrefix)); !prefix.empty())
      entry.name = std::string(prefix) + "/" + entry.name;
  entry.link = text_of(tar_field(block, kTarLink));
  entry.mode = static_cast<std::uint32_t>(TRY(size_of(tar_field(block, kTarMode), "mode")) & 07777);
  entry.uid = TRY(id_of(TRY(size_of(tar_field(block, kTarUid), "uid")), "uid"));
  entry.gid = TRY(id_of(TRY(size_of(tar_field(block, kTarGid), "gid")), "gid"));
  std::optional<std::int64_t> mtime = number_of(tar_field(block, kTarMtime));
  if (!mtime)
    return bad("mtime is not a number");
  entry.mtime = *mtime;
  char flag = block[kTarType];
  if (flag == '3' || flag == '4') {
    entry.device_major = TRY(id_of(TRY(size_of(tar_field(block, kTarMajor), "major")), "major"));
    entry.device_minor = TRY(id_of(TRY(size_of(tar_field(block, kTarMinor), "minor")), "minor"));
  }
  return {};
}

Result<> TarReader::apply_records(const Records& records, TarEntry& entry) {
  constexpr std::string_view kXattr = "SCHILY.xattr.";
  bool version_1 = false;
  for (const auto& [key, value] : records) {
    if (key == "path" || key == "GNU.sparse.name") {
      entry.name = value;
    } else if (key == "linkpath") {
      entry.link = value;
    } else if (key == "uid") {
      entry.uid = TRY(id_of(TRY(decimal(value, key)), key));
    } else if (key == "gid") {
      entry.gid = TRY(id_of(TRY(decimal(value, key)), key));
    } else if (key == "size") {
      left_ = TRY(decimal(value, key));
    } else if (key == "mtime") {
      TRY(apply_mtime(value, entry));
    } else if (key == "GNU.sparse.size" || key == "GNU.sparse.realsize") {
      entry.size = TRY(decimal(value, key));
      entry.sparse = true;
    } else if (key == "GNU.sparse.major") {
      version_1 = value == "1";
    } else if (key == "GNU.sparse.offset") {
      entry.segments.push_back({TRY(decimal(value, key)), 0});
    } else if (key == "GNU.sparse.numbytes") {
      if (entry.segments.empty())
        return bad("a sparse file's map is incomplete");
      entry.segments.back().length = TRY(decimal(value, key));
    } else if (key == "GNU.sparse.map") {
      std::vector<std::string_view> numbers = split(value, ',');
      for (std::size_t i = 0; i + 1 < numbers.size(); i += 2)
        entry.segments.push_back({TRY(decimal(numbers[i], key)), TRY(decimal(numbers[i + 1], key))});
    } else if (key.starts_with(kXattr) && key.size() > kXattr.size()) {
      entry.xattrs.emplace_back(key.substr(kXattr.size()), value);
    }
  }
  sparse_map_in_data_ = version_1 && entry.sparse;
  return {};
}

// The map of GNU's own sparse format: in the header, and in extension blocks behind it.
Result<> TarReader::read_gnu_sparse(const char* block, TarEntry& entry) {
  auto add = [&](const char* pairs, std::size_t count) -> Result<> {
    for (std::size_t i = 0; i < count; ++i) {
      std::string_view offset(pairs + i * 24, 12);
      std::string_view length(pairs + i * 24 + 12, 12);
      if (offset[0] == '\0')
        break;
      entry.segments.push_back({TRY(size_of(offset, "sparse offset")), TRY(size_of(length, "sparse length"))});
    }
    return {};
  };
  entry.sparse = true;
  entry.size = TRY(size_of(tar_field(block, kGnuRealSize), "real size"));
  TRY(add(block + kGnuSparseAt, kGnuSparseCount));
  bool more = block[kGnuExtended] != '\0';
  std::array<char, kTarBlock> extension{};
  while (more) {
    if (entry.segments.size() > kSegmentLimit || !TRY(read_block(extension.data())))
      return bad("a sparse file's map is too long or cut off");
    TRY(add(extension.data(), kGnuExtensionCount));
    more = extension[kGnuExtensionMore] != '\0';
  }
  return {};
}

// The map of pax sparse format 1.0: decimal lines at the beginning of the payload, padded to a block.
Result<> TarReader::read_sparse_map(TarEntry& entry) {
  std::string text;
  std::size_t at = 0;
  auto line = [&]() -> Result<std::uint64_t> {
    std::size_t end = text.find('\n', at);
    while (end == std::string::npos) {
      std::array<char, kTarBlock> block{};
      if (left_ < kTarBlock || text.size() > at + kTarBlock || !TRY(read_block(block.data())))
        return bad("a sparse file's map is cut off");
      left_ -= kTarBlock;
      text.erase(0, at);
      at = 0;
      text.append(block.data(), block.size());
      end = text.find('\n', at);
    }
    std::string_view number = std::string_view(text).substr(at, end - at);
    at = end + 1;
    return decimal(number, "a sparse file's map");
  };
  std::uint64_t count = TRY(line());
  if (count > kSegmentLimit)
    return bad("a sparse file's map has too many entries");
  entry.segments.clear();
  for (std::uint64_t i = 0; i < count; ++i) {
    TarSegment segment;
    segment.offset = TRY(line());
    segment.length = TRY(line());
    entry.segments.push_back(segment);
  }
  return {};
}

Result<> TarReader::check_segments(const TarEntry& entry) const {
  std::uint64_t end = 0;
  std::uint64_t total = 0;
  for (const TarSegment& segment : entry.segments) {
    if (segment.offset < end || segment.offset > entry.size || segment.length > entry.size - segment.offset)
      return bad("a sparse file's map contradicts itself");
    end = segment.offset + segment.length;
    total += segment.length;
  }
  if (total != left_)
    return bad("a sparse file's map does not fit its data");
  return {};
}

Result<bool> TarReader::next(TarEntry& entry) {
  TRY(skip(left_ + padding_));
  left_ = padding_ = 0;
  entry = TarEntry();
  std::string long_name;
  std::string long_link;
  Records records;
  std::array<char, kTarBlock> block{};
  while (!ended_) {
    // An archive that just stops between two entries is common; one that has its end marker has nothing behind it.
    bool more = TRY(read_block(block.data()));
    if (!more && !(records.empty() && long_name.empty() && long_link.empty()))
      return bad("it ends behind a header");
    if (!more || std::ranges::all_of(block, [](char c) { return c == '\0'; })) {
      ended_ = true;
      break;
    }
    std::optional<std::int64_t> sum = number_of(tar_field(block.data(), kTarChecksum));
    if (!sum || *sum != static_cast<std::int64_t>(tar_checksum(block.data())))
      return bad(position_ == kTarBlock ? "this is not a tar archive" : "a header's checksum is wrong");
    std::uint64_t size = TRY(size_of(tar_field(block.data(), kTarSize), "size"));
    switch (char flag = block[kTarType]) {
    case 'L': long_name = text_of(TRY(read_text(size))); continue;
    case 'K': long_link = text_of(TRY(read_text(size))); continue;
    case 'x':
    case 'X':
      records.clear();
      TRY(parse_records(TRY(read_text(size)), records));
      continue;
    case 'g': // defaults for all that follows: nothing in them is for us
    case 'V': TRY(read_text(size)); continue;
    default:
      TRY(read_header(block.data(), entry));
      left_ = size;
      if (!long_name.empty())
        entry.name = long_name;
      if (!long_link.empty())
        entry.link = long_link;
      if (flag == 'S')
        TRY(read_gnu_sparse(block.data(), entry));
      TRY(apply_records(records, entry));
      entry.type = TRY(type_of(flag, entry.name));
      // Only files have a payload, whatever the size says; archivers write a link's size without its bytes.
      if (entry.type != TarType::file && flag != 'D')
        left_ = 0;
      padding_ = (kTarBlock - left_ % kTarBlock) % kTarBlock;
      if (entry.type != TarType::file)
        entry.sparse = false;
      if (sparse_map_in_data_ && entry.sparse)
        TRY(read_sparse_map(entry));
      if (entry.sparse)
        TRY(check_segments(entry));
      else
        entry.size = entry.type == TarType::file ? left_ : 0;
      if (entry.name.find('\0') != std::string::npos || entry.link.find('\0') != std::string::npos)
        return bad("a name with a NUL byte");
      payload_offset_ = position_;
      payload_size_ = left_;
      return true;
    }
  }
  return false;
}

Result<std::string_view> TarReader::data() {
  if (left_ == 0)
    return std::string_view();
  std::string_view out = TRY(take(std::min<std::uint64_t>(left_, std::numeric_limits<std::size_t>::max())));
  if (out.empty())
    return bad("it ends within a file's data");
  left_ -= out.size();
  return out;
}

Result<> TarReader::drain() {
  for (;;) {
    piece_ = {};
    if (TRY(bytes_.next()).empty())
      return {};
  }
}

} // namespace phial::image
