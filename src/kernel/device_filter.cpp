#include "kernel/device_filter.hpp"

#include "kernel/devices.hpp"

#include <cstddef>
#include <cstdint>

namespace phial::kernel {

namespace {

// The registers of the filter. The context (bpf_cgroup_dev_ctx) comes in r1.
constexpr std::uint8_t kResult = BPF_REG_0;
constexpr std::uint8_t kContext = BPF_REG_1;
constexpr std::uint8_t kType = BPF_REG_2;
constexpr std::uint8_t kWanted = BPF_REG_3; // the accesses no rule has granted yet
constexpr std::uint8_t kMajor = BPF_REG_4;
constexpr std::uint8_t kMinor = BPF_REG_5;
constexpr std::uint8_t kScratch = BPF_REG_1; // once the context has been read

constexpr std::uint32_t kAll = BPF_DEVCG_ACC_MKNOD | BPF_DEVCG_ACC_READ | BPF_DEVCG_ACC_WRITE;

bpf_insn instruction(std::uint8_t code, std::uint8_t destination, std::uint8_t source, std::int16_t offset,
                     std::int32_t immediate) {
  bpf_insn result{};
  result.code = code;
  result.dst_reg = destination & 0xf;
  result.src_reg = source & 0xf;
  result.off = offset;
  result.imm = immediate;
  return result;
}

bpf_insn load(std::uint8_t destination, std::size_t offset) {
  return instruction(BPF_LDX | BPF_MEM | BPF_W, destination, kContext, static_cast<std::int16_t>(offset), 0);
}
bpf_insn alu(std::uint8_t operation, std::uint8_t destination, std::int32_t immediate) {
  return instruction(static_cast<std::uint8_t>(BPF_ALU | operation | BPF_K), destination, 0, 0, immediate);
}
bpf_insn jump(std::uint8_t operation, std::uint8_t destination, std::int32_t immediate) {
  return instruction(static_cast<std::uint8_t>(BPF_JMP | operation | BPF_K), destination, 0, 0, immediate);
}

std::uint32_t access_mask(const DeviceRule& rule) {
  std::uint32_t mask = 0;
  for (char letter : rule.access)
    mask |= letter == 'r' ? BPF_DEVCG_ACC_READ : letter == 'w' ? BPF_DEVCG_ACC_WRITE : BPF_DEVCG_ACC_MKNOD;
  return mask;
}

// Rules before one about everything cannot matter any more.
bool is_last_word(const DeviceRule& rule) {
  return rule.type == 'a' && !rule.major && !rule.minor && access_mask(rule) == kAll;
}

// One rule's block. Every jump in it that says "not this rule" leads behind its end.
void append_rule(const DeviceRule& rule, std::vector<bpf_insn>& program) {
  std::vector<bpf_insn> block;
  std::vector<std::size_t> to_next;
  auto leave_if = [&](bpf_insn condition) {
    to_next.push_back(block.size());
    block.push_back(condition);
  };
  if (rule.type != 'a')
    leave_if(jump(BPF_JNE, kType, rule.type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR));
  if (rule.major)
    leave_if(jump(BPF_JNE, kMajor, static_cast<std::int32_t>(*rule.major)));
  if (rule.minor)
    leave_if(jump(BPF_JNE, kMinor, static_cast<std::int32_t>(*rule.minor)));
  std::uint32_t mask = access_mask(rule);
  if (mask != kAll && rule.allow) {
    // What this rule grants is settled; what is left goes on to the rules before it.
    block.push_back(alu(BPF_AND, kWanted, static_cast<std::int32_t>(kAll & ~mask)));
    leave_if(jump(BPF_JNE, kWanted, 0));
  } else if (mask != kAll) {
    block.push_back(instruction(BPF_ALU | BPF_MOV | BPF_X, kScratch, kWanted, 0, 0));
    block.push_back(alu(BPF_AND, kScratch, static_cast<std::int32_t>(mask)));
    leave_if(jump(BPF_JEQ, kScratch, 0));
  }
  block.push_back(alu(BPF_MOV, kResult, rule.allow ? 1 : 0));
  block.push_back(instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
  for (std::size_t at : to_next)
    block[at].off = static_cast<std::int16_t>(block.size() - at - 1);
  program.insert(program.end(), block.begin(), block.end());
}

} // namespace

std::vector<bpf_insn> device_filter(std::span<const DeviceRule> rules) {
  std::vector<bpf_insn> program = {
      load(kType, offsetof(bpf_cgroup_dev_ctx, access_type)),
      instruction(BPF_ALU | BPF_MOV | BPF_X, kWanted, kType, 0, 0),
      alu(BPF_AND, kType, 0xffff),
      alu(BPF_RSH, kWanted, 16),
      load(kMajor, offsetof(bpf_cgroup_dev_ctx, major)),
      load(kMinor, offsetof(bpf_cgroup_dev_ctx, minor)),
  };
  for (std::size_t i = rules.size(); i-- > 0;) {
    append_rule(rules[i], program);
    // The verifier refuses instructions that cannot be reached, the closing denial too.
    if (is_last_word(rules[i]))
      return program;
  }
  program.push_back(alu(BPF_MOV, kResult, 0));
  program.push_back(instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
  return program;
}

std::vector<std::string> describe_device_filter(std::span<const DeviceRule> rules) {
  std::vector<std::string> lines;
  for (std::size_t i = rules.size(); i-- > 0;) {
    lines.push_back((rules[i].allow ? "allow " : "deny ") + format_device_rule(rules[i]));
    if (is_last_word(rules[i]))
      return lines;
  }
  lines.emplace_back("deny everything else");
  return lines;
}

} // namespace phial::kernel
