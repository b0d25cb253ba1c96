// import: a root file system becomes an image of one layer. From a tar, compressed or not, or from a directory.
#pragma once

#include "image/store.hpp"

namespace phial::image {

struct ImportOptions {
  std::string name;                 // "debian:bookworm"; empty: a dangling image
  std::vector<std::string> changes; // docker's --change, in order
  std::string message;              // of the history
  std::string platform;             // empty: this machine's
  Progress progress;
};

// `source`: a tar file, a directory, or "-" for a tar on standard input. A directory is read by descriptors without
// following links and without leaving its file system; sockets are left out, with a progress line.
[[nodiscard]] Result<Image> import_root(const Store& store, const std::string& source, const ImportOptions& options);

} // namespace phial::image
