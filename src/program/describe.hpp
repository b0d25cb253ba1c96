// describe: one instruction as one line a person reads, as strace would print it, with the names of slots in place of
// the numbers they will hold. Pure.
#pragma once

#include "program/program.hpp"

#include <cstddef>
#include <string>

namespace phial::program {

struct DescribeOptions {
  std::size_t text = 72;  // bytes of a string that are shown
  std::size_t items = 24; // strings of an argv that are shown
  bool variables = true;  // the environment's too; else only how many there are, for what others may read
};

// The parts of the line.
struct Description {
  std::string call;   // openat2($root, "proc", {flags=O_PATH|O_CLOEXEC, resolve=RESOLVE_IN_ROOT}, 24)
  std::string result; // "$target", or empty
  std::string note;   // "EEXIST is fine", "if it succeeds, skip the next 2 calls", or empty
};

[[nodiscard]] Description describe_parts(const Program& program, const Instruction& instruction,
                                         const DescribeOptions& options = {});

// call -> result (note)
[[nodiscard]] std::string describe(const Program& program, const Instruction& instruction,
                                   const DescribeOptions& options = {});

// "openat2", or what a named operation is called: "spawn", "remove_cgroup".
[[nodiscard]] std::string_view operation_name(Op op);
[[nodiscard]] std::string instruction_name(const Instruction& instruction);

// The number of a step among those of its program (counted from 1, the undo apart), and how many there are.
struct StepNumber {
  std::size_t number = 0;
  std::size_t of = 0;
};
[[nodiscard]] StepNumber step_number(const Program& program, std::size_t step);

} // namespace phial::program
