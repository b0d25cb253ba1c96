// phial-oci pause and resume.
#include "oci/verbs.hpp"
#include "runtime/lifecycle/operations.hpp"

namespace phial::oci {

Result<int> pause(const Call& call) {
  TRY(runtime::pause_container(call.globals.root, call.id()));
  return 0;
}

Result<int> resume(const Call& call) {
  TRY(runtime::resume_container(call.globals.root, call.id()));
  return 0;
}

} // namespace phial::oci
