// From the tables of a profile's decisions to its filter: for each machine a balanced tree of comparisons over ranges
// of numbers, whose leaves are answers and checks of arguments, which are shared.
#include "kernel/seccomp.hpp"

#include "kernel/seccomp_assembler.hpp"
#include "kernel/seccomp_decisions.hpp"
#include "kernel/seccomp_numbers.hpp"

#include <linux/seccomp.h>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <span>
#include <string>

namespace phial::kernel {

namespace {

using Label = SeccompAssembler::Label;

// The numbers from first to the next edge's go there.
struct Edge {
  std::uint32_t first = 0;
  Label label = 0;
};

std::uint32_t audit_of(Architecture architecture) {
  switch (architecture) {
  case Architecture::x86_64:
  case Architecture::x32: return kAuditX86_64;
  case Architecture::i386: return kAuditI386;
  case Architecture::aarch64: return kAuditAarch64;
  case Architecture::arm: return kAuditArm;
  }
  return 0;
}

constexpr std::uint32_t low(std::uint64_t value) {
  return static_cast<std::uint32_t>(value);
}
constexpr std::uint32_t high(std::uint64_t value) {
  return static_cast<std::uint32_t>(value >> 32U);
}

std::uint32_t low_word(std::uint32_t index) {
  return static_cast<std::uint32_t>(offsetof(seccomp_data, args)) + index * 8 +
         (std::endian::native == std::endian::big ? 4 : 0);
}
std::uint32_t high_word(std::uint32_t index) {
  return low_word(index) ^ 4U;
}

class Emitter {
public:
  std::vector<std::uint8_t> program(const std::vector<SeccompTable>& tables) {
    std::vector<std::vector<Edge>> edges; // answers and checks stand at the end, for all trees
    edges.reserve(tables.size());
    for (const SeccompTable& table : tables)
      edges.push_back(edges_of(table));
    Label machine = out_.answer(SECCOMP_RET_KILL_PROCESS);
    std::span<const Edge> x32;
    for (std::size_t i = 1; i < tables.size(); ++i) {
      if (tables[i].architecture == Architecture::x32)
        x32 = edges[i];
      else
        machine = out_.jump(BPF_JEQ, audit_of(tables[i].architecture), numbers(tree(edges[i])), machine);
    }
    Label own = tree(edges[0]);
    if (tables[0].architecture == Architecture::x86_64) {
      Label above = x32.empty() ? without_x32(tables[0].decisions[0].word) : with_x32(edges[0], x32, own);
      own = out_.jump(BPF_JGE, kX32Bit, above, own);
    }
    own = numbers(own);
    out_.load(offsetof(seccomp_data, arch), out_.jump(BPF_JEQ, audit_of(tables[0].architecture), own, machine));
    return out_.bytes();
  }

private:
  struct Written {
    SeccompDecision decision;
    bool wide = false;
    Label label = 0;
  };

  std::vector<Edge> edges_of(const SeccompTable& table) {
    std::vector<Label> labels(table.decisions.size());
    std::vector<Edge> edges;
    edges.reserve(table.ranges.size());
    for (const SeccompRange& range : table.ranges) {
      Label& label = labels[range.decision];
      if (label == 0)
        label = decision(table.decisions[range.decision], is_wide(table.architecture));
      if (edges.empty() || edges.back().label != label)
        edges.push_back({range.first, label});
    }
    return edges;
  }

  Label numbers(Label tree) { return out_.load(offsetof(seccomp_data, nr), tree); }

  // Numbers with x32's bit kill the process where the profile does not have it, but for -1, by which a tracer skips a
  // call (seccomp(2)).
  Label without_x32(std::uint32_t default_word) {
    return out_.jump(BPF_JEQ, 0xffffffff, out_.answer(default_word), out_.answer(SECCOMP_RET_KILL_PROCESS));
  }

  // x32's numbers are nearly x86_64's with a bit: what is different is asked first, all else is left to x86_64's tree.
  Label with_x32(std::span<const Edge> native, std::span<const Edge> x32, Label native_tree) {
    std::vector<Edge> edges;
    while (!native.empty() && !x32.empty()) {
      Label label = native[0].label == x32[0].label ? native_tree : x32[0].label;
      std::uint32_t first = std::max(native[0].first, x32[0].first);
      if (edges.empty() || edges.back().label != label)
        edges.push_back({first, label});
      // On to the next border; the last ranges are open.
      std::uint64_t next = native.size() > 1 ? native[1].first : kOpen;
      std::uint64_t other = x32.size() > 1 ? x32[1].first : kOpen;
      if (next <= other)
        native = native.subspan(1);
      if (other <= next)
        x32 = x32.subspan(1);
    }
    return out_.mask(~kX32Bit, tree(edges));
  }

  static bool is_single(std::span<const Edge> edges, std::size_t at) {
    return at > 0 && at + 1 < edges.size() && edges[at + 1].first == edges[at].first + 1 &&
           edges[at - 1].label == edges[at + 1].label;
  }

  // How many calls a range has that exist: the kernel runs the filter for each of them when it is loaded.
  static std::uint32_t weight(std::span<const Edge> edges, std::size_t begin, std::size_t end) {
    auto clamp = [](std::uint32_t number) { return std::min(number, kWeighed); };
    std::uint32_t to = end < edges.size() ? clamp(edges[end].first) : kWeighed;
    return to - clamp(edges[begin].first) + static_cast<std::uint32_t>(end - begin);
  }

  // Where to cut a range in two so that both halves are as likely, and no single number is cut out of its
  // surroundings, which takes two comparisons instead of one.
  static std::size_t middle(std::span<const Edge> edges, std::uint32_t all) {
    std::size_t best = 1;
    std::uint32_t least = ~0U;
    for (std::size_t at = 1; at < edges.size(); ++at) {
      std::uint32_t before = weight(edges, 0, at);
      std::uint32_t score = before * 2 > all ? before * 2 - all : all - before * 2;
      if (is_single(edges, at) || is_single(edges, at - 1))
        score += all;
      if (score < least) {
        least = score;
        best = at;
      }
    }
    return best;
  }

  Label tree(std::span<const Edge> edges) {
    if (edges.size() == 1)
      return edges[0].label;
    bool singles = edges.size() % 2 == 1 && edges.size() <= 9;
    for (std::size_t at = 1; singles && at < edges.size(); at += 2)
      singles = is_single(edges, at);
    if (singles) {
      Label label = edges[0].label;
      for (std::size_t at = 1; at < edges.size(); at += 2)
        label = out_.jump(BPF_JEQ, edges[at].first, edges[at].label, label);
      return label;
    }
    std::size_t cut = middle(edges, weight(edges, 0, edges.size()));
    Label above = tree(edges.subspan(cut));
    Label below = tree(edges.first(cut));
    return out_.jump(BPF_JGE, edges[cut].first, above, below);
  }

  Label decision(const SeccompDecision& decision, bool wide) {
    if (decision.chains.empty())
      return out_.answer(decision.word);
    for (const Written& written : written_)
      if (written.wide == wide && written.decision == decision)
        return written.label;
    Label label = out_.answer(decision.word);
    for (auto chain = decision.chains.rbegin(); chain != decision.chains.rend(); ++chain) {
      Label otherwise = label;
      label = out_.answer(chain->word);
      for (auto condition = chain->conditions.rbegin(); condition != chain->conditions.rend(); ++condition)
        label = check(*condition, wide, label, otherwise);
    }
    written_.push_back({decision, wide, label});
    return label;
  }

  Label check(const SeccompArgument& argument, bool wide, Label yes, Label no) {
    switch (argument.op) {
    case SeccompOperator::equal: return equals(argument, wide, ~std::uint64_t{0}, argument.value, yes, no);
    case SeccompOperator::not_equal: return equals(argument, wide, ~std::uint64_t{0}, argument.value, no, yes);
    case SeccompOperator::masked_equal:
      return equals(argument, wide, argument.value, argument.value_two & argument.value, yes, no);
    case SeccompOperator::greater: return exceeds(argument, wide, BPF_JGT, yes, no);
    case SeccompOperator::greater_or_equal: return exceeds(argument, wide, BPF_JGE, yes, no);
    case SeccompOperator::less: return exceeds(argument, wide, BPF_JGE, no, yes);
    case SeccompOperator::less_or_equal: return exceeds(argument, wide, BPF_JGT, no, yes);
    }
    return no;
  }

  Label equals(const SeccompArgument& argument, bool wide, std::uint64_t mask, std::uint64_t value, Label yes,
               Label no) {
    Label label = word_equals(low_word(argument.index), low(mask), low(value), yes, no);
    return wide ? word_equals(high_word(argument.index), high(mask), high(value), label, no) : label;
  }

  Label word_equals(std::uint32_t offset, std::uint32_t mask, std::uint32_t value, Label yes, Label no) {
    if (mask == 0)
      return yes;
    if (mask == ~0U)
      return out_.load(offset, out_.jump(BPF_JEQ, value, yes, no));
    if (value == 0)
      return out_.load(offset, out_.jump(BPF_JSET, mask, no, yes));
    return out_.load(offset, out_.mask(mask, out_.jump(BPF_JEQ, value, yes, no)));
  }

  Label exceeds(const SeccompArgument& argument, bool wide, std::uint32_t comparison, Label yes, Label no) {
    Label label = out_.load(low_word(argument.index), out_.jump(comparison, low(argument.value), yes, no));
    if (!wide)
      return label;
    label = out_.jump(BPF_JEQ, high(argument.value), label, no);
    return out_.load(high_word(argument.index), out_.jump(BPF_JGT, high(argument.value), yes, label));
  }

  static constexpr std::uint32_t kWeighed = 480;
  static constexpr std::uint64_t kOpen = std::uint64_t{1} << 32U;

  SeccompAssembler out_;
  std::vector<Written> written_;
};

} // namespace

Result<std::vector<std::uint8_t>> compile_seccomp(const SeccompProfile& profile, Architecture native) {
  std::vector<SeccompTable> tables = TRY(decide_seccomp(profile, native));
  std::vector<std::uint8_t> filter = Emitter().program(tables);
  std::size_t count = filter.size() / sizeof(sock_filter);
  if (count > BPF_MAXINSNS)
    return fail(Kind::input, "seccomp: the profile needs " + std::to_string(count) +
                                 " instructions; the kernel takes " + std::to_string(BPF_MAXINSNS));
  return filter;
}

} // namespace phial::kernel
