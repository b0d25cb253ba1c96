#include "image/bytes.hpp"

#include <unistd.h>

#include <algorithm>

namespace phial::image {

namespace {
constexpr std::size_t kPiece = std::size_t{256} << 10;
}

Result<std::uint64_t> ByteSource::skip(std::uint64_t) {
  return std::uint64_t{0};
}

FdSource::FdSource(int fd) : fd_(fd), buffer_(kPiece) {}

Result<std::string_view> FdSource::next() {
  for (;;) {
    ssize_t n = ::read(fd_, buffer_.data(), buffer_.size());
    if (n >= 0)
      return std::string_view(buffer_.data(), static_cast<std::size_t>(n));
    if (errno != EINTR)
      return fail_call("read", "");
  }
}

RegionSource::RegionSource(int fd, std::uint64_t offset, std::uint64_t size)
    : fd_(fd), at_(offset), left_(size), buffer_(std::min<std::uint64_t>(kPiece, std::max<std::uint64_t>(size, 1))) {}

Result<std::string_view> RegionSource::next() {
  std::size_t want = std::min<std::uint64_t>(left_, buffer_.size());
  while (want > 0) {
    ssize_t n = ::pread(fd_, buffer_.data(), want, static_cast<off_t>(at_));
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return fail_call("pread", "");
    if (n == 0)
      return fail(Kind::input, "the file ends " + std::to_string(left_) + " bytes too early");
    at_ += static_cast<std::uint64_t>(n);
    left_ -= static_cast<std::uint64_t>(n);
    return std::string_view(buffer_.data(), static_cast<std::size_t>(n));
  }
  return std::string_view();
}

Result<std::uint64_t> RegionSource::skip(std::uint64_t count) {
  count = std::min(count, left_);
  at_ += count;
  left_ -= count;
  return count;
}

Result<std::string_view> HashingSource::next() {
  std::string_view piece = TRY(inner_.next());
  hash_.update(piece);
  count_ += piece.size();
  return piece;
}

} // namespace phial::image
