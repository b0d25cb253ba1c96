// The program as JSON, for other programs: everything the other forms show and the numbers behind it. Pure.
#pragma once

#include "base/json.hpp"
#include "program/program.hpp"

namespace phial::program {

// {"summary": {...}, "slots": [...], "sections": [{"name", "title", "steps": [{"number", "what", "why", "guarantee",
// "shell", "place", "instructions": [{"index", "operation", "call", "text", "args", "result", "tolerated", ...}]}]}]}
[[nodiscard]] Json program_json(const Program& program);

// program_json() as text with an indent of two, ending in a newline.
[[nodiscard]] std::string print_json(const Program& program);

[[nodiscard]] std::string_view place_name(ShellPlace place);

} // namespace phial::program
