// phial-oci features: what this build and this kernel can do. Every fact is asked of the kernel; nothing is changed.
#include "spec/features.hpp"
#include "base/file.hpp"
#include "base/text.hpp"
#include "commandline/libexec.hpp"
#include "kernel/capabilities.hpp"
#include "kernel/namespaces.hpp"
#include "kernel/seccomp.hpp"
#include "oci/programs.hpp"
#include "oci/verbs.hpp"
#include "spec/names.hpp"

#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace phial::oci {

namespace {

bool says(const std::string& path, std::string_view text) {
  Result<std::string> read = read_file(path);
  return read && read->find(text) != std::string::npos;
}

bool is_readable_directory(const std::string& path) {
  return static_cast<bool>(list_directory(path));
}

std::vector<std::string> known_capabilities() {
  Result<int> last = kernel::last_capability();
  int count = last ? std::min(*last + 1, kernel::kCapabilityCount) : kernel::kCapabilityCount;
  std::vector<std::string> out;
  out.reserve(static_cast<std::size_t>(count));
  for (int number = 0; number < count; ++number)
    out.push_back(kernel::capability_name(number));
  return out;
}

// seccomp(2), SECCOMP_GET_ACTION_AVAIL.
bool has_action(std::uint32_t action) {
  return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

std::uint32_t kernel_action(kernel::SeccompAction action) {
  using kernel::SeccompAction;
  switch (action) {
  case SeccompAction::kill_thread: return SECCOMP_RET_KILL_THREAD;
  case SeccompAction::kill_process: return SECCOMP_RET_KILL_PROCESS;
  case SeccompAction::trap: return SECCOMP_RET_TRAP;
  case SeccompAction::error: return SECCOMP_RET_ERRNO;
  case SeccompAction::trace: return SECCOMP_RET_TRACE;
  case SeccompAction::allow: return SECCOMP_RET_ALLOW;
  case SeccompAction::log: return SECCOMP_RET_LOG;
  case SeccompAction::notify: return SECCOMP_RET_USER_NOTIF;
  }
  return SECCOMP_RET_KILL_PROCESS;
}

// A flag the kernel knows is refused for the filter that is not there (EFAULT), an unknown one before that (EINVAL).
bool has_flag(std::uint64_t flag) {
  constexpr std::uint64_t kWaitKillableRecv = 1U << 5;
  if (flag == kWaitKillableRecv) // makes sense together with a listener only
    flag |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
  return ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flag, nullptr) != 0 && errno == EFAULT;
}

void add_seccomp(spec::KernelFeatures& out) {
  for (const spec::Word& word : spec::kSeccompActions)
    if (has_action(kernel_action(static_cast<kernel::SeccompAction>(word.value))))
      out.seccomp_actions.push_back(word.name);
  for (const spec::Word& word : spec::kSeccompFlags)
    if (has_flag(word.value))
      out.seccomp_flags.push_back(word.name);
  out.seccomp = !out.seccomp_actions.empty();
}

// A call that a kernel does not have fails with ENOSYS, whatever its arguments.
bool has_call(long number) {
  return ::syscall(number, -1, nullptr, 0, nullptr, 0) == 0 || errno != ENOSYS;
}

void add_cgroups(spec::KernelFeatures& out) {
  Result<std::string> types = read_file("/proc/filesystems");
  for (std::string_view line : split(types ? std::string_view(*types) : std::string_view(), '\n')) {
    std::string_view type = line.substr(std::min(line.find('\t'), line.size() - 1) + 1);
    out.cgroup_v1 = out.cgroup_v1 || type == "cgroup";
    out.cgroup_v2 = out.cgroup_v2 || type == "cgroup2";
  }
  out.cgroup_rdma = says("/proc/cgroups", "\nrdma\t");
}

spec::KernelFeatures gather(const Environment& environment) {
  spec::KernelFeatures out;
  for (const kernel::NamespaceFacts& facts : kernel::namespaces())
    if (::access(("/proc/self/ns/" + std::string(facts.proc_name)).c_str(), F_OK) == 0)
      out.namespaces.push_back(facts.oci_name);
  out.capabilities = known_capabilities();
  add_cgroups(out);
  out.systemd = exists(commandline::libexec_directory() + "/phial-systemd");
  add_seccomp(out);
  out.apparmor = says("/sys/module/apparmor/parameters/enabled", "Y");
  out.selinux = is_readable_directory("/sys/fs/selinux") && exists("/sys/fs/selinux/enforce");
  out.intel_rdt = exists("/sys/fs/resctrl/schemata");
  out.intel_rdt_monitoring = is_readable_directory("/sys/fs/resctrl/mon_data");
  out.memory_policy = has_call(SYS_get_mempolicy);
  out.idmapped_mounts = has_call(SYS_mount_setattr); // both came with 5.12
  out.checkpoint = find_criu(environment).has_value();
  return out;
}

} // namespace

Result<int> features(const Call& call) {
  Json document = spec::features_json(gather(call.environment), PHIAL_VERSION);
  TRY(write_all(STDOUT_FILENO, to_text(document, 2) + "\n"));
  return 0;
}

} // namespace phial::oci
