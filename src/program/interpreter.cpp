#include "program/interpreter.hpp"

#include "base/raw_call.hpp"
#include "program/ensure_path.hpp"
#include "program/hook.hpp"

#include <asm/unistd.h>
#include <linux/errno.h>

namespace phial::program {

namespace {

long interrupted(long (*call)(std::uint64_t, char*), std::uint64_t fd, char* byte) {
  for (;;) {
    long result = call(fd, byte);
    if (result != -EINTR)
      return result;
  }
}

long post(std::uint64_t fd, std::uint64_t value) {
  char byte = static_cast<char>(value);
  long n = interrupted(
      [](std::uint64_t to, char* b) {
        // MSG_NOSIGNAL: the other side may be gone, which is an error here and no reason to die.
        return raw_call(__NR_sendto, to, reinterpret_cast<std::uint64_t>(b), 1, 0x4000);
      },
      fd, &byte);
  return n == 1 ? 0 : (n < 0 ? n : -EPIPE);
}

long wait(std::uint64_t fd, std::uint64_t value) {
  char byte = 0;
  long n = interrupted(
      [](std::uint64_t from, char* b) { return raw_call(__NR_read, from, reinterpret_cast<std::uint64_t>(b), 1); }, fd,
      &byte);
  if (n < 0)
    return n;
  if (n == 0)
    return -EPIPE;
  return byte == static_cast<char>(value) ? 0 : -EPROTO;
}

long store(std::uint64_t address, std::uint64_t value, std::uint64_t width) {
  char* to = reinterpret_cast<char*>(address);
  for (std::uint64_t i = 0; i < width; ++i)
    to[i] = static_cast<char>(value >> (8 * i));
  return 0;
}

long load(std::uint64_t address, std::uint64_t width) {
  const unsigned char* from = reinterpret_cast<const unsigned char*>(address);
  std::uint64_t value = 0;
  for (std::uint64_t i = 0; i < width; ++i)
    value |= static_cast<std::uint64_t>(from[i]) << (8 * i);
  return static_cast<long>(value);
}

long store_decimal(std::uint64_t address, std::uint64_t value) {
  char digits[20];
  unsigned n = 0;
  do {
    digits[n++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  char* to = reinterpret_cast<char*>(address);
  while (n != 0)
    *to++ = digits[--n];
  *to = '\0';
  return 0;
}

long store_padded(std::uint64_t address, std::uint64_t value) {
  char* to = reinterpret_cast<char*>(address);
  for (unsigned i = kPaddedWidth; i-- > 0; value /= 10)
    to[i] = value != 0 || i == kPaddedWidth - 1 ? static_cast<char>('0' + value % 10) : ' ';
  return 0;
}

long perform(Machine& machine, const Instruction& instruction) {
  std::uint64_t a[kArguments];
  const std::uint64_t* slots = slots_of(machine.image);
  for (unsigned i = 0; i < kArguments; ++i)
    a[i] = kind_of(instruction, i) == ArgKind::slot ? slots[instruction.args[i]] : instruction.args[i];
  switch (instruction.op) {
  case Op::call: return raw_call(instruction.number, a[0], a[1], a[2], a[3], a[4], a[5]);
  case Op::store: return store(a[0], a[1], a[2]);
  case Op::load: return load(a[0], a[1]);
  case Op::store_decimal: return store_decimal(a[0], a[1]);
  case Op::post: return post(a[0], a[1]);
  case Op::wait: return wait(a[0], a[1]);
  case Op::store_padded: return store_padded(a[0], a[1]);
  case Op::run_hook: return run_hook(a);
  case Op::ensure_path: return ensure_path(a);
  case Op::expect: return (a[0] & a[2]) == a[1] ? 0 : -static_cast<long>(a[3]);
  case Op::skip: return 0;
  case Op::fail: return -static_cast<long>(a[0]);
  default: return machine.named != nullptr ? machine.named(machine, instruction, a) : -ENOSYS;
  }
}

} // namespace

long run_instruction(Machine& machine, std::uint32_t index) {
  const Instruction& instruction = code_of(machine.image)[index];
  JournalEntry* entry = machine.journal != nullptr ? &machine.journal->entries[index] : nullptr;
  if (entry != nullptr)
    entry->begin = ticks();
  long result = perform(machine, instruction);
  if (entry != nullptr) {
    entry->end = ticks();
    entry->result = result;
  }
  if (result >= 0 && instruction.result != kNoSlot)
    slots_of(machine.image)[instruction.result] = static_cast<std::uint64_t>(result);
  return result;
}

std::uint32_t run_section(Machine& machine, Section section) {
  Range range = machine.image->sections[static_cast<unsigned>(section)];
  std::uint32_t end = range.first + range.count;
  for (std::uint32_t at = range.first; at < end;) {
    const Instruction& instruction = code_of(machine.image)[at];
    long result = run_instruction(machine, at);
    // mmap and its like give addresses, but no program uses them: every negative result is an errno.
    bool tolerated = tolerates(instruction, result);
    bool jump = result >= 0 ? instruction.flow == Flow::then_skip
                            : (instruction.flow == Flow::or_else && (tolerated || instruction.tolerated[0] == 0)) ||
                                  (instruction.flow == Flow::or_elsewhere && leads_elsewhere(result));
    if (result < 0 && !tolerated && !jump) {
      // Where the other side failed first, this is only what came of it.
      if (machine.journal != nullptr && machine.journal->failed == 0) {
        machine.journal->failed_errno = static_cast<std::int32_t>(-result);
        machine.journal->failed = at + 1;
      }
      return at + 1;
    }
    at = jump ? instruction.target : at + 1;
  }
  return 0;
}

NotUndone run_undo(Machine& machine) {
  NotUndone first;
  Range range = machine.image->sections[static_cast<unsigned>(Section::undo)];
  for (std::uint32_t at = range.first; at < range.first + range.count; ++at) {
    if (machine.journal != nullptr) {
      const JournalEntry& maker = machine.journal->entries[code_of(machine.image)[at].target];
      if (maker.begin == 0 || (maker.end != 0 && maker.result < 0))
        continue;
    }
    long result = run_instruction(machine, at);
    if (result < 0 && first.index == 0 && !tolerates(code_of(machine.image)[at], result))
      first = {at + 1, result};
  }
  return first;
}

} // namespace phial::program
