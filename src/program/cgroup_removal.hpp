// Removing a cgroup and all below it, of whatever version, ending what still runs in it.
#pragma once

namespace phial::program {

// `path` is the cgroup's directory on the host. What is already gone is success. Returns 0 or a negative errno; gives
// up after ten seconds (-EBUSY): then something in it cannot be killed. cgroups(7), cgroup.kill.
long remove_cgroup(const char* path);

} // namespace phial::program
