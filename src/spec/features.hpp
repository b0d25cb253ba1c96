// The document of `features` (runtime-spec features.md and features-linux.md): what a runtime can do on a kernel. The
// writer is pure; what the kernel has is found out by the caller.
#pragma once

#include "base/json.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phial::spec {

// What differs between kernels and machines. What the build has it has everywhere: features_json() knows that.
struct KernelFeatures {
  std::vector<std::string_view> namespaces; // "cgroup", "ipc" …, as config.json names them
  std::vector<std::string> capabilities;    // "CAP_CHOWN" …
  bool cgroup_v1 = false;
  bool cgroup_v2 = false;
  bool cgroup_rdma = false;
  bool systemd = false; // the systemd driver is installed
  bool seccomp = false;
  std::vector<std::string_view> seccomp_actions; // "SCMP_ACT_ALLOW" …
  std::vector<std::string_view> seccomp_flags;   // SECCOMP_FILTER_FLAG_*
  bool apparmor = false;
  bool selinux = false;
  bool intel_rdt = false;            // resctrl is mounted
  bool intel_rdt_monitoring = false; // and counts
  bool memory_policy = false;
  bool idmapped_mounts = false;
  bool checkpoint = false; // criu is installed
};

// Lists of words are sorted.
[[nodiscard]] Json features_json(const KernelFeatures& kernel, std::string_view version);

} // namespace phial::spec
