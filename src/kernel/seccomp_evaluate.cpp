#include "kernel/seccomp_evaluate.hpp"

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstring>
#include <optional>
#include <string>

namespace phial::kernel {

namespace {

// The machine of classic BPF: an accumulator, an index, sixteen words of memory.
struct Machine {
  std::uint32_t a = 0;
  std::uint32_t x = 0;
  std::array<std::uint32_t, BPF_MEMWORDS> memory{};
};

std::optional<std::uint32_t> load(const seccomp_data& data, std::uint32_t offset) {
  if (offset % 4 != 0 || offset >= sizeof data)
    return std::nullopt;
  std::array<char, sizeof data> bytes{};
  std::memcpy(bytes.data(), &data, sizeof data);
  std::uint32_t word = 0;
  std::memcpy(&word, bytes.data() + offset, sizeof word);
  return word;
}

bool calculate(Machine& machine, const sock_filter& instruction) {
  std::uint32_t operand = BPF_SRC(instruction.code) == BPF_X ? machine.x : instruction.k;
  switch (BPF_OP(instruction.code)) {
  case BPF_ADD: machine.a += operand; return true;
  case BPF_SUB: machine.a -= operand; return true;
  case BPF_MUL: machine.a *= operand; return true;
  case BPF_AND: machine.a &= operand; return true;
  case BPF_OR: machine.a |= operand; return true;
  case BPF_XOR: machine.a ^= operand; return true;
  case BPF_NEG: machine.a = 0 - machine.a; return true;
  case BPF_LSH: machine.a = operand < 32 ? machine.a << operand : 0; return operand < 32;
  case BPF_RSH: machine.a = operand < 32 ? machine.a >> operand : 0; return operand < 32;
  default: return false;
  }
}

std::optional<bool> compare(const Machine& machine, const sock_filter& instruction) {
  std::uint32_t operand = BPF_SRC(instruction.code) == BPF_X ? machine.x : instruction.k;
  switch (BPF_OP(instruction.code)) {
  case BPF_JEQ: return machine.a == operand;
  case BPF_JGT: return machine.a > operand;
  case BPF_JGE: return machine.a >= operand;
  case BPF_JSET: return (machine.a & operand) != 0;
  default: return std::nullopt;
  }
}

bool move_data(Machine& machine, const sock_filter& instruction, const seccomp_data& data) {
  std::uint32_t k = instruction.k;
  switch (instruction.code) {
  case BPF_LD | BPF_W | BPF_ABS:
    if (std::optional<std::uint32_t> word = load(data, k))
      machine.a = *word;
    else
      return false;
    return true;
  case BPF_LD | BPF_W | BPF_LEN: machine.a = sizeof data; return true;
  case BPF_LDX | BPF_W | BPF_LEN: machine.x = sizeof data; return true;
  case BPF_LD | BPF_IMM: machine.a = k; return true;
  case BPF_LDX | BPF_IMM: machine.x = k; return true;
  case BPF_MISC | BPF_TAX: machine.x = machine.a; return true;
  case BPF_MISC | BPF_TXA: machine.a = machine.x; return true;
  default: break;
  }
  if (k >= BPF_MEMWORDS)
    return false;
  switch (instruction.code) {
  case BPF_LD | BPF_MEM: machine.a = machine.memory[k]; return true;
  case BPF_LDX | BPF_MEM: machine.x = machine.memory[k]; return true;
  case BPF_ST: machine.memory[k] = machine.a; return true;
  case BPF_STX: machine.memory[k] = machine.x; return true;
  default: return false;
  }
}

std::unexpected<Error> broken(std::size_t at) {
  return fail(Kind::input, "instruction " + std::to_string(at) + " is none of a seccomp filter's");
}

} // namespace

Result<SeccompAnswer> evaluate_filter(std::span<const std::uint8_t> filter, const SeccompCall& call) {
  seccomp_data data{};
  data.nr = static_cast<int>(call.number);
  data.arch = call.architecture;
  data.instruction_pointer = call.instruction;
  for (std::size_t i = 0; i < call.arguments.size(); ++i)
    data.args[i] = call.arguments[i];
  std::size_t count = filter.size() / sizeof(sock_filter);
  Machine machine;
  std::uint32_t executed = 0;
  for (std::size_t at = 0; at < count; ++at) { // jumps lead forward only: this ends
    sock_filter instruction{};
    std::memcpy(&instruction, filter.data() + at * sizeof instruction, sizeof instruction);
    ++executed;
    switch (BPF_CLASS(instruction.code)) {
    case BPF_RET: return SeccompAnswer{BPF_RVAL(instruction.code) == BPF_A ? machine.a : instruction.k, executed};
    case BPF_ALU:
      if (!calculate(machine, instruction))
        return broken(at);
      break;
    case BPF_JMP:
      if (BPF_OP(instruction.code) == BPF_JA) {
        at += instruction.k;
      } else if (std::optional<bool> holds = compare(machine, instruction)) {
        at += *holds ? instruction.jt : instruction.jf;
      } else {
        return broken(at);
      }
      break;
    default:
      if (!move_data(machine, instruction, data))
        return broken(at);
    }
  }
  return fail(Kind::input, "the filter ends without an answer");
}

} // namespace phial::kernel
