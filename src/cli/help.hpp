// The pages: `phial`, `phial NOUN`, `phial VERB --help`. Made from the table alone. Pure.
#pragma once

#include "cli/verbs.hpp"
#include "commandline/page.hpp"

#include <cstddef>
#include <string>

namespace phial::cli {

[[nodiscard]] std::string first_page(std::size_t width);
[[nodiscard]] std::string noun_page(const Noun& noun, std::size_t width);
[[nodiscard]] std::string verb_page(const Verb& verb, std::size_t width);

// "phial run [OPTIONS] IMAGE [COMMAND [ARG...]]"
[[nodiscard]] std::string usage_line(const Verb& verb);

// What a verb's help page and man page say.
[[nodiscard]] commandline::Page page_of(const Verb& verb);

} // namespace phial::cli
