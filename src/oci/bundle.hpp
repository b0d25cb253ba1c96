// A bundle, read and compiled.
#pragma once

#include "base/error.hpp"
#include "program/program.hpp"
#include "spec/types.hpp"

#include <string>

namespace phial::oci {

struct Bundle {
  spec::Spec spec;
  std::string root; // the container's root directory
  program::Program program;
};

// Reads BUNDLE/config.json, looks at the host and compiles the program of the container `id`. Touches nothing.
[[nodiscard]] Result<Bundle> compile_bundle(const std::string& bundle, const std::string& id);

} // namespace phial::oci
