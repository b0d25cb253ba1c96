// phial-oci spec: writes a config.json to begin with.
#include "base/file.hpp"
#include "oci/verbs.hpp"
#include "runtime/default_spec.hpp"
#include "spec/writer.hpp"

#include <unistd.h>

namespace phial::oci {

Result<int> write_spec(const Call& call) {
  std::string name = call.text("file", "config.json");
  std::string path = name.starts_with("/") ? name : call.text("bundle", ".") + "/" + name;
  if (exists(path))
    return fail(Kind::exists, "File " + name + " exists. Remove it first");
  spec::Spec spec =
      call.arguments.on("rootless") ? runtime::rootless_spec(::geteuid(), ::getegid()) : runtime::default_spec();
  TRY(write_file_atomically(path, to_text(spec::to_json(spec), 2) + "\n", 0644), "write " + name);
  return 0;
}

} // namespace phial::oci
