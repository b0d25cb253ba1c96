// The program as it lies in a memfd: header, slots, code, data. Linked for one fixed address, where the host and
// phial-init both map it, so that every pointer in it is absolute for both. Freestanding.
#pragma once

#include "program/instruction.hpp"

namespace phial::program {

// Far below where the kernel places anything of a position-independent program, its stack or its mappings.
inline constexpr std::uint64_t kImageBase = 0x20000000;
inline constexpr std::uint32_t kImageMagic = 0x4c494850; // "PHIL"
inline constexpr std::uint32_t kImageVersion = 4;

struct ImageHeader {
  std::uint32_t magic;
  std::uint32_t version;
  std::uint32_t size;  // of what is mapped, in bytes; behind it may stand the program's texts (link.hpp)
  std::uint32_t slots; // offset of the slots, each 8 bytes
  std::uint32_t slot_count;
  std::uint32_t code; // offset of the instructions
  std::uint32_t code_count;
  std::uint32_t data; // offset of the data
  Range sections[kSections];
  std::uint16_t journal_slot; // the slot that holds the journal's descriptor
  std::uint16_t program_slot; // the slot that holds the image's own descriptor
  std::uint16_t sync_slot;    // the init's end of the socket between host and init
  std::uint16_t pid_slot;     // the new process, as the host numbers it
  std::uint16_t pidfd_slot;
  std::uint16_t host_sync_slot;   // the host's end
  std::uint16_t terminal_slot;    // the terminal's master, kNoSlot where there is none
  std::uint16_t stdin_write_slot; // the host's ends of the pipes, kNoSlot where there are none
  std::uint16_t stdout_read_slot;
  std::uint16_t stderr_read_slot;
  std::uint16_t reserved[2];
};

inline std::uint64_t* slots_of(ImageHeader* image) {
  return reinterpret_cast<std::uint64_t*>(reinterpret_cast<char*>(image) + image->slots);
}

inline Instruction* code_of(ImageHeader* image) {
  return reinterpret_cast<Instruction*>(reinterpret_cast<char*>(image) + image->code);
}

} // namespace phial::program
