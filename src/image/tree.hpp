// A directory tree as a tar archive: the same bytes for the same tree.
#pragma once

#include "image/tar.hpp"

namespace phial::image {

// Writes everything below `root` (and the root itself, as "./"), sorted by name, with owners, modes, times, extended
// attributes, hard links, devices and holes. By descriptors: no link is followed, no other file system entered (an
// empty directory stands for it). `note` hears of what was left out: sockets. A file that changes while it is read, and
// a name that a layer would take for a whiteout, are errors.
[[nodiscard]] Result<> write_tree(int root, TarWriter& tar, const std::function<void(std::string_view)>& note);

} // namespace phial::image
