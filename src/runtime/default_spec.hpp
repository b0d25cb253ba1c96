// The spec `phial-oci spec` writes: a shell in a root filesystem beside it, with the namespaces, mounts and
// capabilities that runc's has. Pure.
#pragma once

#include "spec/types.hpp"

namespace phial::runtime {

[[nodiscard]] spec::Spec default_spec();

} // namespace phial::runtime
