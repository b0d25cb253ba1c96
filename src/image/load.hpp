// load: images from archives into the store. OCI archives and OCI directories (image-spec image-layout.md), and
// docker-archives of every age (manifest.json); compressed or not. Verifies every digest and diffID it relies on.
#pragma once

#include "image/store.hpp"

namespace phial::image {

struct LoadOptions {
  std::string platform; // of an index with several, e.g. "linux/arm64"; empty: this machine's
  Progress progress;
};

struct LoadedImage {
  Image image;
  std::vector<std::string> names; // the names this archive gave it, as people write them; may be empty
};

// All images of the archive at `path` (a file, a directory, or "-" for standard input), in its order.
// Kind::input for anything wrong with the archive; the store is then as it was, but for images that came before.
[[nodiscard]] Result<std::vector<LoadedImage>> load_archive(const Store& store, const std::string& path,
                                                            const LoadOptions& options);

} // namespace phial::image
