// phial-oci's pages of help, man pages and completions, from the table of verbs. Pure.
#pragma once

#include "commandline/completion.hpp"
#include "oci/verb.hpp"

#include <span>
#include <string>
#include <string_view>

namespace phial::oci {

[[nodiscard]] std::string first_page();
[[nodiscard]] std::string verb_page(const Verb& verb);

// phial-oci(8) and phial-oci-VERB(8).
[[nodiscard]] std::string manual_overview();
[[nodiscard]] std::string manual_page(const Verb& verb);

// `words` follow "phial-oci"; the last one is being typed and may be empty.
[[nodiscard]] commandline::Completion complete(std::span<const std::string_view> words);

} // namespace phial::oci
