#include "program/link.hpp"

#include "program/image.hpp"

#include <cstring>

namespace phial::program {

namespace {

constexpr std::size_t align_up(std::size_t size) {
  return (size + 15) / 16 * 16;
}

ImageHeader header_for(const Program& program) {
  ImageHeader header{};
  header.magic = kImageMagic;
  header.version = kImageVersion;
  header.slots = static_cast<std::uint32_t>(align_up(sizeof(ImageHeader)));
  header.slot_count = static_cast<std::uint32_t>(program.initial_slots.size());
  header.code =
      static_cast<std::uint32_t>(align_up(header.slots + program.initial_slots.size() * sizeof(std::uint64_t)));
  header.code_count = static_cast<std::uint32_t>(program.code.size());
  header.data = static_cast<std::uint32_t>(align_up(header.code + program.code.size() * sizeof(Instruction)));
  header.size = static_cast<std::uint32_t>(header.data + program.data.size());
  for (unsigned s = 0; s < kSections; ++s)
    header.sections[s] = program.sections[s];
  header.journal_slot = program.known.journal;
  header.program_slot = program.known.program;
  header.sync_slot = program.known.sync;
  header.host_sync_slot = program.known.host_sync;
  header.pid_slot = program.known.pid;
  header.pidfd_slot = program.known.pidfd;
  header.terminal_slot = program.known.terminal;
  header.stdin_write_slot = program.known.stdin_write;
  header.stdout_read_slot = program.known.stdout_read;
  header.stderr_read_slot = program.known.stderr_read;
  return header;
}

} // namespace

Result<std::string> link(const Program& program) {
  if (program.code.size() >= 0xffff || program.initial_slots.size() >= kNoSlot || program.data.size() > (64U << 20))
    return fail(Kind::internal, "the program has " + std::to_string(program.code.size()) + " instructions, " +
                                    std::to_string(program.initial_slots.size()) + " slots and " +
                                    std::to_string(program.data.size()) + " bytes of data, which is more than fits");
  ImageHeader header = header_for(program);
  std::uint64_t data_base = kImageBase + header.data;
  std::string out;
  out.reserve(header.size);
  out.resize(header.data, '\0');
  std::memcpy(out.data(), &header, sizeof header);
  if (!program.initial_slots.empty())
    std::memcpy(out.data() + header.slots, program.initial_slots.data(),
                program.initial_slots.size() * sizeof(std::uint64_t));
  auto* code = out.data() + header.code;
  for (Instruction instruction : program.code) {
    for (unsigned i = 0; i < kArguments; ++i)
      if (kind_of(instruction, i) == ArgKind::data)
        instruction.args[i] += data_base;
    std::memcpy(code, &instruction, sizeof instruction);
    code += sizeof instruction;
  }
  out += program.data;
  for (const Pointer& pointer : program.pointers) {
    std::uint64_t address = data_base + pointer.to;
    std::memcpy(out.data() + header.data + pointer.at, &address, sizeof address);
  }
  return out;
}

} // namespace phial::program
