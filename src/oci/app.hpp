// From the words of the command line to the verb, and from its result to the exit status.
#pragma once

#include <span>
#include <string_view>

namespace phial::oci {

// `words` follow the program's name. Returns the exit status; every failure is told on standard error and in the log.
[[nodiscard]] int run_command_line(std::span<const std::string_view> words, char** environment);

// "phial-oci version 0.1.0\ncommit: 1a2b3c4\nspec: 1.3.0\n" and crun's line of what is built in, as programs parse it.
[[nodiscard]] std::string_view version_text();

} // namespace phial::oci
