// Docker's extended form of a seccomp profile, as --security-opt seccomp=FILE names it: the runtime-spec's form with an
// architecture map and with rules that hold for some machines, capabilities and kernels only. Pure.
#pragma once

#include "base/error.hpp"
#include "kernel/capabilities.hpp"
#include "kernel/seccomp.hpp"

#include <string_view>

namespace phial::spec {

// What decides which rules of a profile hold.
struct ProfileConditions {
  kernel::CapabilitySet capabilities; // the container's bounding set
  unsigned kernel_major = 0;
  unsigned kernel_minor = 0;
};

// The profile for one container. A plain runtime-spec profile reads the same way. Errors are Kind::input with the
// position in the file.
[[nodiscard]] Result<kernel::SeccompProfile> read_seccomp_profile(std::string_view text, std::string_view file_name,
                                                                  const ProfileConditions& conditions);

} // namespace phial::spec
