// Where the helper programs are.
#pragma once

#include <string>

namespace phial::commandline {

// Beside the program in the build tree, else where it is installed.
[[nodiscard]] std::string libexec_directory();

} // namespace phial::commandline
