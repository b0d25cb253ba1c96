// The flags that `run`, `create` and `explain run` share, and what they become: engine::RunOptions. Pure: nothing is
// read but through Surroundings, and everything is checked before the engine is asked for anything.
#pragma once

#include "cli/arguments.hpp"
#include "cli/variables.hpp"
#include "engine/run_options.hpp"

#include <string>

namespace phial::cli {

// What the flags may look at.
struct Surroundings {
  Lookup variables;
  std::string directory; // where we are; absolute
  Result<std::string> (*read)(const std::string& path) = nullptr;
};

// Flags and words (IMAGE [COMMAND…]) to options. Errors: Kind::usage or Kind::input, "--memory: …".
[[nodiscard]] Result<engine::RunOptions> read_run_options(const Arguments& arguments, const Surroundings& around);

// The flags and words of `exec` (CONTAINER COMMAND…).
[[nodiscard]] Result<engine::ExecOptions> read_exec_options(const Arguments& arguments, const Surroundings& around);

// Whether a flag of the table has somebody who reads it; for the tests.
[[nodiscard]] bool is_read(std::string_view name);

} // namespace phial::cli
