// In the place of src/base/raw_call.hpp where the interpreter is fuzzed: calls nothing. interpreter_fuzz.cpp answers.
#pragma once

#include <cstdint>

namespace phial {

long raw_call(long number, std::uint64_t a = 0, std::uint64_t b = 0, std::uint64_t c = 0, std::uint64_t d = 0,
              std::uint64_t e = 0, std::uint64_t f = 0);

} // namespace phial
