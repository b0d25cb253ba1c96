#include "engine/specify.hpp"

#include "base/text.hpp"
#include "engine/ids.hpp"
#include "kernel/capabilities.hpp"
#include "kernel/rlimits.hpp"
#include "kernel/seccomp_default.hpp"
#include "spec/seccomp_profile.hpp"

#include <algorithm>

namespace phial::engine {

const HostDevice* World::device(std::string_view path) const {
  auto found = std::ranges::find(devices, path, &HostDevice::path);
  return found == devices.end() ? nullptr : &*found;
}

const JoinedContainer* World::container(std::string_view reference) const {
  auto found = std::ranges::find(joined, reference, &JoinedContainer::reference);
  return found == joined.end() ? nullptr : &*found;
}

std::vector<std::string> merge_environment(const std::vector<std::string>& base,
                                           const std::vector<std::string>& changes) {
  std::vector<std::string> out = base;
  for (const std::string& change : changes) {
    Halves halves = split_once(change, '=');
    auto same = [&](const std::string& entry) { return split_once(entry, '=').first == halves.first; };
    auto place = std::ranges::find_if(out, same);
    if (!halves.second) {
      std::erase_if(out, same);
    } else if (place != out.end()) {
      *place = change;
    } else {
      out.push_back(change);
    }
  }
  return out;
}

namespace specifying {

void Work::because(std::string field, std::string_view flag) {
  if (auto text = options.text_of(flag))
    because_text(std::move(field), "flag --" + std::string(flag) + (*text == "true" ? "" : " " + std::string(*text)));
}

void Work::because_text(std::string field, std::string text) {
  out.reasons.push_back({std::move(field), std::move(text)});
}

namespace {

constexpr std::string_view kPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

Result<> choose_command(Work& work) {
  const RunOptions& options = work.options;
  Specified& out = work.out;
  out.entrypoint = options.entrypoint ? *options.entrypoint : work.image.entrypoint;
  out.command = options.command;
  if (options.entrypoint)
    work.because("process.args", "entrypoint");
  else
    work.because_text("process.args", !options.command.empty()         ? "the command line"
                                      : !work.image.entrypoint.empty() ? "image config: Entrypoint"
                                                                       : "image config: Cmd");
  // An entrypoint of one's own takes the image's command away, too.
  if (out.command.empty() && !options.entrypoint)
    out.command = work.image.cmd;
  std::vector<std::string> args = out.entrypoint;
  args.insert(args.end(), out.command.begin(), out.command.end());
  if (args.empty() || args[0].empty())
    return fail(Kind::usage, "no command is given, and the image has none",
                "name one: phial run " + options.image + " COMMAND");
  out.spec.process->args = std::move(args);
  return {};
}

void set_environment(Work& work) {
  spec::Process& process = *work.out.spec.process;
  std::vector<std::string> base = {std::string(kPath)};
  if (!work.out.spec.hostname.empty())
    base.push_back("HOSTNAME=" + work.out.spec.hostname);
  if (work.options.tty)
    base.emplace_back("TERM=xterm");
  process.env = merge_environment(merge_environment(base, work.image.env), work.options.environment);
  if (std::ranges::none_of(process.env, [](const std::string& entry) { return entry.starts_with("HOME="); }))
    process.env.push_back("HOME=" + work.world.user.home);
}

Result<> set_capabilities(Work& work) {
  const SecurityRequest& security = work.options.security;
  using kernel::CapabilitySet;
  // "All" is all there are to give; one that was named and is not ours is the kernel's to refuse.
  CapabilitySet ours = CapabilitySet::all() & CapabilitySet(work.world.own_capabilities);
  CapabilitySet set = security.privileged ? ours : kernel::default_capabilities();
  CapabilitySet add = TRY(kernel::parse_capabilities(security.cap_add));
  CapabilitySet drop = TRY(kernel::parse_capabilities(security.cap_drop));
  if (add == CapabilitySet::all())
    add = ours;
  // --cap-drop ALL --cap-add X means X alone; --cap-add ALL --cap-drop X means all but X.
  if (drop == CapabilitySet::all())
    set = add;
  else
    set = (set | add) - drop;
  spec::Capabilities capabilities;
  capabilities.bounding = kernel::capability_names(set);
  if (work.out.spec.process->user.uid == 0) {
    capabilities.effective = capabilities.bounding;
    capabilities.permitted = capabilities.bounding;
  }
  work.out.spec.process->capabilities = std::move(capabilities);
  if (security.privileged)
    work.because("process.capabilities", "privileged");
  else if (!security.cap_add.empty())
    work.because("process.capabilities", "cap-add");
  else if (!security.cap_drop.empty())
    work.because("process.capabilities", "cap-drop");
  if (security.seccomp == SecurityRequest::Seccomp::standard && !security.privileged)
    work.out.spec.platform.seccomp = kernel::default_seccomp_profile(set);
  if (security.seccomp == SecurityRequest::Seccomp::profile)
    work.out.spec.platform.seccomp = TRY(spec::read_seccomp_profile(
        security.seccomp_profile, security.seccomp_path, {set, work.world.kernel_major, work.world.kernel_minor}));
  return {};
}

Result<> set_rlimits(Work& work) {
  for (const Ulimit& limit : work.options.ulimits) {
    const kernel::RlimitFacts* facts = kernel::find_rlimit(limit.name);
    if (facts == nullptr)
      return kernel::unknown_rlimit(limit.name);
    work.because_text("process.rlimits[" + std::to_string(work.out.spec.process->rlimits.size()) + "]",
                      "flag --ulimit " + limit.name);
    work.out.spec.process->rlimits.push_back({facts->number, limit.soft, limit.hard});
  }
  return {};
}

void set_stop(Work& work) {
  work.out.stop_signal = !work.options.stop_signal.empty() ? work.options.stop_signal
                         : !work.image.stop_signal.empty() ? work.image.stop_signal
                                                           : "SIGTERM";
  work.out.stop_timeout = work.options.stop_timeout.value_or(work.image.stop_timeout.value_or(10));
}

} // namespace

Result<> add_process(Work& work) {
  const RunOptions& options = work.options;
  work.out.spec.process.emplace();
  spec::Process& process = *work.out.spec.process;
  TRY(choose_command(work));
  process.terminal = options.tty;
  process.user.uid = work.world.user.uid;
  process.user.gid = work.world.user.gid;
  process.user.additional_gids = work.world.user.additional_gids;
  process.cwd = options.working_directory.value_or(work.image.working_dir);
  if (process.cwd.empty())
    process.cwd = "/";
  if (process.cwd[0] != '/')
    process.cwd.insert(0, "/");
  process.no_new_privileges = options.security.no_new_privileges;
  process.oom_score_adj = options.oom_score_adj;
  if (options.security.apparmor != "unconfined")
    process.apparmor_profile = options.security.apparmor;
  set_environment(work);
  TRY(set_capabilities(work));
  TRY(set_rlimits(work));
  set_stop(work);
  work.because("process.terminal", "tty");
  work.because("process.noNewPrivileges", "security-opt");
  work.because("process.oomScoreAdj", "oom-score-adj");
  if (options.working_directory)
    work.because("process.cwd", "workdir");
  else if (!work.image.working_dir.empty())
    work.because_text("process.cwd", "image config: WorkingDir");
  if (!options.user.empty())
    work.because("process.user", "user");
  else if (!work.image.user.empty())
    work.because_text("process.user", "image config: User");
  return {};
}

} // namespace specifying

Result<Specified> specify(const RunOptions& options, const image::ImageConfig& image, const World& world) {
  specifying::Work work{options, image, world, {}, {}};
  work.out.spec.root.path = "rootfs";
  work.out.spec.root.readonly = options.read_only;
  work.because("root.readonly", "read-only");
  work.because_text("root", "image " + options.image);
  TRY(specifying::add_namespaces(work));
  TRY(specifying::add_process(work));
  TRY(specifying::add_mounts(work));
  TRY(specifying::add_devices(work));
  TRY(specifying::add_limits(work));
  for (const KeyValue& entry : options.annotations)
    work.out.spec.annotations.emplace_back(entry.key, entry.value);
  return std::move(work.out);
}

} // namespace phial::engine
