// phial-oci explain: prints the program of a bundle, without running it.
#include "base/file.hpp"
#include "oci/bundle.hpp"
#include "oci/verbs.hpp"
#include "program/print_calls.hpp"
#include "program/print_json.hpp"
#include "program/print_shell.hpp"

#include <unistd.h>

namespace phial::oci {

Result<int> explain(const Options& options) {
  if (options.words.size() > 1)
    return fail(Kind::usage, "explain takes a bundle at the most", "phial-oci explain BUNDLE");
  const std::string& bundle = options.words.empty() ? options.bundle : options.words[0];
  Bundle compiled = TRY(compile_bundle(bundle, "explained"));
  if (options.format == "calls")
    TRY(write_all(STDOUT_FILENO, program::print_calls(compiled.program)));
  else if (options.format == "shell")
    TRY(write_all(STDOUT_FILENO, program::print_shell(compiled.program)));
  else if (options.format == "json")
    TRY(write_all(STDOUT_FILENO, program::print_json(compiled.program)));
  else
    return fail(Kind::usage, "--format " + options.format + " is none of calls, shell, json");
  return 0;
}

} // namespace phial::oci
