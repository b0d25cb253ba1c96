// What libseccomp makes of a profile: the measure compile_seccomp() is held against. Its filter is the body; a prologue
// adds what it leaves to its callers: calls it does not know, ENOSYS for those newer than the profile, socketcall.
#pragma once

#include "kernel/seccomp.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace phial::kernel {

// Only calls libseccomp has names for are decided exactly: conditions on newer ones are taken for the stricter side.
[[nodiscard]] Result<std::vector<std::uint8_t>> compile_by_libseccomp(const SeccompProfile& profile);
[[nodiscard]] bool libseccomp_knows(std::string_view name);

} // namespace phial::kernel
