// The OCI runtime-spec 1.3.0 for Linux as plain structs. Enumerations hold the kernel's own numbers (spec/names.hpp has
// the specification's words for them). Absent is nullopt where that differs from zero or empty. Nothing here knows
// where a value stood in a file: the reader reports errors with positions, the types carry values only.
#pragma once

#include "kernel/id_maps.hpp"
#include "kernel/namespaces.hpp"
#include "kernel/resources.hpp"
#include "kernel/rlimits.hpp"
#include "kernel/seccomp.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace phial::spec {

using StringMap = std::vector<std::pair<std::string, std::string>>; // in the document's order, keys distinct

struct ConsoleSize {
  std::uint16_t height = 0; // rows
  std::uint16_t width = 0;  // columns
  friend bool operator==(const ConsoleSize&, const ConsoleSize&) = default;
};

struct User {
  std::uint32_t uid = 0;
  std::uint32_t gid = 0;
  std::optional<std::uint32_t> umask;
  std::vector<std::uint32_t> additional_gids;
  friend bool operator==(const User&, const User&) = default;
};

// Names as capabilities(7) has them, "CAP_CHOWN"; that they are known is checked where they are compiled.
struct Capabilities {
  std::vector<std::string> bounding;
  std::vector<std::string> effective;
  std::vector<std::string> inheritable;
  std::vector<std::string> permitted;
  std::vector<std::string> ambient;
  friend bool operator==(const Capabilities&, const Capabilities&) = default;
};

using kernel::Rlimit;

// sched_setattr(2)
struct Scheduler {
  std::uint32_t policy = 0; // SCHED_*
  std::optional<std::int32_t> nice;
  std::optional<std::int32_t> priority;
  std::uint64_t flags = 0; // SCHED_FLAG_*
  std::optional<std::uint64_t> runtime;
  std::optional<std::uint64_t> deadline;
  std::optional<std::uint64_t> period;
  friend bool operator==(const Scheduler&, const Scheduler&) = default;
};

// ioprio_set(2)
struct IoPriority {
  int io_class = 0; // IOPRIO_CLASS_*: 1 realtime, 2 best effort, 3 idle
  int priority = 0; // 0 to 7
  friend bool operator==(const IoPriority&, const IoPriority&) = default;
};

// CPU lists for the processes that exec starts.
struct CpuAffinity {
  std::string initial_cpus; // while it is still outside the container's cgroup
  std::string final_cpus;
  friend bool operator==(const CpuAffinity&, const CpuAffinity&) = default;
};

struct Process {
  bool terminal = false;
  std::optional<ConsoleSize> console_size;
  User user;
  std::vector<std::string> args; // may be empty for a container that is never started
  std::vector<std::string> env;  // "NAME=value"
  std::string cwd;
  std::optional<Capabilities> capabilities;
  std::vector<Rlimit> rlimits;
  bool no_new_privileges = false;
  std::string apparmor_profile;
  std::optional<int> oom_score_adj;
  std::string selinux_label;
  std::optional<Scheduler> scheduler;
  std::optional<IoPriority> io_priority;
  std::optional<CpuAffinity> exec_cpu_affinity;
  friend bool operator==(const Process&, const Process&) = default;
};

struct Root {
  std::string path; // absolute, or relative to the bundle
  bool readonly = false;
  friend bool operator==(const Root&, const Root&) = default;
};

using IdMapping = kernel::IdRange; // inside: containerID, outside: hostID

struct Mount {
  std::string destination;
  std::string type; // empty with "bind" or "rbind" among the options
  std::string source;
  std::vector<std::string> options;
  std::vector<IdMapping> uid_mappings;
  std::vector<IdMapping> gid_mappings;
  friend bool operator==(const Mount&, const Mount&) = default;
};

struct Hook {
  std::string path;
  std::vector<std::string> args; // with args[0]; empty: the path alone
  std::vector<std::string> env;
  std::optional<std::uint32_t> timeout; // seconds, at least 1
  friend bool operator==(const Hook&, const Hook&) = default;
};

struct Hooks {
  std::vector<Hook> prestart; // deprecated
  std::vector<Hook> create_runtime;
  std::vector<Hook> create_container;
  std::vector<Hook> start_container;
  std::vector<Hook> poststart;
  std::vector<Hook> poststop;
  friend bool operator==(const Hooks&, const Hooks&) = default;
};

using NamespaceType = kernel::NamespaceKind;

struct Namespace {
  NamespaceType type = NamespaceType::mount;
  std::string path; // empty: a new one
  friend bool operator==(const Namespace&, const Namespace&) = default;
};

struct Device {
  std::string path;
  char type = 'c'; // c or u character, b block, p FIFO
  std::int64_t major = 0;
  std::int64_t minor = 0;
  std::optional<std::uint32_t> file_mode; // permission bits
  std::optional<std::uint32_t> uid;
  std::optional<std::uint32_t> gid;
  friend bool operator==(const Device&, const Device&) = default;
};

// A network device of the host that moves into the container.
struct NetDevice {
  std::string host_name;
  std::string name; // in the container; empty: the same
  friend bool operator==(const NetDevice&, const NetDevice&) = default;
};

struct IntelRdt {
  std::string clos_id;
  std::vector<std::string> schemata;
  std::string l3_cache_schema;
  std::string memory_bandwidth_schema;
  bool enable_monitoring = false;
  friend bool operator==(const IntelRdt&, const IntelRdt&) = default;
};

// set_mempolicy(2)
struct MemoryPolicy {
  int mode = 0;            // MPOL_*
  std::string nodes;       // a list, "0-3,7"
  std::uint32_t flags = 0; // MPOL_F_*
  friend bool operator==(const MemoryPolicy&, const MemoryPolicy&) = default;
};

struct TimeOffset {
  std::int64_t seconds = 0;
  std::uint32_t nanoseconds = 0;
  friend bool operator==(const TimeOffset&, const TimeOffset&) = default;
};

struct Linux {
  std::vector<IdMapping> uid_mappings;
  std::vector<IdMapping> gid_mappings;
  StringMap sysctl;
  std::optional<kernel::Resources> resources;
  std::string cgroups_path;
  std::vector<Namespace> namespaces;
  std::vector<Device> devices;
  std::vector<NetDevice> net_devices;
  std::optional<kernel::SeccompProfile> seccomp;
  std::string rootfs_propagation; // "private", "rslave" …; empty: the runtime's choice
  std::vector<std::string> masked_paths;
  std::vector<std::string> readonly_paths;
  std::string mount_label;
  std::optional<IntelRdt> intel_rdt;
  std::optional<MemoryPolicy> memory_policy;
  std::optional<std::uint32_t> personality; // PER_*
  std::optional<TimeOffset> boottime_offset;
  std::optional<TimeOffset> monotonic_offset;
  friend bool operator==(const Linux&, const Linux&) = default;

  // The namespace of that type in the list, or nullptr.
  [[nodiscard]] const Namespace* find(NamespaceType type) const {
    for (const Namespace& entry : namespaces)
      if (entry.type == type)
        return &entry;
    return nullptr;
  }
};

struct Spec {
  std::string oci_version = "1.3.0";
  std::optional<Process> process; // absent: create works, start does not
  Root root;
  std::string hostname;
  std::string domainname;
  std::vector<Mount> mounts;
  Hooks hooks;
  StringMap annotations;
  Linux platform; // "linux" in the document; the word is a macro of the compiler
  friend bool operator==(const Spec&, const Spec&) = default;
};

} // namespace phial::spec
