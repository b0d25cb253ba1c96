// The verbs of phial-oci. Each returns the exit status of the program.
#pragma once

#include "base/error.hpp"
#include "oci/options.hpp"

namespace phial::oci {

[[nodiscard]] Result<int> run(const Options& options);
[[nodiscard]] Result<int> explain(const Options& options);
[[nodiscard]] Result<int> write_spec(const Options& options);

} // namespace phial::oci
