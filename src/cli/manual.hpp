// Man pages (roff, man(7)) from the table: phial(1) and one for each verb. Pure.
#pragma once

#include "cli/verbs.hpp"

#include <string>
#include <vector>

namespace phial::cli {

// "phial-run", "phial-image-inspect"
[[nodiscard]] std::string manual_name(const Verb& verb);
[[nodiscard]] std::string manual_page(const Verb& verb);
[[nodiscard]] std::string manual_overview();

// Text with roff's own characters made harmless.
[[nodiscard]] std::string roff(std::string_view text);

} // namespace phial::cli
