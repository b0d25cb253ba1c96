// Limits that change: what is asked for now put over what was asked for before. Pure.
#pragma once

#include "kernel/resources.hpp"

namespace phial::runtime {

// `stored` with everything `wanted` names. A number whose 0 means "not given" to the writers of cgroup files leaves
// what is there. Rules of devices are not changed by an update.
[[nodiscard]] kernel::Resources updated(kernel::Resources stored, const kernel::Resources& wanted);

// What is to be written for `wanted` alone: with the memory limit that a limit of memory and swap is counted on.
[[nodiscard]] kernel::Resources written_for(kernel::Resources wanted, const kernel::Resources& stored);

} // namespace phial::runtime
