// The program as a person reads it: sections, numbered steps with what each is for, and their system calls. The default
// form of `phial explain`. Pure; the same program gives the same text.
#pragma once

#include "program/layout.hpp"
#include "program/program.hpp"

#include <string>

namespace phial::program {

struct Counts {
  std::size_t steps = 0;      // the undo apart
  std::size_t calls = 0;      // system calls of these steps
  std::size_t operations = 0; // what is not one system call
  std::size_t undo = 0;       // steps of the undo
};
[[nodiscard]] Counts count(const Program& program);

// "phial-init, before the container is started": who runs a section and when.
[[nodiscard]] std::string_view section_title(Section section);

[[nodiscard]] std::string print_calls(const Program& program, const Layout& layout = {});

} // namespace phial::program
