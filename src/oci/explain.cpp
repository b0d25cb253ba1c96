// phial-oci explain: prints the program of a bundle, without running it.
#include "base/file.hpp"
#include "oci/systemd_manager.hpp"
#include "oci/verbs.hpp"
#include "program/print_calls.hpp"
#include "program/print_json.hpp"
#include "program/print_shell.hpp"
#include "runtime/lifecycle/bundle.hpp"

#include <unistd.h>

namespace phial::oci {

Result<int> explain(const Call& call) {
  runtime::MakeOptions make;
  make.root = call.globals.root;
  make.id = "explained";
  make.bundle = call.arguments.words.empty() ? call.text("bundle", ".") : call.id();
  make.manager = call.globals.cgroup_manager;
  if (make.manager == runtime::CgroupManager::systemd)
    make.systemd = TRY(systemd_manager(call.environment));
  runtime::Bundle bundle = TRY(runtime::open_bundle(make.bundle));
  program::Program program = std::move(TRY(runtime::compile_bundle(bundle, make, false)).program);
  std::string_view format = call.arguments.last("format").value_or("calls");
  if (format == "calls")
    TRY(write_all(STDOUT_FILENO, program::print_calls(program)));
  else if (format == "shell")
    TRY(write_all(STDOUT_FILENO, program::print_shell(program)));
  else
    TRY(write_all(STDOUT_FILENO, program::print_json(program)));
  return 0;
}

} // namespace phial::oci
