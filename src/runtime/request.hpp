// Request: everything the compiler needs to know to turn a spec into a program. What it needs of the host is in
// HostFacts, gathered beforehand: compiling itself touches nothing.
#pragma once

#include "kernel/capabilities.hpp"
#include "kernel/cgroup/layout.hpp"
#include "kernel/net_devices.hpp"
#include "program/program.hpp"
#include "runtime/systemd.hpp"
#include "spec/types.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace phial::runtime {

// What a bind mount's source is: a directory wants a directory to be mounted on, anything else a file.
enum class SourceKind : std::uint8_t { missing, directory, file };

// Intel RDT's file system, and the group the spec names in it.
struct ResctrlFacts {
  std::string point; // empty: not mounted
  bool exists = false;
  std::string schemata; // of the group that exists
};

struct HostFacts {
  kernel::CgroupLayout cgroups;
  unsigned last_capability = 40;
  kernel::CapabilitySet grantable = kernel::CapabilitySet::all(); // in the caller's user namespace: what it has itself
  unsigned kernel_major = 0;
  unsigned kernel_minor = 0;
  bool cgroup_exists = false; // the container's own, in the first hierarchy
  // v1: what the parent of the container's cpuset allows, and whether the container's is born with it.
  std::string cpuset_cpus;
  std::string cpuset_mems;
  bool cpuset_inherits = false;
  std::vector<std::pair<std::string, SourceKind>> sources; // of the spec's bind mounts
  bool apparmor = false; // looked up only where the spec asks for them, as what follows
  bool selinux = false;
  std::uint64_t host_namespaces = 0; // CLONE_NEW* of the spec's namespaces by path that are the caller's own
  std::vector<std::pair<std::string, kernel::NetDeviceState>> net_devices; // those the spec names
  ResctrlFacts resctrl;

  std::uint64_t ignored_signals = 0; // of the process that is to run the program: bit n - 1 for signal n

  bool unprivileged = false;      // the caller lacks CAP_SYS_ADMIN
  bool in_user_namespace = false; // the caller is in another than the first
  std::uint32_t uid = 0;          // of the caller, effective
  std::uint32_t gid = 0;

  // Whether what the program does is done without the first user namespace's rights.
  [[nodiscard]] bool rootless() const { return unprivileged || in_user_namespace; }
  [[nodiscard]] bool kernel_at_least(unsigned major, unsigned minor) const {
    return kernel_major > major || (kernel_major == major && kernel_minor >= minor);
  }
  [[nodiscard]] kernel::NetDeviceState net_device(const std::string& name) const {
    for (const auto& [known, state] : net_devices)
      if (known == name)
        return state;
    return {};
  }
  [[nodiscard]] SourceKind source(const std::string& path) const {
    for (const auto& [known, kind] : sources)
      if (known == path)
        return kind;
    return SourceKind::missing;
  }
};

// Where the container's root comes from: a plain directory (spec.root.path), or an overlay of layers.
struct RootFilesystem {
  std::string directory;           // used where there are no layers
  std::vector<std::string> layers; // directories, lowest first
  std::string upper;               // empty: the overlay is read-only
  std::string work;
};

enum class Stdio : std::uint8_t {
  inherit, // the runtime's own 0, 1, 2
  pipes,   // made by the program, for a monitor at the other end
};

// Why something is in the program: the field of the spec, and what put it there. The longest entry that begins a
// field's name wins ("process.rlimits" speaks for "process.rlimits[0]").
struct Reason {
  std::string field;
  std::string text;
};

// The seccomp filter to load.
struct Filter {
  const kernel::SeccompProfile* profile = nullptr; // nullptr: none
  std::span<const std::uint8_t> compiled;          // empty: compile the profile
};

struct Request {
  std::string id;
  const spec::Spec* spec = nullptr;
  std::span<const std::uint8_t> seccomp_filter; // of the spec's profile, if it is compiled already
  RootFilesystem root;
  std::string cgroup;                  // "/phial/ID": below the root of every hierarchy; empty: no cgroup is made
  std::optional<SystemdScope> systemd; // systemd makes the cgroup, which is `cgroup`; v2 only
  Stdio stdio = Stdio::inherit;
  bool open_stdin = false;     // pipes: standard input is a pipe too, else /dev/null
  unsigned streams = 0;        // a mask of those of 0, 1, 2 that the process's user becomes the owner of: 1, 2, 4
  bool reaper = false;         // phial-init stays as PID 1 (--init)
  bool wait_for_start = false; // create: the init waits at a socket, `start`, in `state_directory`
  std::string state_directory; // of the container; used where wait_for_start
  std::string bundle;          // absolute; what hooks are told, and where they run
  bool no_pivot = false;       // leave the old root beneath the new one, for a root that pivot_root refuses (a ramdisk)
  bool new_keyring = true;
  unsigned preserved = 0;                     // descriptors from 3 on that the container's program gets
  program::Words words = program::Words::yes; // compiled again with them, the same inputs give the same program
  std::vector<Reason> reasons;
  std::string fallback_reason = "config.json"; // for fields that no reason speaks for: "config.json: FIELD"
};

} // namespace phial::runtime
