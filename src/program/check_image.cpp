#include "program/check_image.hpp"

#include <cstring>

namespace phial::program {

namespace {

constexpr unsigned kOps = static_cast<unsigned>(Op::clone_foreign_mount) + 1;
constexpr unsigned kFlows = static_cast<unsigned>(Flow::or_elsewhere) + 1;
constexpr std::uint64_t kDecimalWidth = 21; // the digits of any 64 bits, and a NUL

bool fits(std::uint64_t offset, std::uint64_t size, std::uint64_t whole) {
  return offset <= whole && size <= whole - offset;
}

bool check_parts(const ImageHeader& header, std::size_t size) {
  if (header.magic != kImageMagic || header.version != kImageVersion || header.size > size ||
      header.slots < sizeof header || header.slots % alignof(std::uint64_t) != 0 ||
      header.code % alignof(Instruction) != 0 ||
      !fits(header.slots, std::uint64_t{header.slot_count} * sizeof(std::uint64_t), header.code) ||
      !fits(header.code, std::uint64_t{header.code_count} * sizeof(Instruction), header.data) ||
      header.data > header.size || header.slot_count > kNoSlot || header.code_count > kNoSlot)
    return false;
  for (const Range& range : header.sections)
    if (!fits(range.first, range.count, header.code_count))
      return false;
  for (std::uint16_t slot : {header.journal_slot, header.program_slot, header.sync_slot, header.pid_slot,
                             header.pidfd_slot, header.host_sync_slot, header.terminal_slot, header.stdin_write_slot,
                             header.stdout_read_slot, header.stderr_read_slot})
    if (slot != kNoSlot && slot >= header.slot_count)
      return false;
  return true;
}

// How many bytes the interpreter touches at the first argument.
std::uint64_t touched(const Instruction& instruction) {
  switch (instruction.op) {
  case Op::store: return kind_of(instruction, 2) == ArgKind::value ? instruction.args[2] : ~std::uint64_t{0};
  case Op::load: return kind_of(instruction, 1) == ArgKind::value ? instruction.args[1] : ~std::uint64_t{0};
  case Op::store_decimal: return kDecimalWidth;
  case Op::store_padded: return kPaddedWidth;
  default: return 0;
  }
}

bool check_arguments(const Instruction& instruction, const ImageHeader& header) {
  for (unsigned i = 0; i < kArguments; ++i) {
    std::uint64_t value = instruction.args[i];
    switch (kind_of(instruction, i)) {
    case ArgKind::value: break;
    case ArgKind::data:
      if (value < kImageBase + header.data || value > kImageBase + header.size)
        return false;
      break;
    case ArgKind::slot:
      if (value >= header.slot_count)
        return false;
      break;
    default: return false;
    }
  }
  if (instruction.op == Op::ensure_path) // it reads the path itself
    return kind_of(instruction, 1) == ArgKind::data;
  std::uint64_t width = touched(instruction);
  if (width == 0)
    return instruction.op != Op::store && instruction.op != Op::load;
  if ((instruction.op == Op::store || instruction.op == Op::load) && width > sizeof(std::uint64_t))
    return false;
  return kind_of(instruction, 0) == ArgKind::data && fits(instruction.args[0] - kImageBase, width, header.size);
}

bool check_instruction(const Instruction& instruction, const ImageHeader& header) {
  return static_cast<unsigned>(instruction.op) < kOps && static_cast<unsigned>(instruction.flow) < kFlows &&
         (instruction.result == kNoSlot || instruction.result < header.slot_count) &&
         instruction.target <= header.code_count && check_arguments(instruction, header);
}

Instruction instruction_at(std::string_view bytes, const ImageHeader& header, std::uint32_t index) {
  Instruction out; // the bytes need not lie where an instruction may
  std::memcpy(&out, bytes.data() + header.code + index * sizeof out, sizeof out);
  return out;
}

// A jump leads on, at most to the end of its section; in the undo section the target is what is undone.
bool check_jump(const Instruction& instruction, std::uint32_t index, std::uint32_t end) {
  return instruction.flow == Flow::plain || (instruction.target > index && instruction.target <= end);
}

bool check_section(std::string_view bytes, const ImageHeader& header, unsigned section) {
  Range range = header.sections[section];
  std::uint32_t end = range.first + range.count;
  bool undo = section == static_cast<unsigned>(Section::undo);
  for (std::uint32_t i = range.first; i < end; ++i) {
    Instruction instruction = instruction_at(bytes, header, i);
    if (undo ? instruction.target >= header.code_count : !check_jump(instruction, i, end))
      return false;
  }
  return true;
}

} // namespace

Result<ImageHeader> check_image(std::string_view bytes) {
  auto damaged = [] { return fail(Kind::input, "this is no program image of this version"); };
  ImageHeader header{};
  if (bytes.size() < sizeof header)
    return damaged();
  std::memcpy(&header, bytes.data(), sizeof header);
  if (!check_parts(header, bytes.size()))
    return damaged();
  for (std::uint32_t i = 0; i < header.code_count; ++i)
    if (!check_instruction(instruction_at(bytes, header, i), header))
      return damaged();
  for (unsigned s = 0; s < kSections; ++s)
    if (!check_section(bytes, header, s))
      return damaged();
  return header;
}

} // namespace phial::program
