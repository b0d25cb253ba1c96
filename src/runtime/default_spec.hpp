// The spec `phial-oci spec` writes: a shell in a root filesystem beside it, with the namespaces, mounts and
// capabilities that runc's has; and one for rootless. Pure.
#pragma once

#include "spec/types.hpp"

namespace phial::runtime {

[[nodiscard]] spec::Spec default_spec();

// The same for somebody who is not root: a user namespace in which the caller is root, the host's network and /sys, and
// nothing that takes cgroups or further ids.
[[nodiscard]] spec::Spec rootless_spec(std::uint32_t uid, std::uint32_t gid);

} // namespace phial::runtime
