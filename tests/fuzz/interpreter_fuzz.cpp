// The interpreter, with no kernel behind it: its sources are compiled anew with stub/ in front, and what a system call
// gives is the input's. Programs are put together from the input; a few of their bytes are then changed, and what
// check_image() lets through has to run to its end, within the image and the journal.
#include "targets.hpp"

#include "base/raw_call.hpp"
#include "program/check_image.hpp"
#include "program/interpreter.hpp"
#include "program/link.hpp"

#include <asm/unistd.h>
#include <sanitizer/asan_interface.h>
#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace phial {

namespace {

constexpr std::uint16_t kFirstNumber = 1000; // of a program's own calls, which no kernel has
fuzz::Input* answers = nullptr;
std::size_t calls = 0;

// Names and links of some file system: text of the input, as long as there is room.
long fill(std::uint64_t address, std::uint64_t room) {
  std::string_view text = answers->part('\n');
  std::size_t size = std::min<std::size_t>(text.size(), room);
  std::memcpy(reinterpret_cast<char*>(address), text.data(), size);
  return static_cast<long>(size);
}

} // namespace

long raw_call(long number, std::uint64_t, std::uint64_t b, std::uint64_t c, std::uint64_t d, std::uint64_t,
              std::uint64_t) {
  ++calls;
  fuzz::require(calls < 100'000, "the interpreter does not come to an end");
  if (answers->empty())
    return -EIO;
  std::uint8_t answer = answers->byte();
  if (number == __NR_readlinkat && answer % 4 != 0) {
    long size = fill(c, d - 1); // as the kernel has it: never as long as the room
    return size == 0 ? -EINVAL : size;
  }
  if (number == __NR_read && answer % 2 == 0)
    return fill(b, c);
  if (number == __NR_openat2 && answer % 4 == 1)
    return -ENOENT;
  if (answer < 160)
    return answer;
  // What the interpreter's own calls give is small.
  return answer < 250 || number < kFirstNumber ? -static_cast<long>(answer - 159)
                                               : static_cast<long>(answers->number(8));
}

} // namespace phial

namespace phial::fuzz {

namespace {

using program::ArgKind;
using program::Instruction;
using program::Op;

constexpr std::size_t kRoom = 1 << 20; // of the mapping, bytes
constexpr std::size_t kDataSize = 256;

// Named operations and those that start processes have no kernel to talk to.
Op some_op(std::uint8_t byte) {
  constexpr Op kOps[] = {Op::call,        Op::store,         Op::load, Op::store_decimal, Op::post,
                         Op::wait,        Op::skip,          Op::fail, Op::expect,        Op::store_padded,
                         Op::ensure_path, Op::remove_cgroup, Op::spawn};
  return kOps[byte % std::size(kOps)];
}

std::uint64_t some_argument(Input& input, ArgKind kind, std::size_t slots) {
  if (kind == ArgKind::data)
    return input.byte() % kDataSize;
  return kind == ArgKind::slot ? input.byte() % slots : input.number(input.byte() % 2 == 0 ? 1 : 8);
}

Instruction some_instruction(Input& input, std::size_t slots, std::uint32_t index, std::uint32_t end) {
  Instruction out;
  out.op = some_op(input.byte());
  out.flow = static_cast<program::Flow>(input.byte() % 4);
  out.number = static_cast<std::uint16_t>(kFirstNumber + input.byte());
  out.result = input.byte() % 2 == 0 ? program::kNoSlot : static_cast<std::uint16_t>(input.byte() % slots);
  out.target = static_cast<std::uint16_t>(index + 1 + input.byte() % std::max<std::uint32_t>(end - index, 1));
  out.tolerated[0] = static_cast<std::int16_t>(input.byte());
  for (unsigned i = 0; i < program::kArguments; ++i) {
    auto kind = static_cast<ArgKind>(input.byte() % 3);
    if (i == 0 &&
        (out.op == Op::store || out.op == Op::load || out.op == Op::store_decimal || out.op == Op::store_padded))
      kind = ArgKind::data;
    if (out.op == Op::ensure_path && i == 1)
      kind = ArgKind::data;
    if ((out.op == Op::store && i == 2) || (out.op == Op::load && i == 1))
      kind = ArgKind::value;
    out.kinds = static_cast<std::uint16_t>(out.kinds | static_cast<unsigned>(kind) << (2 * i));
    out.args[i] = some_argument(input, kind, slots);
  }
  if (out.op == Op::store)
    out.args[2] %= 9;
  if (out.op == Op::load)
    out.args[1] %= 9;
  return out;
}

program::Program some_program(Input& input) {
  program::Program out;
  std::size_t slots = 1 + input.byte() % 8;
  out.initial_slots.assign(slots, ~std::uint64_t{0});
  out.data = std::string(input.part('\n').substr(0, kDataSize - 1));
  out.data.resize(kDataSize);
  for (unsigned s = 0; s < program::kSections; ++s) {
    auto first = static_cast<std::uint32_t>(out.code.size());
    std::uint32_t count = input.byte() % 8;
    for (std::uint32_t i = 0; i < count; ++i)
      out.code.push_back(some_instruction(input, slots, first + i, first + count));
    out.sections[s] = {first, count};
  }
  for (Instruction& instruction : out.code)
    if (&instruction >= out.code.data() + out.sections[program::kSections - 1].first)
      instruction.target = static_cast<std::uint16_t>(instruction.target % out.code.size());
  return out;
}

// The calls that raw_call() takes for the interpreter's own have addresses it can write to.
bool has_foreign_calls_only(const std::string& image, const program::ImageHeader& header) {
  for (std::uint32_t i = 0; i < header.code_count; ++i) {
    Instruction instruction;
    std::memcpy(&instruction, image.data() + header.code + i * sizeof instruction, sizeof instruction);
    if ((instruction.op == Op::call && instruction.number < kFirstNumber) || instruction.op == Op::run_hook)
      return false;
  }
  return true;
}

// Changes some of the bytes as the input says.
void damage(std::string& image, Input& input) {
  for (unsigned n = input.byte() % 4; n > 0; --n) {
    std::size_t at = input.number(2) % image.size();
    image[at] = static_cast<char>(input.byte());
  }
}

program::ImageHeader* mapping() {
  static void* const at = ::mmap(reinterpret_cast<void*>(program::kImageBase), kRoom, PROT_READ | PROT_WRITE,
                                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
  require(at != MAP_FAILED, "the image's address is taken");
  return static_cast<program::ImageHeader*>(at);
}

void run(const std::string& image, bool with_journal) {
  program::Machine machine;
  machine.image = mapping();
  std::memcpy(static_cast<void*>(machine.image), image.data(), image.size());
  // An address sanitizer knows nothing of what lies in a mapping: what is behind the image is not to be touched.
  // Eight bytes and more are left, for a text whose end was written over to end there.
  char* end = reinterpret_cast<char*>(machine.image) + image.size();
  std::size_t left = (image.size() + 7) / 8 * 8 + 8 - image.size();
  std::memset(end, 0, left);
  ASAN_POISON_MEMORY_REGION(end + left, kRoom - image.size() - left);
  std::vector<std::uint64_t> journal(program::journal_size(machine.image->code_count) / sizeof(std::uint64_t));
  machine.journal = with_journal ? reinterpret_cast<program::Journal*>(journal.data()) : nullptr;
  program::ImageHeader before = *machine.image;
  for (unsigned s = 0; s + 1 < program::kSections; ++s) {
    std::uint32_t failed = program::run_section(machine, static_cast<program::Section>(s));
    program::Range range = before.sections[s];
    require(failed == 0 || (failed > range.first && failed <= range.first + range.count),
            "a failure out of its section");
  }
  static_cast<void>(program::run_undo(machine));
  require(std::memcmp(&before, machine.image, sizeof before) == 0, "a program changed its header");
  require(std::memcmp(image.data() + before.code, program::code_of(machine.image),
                      before.code_count * sizeof(Instruction)) == 0,
          "a program changed its code");
  require(std::all_of(end, end + left, [](char byte) { return byte == '\0'; }), "a program wrote behind its image");
  ASAN_UNPOISON_MEMORY_REGION(end + left, kRoom - image.size() - left);
}

} // namespace

void interpreter(std::string_view bytes) {
  Input input(bytes);
  bool with_journal = input.byte() % 2 == 0;
  program::Program program = some_program(input);
  Result<std::string> image = program::link(program);
  if (!image)
    return;
  damage(*image, input);
  Result<program::ImageHeader> header = program::check_image(*image);
  if (!header || header->size != image->size() || !has_foreign_calls_only(*image, *header))
    return;
  answers = &input;
  calls = 0;
  run(*image, with_journal);
}

} // namespace phial::fuzz
