// Tar archives and compressed streams: written and read back, and refused where they lie.
#include "image/tar.hpp"

#include <gtest/gtest.h>

#include <zlib.h>

#include <algorithm>

namespace phial::image {
namespace {

// Gives a text in pieces of some size.
class TextSource : public ByteSource {
public:
  explicit TextSource(std::string text, std::size_t piece = 1000) : text_(std::move(text)), piece_(piece) {}
  Result<std::string_view> next() override {
    std::string_view out = std::string_view(text_).substr(at_, piece_);
    at_ += out.size();
    return out;
  }

private:
  std::string text_;
  std::size_t piece_;
  std::size_t at_ = 0;
};

std::string written(const std::vector<std::pair<TarEntry, std::string>>& entries) {
  std::string out;
  TarWriter tar([&](std::string_view bytes) {
    out += bytes;
    return Result<>();
  });
  for (const auto& [entry, data] : entries) {
    EXPECT_TRUE(tar.add(entry));
    EXPECT_TRUE(tar.write(data));
  }
  EXPECT_TRUE(tar.finish());
  return out;
}

// Everything in an archive: its entries and their payloads; or why it is none.
Result<std::vector<std::pair<TarEntry, std::string>>> read_back(const std::string& archive, std::size_t piece = 1000) {
  TextSource source(archive, piece);
  TarReader tar(source);
  std::vector<std::pair<TarEntry, std::string>> out;
  TarEntry entry;
  while (TRY(tar.next(entry))) {
    out.emplace_back(entry, "");
    for (std::string_view data = TRY(tar.data()); !data.empty(); data = TRY(tar.data()))
      out.back().second += data;
  }
  return out;
}

TEST(Tar, RoundTripOfEverything) {
  TarEntry file;
  file.name = std::string(90, 'd') + "/" + std::string(90, 'f') + "\xff\n";
  file.mode = 04755;
  file.uid = 3'000'000'000;
  file.gid = 4'000'000'000;
  file.mtime = -2;
  file.mtime_nanoseconds = 500'000'001;
  file.size = 700;
  file.xattrs = {{"security.capability", std::string("\x01\0\n=", 4)}, {"user.a", ""}};
  TarEntry sparse;
  sparse.name = "sparse";
  sparse.sparse = true;
  sparse.size = std::uint64_t{1} << 40;
  sparse.segments = {{0, 3}, {std::uint64_t{1} << 39, 4}};
  TarEntry link;
  link.type = TarType::symlink;
  link.name = "link";
  link.link = std::string(300, 'l');
  TarEntry device;
  device.type = TarType::block;
  device.name = "dev";
  device.device_major = 259;
  device.device_minor = 70000;
  std::string archive = written({{file, std::string(700, 'x')}, {sparse, "abcdefg"}, {link, ""}, {device, ""}});
  for (std::size_t piece : {std::size_t{1}, std::size_t{511}, std::size_t{100'000}}) {
    auto back = read_back(archive, piece);
    ASSERT_TRUE(back) << back.error().text();
    ASSERT_EQ(back->size(), 4U);
    const TarEntry& one = back->at(0).first;
    EXPECT_EQ(one.name, file.name);
    EXPECT_EQ(one.mode, file.mode);
    EXPECT_EQ(one.uid, file.uid);
    EXPECT_EQ(one.gid, file.gid);
    EXPECT_EQ(one.mtime, -2);
    EXPECT_EQ(one.mtime_nanoseconds, 500'000'001U);
    EXPECT_EQ(one.xattrs.at(0), file.xattrs[0]);
    EXPECT_EQ(back->at(0).second, std::string(700, 'x'));
    EXPECT_TRUE(back->at(1).first.sparse);
    EXPECT_EQ(back->at(1).first.name, "sparse");
    EXPECT_EQ(back->at(1).first.size, sparse.size);
    EXPECT_EQ(back->at(1).first.segments.at(1).offset, std::uint64_t{1} << 39);
    EXPECT_EQ(back->at(1).second, "abcdefg");
    EXPECT_EQ(back->at(2).first.link, link.link);
    EXPECT_EQ(back->at(3).first.device_minor, 70000U);
  }
}

TEST(Tar, EveryTruncationIsNoticed) {
  TarEntry file;
  file.name = "file";
  file.mtime_nanoseconds = 1;
  file.size = 600;
  std::string archive = written({{file, std::string(600, 'x')}});
  std::size_t whole = archive.size() - 1024; // the end marker may be missing
  for (std::size_t size = 1; size < whole; ++size)
    EXPECT_FALSE(read_back(archive.substr(0, size))) << size;
  EXPECT_TRUE(read_back(archive.substr(0, whole)));
}

TEST(Tar, EveryFlippedHeaderByteIsNoticed) {
  TarEntry file;
  file.name = "file";
  std::string archive = written({{file, ""}});
  for (std::size_t i = 0; i < 148; ++i) {
    std::string bad = archive;
    bad[i] = static_cast<char>(bad[i] ^ 0x10);
    EXPECT_FALSE(read_back(bad)) << i;
  }
}

TEST(Tar, HeadersThatClaimTooMuch) {
  TarEntry file;
  file.name = "file";
  file.xattrs = {{"user.big", std::string(2 << 20, 'x')}};
  EXPECT_FALSE(read_back(written({{file, ""}})));
  TarEntry sparse;
  sparse.name = "s";
  sparse.sparse = true;
  sparse.size = 10;
  for (const std::vector<TarSegment>& bad :
       {std::vector<TarSegment>{{5, 6}}, {{4, 4}, {2, 2}}, {{11, 0}}, {{0, 8}, {7, 2}}}) {
    sparse.segments = bad;
    std::uint64_t total = 0;
    for (const TarSegment& segment : bad)
      total += segment.length;
    EXPECT_FALSE(read_back(written({{sparse, std::string(total, 'x')}})));
  }
}

TEST(Tar, NotATar) {
  EXPECT_FALSE(read_back(std::string(2000, 'x')));
  EXPECT_FALSE(read_back("short"));
  auto empty = read_back(std::string(1024, '\0'));
  ASSERT_TRUE(empty);
  EXPECT_TRUE(empty->empty());
}

std::string gzipped(std::string text) {
  z_stream stream{};
  EXPECT_EQ(::deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(text.size() + 100, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(text.data());
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(out.size() - stream.avail_out);
  ::deflateEnd(&stream);
  return out;
}

Result<std::string> decompressed(const std::string& bytes) {
  TextSource source(bytes, 7);
  std::unique_ptr<ByteSource> plain = TRY(decompress(source));
  std::string out;
  for (std::string_view piece = TRY(plain->next()); !piece.empty(); piece = TRY(plain->next()))
    out += piece;
  return out;
}

TEST(Decompress, GzipMembersAndTheirFaults) {
  std::string one = gzipped("hello ");
  std::string two = gzipped("world");
  EXPECT_EQ(decompressed(one + two).value_or("failed"), "hello world");
  for (std::size_t size = 2; size < one.size(); ++size)
    EXPECT_FALSE(decompressed(one.substr(0, size))) << size;
  EXPECT_FALSE(decompressed(one + "garbage"));
  std::string flipped = one;
  flipped[flipped.size() - 6] = static_cast<char>(flipped[flipped.size() - 6] ^ 1);
  EXPECT_FALSE(decompressed(flipped));
}

TEST(Decompress, GarbageBehindEveryMagic) {
  using namespace std::string_literals;
  for (const std::string& magic : {"\x1f\x8b"s, "\x28\xb5\x2f\xfd"s, "\xfd\x37\x7a\x58\x5a\x00"s, "BZh9"s})
    EXPECT_FALSE(decompressed(magic + std::string(5000, '\x7f')));
  EXPECT_EQ(decompressed("plain").value_or("failed"), "plain");
  EXPECT_EQ(decompressed("").value_or("failed"), "");
}

} // namespace
} // namespace phial::image
