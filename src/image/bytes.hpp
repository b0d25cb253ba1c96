// Streams of bytes that are pulled piece by piece: a descriptor, a part of a file, a decompressor, a hash beside them.
// All are single-pass and hold one buffer; what they read may be hostile.
#pragma once

#include "base/fd.hpp"
#include "image/digest.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace phial::image {

class ByteSource {
public:
  ByteSource() = default;
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;
  virtual ~ByteSource() = default;

  // The next piece; empty at the end. It stays as it is until the next call.
  [[nodiscard]] virtual Result<std::string_view> next() = 0;
  // Leaves out up to `count` bytes that need not be looked at; says how many. 0 where that is no cheaper than next().
  [[nodiscard]] virtual Result<std::uint64_t> skip(std::uint64_t count);
};

// Reads a descriptor, borrowed, to its end.
class FdSource : public ByteSource {
public:
  explicit FdSource(int fd);
  [[nodiscard]] Result<std::string_view> next() override;

private:
  int fd_;
  std::vector<char> buffer_;
};

// `size` bytes of a regular file, borrowed, from `offset` on, by pread(2). An end of file before that is Kind::input.
class RegionSource : public ByteSource {
public:
  RegionSource(int fd, std::uint64_t offset, std::uint64_t size);
  [[nodiscard]] Result<std::string_view> next() override;
  [[nodiscard]] Result<std::uint64_t> skip(std::uint64_t count) override;

private:
  int fd_;
  std::uint64_t at_;
  std::uint64_t left_;
  std::vector<char> buffer_;
};

// What passes through is hashed and counted.
class HashingSource : public ByteSource {
public:
  explicit HashingSource(ByteSource& inner) : inner_(inner) {}
  [[nodiscard]] Result<std::string_view> next() override;
  [[nodiscard]] Digest finish() { return hash_.finish(); }
  [[nodiscard]] std::uint64_t count() const { return count_; }

private:
  ByteSource& inner_;
  Sha256 hash_;
  std::uint64_t count_ = 0;
};

enum class Compression : std::uint8_t { none, gzip, zstd, xz, bzip2 };
// By the first bytes, six or all there are.
[[nodiscard]] Compression compression_of(std::string_view beginning);

// The bytes of `inner` decompressed by what they begin with: gzip (any number of members), zstd (any number of frames),
// xz, or nothing. In-process libraries only, bounded in memory (xz 100 MiB, zstd a window of 128 MiB). What is
// truncated, corrupt or followed by something else is Kind::input; bzip2 is Kind::unsupported.
[[nodiscard]] Result<std::unique_ptr<ByteSource>> decompress(ByteSource& inner);

} // namespace phial::image
