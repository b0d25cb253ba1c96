// phial-oci checkpoint and restore.
#include "runtime/lifecycle/checkpoint.hpp"
#include "base/text.hpp"
#include "oci/foreground.hpp"
#include "oci/make_options.hpp"
#include "oci/programs.hpp"
#include "oci/values.hpp"
#include "oci/verbs.hpp"
#include "runtime/lifecycle/state_directory.hpp"

#include <unistd.h>

namespace phial::oci {

namespace {

std::string absolute(std::string path) {
  char directory[4096];
  if (path.starts_with("/") || ::getcwd(directory, sizeof directory) == nullptr)
    return path;
  return std::string(directory) + "/" + path;
}

Result<> check_values(const runtime::CriuOptions& options) {
  if (!options.page_server.empty()) {
    Halves place = split_once(options.page_server, ':');
    if (place.first.empty() || !place.second || !parse_uint(*place.second))
      return fail(Kind::usage, "--page-server: \"" + options.page_server + "\" is not ADDRESS:PORT");
  }
  if (options.parent.starts_with("/"))
    return fail(Kind::usage, "--parent-path: \"" + options.parent + "\" is absolute",
                "it is a path from --image-path to the images before");
  return {};
}

Result<runtime::CriuOptions> criu_options(const Call& call) {
  const Arguments& flags = call.arguments;
  runtime::CriuOptions out;
  out.images = absolute(call.text("image-path", "checkpoint"));
  out.work = absolute(call.text("work-path", out.images));
  out.parent = call.text("parent-path");
  out.page_server = call.text("page-server");
  out.status_fd = static_cast<int>(TRY(number_of(flags, "status-fd", 0, 1 << 20)).value_or(-1));
  out.cgroups_mode = call.text("manage-cgroups-mode", "soft");
  out.lsm_profile = call.text("lsm-profile");
  out.lsm_mount_context = call.text("lsm-mount-context");
  for (std::string_view kind : flags.all("empty-ns"))
    out.empty_namespaces.emplace_back(kind);
  out.leave_running = flags.on("leave-running");
  out.pre_dump = flags.on("pre-dump");
  out.tcp_established = flags.on("tcp-established");
  out.tcp_skip_in_flight = flags.on("tcp-skip-in-flight");
  out.external_sockets = flags.on("ext-unix-sk");
  out.shell_job = flags.on("shell-job");
  out.file_locks = flags.on("file-locks");
  out.lazy_pages = flags.on("lazy-pages");
  out.link_remap = flags.on("link-remap");
  out.auto_dedup = flags.on("auto-dedup");
  TRY(check_values(out));
  std::optional<std::string> criu = find_criu(call.environment);
  if (!criu)
    return fail(Kind::unsupported, "criu is not installed: " + std::string(call.verb.name) + " needs it",
                "install the package criu");
  out.program = *criu;
  return out;
}

} // namespace

Result<int> checkpoint(const Call& call) {
  runtime::CriuOptions options = TRY(criu_options(call));
  TRY(runtime::checkpoint_container(call.globals.root, call.id(), options, call.environment.entries()));
  return 0;
}

Result<int> restore(const Call& call) {
  runtime::CriuOptions options = TRY(criu_options(call));
  runtime::MakeOptions make = TRY(make_options(call));
  SignalDoor signals = TRY(open_signal_door());
  runtime::Restored restored = TRY(runtime::restore_container(make, options, call.environment.entries()));
  if (make.detach)
    return 0;
  runtime::let_go(restored.lock);
  Result<int> status = attend({restored.process.get(), restored.record.pid, Fd()}, signals);
  Result<bool> ours = runtime::take_back(restored.lock);
  Result<> gone = !ours   ? std::unexpected(std::move(ours).error())
                  : *ours ? runtime::abandon(restored, make.root)
                          : Result<>();
  if (!gone)
    tell_remains(call.log, gone.error(), make.id);
  return status;
}

} // namespace phial::oci
