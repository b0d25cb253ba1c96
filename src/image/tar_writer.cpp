// Writes tar archives, the same bytes for the same entries; knows no file system.
#include "image/tar.hpp"

#include "base/text.hpp"
#include "image/tar_format.hpp"

#include <array>
#include <cstring>

namespace phial::image {

namespace {

using Block = std::array<char, kTarBlock>;

void put(Block& block, TarField field, std::string_view text) {
  std::memcpy(block.data() + field.at, text.data(), std::min(text.size(), field.size));
}

// Octal digits and a NUL; false where the number does not fit, and a pax record has to say it.
bool put_number(Block& block, TarField field, std::uint64_t value) {
  std::size_t digits = field.size - 1;
  bool fits = value >> (3 * digits) == 0;
  if (!fits)
    value = 0;
  for (std::size_t i = digits; i-- > 0; value >>= 3)
    block[field.at + i] = static_cast<char>('0' + (value & 7));
  return fits;
}

char flag_of(TarType type) {
  switch (type) {
  case TarType::file: return '0';
  case TarType::hard_link: return '1';
  case TarType::symlink: return '2';
  case TarType::character: return '3';
  case TarType::block: return '4';
  case TarType::directory: return '5';
  case TarType::fifo: return '6';
  }
  return '0';
}

void finish_header(Block& block) {
  put(block, kTarMagic, std::string_view("ustar\00000", 8));
  put_number(block, {kTarChecksum.at, 7}, tar_checksum(block.data()));
  block[kTarChecksum.at + 7] = ' ';
}

// A pax record counts its own length.
void add_record(std::string& out, std::string_view key, std::string_view value) {
  std::size_t rest = key.size() + value.size() + 3; // blank, "=", newline
  std::size_t length = rest + std::to_string(rest).size();
  if (std::to_string(length).size() > std::to_string(rest).size())
    length = rest + std::to_string(length).size();
  out += std::to_string(length) + " " + std::string(key) + "=" + std::string(value) + "\n";
}

std::string padded(std::string text) {
  text.resize((text.size() + kTarBlock - 1) / kTarBlock * kTarBlock, '\0');
  return text;
}

std::string mtime_text(const TarEntry& entry) {
  std::int64_t seconds = entry.mtime;
  std::uint32_t nanoseconds = entry.mtime_nanoseconds;
  std::string sign;
  if (seconds < 0) { // -1.5 is kept as -2 s and 500,000,000 ns
    sign = "-";
    seconds = nanoseconds > 0 ? -(seconds + 1) : -seconds;
    nanoseconds = nanoseconds > 0 ? 1'000'000'000 - nanoseconds : 0;
  }
  std::string out = sign + std::to_string(seconds);
  if (nanoseconds > 0) {
    std::string digits = std::to_string(nanoseconds);
    out += "." + std::string(9 - digits.size(), '0') + digits;
    out.erase(out.find_last_not_of('0') + 1);
  }
  return out;
}

} // namespace

Result<> TarWriter::add(const TarEntry& entry) {
  TRY(end_payload());
  std::string records;
  std::string map;
  Block header{};
  std::uint64_t payload = entry.type == TarType::file ? entry.size : 0;
  if (entry.sparse) {
    payload = 0;
    map = std::to_string(entry.segments.size()) + "\n";
    for (const TarSegment& segment : entry.segments) {
      map += std::to_string(segment.offset) + "\n" + std::to_string(segment.length) + "\n";
      payload += segment.length;
    }
    map = padded(std::move(map));
    add_record(records, "GNU.sparse.major", "1");
    add_record(records, "GNU.sparse.minor", "0");
    add_record(records, "GNU.sparse.name", entry.name);
    add_record(records, "GNU.sparse.realsize", std::to_string(entry.size));
  }
  put(header, kTarName, entry.name);
  if (entry.name.size() > kTarName.size && !entry.sparse)
    add_record(records, "path", entry.name);
  put(header, kTarLink, entry.link);
  if (entry.link.size() > kTarLink.size)
    add_record(records, "linkpath", entry.link);
  put_number(header, kTarMode, entry.mode);
  if (!put_number(header, kTarUid, entry.uid))
    add_record(records, "uid", std::to_string(entry.uid));
  if (!put_number(header, kTarGid, entry.gid))
    add_record(records, "gid", std::to_string(entry.gid));
  if (!put_number(header, kTarSize, payload + map.size()))
    add_record(records, "size", std::to_string(payload + map.size()));
  if (entry.mtime < 0 || !put_number(header, kTarMtime, static_cast<std::uint64_t>(entry.mtime)) ||
      entry.mtime_nanoseconds > 0)
    add_record(records, "mtime", mtime_text(entry));
  if (entry.type == TarType::character || entry.type == TarType::block)
    if (!put_number(header, kTarMajor, entry.device_major) || !put_number(header, kTarMinor, entry.device_minor))
      return fail(Kind::unsupported, entry.name + ": its device number does not fit a tar archive");
  for (const auto& [name, value] : entry.xattrs)
    add_record(records, "SCHILY.xattr." + name, value);
  header[kTarType] = flag_of(entry.type);
  finish_header(header);
  if (!records.empty()) {
    Block extra{};
    put(extra, kTarName, "PaxHeaders/phial");
    put_number(extra, kTarMode, 0644);
    put_number(extra, kTarUid, 0);
    put_number(extra, kTarGid, 0);
    put_number(extra, kTarSize, records.size());
    put_number(extra, kTarMtime, 0);
    extra[kTarType] = 'x';
    finish_header(extra);
    TRY(sink_(std::string_view(extra.data(), extra.size())));
    TRY(sink_(padded(std::move(records))));
  }
  TRY(sink_(std::string_view(header.data(), header.size())));
  if (!map.empty())
    TRY(sink_(map));
  left_ = payload;
  padding_ = (kTarBlock - payload % kTarBlock) % kTarBlock;
  return {};
}

Result<> TarWriter::write(std::string_view bytes) {
  if (bytes.size() > left_)
    return fail(Kind::internal, "more data than the tar header announced");
  left_ -= bytes.size();
  return sink_(bytes);
}

Result<> TarWriter::end_payload() {
  if (left_ > 0)
    return fail(Kind::internal, "less data than the tar header announced");
  static constexpr Block kZeros{};
  if (padding_ > 0)
    TRY(sink_(std::string_view(kZeros.data(), padding_)));
  padding_ = 0;
  return {};
}

Result<> TarWriter::finish() {
  TRY(end_payload());
  static constexpr std::array<char, 2 * kTarBlock> kEnd{};
  return sink_(std::string_view(kEnd.data(), kEnd.size()));
}

} // namespace phial::image
