// The man pages of phial: phial(1) and one for each verb. Pure.
#pragma once

#include "cli/verbs.hpp"

#include <string>

namespace phial::cli {

// "phial-run", "phial-image-inspect"
[[nodiscard]] std::string manual_name(const Verb& verb);
[[nodiscard]] std::string manual_page(const Verb& verb);
[[nodiscard]] std::string manual_overview();

} // namespace phial::cli
