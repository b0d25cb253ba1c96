// -v, --mount and --tmpfs: docker's three ways to ask for a mount. Pure; errors as in values.hpp.
#pragma once

#include "base/error.hpp"
#include "engine/run_options.hpp"

#include <string>
#include <string_view>

namespace phial::cli {

// "/host:/path:ro,rshared", "name:/path", "/path"; `directory` is what "./host" is relative to.
[[nodiscard]] Result<engine::MountRequest> parse_volume(std::string_view text, std::string_view directory);
// "type=bind,src=/host,dst=/path,ro,bind-propagation=rslave"; fields may stand in double quotes.
[[nodiscard]] Result<engine::MountRequest> parse_mount(std::string_view text, std::string_view directory);
// "/path:size=64m,mode=1777,exec"
[[nodiscard]] Result<engine::MountRequest> parse_tmpfs(std::string_view text);

} // namespace phial::cli
