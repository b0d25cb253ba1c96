// What a shell offers for a command line of phial. Pure.
#pragma once

#include "cli/verbs.hpp"
#include "commandline/completion.hpp"

#include <span>
#include <string_view>

namespace phial::cli {

using commandline::Candidate;
using commandline::Completion;

// `words` follow "phial"; the last one is being typed and may be empty.
[[nodiscard]] Completion complete(std::span<const std::string_view> words);

} // namespace phial::cli
