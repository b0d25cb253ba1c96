#include "tar_mutate.hpp"

#include "image/tar_format.hpp"

#include <lzma.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <vector>

// libFuzzer's own changes. Declared as its documentation has it.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* bytes, std::size_t size, std::size_t room);

namespace phial::fuzz {

namespace {

constexpr std::size_t kUnpackedLimit = 64 << 10;

std::string unpacked(std::string_view bytes) {
  Text source(bytes);
  std::string out;
  Result<std::unique_ptr<image::ByteSource>> plain = image::decompress(source);
  while (plain && out.size() < kUnpackedLimit) {
    Result<std::string_view> piece = (*plain)->next();
    if (!piece || piece->empty())
      break;
    out += piece->substr(0, kUnpackedLimit - out.size());
  }
  return out;
}

std::string gzipped(std::string_view bytes) {
  std::string out(bytes.size() + 1024, '\0');
  z_stream stream{};
  ::deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string in(bytes);
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  ::deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  return out;
}

std::string packed(std::string_view bytes, image::Compression how) {
  std::string out(bytes.size() + 1024, '\0');
  std::size_t size = 0;
  switch (how) {
  case image::Compression::gzip: return gzipped(bytes);
  case image::Compression::zstd:
    size = ::ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 1);
    out.resize(::ZSTD_isError(size) != 0 ? 0 : size);
    return out;
  case image::Compression::xz:
    if (::lzma_easy_buffer_encode(0, LZMA_CHECK_CRC64, nullptr, reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                  bytes.size(), reinterpret_cast<std::uint8_t*>(out.data()), &size,
                                  out.size()) != LZMA_OK)
      size = 0;
    out.resize(size);
    return out;
  default: return std::string(bytes);
  }
}

} // namespace

void mend_sums(std::uint8_t* bytes, std::size_t size) {
  for (std::size_t at = 0; at + image::kTarBlock <= size; at += image::kTarBlock) {
    char* block = reinterpret_cast<char*>(bytes + at);
    if (!image::tar_field(block, image::kTarMagic).starts_with("ustar"))
      continue;
    std::uint32_t sum = image::tar_checksum(block);
    for (std::size_t digit = 6; digit-- > 0; sum /= 8)
      block[image::kTarChecksum.at + digit] = static_cast<char>('0' + sum % 8);
    block[image::kTarChecksum.at + 6] = '\0';
    block[image::kTarChecksum.at + 7] = ' ';
  }
}

std::size_t mutate_tar(std::uint8_t* bytes, std::size_t size, std::size_t room, unsigned seed) {
  size = LLVMFuzzerMutate(bytes, size, room);
  if (seed % 16 != 0)
    mend_sums(bytes, size);
  return size;
}

std::size_t mutate_layer(std::uint8_t* bytes, std::size_t size, std::size_t room, unsigned seed) {
  std::string_view whole(reinterpret_cast<const char*>(bytes), size);
  image::Compression how = image::compression_of(whole.substr(0, 6));
  if (how == image::Compression::none || how == image::Compression::bzip2 || seed % 8 == 0)
    return mutate_tar(bytes, size, room, seed / 8);
  std::string plain = unpacked(whole);
  std::vector<std::uint8_t> changed(std::max(plain.size() * 2, room));
  std::copy(plain.begin(), plain.end(), changed.begin());
  changed.resize(mutate_tar(changed.data(), plain.size(), changed.size(), seed / 8));
  std::string again = packed({reinterpret_cast<const char*>(changed.data()), changed.size()}, how);
  if (again.empty() || again.size() > room)
    return mutate_tar(bytes, size, room, seed / 8);
  std::memcpy(bytes, again.data(), again.size());
  return again.size();
}

} // namespace phial::fuzz
