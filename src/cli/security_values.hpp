// --cap-add, --cap-drop, --security-opt. Pure; errors as in values.hpp.
#pragma once

#include "base/error.hpp"
#include "engine/run_options.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace phial::cli {

// Adds "net_admin", "CAP_NET_ADMIN" or "all" (commas between several) to the list as "CAP_NET_ADMIN" or "ALL".
[[nodiscard]] Result<> add_capabilities(std::vector<std::string>& into, std::string_view text);

// One --security-opt; `read` gets a seccomp profile's text.
[[nodiscard]] Result<> add_security_option(engine::SecurityRequest& into, std::string_view text,
                                           Result<std::string> (*read)(const std::string& path));

} // namespace phial::cli
