// compile_seccomp() against libseccomp: the same answers for every number, whatever the profile.
#include "kernel/capabilities.hpp"
#include "kernel/seccomp_default.hpp"
#include "kernel/seccomp_evaluate.hpp"
#include "kernel/seccomp_numbers.hpp"
#include "seccomp_oracle.hpp"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <linux/seccomp.h>

#include <algorithm>
#include <random>
#include <set>

namespace phial::kernel {
namespace {

#ifdef __x86_64__

using Bytes = std::vector<std::uint8_t>;
using Arguments = std::array<std::uint64_t, 6>;

constexpr std::uint64_t kValues[] = {0,
                                     1,
                                     2,
                                     7,
                                     38,
                                     39,
                                     40,
                                     0x20000,
                                     0x20008,
                                     0x10000011,
                                     0x7e020000,
                                     0x80000000,
                                     0xfffffffe,
                                     0xffffffff,
                                     0x100000000,
                                     0x100000001,
                                     0x10000000200000,
                                     0x8000000000000005,
                                     ~std::uint64_t{0}};

struct Abi {
  std::uint32_t audit;
  std::uint32_t bit;
};
constexpr Abi kAbis[] = {{kAuditX86_64, 0}, {kAuditX86_64, kX32Bit}, {kAuditI386, 0}, {kAuditAarch64, 0}};

class Comparison {
public:
  explicit Comparison(const SeccompProfile& profile) {
    Result<Bytes> ours = compile_seccomp(profile);
    Result<Bytes> theirs = compile_by_libseccomp(profile);
    EXPECT_TRUE(ours) << ours.error().text();
    EXPECT_TRUE(theirs) << theirs.error().text();
    if (ours && theirs) {
      ours_ = *ours;
      theirs_ = *theirs;
    }
  }

  bool same(Abi abi, std::uint32_t number, const Arguments& arguments) {
    SeccompCall call{.number = number | abi.bit, .architecture = abi.audit, .arguments = arguments};
    Result<SeccompAnswer> a = evaluate_filter(ours_, call);
    Result<SeccompAnswer> b = evaluate_filter(theirs_, call);
    bool equal = a && b && a->word == b->word;
    EXPECT_TRUE(equal) << std::hex << "machine " << abi.audit << " call " << std::dec << number << " bit " << abi.bit
                       << std::hex << " with " << arguments[0] << ' ' << arguments[1] << ' ' << arguments[2]
                       << ": ours " << (a ? a->word : 0) << ", libseccomp's " << (b ? b->word : 0);
    return equal;
  }

  [[nodiscard]] std::size_t instructions() const { return ours_.size() / 8; }

private:
  Bytes ours_;
  Bytes theirs_;
};

// Calls libseccomp puts on x32 only because it does not know them.
bool is_no_call_of_x32(Abi abi, std::uint32_t number) {
  return abi.bit != 0 && (number == 335 || number == 336);
}

TEST(SeccompCompile, DefaultProfileIsAsLibseccompWouldHaveIt) {
  for (CapabilitySet set : {default_capabilities(), CapabilitySet(), CapabilitySet::all(),
                            CapabilitySet{CAP_SYS_TIME, CAP_BPF, CAP_SYS_PTRACE}}) {
    SCOPED_TRACE(format_capabilities(set));
    Comparison comparison(default_seccomp_profile(set));
    for (Abi abi : kAbis)
      for (std::uint32_t number = 0; number <= 620; ++number)
        for (std::uint64_t value : kValues) {
          Arguments arguments = {value, value, value, value, value, value};
          ASSERT_TRUE(is_no_call_of_x32(abi, number) || comparison.same(abi, number, arguments));
        }
  }
}

class Random {
public:
  explicit Random(std::uint32_t seed) : engine_(seed) {
    for (const SystemCall& call : system_calls())
      if (libseccomp_knows(call.name))
        names_.emplace_back(call.name);
  }

  std::uint32_t below(std::size_t limit) { return static_cast<std::uint32_t>(engine_() % limit); }
  std::uint64_t value() { return kValues[below(std::size(kValues))] + (below(4) == 0 ? below(3) - 1 : 0); }
  Arguments arguments() { return {value(), value(), value(), value(), value(), value()}; }

  SeccompArgument condition(std::uint32_t index) {
    SeccompArgument out{index, static_cast<SeccompOperator>(below(7)), value(), 0};
    if (out.op == SeccompOperator::masked_equal)
      out.value_two = value() & (below(4) == 0 ? ~std::uint64_t{0} : out.value);
    return out;
  }

  SeccompAction action() {
    constexpr SeccompAction kActions[] = {SeccompAction::allow,        SeccompAction::error, SeccompAction::log,
                                          SeccompAction::kill_process, SeccompAction::trap,  SeccompAction::kill_thread,
                                          SeccompAction::trace};
    return kActions[below(std::size(kActions))];
  }

  // plain: a call has one condition at most, for what libseccomp 2.5.4 makes of several depends on how its tree grew,
  // and no rule without any after it, which libseccomp drops altogether where i386's socketcall has another answer.
  // Otherwise a call has any number of them, and of rules with them, which have the same action.
  SeccompProfile profile(bool plain) {
    SeccompProfile out;
    out.default_action = action();
    out.default_error = below(40);
    for (const char* name : {"SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_X86_64"})
      if (below(3) != 0)
        out.architectures.emplace_back(name);
    out.rules.push_back({.names = {"openat2"}}); // a newest call that is the same everywhere
    std::set<std::string> taken = {"socketcall", "ipc"};
    for (std::uint32_t rules = 1 + below(14); rules > 0; --rules) {
      SeccompRule rule{.action = action(), .error_number = below(40)};
      bool conditional = below(2) == 0;
      for (std::uint32_t count = 1 + below(conditional ? 4 : 60); count > 0; --count)
        if (const std::string& name = names_[below(names_.size())];
            conditional ? taken.insert(name).second : !plain || !taken.contains(name))
          rule.names.push_back(name);
      if (conditional)
        rule.arguments.push_back(condition(below(6)));
      out.rules.push_back(rule);
      while (conditional && !plain && below(3) != 0) {
        std::uint32_t more = below(3);
        for (std::uint32_t index = 1 + below(5); index < 6 && more > 0; ++index, --more)
          rule.arguments.push_back(condition(index));
        out.rules.push_back(rule);
      }
    }
    return out;
  }

private:
  std::mt19937 engine_;
  std::vector<std::string> names_;
};

Architecture architecture_of(Abi abi) {
  return abi.bit != 0 ? Architecture::x32 : abi.audit == kAuditI386 ? Architecture::i386 : Architecture::x86_64;
}

// The numbers of the calls with conditions.
std::set<std::uint32_t> conditional_numbers(const SeccompProfile& profile, Architecture architecture) {
  std::set<std::uint32_t> out;
  for (const SeccompRule& rule : profile.rules)
    for (const std::string& name : rule.names)
      if (std::optional<int> number = system_call_number(name, architecture); number && !rule.arguments.empty())
        out.insert(static_cast<std::uint32_t>(*number));
  return out;
}

TEST(SeccompCompile, RandomProfilesAreAsLibseccompWouldHaveThem) {
  for (std::uint32_t round = 0; round < 200; ++round) {
    SCOPED_TRACE(round);
    Random random(round);
    SeccompProfile profile = random.profile(true);
    Comparison comparison(profile);
    for (Abi abi : kAbis) {
      for (std::uint32_t number = 0; number <= 620; ++number)
        ASSERT_TRUE(comparison.same(abi, number, random.arguments()));
      std::set<std::uint32_t> numbers = conditional_numbers(profile, architecture_of(abi));
      numbers.insert({102, 117, 1000, 0x3fffffff, 0xbfffffff, 0xfffffffe, 0xffffffff}); // socketcall, ipc, borders
      for (std::uint32_t number : numbers)
        for (int trial = 0; trial < 40; ++trial)
          ASSERT_TRUE(comparison.same(abi, number, random.arguments()));
    }
  }
}

bool holds(const SeccompArgument& condition, const Arguments& arguments, bool wide) {
  std::uint64_t kept = wide ? ~std::uint64_t{0} : 0xffffffff;
  std::uint64_t is = arguments[condition.index] & kept;
  std::uint64_t value = condition.value & kept;
  switch (condition.op) {
  case SeccompOperator::not_equal: return is != value;
  case SeccompOperator::less: return is < value;
  case SeccompOperator::less_or_equal: return is <= value;
  case SeccompOperator::equal: return is == value;
  case SeccompOperator::greater_or_equal: return is >= value;
  case SeccompOperator::greater: return is > value;
  case SeccompOperator::masked_equal: return (is & value) == (condition.value_two & value);
  }
  return false;
}

// The rule that decides about the call; nullptr where that is the default.
const SeccompRule* deciding(const SeccompProfile& profile, Architecture architecture, std::uint32_t number,
                            const Arguments& arguments) {
  const SeccompRule* found = nullptr;
  bool wide = architecture == Architecture::x86_64;
  for (const SeccompRule& rule : profile.rules) {
    if (rule.action == profile.default_action && rule.error_number == profile.default_error)
      continue;
    bool named = std::ranges::any_of(rule.names, [&](const std::string& name) {
      return system_call_number(name, architecture) == static_cast<int>(number);
    });
    auto hold = [&](const SeccompArgument& a) { return holds(a, arguments, wide); };
    std::set<std::uint32_t> indices;
    for (const SeccompArgument& argument : rule.arguments)
      indices.insert(argument.index);
    bool any_of = indices.size() < rule.arguments.size();
    auto matters = [&](const SeccompArgument& a) {
      return a.op != SeccompOperator::masked_equal || (wide ? a.value : a.value & 0xffffffff) != 0;
    };
    bool conditional =
        any_of ? std::ranges::all_of(rule.arguments, matters) : std::ranges::any_of(rule.arguments, matters);
    if (named && !conditional)
      return &rule;
    if (named && (any_of ? std::ranges::any_of(rule.arguments, hold) : std::ranges::all_of(rule.arguments, hold)))
      found = &rule;
  }
  return found;
}

std::uint32_t word_of(const SeccompRule& rule) {
  switch (rule.action) {
  case SeccompAction::kill_thread: return SECCOMP_RET_KILL_THREAD;
  case SeccompAction::kill_process: return SECCOMP_RET_KILL_PROCESS;
  case SeccompAction::trap: return SECCOMP_RET_TRAP;
  case SeccompAction::trace: return SECCOMP_RET_TRACE | *rule.error_number;
  case SeccompAction::log: return SECCOMP_RET_LOG;
  default: return SECCOMP_RET_ALLOW;
  }
}

TEST(SeccompCompile, ConditionsMeanWhatTheySay) {
  for (std::uint32_t round = 0; round < 200; ++round) {
    SCOPED_TRACE(round);
    Random random(1000 + round);
    SeccompProfile profile = random.profile(false);
    profile.architectures = {"SCMP_ARCH_X86", "SCMP_ARCH_X32"};
    profile.default_action = SeccompAction::error;
    for (SeccompRule& rule : profile.rules)
      rule.action = rule.action == SeccompAction::error ? SeccompAction::log : rule.action;
    Bytes filter = *compile_seccomp(profile);
    for (Abi abi : {kAbis[0], kAbis[1], kAbis[2]})
      for (std::uint32_t number : conditional_numbers(profile, architecture_of(abi)))
        for (int trial = 0; trial < 40; ++trial) {
          Arguments arguments = random.arguments();
          const SeccompRule* rule = deciding(profile, architecture_of(abi), number, arguments);
          std::uint32_t word =
              evaluate_filter(filter, {.number = number | abi.bit, .architecture = abi.audit, .arguments = arguments})
                  ->word;
          std::uint32_t wanted = rule != nullptr ? word_of(*rule) : SECCOMP_RET_ERRNO | *profile.default_error;
          ASSERT_EQ(word, wanted) << "call " << number << " bit " << abi.bit << " machine " << abi.audit;
        }
  }
}

#endif

} // namespace
} // namespace phial::kernel
