// The table of phial-oci's verbs and flags: runc's, and what crun has beside them. The parser, the pages of help, the
// man pages and the completions are made from it.
#pragma once

#include "oci/verb.hpp"

#include <span>
#include <string_view>

namespace phial::oci {

// Every verb there is, in the order the first page shows them; hidden ones last.
[[nodiscard]] std::span<const Verb* const> all_verbs();

// The options before the verb.
[[nodiscard]] Options global_options();

// The verb of that name; Kind::usage with a suggestion where there is none.
[[nodiscard]] Result<const Verb*> find_verb(std::string_view name);

// What the words behind the verb say: parse_arguments() and what the table says beyond the grammar: how many words
// there may be, and which values a flag of choices has. With --help nothing is checked.
[[nodiscard]] Result<Arguments> parse_verb(const Verb& verb, std::span<const std::string_view> words);

// The words before the verb, the verb and what follows it left in Arguments::words.
[[nodiscard]] Result<Arguments> parse_globals(std::span<const std::string_view> words);

// Their values. `environment` and `working_directory` say where states lie and what a relative --root means.
[[nodiscard]] Result<Globals> read_globals(const Arguments& arguments, const Environment& environment,
                                           std::string_view working_directory, bool as_root);

} // namespace phial::oci
