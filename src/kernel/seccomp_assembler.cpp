#include "kernel/seccomp_assembler.hpp"

#include <algorithm>
#include <cstring>

namespace phial::kernel {

namespace {

constexpr std::uint32_t kReach = 255; // conditional jumps have distances of eight bits

template <typename Key> auto last_of(std::vector<std::pair<Key, std::uint32_t>>& list, Key key) {
  return std::ranges::find(list, key, [](const auto& pair) { return pair.first; });
}

} // namespace

SeccompAssembler::Label SeccompAssembler::put(sock_filter instruction) {
  reversed_.push_back(instruction);
  return size();
}

SeccompAssembler::Label SeccompAssembler::answer(std::uint32_t word) {
  auto known = last_of(answers_, word);
  // A new one costs as much as a jump to the old.
  if (known != answers_.end() && size() - known->second < kReach)
    return known->second;
  Label label = put(BPF_STMT(BPF_RET | BPF_K, word));
  if (known != answers_.end())
    known->second = label;
  else
    answers_.emplace_back(word, label);
  return label;
}

SeccompAssembler::Label SeccompAssembler::within_reach(Label label, std::uint32_t reach) {
  if (size() - label <= reach)
    return label;
  const sock_filter& target = reversed_[label - 1];
  if (target.code == (BPF_RET | BPF_K))
    return answer(target.k);
  auto known = last_of(stones_, label);
  if (known != stones_.end() && size() - known->second <= reach)
    return known->second;
  Label stone = put(BPF_STMT(BPF_JMP | BPF_JA, size() - label));
  if (known != stones_.end())
    known->second = stone;
  else
    stones_.emplace_back(label, stone);
  return stone;
}

SeccompAssembler::Label SeccompAssembler::statement(std::uint16_t code, std::uint32_t k, Label next) {
  if (next != size())
    put(BPF_STMT(BPF_JMP | BPF_JA, size() - next));
  return put(BPF_STMT(code, k));
}

SeccompAssembler::Label SeccompAssembler::load(std::uint32_t offset, Label next) {
  return statement(BPF_LD | BPF_W | BPF_ABS, offset, next);
}

SeccompAssembler::Label SeccompAssembler::mask(std::uint32_t bits, Label next) {
  return statement(BPF_ALU | BPF_AND | BPF_K, bits, next);
}

SeccompAssembler::Label SeccompAssembler::jump(std::uint32_t comparison, std::uint32_t value, Label yes, Label no) {
  if (yes == no)
    return yes;
  yes = within_reach(yes, kReach - 1); // a stone for the other may come between
  no = within_reach(no, kReach);
  return put(BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | comparison | BPF_K), value,
                      static_cast<std::uint8_t>(size() - yes), static_cast<std::uint8_t>(size() - no)));
}

std::vector<std::uint8_t> SeccompAssembler::bytes() const {
  std::vector<sock_filter> program(reversed_.rbegin(), reversed_.rend());
  std::vector<std::uint8_t> out(program.size() * sizeof(sock_filter));
  std::memcpy(out.data(), program.data(), out.size());
  return out;
}

} // namespace phial::kernel
