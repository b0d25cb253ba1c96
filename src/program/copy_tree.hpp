// Copying a directory with all below it, for a file system that begins as a copy of what it covers. Host's side.
#pragma once

#include <cstdint>

namespace phial::program {

inline constexpr std::uint64_t kKeepMode = 1; // the target directory keeps its own mode

// Copies what is below the directory `from` (an O_PATH descriptor will do) into the directory `to`, and gives `to` its
// owner, mode and attributes: files, directories, links, hard links, devices, pipes and sockets, with owner, mode,
// times and extended attributes. Never follows a link. 0 or a negative errno; what was copied until then stays.
[[nodiscard]] long copy_tree(int from, int to, std::uint64_t flags);

} // namespace phial::program
