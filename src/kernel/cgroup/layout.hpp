// Where this host keeps its cgroups: version 1, version 2, or both at once (hybrid), which hierarchy holds which
// controller, and where the caller itself stands. A pure parser, and a read-only probe that feeds it.
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phial::kernel {

enum class CgroupMode : std::uint8_t {
  none,   // nothing mounted
  v1,     // controllers in hierarchies of version 1 only
  hybrid, // version 1, and a version 2 mount beside it, with some controllers or none
  v2,     // version 2 alone
};

struct CgroupHierarchy {
  int version = 1;
  std::vector<std::string> controllers; // version 2: those available at its mount point's root
  std::string name;                     // of a named hierarchy of version 1: "systemd"
  std::string point;                    // mount point
  std::string root;                     // the cgroup that the mount point shows, "/" but for bind mounts and containers
  std::string own;                      // the caller's cgroup, as /proc/self/cgroup has it

  [[nodiscard]] bool has(std::string_view controller) const;
  // "cpu,cpuacct", "name=systemd", "unified".
  [[nodiscard]] std::string label() const;
  // The directory of a cgroup of this hierarchy. A path the mount point does not show is taken as below the point.
  [[nodiscard]] std::string directory(std::string_view cgroup) const;
  // The directory the caller stands in.
  [[nodiscard]] std::string own_directory() const { return directory(own); }
};

struct CgroupLayout {
  CgroupMode mode = CgroupMode::none;
  // Every mounted hierarchy, version 1 in the order of /proc/self/cgroup, version 2 last. A container has a directory
  // in each of them: so it is limited, listed, frozen and killed everywhere, and systemd sees it where it looks.
  std::vector<CgroupHierarchy> hierarchies;

  // The version 2 hierarchy, or nullptr.
  [[nodiscard]] const CgroupHierarchy* unified() const;
  // The hierarchy that holds a controller (version 2 names: "io" finds "blkio" too), or nullptr.
  [[nodiscard]] const CgroupHierarchy* holding(std::string_view controller) const;
  // The named hierarchy of version 1, or nullptr.
  [[nodiscard]] const CgroupHierarchy* named(std::string_view name) const;
};

// From the texts of /proc/self/mountinfo, /proc/self/cgroup and the version 2 mount's cgroup.controllers (empty where
// there is none). Pure; cgroups(7).
[[nodiscard]] Result<CgroupLayout> parse_cgroup_layout(std::string_view mountinfo, std::string_view self_cgroup,
                                                       std::string_view unified_controllers);

// The layout of the host this runs on.
[[nodiscard]] Result<CgroupLayout> probe_cgroup_layout();

// One line of /proc/PID/cgroup.
struct CgroupMembership {
  int id = 0;                           // 0: version 2
  std::vector<std::string> controllers; // or one "name=…"
  std::string path;
};
[[nodiscard]] Result<std::vector<CgroupMembership>> parse_process_cgroups(std::string_view text);

// "+cpu +memory" for cgroup.subtree_control.
[[nodiscard]] std::string subtree_control_text(const std::vector<std::string>& controllers);

[[nodiscard]] std::string_view cgroup_mode_name(CgroupMode mode);

} // namespace phial::kernel
