#include "runtime/default_spec.hpp"

#include <sys/resource.h>

namespace phial::runtime {

namespace {

std::vector<spec::Mount> default_mounts() {
  auto entry = [](const char* destination, const char* type, const char* source, std::vector<std::string> options) {
    return spec::Mount{destination, type, source, std::move(options), {}, {}};
  };
  return {
      entry("/proc", "proc", "proc", {}),
      entry("/dev", "tmpfs", "tmpfs", {"nosuid", "strictatime", "mode=755", "size=65536k"}),
      entry("/dev/pts", "devpts", "devpts", {"nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"}),
      entry("/dev/shm", "tmpfs", "shm", {"nosuid", "noexec", "nodev", "mode=1777", "size=65536k"}),
      entry("/dev/mqueue", "mqueue", "mqueue", {"nosuid", "noexec", "nodev"}),
      entry("/sys", "sysfs", "sysfs", {"nosuid", "noexec", "nodev", "ro"}),
      entry("/sys/fs/cgroup", "cgroup", "cgroup", {"nosuid", "noexec", "nodev", "relatime", "ro"}),
  };
}

spec::Process default_process() {
  spec::Process process;
  process.terminal = true;
  process.args = {"sh"};
  process.env = {"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"};
  process.cwd = "/";
  spec::Capabilities capabilities;
  std::vector<std::string> names = {"CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"};
  capabilities.bounding = capabilities.effective = capabilities.permitted = names;
  process.capabilities = capabilities;
  process.rlimits = {{RLIMIT_NOFILE, 1024, 1024}};
  process.no_new_privileges = true;
  return process;
}

} // namespace

spec::Spec default_spec() {
  spec::Spec out;
  out.process = default_process();
  out.root = {"rootfs", true};
  out.hostname = "phial";
  out.mounts = default_mounts();
  using spec::NamespaceType;
  for (NamespaceType type : {NamespaceType::pid, NamespaceType::network, NamespaceType::ipc, NamespaceType::uts,
                             NamespaceType::mount, NamespaceType::cgroup})
    out.platform.namespaces.push_back({type, ""});
  out.platform.resources.emplace();
  kernel::DeviceRule deny;
  out.platform.resources->devices.push_back(deny);
  out.platform.masked_paths = {"/proc/acpi",          "/proc/asound",     "/proc/kcore",       "/proc/keys",
                               "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug",
                               "/sys/firmware",       "/proc/scsi"};
  out.platform.readonly_paths = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"};
  return out;
}

namespace {

bool is_id_option(const std::string& option) {
  return option.starts_with("uid=") || option.starts_with("gid=");
}

} // namespace

spec::Spec rootless_spec(std::uint32_t uid, std::uint32_t gid) {
  spec::Spec out = default_spec();
  std::erase_if(out.mounts, [](const spec::Mount& mount) { return mount.destination.starts_with("/sys/"); });
  for (spec::Mount& mount : out.mounts) {
    std::erase_if(mount.options, is_id_option);
    if (mount.destination == "/sys")
      mount = {"/sys", "none", "/sys", {"rbind", "nosuid", "noexec", "nodev", "ro"}, {}, {}};
  }
  out.platform.resources.reset();
  std::erase_if(out.platform.namespaces,
                [](const spec::Namespace& entry) { return entry.type == spec::NamespaceType::network; });
  out.platform.namespaces.push_back({spec::NamespaceType::user, ""});
  out.platform.uid_mappings = {{0, uid, 1}};
  out.platform.gid_mappings = {{0, gid, 1}};
  return out;
}

} // namespace phial::runtime
