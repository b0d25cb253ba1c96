// Reads documents of the OCI runtime-spec into the structs of types.hpp. Bad input is refused before anything is
// touched: Kind::input, with the position "config.json:41 process.rlimits[2].type" and what was expected there. Unknown
// members are ignored; what the kernel or the machine has to say (a device, a path, a capability) is not asked here.
#pragma once

#include "spec/types.hpp"

#include <string>
#include <string_view>

namespace phial::spec {

// A whole config.json. `file_name` stands in messages.
[[nodiscard]] Result<Spec> read_spec(std::string_view text, std::string_view file_name);

// config.json of a bundle directory.
[[nodiscard]] Result<Spec> load_spec(const std::string& bundle);

// What start asks for beyond create: a process with arguments.
[[nodiscard]] Result<> check_startable(const Spec& spec, std::string_view file_name);

// One part alone: exec's --process file, update's --resources file, a seccomp section.
[[nodiscard]] Result<Process> read_process(std::string_view text, std::string_view file_name);
[[nodiscard]] Result<kernel::Resources> read_resources(std::string_view text, std::string_view file_name);
[[nodiscard]] Result<kernel::SeccompProfile> read_seccomp(std::string_view text, std::string_view file_name);

} // namespace phial::spec
