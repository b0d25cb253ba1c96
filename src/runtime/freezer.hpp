// The container's cgroup once the program has made it: frozen or not, which processes are in it.
// cgroups(7); kernel documentation cgroup-v1/freezer-subsystem.rst and cgroup-v2.rst.
#pragma once

#include "runtime/cgroup_paths.hpp"

#include <sys/types.h>

#include <vector>

namespace phial::runtime {

[[nodiscard]] bool is_frozen(const CgroupPaths& cgroup);

// Freezes or thaws, and waits until it is so. Kind::state where the container has no such cgroup, or where something in
// it cannot be stopped within ten seconds (it is thawed again then).
[[nodiscard]] Result<> set_frozen(const CgroupPaths& cgroup, bool frozen);

// Every process in the cgroup and below it, sorted; as the host numbers them.
[[nodiscard]] Result<std::vector<pid_t>> processes_in(const CgroupPaths& cgroup);

// Version 1: thaws the cgroup and all below it, as far as that can be done, for what is frozen cannot end.
void thaw_below(const std::string& directory);

} // namespace phial::runtime
