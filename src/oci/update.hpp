// The flags of update as resources. Pure.
#pragma once

#include "kernel/resources.hpp"
#include "oci/verb.hpp"

namespace phial::oci {

// Kind::usage for a value that is none.
[[nodiscard]] Result<kernel::Resources> resources_of(const Arguments& arguments);

} // namespace phial::oci
