// What ps(1) says of a container's processes. Pure.
#pragma once

#include "base/error.hpp"

#include <sys/types.h>

#include <span>
#include <string>
#include <string_view>

namespace phial::oci {

// The lines of a table of ps's whose column PID is one of `pids`, behind its headings. Kind::input where it has no such
// column.
[[nodiscard]] Result<std::string> processes_table(std::string_view table, std::span<const pid_t> pids);

} // namespace phial::oci
