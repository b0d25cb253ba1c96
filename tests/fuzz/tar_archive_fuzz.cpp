// A tar archive, compressed or not: every entry and its payload, and what may become of its name.
#include "tar_mutate.hpp"

#include "image/tar.hpp"
#include "image/unpack.hpp"

namespace phial::fuzz {

namespace {

constexpr std::uint64_t kPayloadLimit = 8 << 20; // a few KiB of zstd are any number of zeroes

void look_at(const image::TarEntry& entry) {
  Result<std::string> clean = image::clean_name(entry.name, {});
  if (!clean)
    return;
  require(clean->empty() || (clean->front() != '/' && clean->back() != '/'), "a clean name has a slash at an end");
  require(("/" + *clean + "/").find("/../") == std::string::npos, "a clean name leads upwards");
  if (Result<image::WhiteoutName> what = image::whiteout_of(*clean); what && what->kind == image::Whiteout::name)
    require(!what->hides.empty() && what->hides.find('/') == std::string::npos && what->hides != "." &&
                what->hides != "..",
            "a whiteout hides what is no name");
}

Result<std::uint64_t> read_payload(image::TarReader& tar) {
  std::uint64_t size = 0;
  for (;;) {
    std::string_view piece = TRY(tar.data());
    if (piece.empty() || size > kPayloadLimit)
      return size;
    size += piece.size();
  }
}

Result<> read(image::ByteSource& bytes) {
  image::TarReader tar(bytes);
  image::TarEntry entry;
  std::uint64_t all = 0;
  for (bool skip = false; TRY(tar.next(entry)); skip = !skip) {
    look_at(entry);
    if (entry.sparse)
      for (std::size_t i = 0; i < entry.segments.size(); ++i)
        require(entry.segments[i].offset <= entry.size &&
                    entry.segments[i].length <= entry.size - entry.segments[i].offset,
                "a sparse file's piece lies behind its end");
    if (!skip)
      all += TRY(read_payload(tar));
    if (all > kPayloadLimit)
      return {};
  }
  return tar.drain();
}

} // namespace

void tar_archive(std::string_view bytes) {
  Text plain(bytes);
  static_cast<void>(read(plain));
}

} // namespace phial::fuzz
