// Tar, read and written: ustar, pax and GNU (long names, sparse files, base-256 numbers), names as bytes.
//
// The reader is our own because it runs where the layer's files are: a general library converts names through iconv,
// and iconv in a chroot loads conversion modules out of the very layer that is being unpacked. It also bounds what a
// header may claim. Knows no file system; what may become of a name is decided in unpack.cpp.
#pragma once

#include "image/bytes.hpp"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace phial::image {

enum class TarType : std::uint8_t { file, hard_link, symlink, character, block, directory, fifo };

struct TarSegment {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

struct TarEntry {
  TarType type = TarType::file;
  std::string name;       // as it stands in the archive
  std::string link;       // of hard and symbolic links
  std::uint32_t mode = 0; // permission bits, set-id bits and the sticky bit
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::int64_t mtime = 0; // seconds
  std::uint32_t mtime_nanoseconds = 0;
  std::uint32_t device_major = 0;
  std::uint32_t device_minor = 0;
  std::uint64_t size = 0; // of the file; its payload is shorter where `sparse`
  bool sparse = false;
  std::vector<TarSegment> segments; // of a sparse file: what the payload holds, in order, not overlapping
  std::vector<std::pair<std::string, std::string>> xattrs;
};

class TarReader {
public:
  // `bytes` is borrowed.
  explicit TarReader(ByteSource& bytes) : bytes_(bytes) {}

  // The next entry; false at the end of the archive. Kind::input where this is no tar, is truncated or lies about
  // sizes, or has a header of more than 1 MiB.
  [[nodiscard]] Result<bool> next(TarEntry& entry);
  // The next piece of the present entry's payload; empty at its end. What is not read is skipped by next().
  [[nodiscard]] Result<std::string_view> data();
  // Where in the archive the payload of the present entry begins, and its length there.
  [[nodiscard]] std::uint64_t payload_offset() const { return payload_offset_; }
  [[nodiscard]] std::uint64_t payload_size() const { return payload_size_; }
  // Reads what follows the archive's end, so that every byte has passed through a hash.
  [[nodiscard]] Result<> drain();

private:
  using Records = std::vector<std::pair<std::string, std::string>>;

  Result<std::string_view> take(std::size_t most);
  Result<bool> read_block(char* block);
  Result<> skip(std::uint64_t count);
  Result<std::string> read_text(std::uint64_t size);
  Result<> read_header(const char* block, TarEntry& entry);
  Result<> apply_records(const Records& records, TarEntry& entry);
  Result<> read_gnu_sparse(const char* block, TarEntry& entry);
  Result<> read_sparse_map(TarEntry& entry);
  Result<> check_segments(const TarEntry& entry) const;

  ByteSource& bytes_;
  std::string_view piece_;
  std::uint64_t position_ = 0; // of piece_'s beginning, in the archive
  std::uint64_t left_ = 0;     // of the present payload
  std::uint64_t padding_ = 0;  // behind it
  std::uint64_t payload_offset_ = 0;
  std::uint64_t payload_size_ = 0;
  bool sparse_map_in_data_ = false;
  bool ended_ = false;
};

// Takes the archive's bytes.
using ByteSink = std::function<Result<>(std::string_view bytes)>;

// Writes pax archives whose bytes depend on the entries alone: no times but the entries', no names of users.
class TarWriter {
public:
  explicit TarWriter(ByteSink sink) : sink_(std::move(sink)) {}
  // A header; a file's payload (its segments' bytes where sparse) follows by write(), exactly as long as announced.
  [[nodiscard]] Result<> add(const TarEntry& entry);
  [[nodiscard]] Result<> write(std::string_view bytes);
  // The end of the archive.
  [[nodiscard]] Result<> finish();

private:
  Result<> end_payload();

  ByteSink sink_;
  std::uint64_t left_ = 0;
  std::uint64_t padding_ = 0;
};

} // namespace phial::image
