// What create, run and restore take from the command line for the container they make.
#pragma once

#include "oci/verb.hpp"
#include "runtime/lifecycle/bundle.hpp"

namespace phial::oci {

// Leaves the descriptors that are to be preserved inheritable. $LISTEN_FDS counts to them, as with runc.
[[nodiscard]] Result<runtime::MakeOptions> make_options(const Call& call);

} // namespace phial::oci
