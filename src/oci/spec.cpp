// phial-oci spec: writes a config.json to begin with.
#include "base/file.hpp"
#include "oci/verbs.hpp"
#include "runtime/default_spec.hpp"
#include "spec/writer.hpp"

namespace phial::oci {

Result<int> write_spec(const Call& call) {
  std::string path = call.text("bundle", ".") + "/config.json";
  if (exists(path))
    return fail(Kind::exists, "File config.json exists. Remove it first");
  TRY(write_file_atomically(path, to_text(spec::to_json(runtime::default_spec()), 2) + "\n", 0666));
  return 0;
}

} // namespace phial::oci
