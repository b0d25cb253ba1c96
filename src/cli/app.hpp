// From argv to an exit status: global options, the verb, its flags, its run, and how its failure is told.
#pragma once

#include <span>
#include <string_view>

namespace phial::cli {

// `words` is argv without the program's name.
[[nodiscard]] int run_command_line(std::span<const std::string_view> words, char** environment);

} // namespace phial::cli
