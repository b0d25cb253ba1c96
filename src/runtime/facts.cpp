#include "runtime/facts.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "kernel/capabilities.hpp"
#include "kernel/mountinfo.hpp"
#include "kernel/mounts.hpp"
#include "kernel/namespaces.hpp"
#include "kernel/signals.hpp"
#include "runtime/foreign_source.hpp"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

namespace phial::runtime {

namespace {

void read_release(HostFacts& facts) {
  utsname name{};
  if (::uname(&name) != 0)
    return;
  Halves halves = split_once(name.release, '.');
  std::string_view minor = halves.second.value_or("");
  facts.kernel_major = static_cast<unsigned>(parse_uint(halves.first).value_or(0));
  facts.kernel_minor =
      static_cast<unsigned>(parse_uint(minor.substr(0, minor.find_first_not_of("0123456789"))).value_or(0));
}

// The inode of the first user namespace is the kernel's constant PROC_USER_INIT_INO.
constexpr ino_t kFirstUserNamespace = 0xEFFFFFFDU;

Result<> read_caller(HostFacts& facts) {
  facts.uid = static_cast<std::uint32_t>(::getauxval(AT_EUID));
  facts.gid = static_cast<std::uint32_t>(::getauxval(AT_EGID));
  struct stat status{};
  if (::stat("/proc/self/ns/user", &status) == 0)
    facts.in_user_namespace = status.st_ino != kFirstUserNamespace;
  else if (errno != ENOENT) // a kernel without user namespaces
    return fail_call("stat", "/proc/self/ns/user");
  if (facts.uid == 0)
    return {};
  auto own = kernel::parse_status_capabilities(TRY(read_file("/proc/self/status")));
  facts.unprivileged = !own || !own->effective.has(CAP_SYS_ADMIN);
  return {};
}

std::string first_line(const std::string& path) {
  return read_value(path).value_or(std::string());
}

// A v1 cpuset is empty when it is made and takes no process; below a parent that is filled and says clone_children it
// is born filled.
void read_cpuset(HostFacts& facts, const std::string& cgroup) {
  const kernel::CgroupHierarchy* cpuset = facts.cgroups.holding("cpuset");
  if (cpuset == nullptr || cpuset->version != 1)
    return;
  std::size_t slash = cgroup.rfind('/');
  std::string parent = cpuset->directory(slash == std::string::npos ? "/" : cgroup.substr(0, slash));
  facts.cpuset_cpus = first_line(parent + "/cpuset.cpus");
  facts.cpuset_inherits = !facts.cpuset_cpus.empty() && first_line(parent + "/cgroup.clone_children") == "1";
  if (facts.cpuset_inherits) // and nobody asks what
    return;
  facts.cpuset_mems = first_line(parent + "/cpuset.mems");
  if (facts.cpuset_cpus.empty()) {
    facts.cpuset_cpus = first_line(cpuset->point + "/cpuset.cpus");
    facts.cpuset_mems = first_line(cpuset->point + "/cpuset.mems");
  }
}

} // namespace

Result<HostFacts> gather_facts(const std::string& cgroup) {
  HostFacts facts;
  read_release(facts);
  facts.last_capability = static_cast<unsigned>(TRY(kernel::last_capability()));
  facts.grantable = TRY(kernel::own_capabilities());
  facts.cgroups = TRY(kernel::probe_cgroup_layout());
  TRY(read_caller(facts));
  if (cgroup.empty())
    return facts;
  read_cpuset(facts, cgroup);
  if (!facts.cgroups.hierarchies.empty())
    facts.cgroup_exists = ::access(facts.cgroups.hierarchies[0].directory(cgroup).c_str(), F_OK) == 0;
  return facts;
}

Result<> gather_ignored_signals(HostFacts& facts) {
  facts.ignored_signals = kernel::parse_ignored_signals(TRY(read_file("/proc/self/status")));
  return {};
}

void gather_labels(HostFacts& facts, const spec::Process& process, const std::string& mount_label) {
  if (!process.apparmor_profile.empty())
    facts.apparmor = first_line("/sys/module/apparmor/parameters/enabled") == "Y";
  if (!process.selinux_label.empty() || !mount_label.empty())
    facts.selinux = exists("/sys/fs/selinux/enforce");
}

namespace {

// A namespace by path may be the caller's own: what is set in it is set on the host.
// What cannot be compared counts as the caller's own.
void compare_namespaces(HostFacts& facts, const spec::Linux& platform) {
  for (const spec::Namespace& entry : platform.namespaces) {
    const kernel::NamespaceFacts& kind = kernel::facts(entry.type);
    struct stat theirs{};
    struct stat ours{};
    std::string own = "/proc/self/ns/" + std::string(kind.proc_name);
    if (entry.path.empty())
      continue;
    if (::stat(entry.path.c_str(), &theirs) != 0) {
      if (errno == ENOENT) // opening it will say so
        continue;
      facts.host_namespaces |= kind.flag;
    } else if (::stat(own.c_str(), &ours) != 0 || (theirs.st_ino == ours.st_ino && theirs.st_dev == ours.st_dev)) {
      facts.host_namespaces |= kind.flag;
    }
  }
}

void gather_resctrl(HostFacts& facts, const spec::Linux& platform) {
  if (!platform.intel_rdt)
    return;
  Result<std::string> text = read_file("/proc/self/mountinfo");
  Result<std::vector<kernel::MountInfo>> mounts = kernel::parse_mountinfo(text ? *text : std::string());
  for (const kernel::MountInfo& mount : mounts ? *mounts : std::vector<kernel::MountInfo>())
    if (mount.type == "resctrl")
      facts.resctrl.point = mount.point;
  std::string group = facts.resctrl.point + "/" + platform.intel_rdt->clos_id;
  facts.resctrl.exists = !facts.resctrl.point.empty() && !platform.intel_rdt->clos_id.empty() && exists(group);
  if (facts.resctrl.exists)
    if (Result<std::string> schemata = read_file(group + "/schemata"))
      facts.resctrl.schemata = *schemata;
}

} // namespace

namespace {

// Somebody else's links are followed within his root.
bool stat_foreign(const ForeignSource& source, struct stat& status) {
  Result<Fd> root = open_at(AT_FDCWD, source.process + "/root", O_PATH | O_DIRECTORY);
  if (!root)
    return false;
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  Fd at(static_cast<int>(::syscall(SYS_openat2, root->get(), source.path.c_str(), &how, sizeof how)));
  return at && ::fstat(at.get(), &status) == 0;
}

SourceKind source_kind(const std::string& source) {
  struct stat status{};
  std::optional<ForeignSource> foreign = foreign_source(source);
  if (foreign ? !stat_foreign(*foreign, status) : ::stat(source.c_str(), &status) != 0)
    return SourceKind::missing;
  return S_ISDIR(status.st_mode) ? SourceKind::directory : SourceKind::file;
}

} // namespace

void gather_sources(HostFacts& facts, const spec::Spec& spec) {
  gather_labels(facts, spec.process ? *spec.process : spec::Process{}, spec.platform.mount_label);
  compare_namespaces(facts, spec.platform);
  gather_resctrl(facts, spec.platform);
  for (const spec::NetDevice& device : spec.platform.net_devices)
    if (Result<kernel::NetDeviceState> state = kernel::probe_net_device(device.host_name))
      facts.net_devices.emplace_back(device.host_name, std::move(*state));
  for (const spec::Mount& mount : spec.mounts) {
    Result<kernel::MountOptions> options = kernel::parse_mount_options(mount.options);
    if (!options || options->remount || !kernel::is_bind(mount.type, *options))
      continue;
    facts.sources.emplace_back(mount.source, source_kind(mount.source));
  }
}

} // namespace phial::runtime
