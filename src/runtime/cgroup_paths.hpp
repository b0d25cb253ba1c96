// Where a container's cgroup lies: what its keeper has to look at once the program has made it.
#pragma once

#include "kernel/cgroup/layout.hpp"

#include <string>
#include <vector>

namespace phial::runtime {

struct CgroupPaths {
  std::vector<std::string> directories; // the container's, one a hierarchy
  std::string memory;                   // the one with the memory controller, or empty
  bool memory_v1 = false;
  std::string freezer; // the directory with freezer.state (version 1) or cgroup.freeze; or empty
  bool freezer_v1 = false;
};

[[nodiscard]] CgroupPaths cgroup_paths(const kernel::CgroupLayout& layout, const std::string& cgroup);

} // namespace phial::runtime
