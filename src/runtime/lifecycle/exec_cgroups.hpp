// Which cgroups a process of `exec` joins.
#pragma once

#include "kernel/cgroup/layout.hpp"
#include "runtime/compile.hpp"
#include "runtime/lifecycle/container.hpp"

#include <string>
#include <vector>

namespace phial::runtime {

// "[CONTROLLER[,CONTROLLER]:]PATH": where below the container's cgroup, and in which hierarchies.
struct SubCgroup {
  std::vector<std::string> controllers; // empty: every hierarchy
  std::string path;                     // "a/b", or empty; never above
};
// Kind::usage. Pure.
[[nodiscard]] Result<std::vector<SubCgroup>> parse_sub_cgroups(const std::vector<std::string>& texts);

// The container's cgroup in every hierarchy, or what is asked for below it. Version 2 takes no processes into a cgroup
// that hands controllers on; a container that does so has moved its first process further down, and there others
// follow.
[[nodiscard]] Result<std::vector<ExecCgroup>> exec_cgroups(const Record& record, const kernel::CgroupLayout& layout,
                                                           const std::vector<SubCgroup>& asked);

} // namespace phial::runtime
