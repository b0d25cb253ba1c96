// Linking: a Program becomes the bytes that host and init map at kImageBase.
#pragma once

#include "base/error.hpp"
#include "program/program.hpp"

#include <string>

namespace phial::program {

// The image's bytes. Fails with Kind::internal where the program is too large for its indices.
[[nodiscard]] Result<std::string> link(const Program& program);

} // namespace phial::program
