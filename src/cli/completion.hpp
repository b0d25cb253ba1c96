// What a shell offers while a command line is typed: decided here, from the table; the shells only ask.
#pragma once

#include "cli/verbs.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace phial::cli {

struct Candidate {
  std::string text;
  std::string_view meaning; // or empty
};

struct Completion {
  std::vector<Candidate> candidates; // all begin with what was typed
  Offer offer = Offer::nothing;      // names that only the engine or the file system knows
  std::string prefix;                // of such a name: "--env-file=" when that was typed in one word
  std::string typed;                 // the part of the name that is there
};

// `words` follow "phial"; the last one is being typed and may be empty. Pure.
[[nodiscard]] Completion complete(std::span<const std::string_view> words);

// The script for bash, zsh or fish. Error: Kind::usage for any other shell.
[[nodiscard]] Result<std::string> completion_script(std::string_view shell);

} // namespace phial::cli
