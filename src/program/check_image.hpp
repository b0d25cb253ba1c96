// Whether the bytes of an image that lay on a disk may be run and read: after a power cut, or where the disk lies, they
// may be anything. Looks at every instruction once and changes nothing.
#pragma once

#include "base/error.hpp"
#include "program/image.hpp"

#include <string_view>

namespace phial::program {

// The header of an image at the beginning of `bytes`. Kind::input where it is none of this version, or where
//  - a part of it, a slot, an address of data or a jump lies outside;
//  - a jump does not lead forward within its section: an interpreted section ends;
//  - what the interpreter itself writes or reads (store, load and their kin) does not lie in the data whole.
// What the named operations and the kernel find behind an address is not looked at, nor whether a text has an end.
[[nodiscard]] Result<ImageHeader> check_image(std::string_view bytes);

} // namespace phial::program
