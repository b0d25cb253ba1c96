// Entering a user namespace whose maps take a set-user-ID helper. Host only.
#pragma once

#include <cstdint>

namespace phial::program {

// unshare(2) of user and mount namespace by this process; then `uids` and `gids`, the argv of newuidmap and newgidmap,
// are run from outside it. Our pid is written as text to `pid_text`, to which both argv point. 0 or a negative errno,
// EPERM where a helper refused.
long enter_user_namespace(std::uint64_t uids, std::uint64_t gids, std::uint64_t pid_text);

} // namespace phial::program
