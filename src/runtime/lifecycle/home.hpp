// $HOME, which every OCI runtime sets where config.json does not: what the container's /etc/passwd has for the user.
#pragma once

#include "runtime/root_view.hpp"

namespace phial::runtime {

// $HOME is not there, or empty.
[[nodiscard]] bool lacks_home(const spec::Process& process);

// "/" where the root has no row for the user, or no such file that we may read. Fails where the machine could not look.
[[nodiscard]] Result<> give_home(spec::Process& process, const RootView& root);

// $HOME, for a process that lacks it.
void set_home(spec::Process& process, const std::string& home);

} // namespace phial::runtime
