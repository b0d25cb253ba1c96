#include "oci/make_options.hpp"

#include "base/text.hpp"
#include "oci/systemd_manager.hpp"
#include "oci/values.hpp"

#include <fcntl.h>

namespace phial::oci {

namespace {

constexpr std::int64_t kMostPreserved = 1'000'000;

// sd_listen_fds(3)
unsigned listened(const Environment& environment) {
  std::optional<std::uint64_t> count = parse_uint(environment.get("LISTEN_FDS").value_or("0"));
  return count && *count < static_cast<std::uint64_t>(kMostPreserved) ? static_cast<unsigned>(*count) : 0;
}

// The log is ours, and may have taken the number of one that the caller has not opened.
Result<> keep_open(unsigned count, const Log& log) {
  for (unsigned fd = 3; fd < 3 + count; ++fd)
    if (static_cast<int>(fd) == log.fd() || ::fcntl(static_cast<int>(fd), F_SETFD, 0) != 0)
      return fail(Kind::usage, "--preserve-fds: descriptor " + std::to_string(fd) + " is not open");
  return {};
}

} // namespace

Result<runtime::Handover> handover(const Call& call) {
  runtime::Handover out;
  out.console_socket = call.text("console-socket");
  out.pid_file = call.text("pid-file");
  out.pidfd_socket = call.text("pidfd-socket");
  out.detach = call.arguments.on("detach");
  out.listened = listened(call.environment);
  auto preserved = TRY(number_of(call.arguments, "preserve-fds", 0, kMostPreserved));
  out.preserve_fds = static_cast<unsigned>(preserved.value_or(0)) + out.listened;
  TRY(keep_open(out.preserve_fds, call.log));
  return out;
}

Result<runtime::MakeOptions> make_options(const Call& call) {
  runtime::MakeOptions out{TRY(handover(call))};
  out.root = call.globals.root;
  out.id = call.id();
  out.bundle = call.text("bundle", ".");
  out.config = call.text("config");
  out.no_pivot = call.arguments.on("no-pivot");
  out.new_keyring = !call.arguments.on("no-new-keyring");
  out.manager = call.globals.cgroup_manager;
  out.rootless = call.globals.rootless;
  if (out.manager == runtime::CgroupManager::systemd)
    out.systemd = TRY(systemd_manager(call.environment));
  return out;
}

} // namespace phial::oci
