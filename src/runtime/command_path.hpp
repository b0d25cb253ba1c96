// Where a container's command is looked for: its PATH and the files that are tried in turn. Pure.
#pragma once

#include "spec/types.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace phial::runtime {

// The value of `name` in an environment ("NAME=value"), the last one; `otherwise` where there is none.
[[nodiscard]] std::string_view variable_of(const std::vector<std::string>& environment, std::string_view name,
                                           std::string_view otherwise = "");

// The container's PATH, or the usual directories.
[[nodiscard]] std::string_view search_path(const std::vector<std::string>& environment);

// The files that are executed in turn until one can be: the command itself where it holds a slash, else one for each
// directory of PATH; an empty directory is the working directory. execvp(3).
[[nodiscard]] std::vector<std::string> command_candidates(std::string_view command, std::string_view path);

} // namespace phial::runtime
