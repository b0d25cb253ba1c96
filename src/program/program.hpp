// Program: the list of instructions that makes a container, with what each is for. A value: building one has no side
// effect. builder.hpp makes it, link.hpp turns it into the bytes that run, describe.hpp and the printers show it.
#pragma once

#include "program/instruction.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phial::program {

// Where a step's shell command belongs in the script form of the program.
enum class ShellPlace : std::uint8_t {
  none,   // it has no shell form: the command is printed as a comment
  host,   // on the host, before or beside the container
  inside, // within the container's namespaces, with the host's root still there
  last,   // what the container's process does last, with the container's root and credentials
};

// Whether a program is built with the words about it: the steps' texts, the slots' names.
enum class Words : std::uint8_t { yes, no };

// What a step says of itself. `why` names what asked for it: "config.json: mounts[0]", "--memory 64m".
struct StepText {
  std::string what; // "mount proc on /proc"
  std::string why;
  std::string guarantee; // what holds once it is done: "the container sees only its own processes"
  std::string shell;     // the same thing as shell commands
  ShellPlace place = ShellPlace::none;
};

struct Step {
  Section section = Section::host;
  StepText text;
  Range code; // its instructions, as indices of Program::code
};

// An address within the data that has to hold the address of other data: argv, sock_fprog, msghdr.
struct Pointer {
  std::uint32_t at = 0;
  std::uint32_t to = 0;
};

// The slots that host and init must find by name.
struct WellKnownSlots {
  std::uint16_t journal = kNoSlot;
  std::uint16_t program = kNoSlot;
  std::uint16_t sync = kNoSlot;
  std::uint16_t host_sync = kNoSlot;
  std::uint16_t pid = kNoSlot;
  std::uint16_t pidfd = kNoSlot;
  std::uint16_t terminal = kNoSlot;    // the master, where the container has a terminal
  std::uint16_t stdin_write = kNoSlot; // the host's ends of the pipes, where it has none
  std::uint16_t stdout_read = kNoSlot;
  std::uint16_t stderr_read = kNoSlot;
};

struct Program {
  std::vector<Instruction> code;  // data arguments are offsets into `data`, slot arguments are indices of `slots`
  std::vector<Step> steps;        // none where the program was built without words
  std::vector<std::string> slots; // their names, without a sigil: "root", "proc"; none without words
  std::vector<std::uint64_t> initial_slots; // what they hold before the first instruction, ~0 for nothing
  std::string data;
  std::vector<Pointer> pointers;
  std::array<Range, kSections> sections{};
  WellKnownSlots known;
  std::vector<std::string> warnings; // what was asked for and is left out, a clause each
};

// The step an instruction belongs to.
[[nodiscard]] inline const Step& step_of(const Program& program, const Instruction& instruction) {
  return program.steps[instruction.step];
}

[[nodiscard]] std::string_view section_name(Section section);

} // namespace phial::program
