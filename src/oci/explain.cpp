// phial-oci explain: prints the program of a bundle, without running it.
#include "base/file.hpp"
#include "oci/bundle.hpp"
#include "oci/verbs.hpp"
#include "program/print_calls.hpp"
#include "program/print_json.hpp"
#include "program/print_shell.hpp"

#include <unistd.h>

namespace phial::oci {

Result<int> explain(const Call& call) {
  std::string bundle = call.arguments.words.empty() ? call.text("bundle", ".") : call.id();
  Bundle compiled = TRY(compile_bundle(bundle, "explained"));
  std::string_view format = call.arguments.last("format").value_or("calls");
  if (format == "calls")
    TRY(write_all(STDOUT_FILENO, program::print_calls(compiled.program)));
  else if (format == "shell")
    TRY(write_all(STDOUT_FILENO, program::print_shell(compiled.program)));
  else
    TRY(write_all(STDOUT_FILENO, program::print_json(compiled.program)));
  return 0;
}

} // namespace phial::oci
