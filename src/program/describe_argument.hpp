// One argument of a system call as text, and the structures that arguments point to. For describe.cpp.
#pragma once

#include "program/data_view.hpp"
#include "program/describe.hpp"
#include "program/system_calls.hpp"

namespace phial::program {

// An instruction being described.
struct Subject {
  const DataView& data;
  const Instruction& instruction;
  const DescribeOptions& options;
};

// Argument `index` of the call in words: "AT_FDCWD", "$root", "O_PATH|O_CLOEXEC", "\"proc\"".
[[nodiscard]] std::string argument_text(const Subject& subject, const CallShape& shape, unsigned index);

// The structure of this kind at an address of the data: "{flags=CLONE_NEWNS, exit_signal=SIGCHLD}". `size` is the
// argument that follows, which for many is the structure's size.
[[nodiscard]] std::string structure_text(const Subject& subject, Role role, std::uint64_t at, std::uint64_t size);

// A string of the data in quotes; a number that is written into it while running stands as its slot's name.
[[nodiscard]] std::string string_text(const Subject& subject, std::uint64_t at);
// Bytes: as a string where they are one, a netlink message by its type, else how many there are.
[[nodiscard]] std::string buffer_text(const Subject& subject, std::uint64_t at, std::uint64_t size);
// ["sh", "-c", …]
[[nodiscard]] std::string strings_text(const Subject& subject, std::uint64_t at);
// [12 variables], or all of them.
[[nodiscard]] std::string variables_text(const Subject& subject, std::uint64_t at);

} // namespace phial::program
