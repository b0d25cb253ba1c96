#include "cli/version.hpp"

namespace phial::cli {

std::string_view version_text() {
  return PHIAL_VERSION;
}

} // namespace phial::cli
