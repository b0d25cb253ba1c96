#include "kernel/seccomp_decisions.hpp"

#include "base/text.hpp"
#include "kernel/seccomp_multiplexed.hpp"
#include "kernel/seccomp_numbers.hpp"

#include <linux/seccomp.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <utility>

namespace phial::kernel {

namespace {

constexpr std::uint32_t kMaxErrno = 4095; // MAX_ERRNO: the kernel cuts larger ones
// Every table of calls ends below; only arm has a few private ones above (__ARM_NR_*).
constexpr std::uint32_t kDense = 1024;

Result<std::uint32_t> action_word(SeccompAction action, std::optional<std::uint32_t> number) {
  std::uint32_t data = number.value_or(EPERM);
  if ((action == SeccompAction::error && data > kMaxErrno) || data > 0xffff)
    return fail(Kind::input,
                "seccomp: " + std::to_string(data) + " is no error number; at most " + std::to_string(kMaxErrno));
  switch (action) {
  case SeccompAction::kill_thread: return SECCOMP_RET_KILL_THREAD;
  case SeccompAction::kill_process: return SECCOMP_RET_KILL_PROCESS;
  case SeccompAction::trap: return SECCOMP_RET_TRAP;
  case SeccompAction::error: return SECCOMP_RET_ERRNO | data;
  case SeccompAction::trace: return SECCOMP_RET_TRACE | data;
  case SeccompAction::allow: return SECCOMP_RET_ALLOW;
  case SeccompAction::log: return SECCOMP_RET_LOG;
  case SeccompAction::notify: return SECCOMP_RET_USER_NOTIF;
  }
  return fail(Kind::internal, "seccomp: unknown action");
}

// Calls that go through, so that new ones may go through as well. A tracer is expected to know new calls.
bool lets_through(SeccompAction action) {
  return action == SeccompAction::allow || action == SeccompAction::log || action == SeccompAction::trace;
}

// Chains with different answers that can hold for the same call are tried in this order, the order of libseccomp's
// filters, so that a profile means the same everywhere: higher arguments first; of one argument equality, then upper
// bounds, the lowest first, then lower bounds, the highest first.
int rank(SeccompOperator op) {
  switch (op) {
  case SeccompOperator::equal:
  case SeccompOperator::not_equal:
  case SeccompOperator::masked_equal: return 0;
  case SeccompOperator::less:
  case SeccompOperator::less_or_equal: return 1;
  default: return 2;
  }
}

bool tried_before(const SeccompArgument& a, const SeccompArgument& b) {
  if (a.index != b.index)
    return a.index > b.index;
  if (rank(a.op) != rank(b.op))
    return rank(a.op) < rank(b.op);
  bool masked = a.op == SeccompOperator::masked_equal;
  std::uint64_t first = masked ? a.value_two & a.value : a.value;
  std::uint64_t second = b.op == SeccompOperator::masked_equal ? b.value_two & b.value : b.value;
  return rank(a.op) == 1 ? first < second : first > second;
}

// One architecture's table while rules come in.
class Gatherer {
public:
  Gatherer(Architecture architecture, std::uint32_t default_word) {
    table_.architecture = architecture;
    table_.decisions.push_back({default_word, {}});
  }

  void name(const SystemCall& call) {
    // x32 is measured by x86_64's numbers, for it has some far above.
    bool x32 = table_.architecture == Architecture::x32;
    int number = call.number(x32 ? Architecture::x86_64 : table_.architecture);
    if (number >= 0 && number < static_cast<int>(kDense))
      newest_ = std::max(newest_, static_cast<std::uint32_t>(number));
  }

  void add(const SystemCall& call, std::uint32_t word, std::span<const SeccompArgument> conditions) {
    if (int number = call.number(table_.architecture); number >= 0)
      add(static_cast<std::uint32_t>(number), word, conditions);
    if (table_.architecture != Architecture::i386)
      return;
    std::uint8_t at = kMultiplexedRow[static_cast<std::size_t>(&call - std::data(kSystemCalls))];
    if (at == 0)
      return;
    const Multiplexed* row = &kMultiplexed[at - 1];
    // The number of the call stands where its first argument would be; further conditions stay, the first's cannot.
    std::vector<SeccompArgument> which = {{0, SeccompOperator::equal, row->which, 0}};
    for (const SeccompArgument& condition : conditions)
      if (condition.index != 0)
        which.push_back(condition);
    add(row->number, word, which);
  }

  // i386's socketcall(SYS_SOCKET, …) has socket's arguments in memory, where no filter looks: conditions on socket
  // would mean nothing.
  void close_multiplexed_socket() {
    std::uint32_t& at = place(kSocketcall);
    SeccompDecision decision = table_.decisions[at];
    decision.chains.insert(decision.chains.begin(),
                           {table_.decisions[0].word, {{0, SeccompOperator::equal, kMultiplexed[0].which, 0}}});
    table_.decisions.push_back(std::move(decision));
    at = static_cast<std::uint32_t>(table_.decisions.size() - 1);
  }

  SeccompTable finish(bool tail, bool close_socket) {
    settle();
    if (close_socket && table_.architecture == Architecture::i386)
      close_multiplexed_socket();
    std::uint32_t last = table_.architecture == Architecture::x32 ? std::max(newest_, kX32Last) : newest_;
    std::uint32_t beyond = tail ? decision_of(SECCOMP_RET_ERRNO | ENOSYS) : 0;
    for (std::uint32_t number = 0; number < kDense; ++number)
      extend(number, named_[number] != 0 ? named_[number] : number > last ? beyond : 0);
    std::ranges::sort(others_);
    for (auto [number, decision] : others_) {
      extend(number, decision);
      extend(number + 1, beyond);
    }
    return std::move(table_);
  }

private:
  std::uint32_t& place(std::uint32_t number) {
    if (number < kDense)
      return named_[number];
    auto other = std::ranges::find(others_, number, [](const auto& pair) { return pair.first; });
    return other != others_.end() ? other->second : others_.emplace_back(number, 0).second;
  }

  void add(std::uint32_t number, std::uint32_t word, std::span<const SeccompArgument> conditions) {
    std::uint32_t& at = place(number);
    if (at != 0 && table_.decisions[at].chains.empty())
      return; // settled by a rule without conditions
    SeccompChain chain{word, {}};
    std::uint64_t seen = is_wide(table_.architecture) ? ~std::uint64_t{0} : 0xffffffff;
    for (const SeccompArgument& condition : conditions)
      if (condition.op != SeccompOperator::masked_equal || (condition.value & seen) != 0) // or it always holds
        chain.conditions.push_back(condition);
    if (chain.conditions.empty()) {
      at = decision_of(word);
      return;
    }
    if (at == 0) {
      at = static_cast<std::uint32_t>(table_.decisions.size());
      table_.decisions.push_back({table_.decisions[0].word, {}});
    }
    std::ranges::sort(chain.conditions, {}, &SeccompArgument::index);
    table_.decisions[at].chains.push_back(std::move(chain));
  }

  // Never 0, the decision of what no rule names, which a later rule may still take.
  std::uint32_t decision_of(std::uint32_t word) {
    for (std::uint32_t i = 1; i < table_.decisions.size(); ++i)
      if (table_.decisions[i].chains.empty() && table_.decisions[i].word == word)
        return i;
    table_.decisions.push_back({word, {}});
    return static_cast<std::uint32_t>(table_.decisions.size() - 1);
  }

  void settle() {
    for (SeccompDecision& decision : table_.decisions) {
      auto differs = [&](const SeccompChain& chain) { return chain.word != decision.chains[0].word; };
      if (std::ranges::any_of(decision.chains, differs))
        std::ranges::stable_sort(decision.chains, [](const SeccompChain& a, const SeccompChain& b) {
          return std::ranges::lexicographical_compare(a.conditions, b.conditions, tried_before);
        });
    }
  }

  void extend(std::uint32_t number, std::uint32_t decision) {
    if (table_.ranges.empty() || table_.ranges.back().decision != decision)
      table_.ranges.push_back({number, decision});
  }

  SeccompTable table_;
  std::array<std::uint32_t, kDense> named_{};                   // decision; 0: no rule names the call
  std::vector<std::pair<std::uint32_t, std::uint32_t>> others_; // numbers from kDense on
  std::uint32_t newest_ = 0;                                    // highest number the profile names
};

// The architectures a machine runs besides its own.
std::optional<Architecture> companion(std::string_view name, Architecture native) {
  if (native == Architecture::x86_64 && name == "SCMP_ARCH_X86")
    return Architecture::i386;
  if (native == Architecture::x86_64 && name == "SCMP_ARCH_X32")
    return Architecture::x32;
  if (native == Architecture::aarch64 && name == "SCMP_ARCH_ARM")
    return Architecture::arm;
  return std::nullopt; // its own, or one no call can come from
}

class Decider {
public:
  explicit Decider(const SeccompProfile& profile) : profile_(profile) {}

  Result<std::vector<SeccompTable>> run(Architecture native) {
    TRY(begin(native));
    for (const SeccompRule& rule : profile_.rules)
      TRY(add(rule));
    bool tail = !lets_through(profile_.default_action);
    std::vector<SeccompTable> tables;
    tables.reserve(gatherers_.size());
    for (Gatherer& gatherer : gatherers_)
      tables.push_back(gatherer.finish(tail, tail && conditional_socket_ && !plain_socket_));
    return tables;
  }

private:
  Result<> begin(Architecture native) {
    default_word_ = TRY(action_word(profile_.default_action, profile_.default_error));
    if (profile_.default_action == SeccompAction::notify)
      return fail(Kind::input, "seccomp: SCMP_ACT_NOTIFY cannot be the default action: the listener itself would wait");
    std::vector<Architecture> used = {native};
    std::span<const std::string_view> known = seccomp_architectures();
    for (const std::string& name : profile_.architectures) {
      if (std::ranges::find(known, name) == known.end()) {
        auto near = nearest(name, known);
        return fail(Kind::input, "seccomp: \"" + name + "\" is not an architecture" +
                                     (near ? "; did you mean " + std::string(*near) : std::string()));
      }
      std::optional<Architecture> other = companion(name, native);
      if (other && std::ranges::find(used, *other) == used.end())
        used.push_back(*other);
    }
    gatherers_.reserve(used.size());
    for (Architecture architecture : used)
      gatherers_.emplace_back(architecture, default_word_);
    return {};
  }

  Result<> add(const SeccompRule& rule) {
    std::uint32_t word = TRY(action_word(rule.action, rule.error_number));
    std::array<int, 6> used{};
    for (const SeccompArgument& argument : rule.arguments) {
      if (argument.index > 5)
        return fail(Kind::input, "seccomp: argument " + std::to_string(argument.index) + " of " +
                                     (rule.names.empty() ? "a call" : rule.names[0]) + ": calls have arguments 0 to 5");
      ++used[argument.index];
    }
    bool any_of = std::ranges::any_of(used, [](int n) { return n > 1; });
    for (const std::string& name : rule.names) {
      if (rule.action == SeccompAction::notify && name == "write")
        return fail(Kind::input, "seccomp: SCMP_ACT_NOTIFY cannot be used for write: the runtime needs it to say so");
      if (const SystemCall* call = find_system_call(name))
        add_call(rule, *call, word, any_of);
    }
    return {};
  }

  void add_call(const SeccompRule& rule, const SystemCall& call, std::uint32_t word, bool any_of) {
    for (Gatherer& gatherer : gatherers_)
      gatherer.name(call);
    if (lets_through(rule.action) && (call.name == "socket" || call.name == "socketcall"))
      (call.name == "socket" && !rule.arguments.empty() ? conditional_socket_ : plain_socket_) = true;
    if (word == default_word_)
      return; // a rule that changes nothing stands in no other's way
    for (Gatherer& gatherer : gatherers_) {
      if (!any_of)
        gatherer.add(call, word, rule.arguments);
      else
        for (const SeccompArgument& argument : rule.arguments)
          gatherer.add(call, word, {&argument, 1});
    }
  }

  const SeccompProfile& profile_;
  std::uint32_t default_word_ = 0;
  bool conditional_socket_ = false; // socket is open under conditions …
  bool plain_socket_ = false;       // … or without any
  std::vector<Gatherer> gatherers_;
};

} // namespace

Result<std::vector<SeccompTable>> decide_seccomp(const SeccompProfile& profile, Architecture native) {
  return Decider(profile).run(native);
}

} // namespace phial::kernel
