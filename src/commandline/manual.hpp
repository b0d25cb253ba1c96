// Man pages (roff, man(7)) from the same rows as the pages of help. Pure.
#pragma once

#include "commandline/page.hpp"

#include <string>
#include <string_view>

namespace phial::commandline {

// The program a page belongs to.
struct Manual {
  std::string_view base;    // "phial", also the name of its overview
  char section = '1';       // of the manual
  std::string_view version; // "0.1.0"
};

// Text with roff's own characters made harmless.
[[nodiscard]] std::string roff(std::string_view text);

// "phial run" -> "phial-run"
[[nodiscard]] std::string manual_name(std::string_view program);

// The first lines of a page.
[[nodiscard]] std::string manual_heading(const Manual& manual, std::string_view name);

// The section OPTIONS; empty where there are none.
[[nodiscard]] std::string manual_options(const Options& options);

// The whole page of one command.
[[nodiscard]] std::string manual_text(const Manual& manual, const Page& page);

// Its entry in the overview.
[[nodiscard]] std::string manual_entry(const Manual& manual, const Page& page);

} // namespace phial::commandline
