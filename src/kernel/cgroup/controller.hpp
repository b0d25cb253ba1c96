// What a cgroup controller is to Phial: facts, and the translation of kernel::Resources into writes to its files, in
// both versions. One controller is one file in this folder and one row of the table in controllers.cpp. Pure: nothing
// here opens a file.
#pragma once

#include "base/error.hpp"
#include "kernel/cgroup/layout.hpp"
#include "kernel/resources.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace phial::kernel {

// One write to one file of the container's cgroup, to be done in the order they come.
struct FileWrite {
  int version = 2;
  std::string controller; // as its version names it: "memory", "blkio" (1), "io" (2); "cgroup" for the core's files
  std::string file;       // "memory.max"
  std::string value;      // without a newline
  std::string field;      // where it was asked for: "linux.resources.memory.limit"
  // Where `file` does not exist (ENOENT): this one instead, with its own value. Empty: there is none.
  std::string fallback_file;
  std::string fallback_value;
  // Errors that leave nothing undone that was asked for.
  std::vector<int> tolerated;
  friend bool operator==(const FileWrite&, const FileWrite&) = default;
};

// What an existing cgroup has now; an update needs it to find an order the kernel accepts.
struct CurrentLimits {
  std::optional<std::int64_t> memory_swap; // v1 memory.memsw.limit_in_bytes; -1 or a number near 2^63: no limit
  std::string cpu_max;                     // v2 cpu.max: "50000 100000"
};

struct CgroupRequest {
  Resources resources;
  bool update = false; // the cgroup exists and processes run in it
  CurrentLimits current;
  // On creation in version 1, what the parent's cpuset allows (cpuset.effective_cpus and _mems, or cpus and mems): a
  // new v1 cpuset is empty and takes no process until it is told. Empty: nothing is written that was not asked for.
  std::string parent_cpus;
  std::string parent_mems;
};

using FileWrites = std::vector<FileWrite>;

struct ControllerFacts {
  std::string_view v1_name;  // empty: version 2 only
  std::string_view v2_name;  // empty: version 1 only
  std::string_view v1_since; // first kernel
  std::string_view v2_since;
  std::string_view document; // in the kernel's documentation
  std::string_view limits;   // what it limits or accounts, a noun phrase
  // Whether the resources ask anything of this controller.
  bool (*wanted)(const Resources&);
  // Appends the writes; the wishes this version cannot fulfil are errors of Kind::unsupported or Kind::input. nullptr:
  // nothing can be asked of it.
  Result<> (*v1)(const CgroupRequest&, FileWrites&);
  Result<> (*v2)(const CgroupRequest&, FileWrites&);
};

// Every controller, in the order their files are written.
[[nodiscard]] std::span<const ControllerFacts> cgroup_controllers();
[[nodiscard]] const ControllerFacts* find_controller(std::string_view name);

// All writes for a container's cgroup on a host of this layout, in order. Each controller's go to the hierarchy that
// holds it. Kind::unsupported where something is asked for that no mounted hierarchy controls. Device rules become
// writes only where the devices controller of version 1 is mounted; see device_filter.hpp for the rest.
[[nodiscard]] Result<FileWrites> cgroup_writes(const CgroupLayout& layout, const CgroupRequest& request);

// For each cgroup of version 1 that is made on the way to the container's: its cpuset must be filled before its
// children's can be.
[[nodiscard]] FileWrites inherited_cpuset(std::string_view parent_cpus, std::string_view parent_mems);

// cpu.shares (2 to 262144) as cpu.weight (1 to 10000), such that 1024 is 100: the quadratic curve that runc follows
// since 1.4 and crun since 1.24. 0 stays 0: unset.
[[nodiscard]] std::uint64_t weight_of_shares(std::uint64_t shares);
// blkio.weight (10 to 1000) as io.weight (1 to 10000), linear; for where bfq does not take it as it is.
[[nodiscard]] std::uint64_t io_weight_of_blkio(std::uint16_t weight);

// memory.checkBeforeUpdate: Kind::input if the new limit lies below what is in use.
[[nodiscard]] Result<> check_memory_update(const MemoryResources& memory, std::uint64_t usage);

} // namespace phial::kernel
