// What this build is called.
#pragma once

#include <string_view>

namespace phial::cli {

[[nodiscard]] std::string_view version_text();

} // namespace phial::cli
