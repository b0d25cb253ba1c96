// The interpreter of container programs. One source, built twice: into the programs of the host, and freestanding into
// phial-init. It allocates nothing, locks nothing, and has no state but what it is given.
#pragma once

#include "program/image.hpp"
#include "program/journal.hpp"

namespace phial::program {

struct Machine {
  ImageHeader* image = nullptr;
  Journal* journal = nullptr; // may be null: then nothing is recorded
  // Runs the operations that belong to one side only; returns a result or a negative errno. `args` are resolved.
  long (*named)(Machine& machine, const Instruction& instruction, const std::uint64_t* args) = nullptr;
  void* context = nullptr; // for `named`
};

// Runs one section from its first instruction. Returns 0, or the index of the instruction that failed plus one; the
// journal then holds that and the errno.
std::uint32_t run_section(Machine& machine, Section section);

// An undo that did not succeed: the index of its instruction plus one, and the negative errno.
struct NotUndone {
  std::uint32_t index = 0; // 0: everything was
  long result = 0;
};

// Runs the undo section: every instruction whose maker succeeded, whatever comes of the others; the first that failed.
// Where there is no journal every instruction is run: each of them takes "not there" for success.
NotUndone run_undo(Machine& machine);

// What the instruction at `index` gives, recorded in the journal.
long run_instruction(Machine& machine, std::uint32_t index);

} // namespace phial::program
