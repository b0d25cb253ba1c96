// What create, run and restore take from the command line for the container they make.
#pragma once

#include "oci/verb.hpp"
#include "runtime/lifecycle/bundle.hpp"

namespace phial::oci {

// Of every verb that starts a process. Leaves the descriptors that are to be preserved inheritable. $LISTEN_FDS counts
// to them, as with runc.
[[nodiscard]] Result<runtime::Handover> handover(const Call& call);
[[nodiscard]] Result<runtime::MakeOptions> make_options(const Call& call);

} // namespace phial::oci
