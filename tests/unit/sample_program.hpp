// A small program with something of everything, for the tests of the printers.
#pragma once

#include "program/builder.hpp"

namespace phial::program {

inline StepText sample_text(std::string what, std::string why, std::string guarantee = {}) {
  return {std::move(what), std::move(why), std::move(guarantee), {}, ShellPlace::none};
}

[[nodiscard]] Program sample_program();

} // namespace phial::program
