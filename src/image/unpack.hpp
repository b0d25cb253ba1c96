// unpack: a layer's tar becomes a directory tree as overlayfs wants its layers. Runs in the jailed child; safe by
// itself too, as every name is resolved from the root's descriptor and cannot leave it.
#pragma once

#include "image/tar.hpp"

namespace phial::image {

struct UnpackLimits {
  std::uint64_t entries = 2'000'000;
  std::uint64_t bytes = 0; // of all files together; 0: as much as the disk holds
  std::size_t path = 4095;
  std::size_t depth = 512;
};

struct UnpackReport {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;          // of regular files, each inode once
  std::vector<std::string> implied; // directories that had to be made without an entry of their own; "" is the root
  std::uint64_t skipped = 0;        // devices an ordinary user cannot make, attributes the file system does not have
};

// Unpacks into `root`, an empty directory. Names are taken relative to the root; "..", and whatever would end outside,
// is refused (Kind::input). Links on the way are followed as a chroot would. Of several entries with one name the last
// counts. Whiteouts (image-spec layer.md) become overlayfs's: a 0:0 device, and the opaque attribute in trusted. or,
// for an ordinary user, user.; entries that forge these are refused or lose them. Owners are kept when run as root.
[[nodiscard]] Result<UnpackReport> unpack(TarReader& tar, int root, const UnpackLimits& limits);

// The parts of a tar name without empty ones and "."; Kind::input for "..", names of more than 255 bytes, and whatever
// exceeds the limits. Pure.
[[nodiscard]] Result<std::string> clean_name(std::string_view name, const UnpackLimits& limits);

enum class Whiteout : std::uint8_t { none, name, opaque, ignored };
// What the last part of a cleaned name means; for Whiteout::name, `hides` is the name behind ".wh.". Kind::input for
// ".wh." alone, for ".wh.." and ".wh...", and for a path that goes on below a whiteout. Pure.
struct WhiteoutName {
  Whiteout kind = Whiteout::none;
  std::string hides;
};
[[nodiscard]] Result<WhiteoutName> whiteout_of(std::string_view clean);

} // namespace phial::image
