// Record: what is written down of a container, as JSON in its state directory. Nothing in it says whether it runs: that
// is asked of the kernel (container.hpp).
#pragma once

#include "base/error.hpp"
#include "runtime/cgroup_paths.hpp"
#include "spec/types.hpp"

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace phial::runtime {

enum class CgroupManager : std::uint8_t { cgroupfs, systemd, disabled };

struct Record {
  std::string oci_version;
  std::string id;
  std::string bundle;       // absolute
  std::string rootfs;       // absolute
  std::int64_t created = 0; // nanoseconds since 1970
  std::string owner;        // the name of the user who made it
  spec::StringMap annotations;
  // Of its first process, which is known by the first three for ever; the first two are in the journal, not here.
  pid_t pid = 0;
  std::uint64_t pid_known_at = 0; // when the number was its own, in clock ticks after boot
  std::string boot;
  bool waits = false; // made by create: it waits for start
  std::uint32_t start_index =
      0; // of the first instruction of section `start`: what the journal says of it is the status
  CgroupManager manager = CgroupManager::cgroupfs;
  std::string cgroup; // below each hierarchy; empty: it has none of its own
  std::string scope;  // systemd's unit
  CgroupPaths cgroups;
  std::string intel_rdt; // its directory of resctrl, or empty
};

[[nodiscard]] std::string record_text(const Record& record);
[[nodiscard]] Result<Record> read_record(std::string_view text, std::string_view file_name);

} // namespace phial::runtime
