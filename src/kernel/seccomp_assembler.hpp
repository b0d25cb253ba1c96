// Classic BPF written from its end to its beginning: every jump leads to what is there already, so its distance is
// known, and equal endings are shared. Knows instructions, not what they are for.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <utility>
#include <vector>

namespace phial::kernel {

class SeccompAssembler {
public:
  // A place in the program: how many instructions there are from it to the end.
  using Label = std::uint32_t;

  // Answers with a SECCOMP_RET_* word.
  Label answer(std::uint32_t word);
  // Loads a word of seccomp_data into the accumulator and goes on at the label.
  Label load(std::uint32_t offset, Label next);
  // Keeps these bits of the accumulator and goes on.
  Label mask(std::uint32_t bits, Label next);
  // Compares the accumulator (BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET) and goes on here or there, however far it is.
  Label jump(std::uint32_t comparison, std::uint32_t value, Label yes, Label no);

  // The program in the kernel's order, begun at the label, which is the last that was made.
  [[nodiscard]] std::vector<std::uint8_t> bytes() const;
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(reversed_.size()); }

private:
  Label put(sock_filter instruction);
  Label statement(std::uint16_t code, std::uint32_t k, Label next);
  // The label, or a stepping stone towards it, at most so far from the next instruction.
  Label within_reach(Label label, std::uint32_t reach);

  std::vector<sock_filter> reversed_;
  std::vector<std::pair<std::uint32_t, Label>> answers_; // word -> its last place
  std::vector<std::pair<Label, Label>> stones_;          // label -> last stepping stone
};

} // namespace phial::kernel
