// The pages: `phial`, `phial NOUN`, `phial VERB --help`. Made from the table alone. Pure.
#pragma once

#include "cli/verbs.hpp"

#include <cstddef>
#include <string>

namespace phial::cli {

[[nodiscard]] std::string first_page(std::size_t width);
[[nodiscard]] std::string noun_page(const Noun& noun, std::size_t width);
[[nodiscard]] std::string verb_page(const Verb& verb, std::size_t width);

// "phial run [OPTIONS] IMAGE [COMMAND [ARG...]]"
[[nodiscard]] std::string usage_line(const Verb& verb);

// The text in lines of at most `width` columns, each behind `indent` spaces but the first, which begins where it is.
[[nodiscard]] std::string wrap(std::string_view text, std::size_t width, std::size_t indent);

// The sections of a verb's options in the order they first appear; "" stands for the options without one.
[[nodiscard]] std::vector<std::string_view> sections_of(const Options& options);

} // namespace phial::cli
