// Compressed streams: gzip, zstd and xz, to their end or to a limit.
#include "tar_mutate.hpp"

namespace phial::fuzz {

void compressed(std::string_view bytes) {
  constexpr std::size_t kLimit = 4 << 20;
  Text source(bytes);
  Result<std::unique_ptr<image::ByteSource>> plain = image::decompress(source);
  if (!plain)
    return;
  for (std::size_t size = 0; size < kLimit;) {
    Result<std::string_view> piece = (*plain)->next();
    if (!piece || piece->empty())
      return;
    size += piece->size();
  }
}

} // namespace phial::fuzz
