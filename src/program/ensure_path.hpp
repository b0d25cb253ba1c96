// A path of the container made where it is missing. Freestanding: both sides carry it out.
#pragma once

#include <cstdint>

namespace phial::program {

// The object at args[1] below the directory args[0] as an O_PATH descriptor (O_CLOEXEC), or a negative errno. What is
// missing of the path is made: directories of mode 0755, and where args[2] is not 0, for its last part a file of that
// type and mode. A symbolic link to nothing stands for what it names, which is made: an image may have one where a
// mount belongs (/etc/resolv.conf -> ../run/…). Every look is an openat2(2) with RESOLVE_IN_ROOT, so nothing is found
// or made outside of args[0], whatever else is done to the tree meanwhile.
long ensure_path(const std::uint64_t* args);

} // namespace phial::program
