// create, start, state, kill, delete: runtime-spec runtime.md "Operations".
#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/json.hpp"
#include "kernel/signals.hpp"
#include "oci/make_options.hpp"
#include "oci/verbs.hpp"
#include "runtime/lifecycle/make.hpp"
#include "runtime/lifecycle/operations.hpp"
#include "runtime/lifecycle/state_directory.hpp"

#include <regex.h>
#include <signal.h>
#include <unistd.h>

namespace phial::oci {

Result<int> create(const Call& call) {
  runtime::MakeOptions make = TRY(make_options(call));
  make.detach = true;
  runtime::Made made = TRY(runtime::make_container(make, true));
  call.log.warnings(made.compiled.program.warnings);
  return 0;
}

Result<int> start(const Call& call) {
  TRY(runtime::start_container(call.globals.root, call.id()));
  return 0;
}

Result<int> state(const Call& call) {
  runtime::Container container = TRY(runtime::find_container(call.globals.root, call.id()));
  const runtime::Record& record = container.record;
  Json out = Json::object();
  out.set("ociVersion", record.oci_version);
  out.set("id", record.id);
  out.set("pid", container.is_alive() ? record.pid : 0);
  out.set("status", runtime::status_name(container.status));
  out.set("bundle", record.bundle);
  out.set("rootfs", record.rootfs);
  out.set("created", time_string(record.created));
  if (!record.annotations.empty()) {
    Json annotations = Json::object();
    for (const auto& [key, value] : record.annotations)
      annotations.set(key, value);
    out.set("annotations", std::move(annotations));
  }
  out.set("owner", record.owner);
  TRY(write_all(STDOUT_FILENO, to_text(out, 2) + "\n"));
  return 0;
}

namespace {

// The ids a verb is for: its word, or all that match it as a regular expression. regex(7)
Result<std::vector<std::string>> ids_of(const Call& call) {
  if (!call.arguments.on("regex"))
    return std::vector<std::string>{call.id()};
  regex_t compiled{};
  if (::regcomp(&compiled, call.id().c_str(), REG_EXTENDED | REG_NOSUB) != 0)
    return fail(Kind::usage, "--regex: \"" + call.id() + "\" is no extended regular expression");
  std::vector<std::string> out;
  Result<std::vector<std::string>> ids = runtime::list_ids(call.globals.root);
  if (ids)
    for (std::string& id : *ids)
      if (::regexec(&compiled, id.c_str(), 0, nullptr, 0) == 0)
        out.push_back(std::move(id));
  ::regfree(&compiled);
  TRY(std::move(ids));
  return out;
}

} // namespace

Result<int> kill(const Call& call) {
  int signal = SIGTERM;
  if (call.arguments.words.size() > 1)
    signal = TRY(kernel::parse_signal(call.arguments.words[1]));
  for (const std::string& id : TRY(ids_of(call)))
    TRY(runtime::kill_container(call.globals.root, id, signal, call.arguments.on("all")));
  return 0;
}

Result<int> remove(const Call& call) {
  std::vector<std::string> problems;
  for (const std::string& id : TRY(ids_of(call)))
    TRY(runtime::delete_container(call.globals.root, id, call.arguments.on("force"), &problems));
  call.log.warnings(problems);
  return 0;
}

} // namespace phial::oci
