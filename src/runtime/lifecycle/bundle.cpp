#include "runtime/lifecycle/bundle.hpp"

#include "base/clock.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "kernel/cgroup/controller.hpp"
#include "kernel/devices.hpp"
#include "kernel/mounts.hpp"
#include "kernel/process.hpp"
#include "runtime/compile.hpp"
#include "runtime/facts.hpp"
#include "runtime/lifecycle/exec_process.hpp"
#include "runtime/lifecycle/home.hpp"
#include "runtime/lifecycle/state_directory.hpp"
#include "spec/reader.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace phial::runtime {

namespace {

Result<std::string> absolute(const std::string& path) {
  std::unique_ptr<char, void (*)(void*)> resolved(::realpath(path.c_str(), nullptr), std::free);
  if (!resolved)
    return fail_call("realpath", path);
  return std::string(resolved.get());
}

// A path of config.json that is relative means: to the bundle, whose own path is resolved already. The usual "rootfs"
// takes one call: what exists and is no link ends readlink(2) with EINVAL.
Result<std::string> in_bundle(const std::string& bundle, const std::string& path) {
  char target = 0;
  std::string plain = bundle + "/" + path;
  if (path.find('/') == std::string::npos && path != "." && path != ".." && ::readlink(plain.c_str(), &target, 1) < 0 &&
      errno == EINVAL)
    return plain;
  return absolute(path.starts_with("/") ? path : plain);
}

// A container always may use the devices every container has, whatever its rules say, as with runc.
void allow_default_devices(spec::Spec& spec) {
  if (!spec.platform.resources || spec.platform.resources->devices.empty())
    return;
  for (kernel::DeviceRule& rule : kernel::default_device_rules())
    if (rule.allow)
      spec.platform.resources->devices.push_back(std::move(rule));
}

// The name of the user we are, as /etc/passwd has it; else the number.
std::string owner_name() {
  std::string uid = std::to_string(::getauxval(AT_UID));
  if (uid == "0")
    return "root";
  if (Result<std::string> users = read_file("/etc/passwd"); users)
    for (std::string_view line : split(*users, '\n')) {
      std::vector<std::string_view> fields = split(line, ':');
      if (fields.size() > 2 && fields[2] == uid)
        return std::string(fields[0]);
    }
  return uid;
}

// The mounts that could lie on /etc/passwd: those on /proc, /dev and /sys do not, and to place each takes calls.
std::vector<RootMount> mounts_beside_kernels(const spec::Spec& spec) {
  std::vector<RootMount> out = root_mounts(spec);
  std::erase_if(out, [](const RootMount& mount) {
    for (std::string_view place : {"/proc", "/dev", "/sys"})
      if (mount.destination == place || mount.destination.starts_with(std::string(place) + "/"))
        return true;
    return false;
  });
  return out;
}

bool may_make(const std::string& directory) {
  std::string path = directory;
  while (::access(path.c_str(), F_OK) != 0 && path.size() > 1)
    path.resize(path.rfind('/'));
  return ::access(path.c_str(), W_OK) == 0;
}

// A caller who is not root, or root of a user's namespace, mostly may make no cgroup: then there is none, unless
// something is to be limited.
Result<> do_without_cgroups(Request& request, const HostFacts& facts, const MakeOptions& options) {
  if (!options.rootless.value_or(facts.rootless()) || request.systemd || request.cgroup.empty())
    return {};
  if (std::ranges::all_of(facts.cgroups.hierarchies, [&](const kernel::CgroupHierarchy& hierarchy) {
        return may_make(hierarchy.directory(request.cgroup));
      }))
    return {};
  kernel::CgroupRequest wanted;
  if (request.spec->platform.resources)
    wanted.resources = *request.spec->platform.resources;
  wanted.resources.devices.clear();
  kernel::FileWrites writes = TRY(kernel::cgroup_writes(facts.cgroups, wanted));
  if (!writes.empty())
    return fail(Kind::permission, "config.json " + writes.front().field + ": the caller may make no cgroup to limit",
                "use --systemd-cgroup with the user's systemd, have a cgroup delegated, or take linux.resources out");
  request.cgroup.clear();
  return {};
}

// Nothing can lie there but what the root itself has: one call then tells that there is nothing.
bool has_users(const Fd& root) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  Fd found(static_cast<int>(::syscall(SYS_openat2, root.get(), "etc/passwd", &how, sizeof how)));
  return found || errno != ENOENT;
}

Result<> find_home(spec::Process& process, const std::string& path, std::vector<RootMount> mounts) {
  Result<Fd> root = open_at(AT_FDCWD, path, O_PATH | O_DIRECTORY);
  if (!root && means_nothing_there(root.error().number))
    return {}; // what mounts it says so
  if (!root)
    return std::unexpected(std::move(root).error());
  if (mounts.empty() && !has_users(*root)) {
    set_home(process, "/");
    return {};
  }
  return give_home(process, RootView(std::move(*root), std::move(mounts)));
}

bool is_bind_mount(const spec::Mount& mount) {
  Result<kernel::MountOptions> options = kernel::parse_mount_options(mount.options);
  return options && !options->remount && kernel::is_bind(mount.type, *options);
}

} // namespace

Result<Bundle> open_bundle(const std::string& path, const std::string& config) {
  Bundle out;
  out.directory = TRY(absolute(path), "bundle");
  Result<std::string> text = read_file(config.empty() ? out.directory + "/config.json" : config);
  if (!text && text.error().kind == Kind::not_found)
    return fail(Kind::not_found, "JSON specification file config.json not found",
                "`phial-oci spec -b " + path + "` writes one to begin with");
  out.text = TRY(std::move(text), "read the bundle's configuration");
  out.spec = TRY(spec::read_spec(out.text, "config.json"));
  out.root = TRY(in_bundle(out.directory, out.spec.root.path), "config.json root.path");
  for (spec::Mount& mount : out.spec.mounts)
    if (is_bind_mount(mount) && !mount.source.starts_with("/"))
      mount.source = out.directory + "/" + mount.source;
  allow_default_devices(out.spec);
  if (out.spec.process)
    unite_environment(out.spec.process->env);
  if (out.spec.process && lacks_home(*out.spec.process))
    TRY(find_home(*out.spec.process, out.root, mounts_beside_kernels(out.spec)));
  return out;
}

Result<Record> new_record(const Bundle& bundle, const MakeOptions& options) {
  Record out;
  out.oci_version = bundle.spec.oci_version;
  out.id = options.id;
  out.bundle = bundle.directory;
  out.rootfs = bundle.root;
  out.created = now();
  out.owner = owner_name();
  out.annotations = bundle.spec.annotations;
  out.manager = options.manager;
  out.boot = TRY(kernel::boot_id());
  return out;
}

// The path as within a root: "..", "." and empty names lead nowhere else, and never out.
std::string contained(std::string_view path) {
  std::vector<std::string_view> names;
  for (std::string_view name : split(path, '/')) {
    if (name == ".." && !names.empty())
      names.pop_back();
    else if (!name.empty() && name != "." && name != "..")
      names.push_back(name);
  }
  std::string out;
  for (std::string_view name : names)
    out += "/" + std::string(name);
  return out;
}

std::string cgroup_of(const spec::Spec& spec, const MakeOptions& options) {
  if (options.manager == CgroupManager::disabled)
    return {};
  const std::string& asked = spec.platform.cgroups_path;
  if (asked.empty())
    return "/phial-oci/" + options.id;
  return contained(asked.starts_with("/") ? asked : "/phial-oci/" + asked);
}

namespace {

Result<Request> request_for(const Bundle& bundle, const MakeOptions& options, bool waits) {
  Request request;
  request.id = options.id;
  request.spec = &bundle.spec;
  request.root.directory = bundle.root;
  request.bundle = bundle.directory;
  request.wait_for_start = waits;
  request.state_directory = state_path(options.root, options.id);
  if (bundle.spec.process && bundle.spec.process->user.uid != 0) // root need not be given them
    request.streams = streams_to_give();
  request.preserved = options.preserve_fds;
  request.no_pivot = options.no_pivot;
  request.new_keyring = options.new_keyring;
  if (options.manager == CgroupManager::systemd) {
    request.systemd = TRY(systemd_scope(bundle.spec, options.id, options.systemd));
    request.cgroup = request.systemd->cgroup;
  } else {
    request.cgroup = cgroup_of(bundle.spec, options);
  }
  return request;
}

} // namespace

Result<Compiled> compile_bundle(const Bundle& bundle, const MakeOptions& options, bool waits, program::Words words) {
  if (!waits)
    TRY(spec::check_startable(bundle.spec, "config.json"));
  Compiled out;
  out.request = TRY(request_for(bundle, options, waits));
  out.request.words = words;
  out.facts = TRY(gather_facts(out.request.cgroup));
  TRY(gather_ignored_signals(out.facts));
  TRY(do_without_cgroups(out.request, out.facts, options));
  gather_sources(out.facts, bundle.spec);
  out.program = TRY(compile_run(out.request, out.facts));
  out.cgroup = out.request.cgroup;
  if (out.request.systemd)
    out.scope = out.request.systemd->unit;
  if (!out.cgroup.empty())
    out.cgroups = cgroup_paths(out.facts.cgroups, out.cgroup);
  return out;
}

program::Program with_words(Compiled& compiled, const Bundle& bundle) {
  if (compiled.request.words == program::Words::yes)
    return compiled.program;
  compiled.request.spec = &bundle.spec; // which may have moved
  compiled.request.words = program::Words::yes;
  Result<program::Program> worded = compile_run(compiled.request, compiled.facts);
  return worded ? std::move(*worded) : compiled.program; // the same inputs compiled before
}

} // namespace phial::runtime
