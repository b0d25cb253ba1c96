// Reaching the systemd that --systemd-cgroup asks for.
#pragma once

#include "oci/verb.hpp"
#include "runtime/systemd.hpp"

namespace phial::oci {

[[nodiscard]] runtime::UserSession user_session(const Environment& environment);

// Fails where no systemd runs here.
[[nodiscard]] Result<runtime::SystemdManager> systemd_manager(const Environment& environment);

} // namespace phial::oci
