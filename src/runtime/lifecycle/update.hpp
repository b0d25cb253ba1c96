// update: other limits for a container there is.
#pragma once

#include "base/error.hpp"
#include "kernel/resources.hpp"
#include "runtime/systemd.hpp"

#include <string>

namespace phial::runtime {

struct UpdateRequest {
  kernel::Resources resources;         // what changes; the rest stays
  std::string l3_cache_schema;         // of resctrl; empty: unchanged
  std::string memory_bandwidth_schema; // the same
  std::string libexec;                 // where phial-systemd is, for containers in a scope of systemd's
  UserSession session;
};

// Writes the limits to the container's cgroups, systemd told before, and keeps them in its stored config.json. Where a
// write fails, those before it are taken back. Kind::state where it does not run.
[[nodiscard]] Result<> update_container(const std::string& root, const std::string& id, const UpdateRequest& request);

} // namespace phial::runtime
