// An image's files as a container would see them: its layers merged, read-only, as a detached mount that nothing but a
// descriptor holds.
#pragma once

#include "base/fd.hpp"

#include <string>
#include <vector>

namespace phial::engine {

// The root of the merged layers (lowest first). fsopen(2), fsmount(2).
[[nodiscard]] Result<Fd> open_image_root(const std::vector<std::string>& layers);

// Copies what lies in the image's directory `path` into the host's directory `to`, with owners, modes and times, and
// gives `to` the mode and the owner of it. No such directory in the image: nothing is copied. Nothing in the image is
// resolved outside of it, no link is followed, no device is opened.
[[nodiscard]] Result<> copy_from_image(const std::vector<std::string>& layers, const std::string& path,
                                       const std::string& to);

} // namespace phial::engine
