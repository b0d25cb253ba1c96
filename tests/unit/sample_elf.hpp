// Small ELF files for the tests of what reads them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace phial {

struct SampleElf {
  std::uint16_t machine = 62; // EM_X86_64
  std::uint16_t type = 3;     // ET_DYN
  std::string interpreter;    // empty: static
  std::vector<std::string> needed;
  std::string runpath;
};

// A file of 64 bits, little-endian, with PT_LOAD, PT_INTERP and PT_DYNAMIC where they are wanted.
[[nodiscard]] std::string sample_elf(const SampleElf& sample);

} // namespace phial
