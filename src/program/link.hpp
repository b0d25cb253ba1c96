// Linking: a Program becomes the bytes that host and init map at kImageBase.
#pragma once

#include "base/error.hpp"
#include "program/program.hpp"

#include <string>
#include <string_view>

namespace phial::program {

// The image's bytes. Fails with Kind::internal where the program is too large for its indices.
[[nodiscard]] Result<std::string> link(const Program& program);

// The same with the program's texts behind it, which are not mapped: what each step is and why, names of slots.
[[nodiscard]] Result<std::string> link_with_texts(const Program& program);

// The program back from link_with_texts(), to say in words what became of it: without guarantees and shell forms.
// Kind::input where the bytes are no such image. The bytes are believed no further than that every index is in range.
[[nodiscard]] Result<Program> read_linked(std::string_view bytes);

} // namespace phial::program
