// The table of verbs and how a command line finds its row.
#pragma once

#include "cli/verb.hpp"

#include <span>
#include <string>
#include <string_view>

namespace phial::cli {

// Every verb there is, in the order the first page shows them; hidden ones last.
[[nodiscard]] std::span<const Verb* const> all_verbs();

// The options before the verb.
[[nodiscard]] Options global_options();

struct Noun {
  std::string_view name; // "container"
  std::string_view summary;
};
[[nodiscard]] std::span<const Noun> all_nouns();
[[nodiscard]] const Noun* find_noun(std::string_view name);

// The verb's names below its noun ("ls", "list", "ps"); empty where it has no noun.
[[nodiscard]] std::span<const std::string_view> noun_names(const Verb& verb);

// "phial ps", "phial image inspect"
[[nodiscard]] std::string program_name(const Verb& verb);

struct Found {
  const Verb* verb = nullptr; // nullptr with a noun: the noun alone was given
  std::string_view noun;      // where it was found below a noun
  std::size_t used = 0;       // words the name took
};

// Finds the verb that `words` begin with. Error: Kind::usage with a suggestion.
[[nodiscard]] Result<Found> find_verb(std::span<const std::string_view> words);

[[nodiscard]] std::string_view group_title(Group group);

} // namespace phial::cli
