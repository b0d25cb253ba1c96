// exec: a further process in a container.
#include "runtime/lifecycle/exec.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "oci/foreground.hpp"
#include "oci/make_options.hpp"
#include "oci/verbs.hpp"
#include "runtime/lifecycle/exec_process.hpp"
#include "spec/reader.hpp"
#include "spec/users.hpp"

namespace phial::oci {

namespace {

std::vector<std::string> texts(const std::vector<std::string_view>& views) {
  return {views.begin(), views.end()};
}

Result<std::vector<std::uint32_t>> additional_gids(const Call& call) {
  std::vector<std::uint32_t> out;
  for (std::string_view text : call.arguments.all("additional-gids"))
    for (std::string_view word : split(text, ',')) {
      std::optional<std::uint64_t> gid = parse_uint(word);
      if (!gid || *gid > spec::kMaxId)
        return fail(Kind::usage,
                    "--additional-gids: additional-gids must be a positive number, not " + std::string(word));
      out.push_back(static_cast<std::uint32_t>(*gid));
    }
  return out;
}

Result<spec::Process> process_of(const Call& call, const spec::Spec& container) {
  spec::Process out;
  if (std::optional<std::string_view> file = call.arguments.last("process")) {
    std::string path(*file);
    out = TRY(spec::read_process(TRY(read_file(path), "--process"), path));
    if (out.args.empty())
      return fail(Kind::input, path + ": process args cannot be empty");
  } else {
    runtime::ProcessChanges changes;
    changes.args = texts({call.arguments.words.begin() + 1, call.arguments.words.end()});
    changes.cwd = call.text("cwd");
    changes.env = texts(call.arguments.all("env"));
    changes.terminal = call.arguments.on("tty");
    changes.user = call.text("user");
    changes.additional_gids = TRY(additional_gids(call));
    changes.capabilities = texts(call.arguments.all("cap"));
    changes.apparmor_profile = call.text("apparmor");
    changes.selinux_label = call.text("process-label");
    if (call.arguments.last("no-new-privs"))
      changes.no_new_privileges = call.arguments.on("no-new-privs");
    out = TRY(runtime::exec_process(container, changes));
  }
  runtime::complete_process(out, container);
  return out;
}

} // namespace

Result<int> exec(const Call& call) {
  if (call.arguments.words.size() < 2 && !call.arguments.last("process"))
    return fail(Kind::usage, "process args cannot be empty", "phial-oci exec ID COMMAND, or --process FILE");
  runtime::ExecOrder order{TRY(handover(call)), {}, {}};
  order.cgroups = TRY(runtime::parse_sub_cgroups(texts(call.arguments.all("cgroup"))));
  runtime::Container container =
      TRY(runtime::container_for_exec(call.globals.root, call.id(), call.arguments.on("ignore-paused")));
  spec::Spec spec = TRY(runtime::stored_spec(call.globals.root, call.id()));
  order.process = TRY(process_of(call, spec));
  bool detach = order.detach;
  SignalDoor signals = TRY(open_signal_door());
  runtime::Executed executed = TRY(runtime::execute(container, spec, std::move(order)));
  call.log.warnings(executed.warnings);
  if (detach)
    return 0;
  return attend({executed.process.get(), executed.pid, std::move(executed.terminal)}, signals);
}

} // namespace phial::oci
