#include "seccomp_oracle.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "kernel/seccomp_numbers.hpp"
#include "kernel/syscalls.hpp"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <map>
#include <memory>

namespace phial::kernel {

namespace {

constexpr std::string_view kArchitectureNames[] = {
    "SCMP_ARCH_X86",         "SCMP_ARCH_X86_64", "SCMP_ARCH_X32",       "SCMP_ARCH_ARM",     "SCMP_ARCH_AARCH64",
    "SCMP_ARCH_MIPS",        "SCMP_ARCH_MIPS64", "SCMP_ARCH_MIPS64N32", "SCMP_ARCH_MIPSEL",  "SCMP_ARCH_MIPSEL64",
    "SCMP_ARCH_MIPSEL64N32", "SCMP_ARCH_PPC",    "SCMP_ARCH_PPC64",     "SCMP_ARCH_PPC64LE", "SCMP_ARCH_S390",
    "SCMP_ARCH_S390X",       "SCMP_ARCH_PARISC", "SCMP_ARCH_PARISC64",  "SCMP_ARCH_RISCV64", "SCMP_ARCH_LOONGARCH64",
    "SCMP_ARCH_M68K",        "SCMP_ARCH_SH",     "SCMP_ARCH_SHEB",
};

// libseccomp's tokens for them: AUDIT_ARCH_* but for x32.
constexpr std::uint32_t kTokens[] = {
    SCMP_ARCH_X86,         SCMP_ARCH_X86_64, SCMP_ARCH_X32,       SCMP_ARCH_ARM,     SCMP_ARCH_AARCH64,
    SCMP_ARCH_MIPS,        SCMP_ARCH_MIPS64, SCMP_ARCH_MIPS64N32, SCMP_ARCH_MIPSEL,  SCMP_ARCH_MIPSEL64,
    SCMP_ARCH_MIPSEL64N32, SCMP_ARCH_PPC,    SCMP_ARCH_PPC64,     SCMP_ARCH_PPC64LE, SCMP_ARCH_S390,
    SCMP_ARCH_S390X,       SCMP_ARCH_PARISC, SCMP_ARCH_PARISC64,  SCMP_ARCH_RISCV64,
}; // what stands behind these in the list above this libseccomp does not know

struct Release {
  void operator()(void* context) const { ::seccomp_release(context); }
};
using Context = std::unique_ptr<void, Release>;

constexpr std::uint32_t kMaxErrno = 4095; // MAX_ERRNO: the kernel cuts larger ones

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

// libseccomp's words differ from the kernel's in nothing but these two.
std::uint32_t library_word(std::uint32_t word) {
  return word == SECCOMP_RET_ALLOW ? SCMP_ACT_ALLOW : word == SECCOMP_RET_USER_NOTIF ? SCMP_ACT_NOTIFY : word;
}

// Calls that go through, so that new ones may go through as well. A tracer is expected to know new calls.
bool lets_through(SeccompAction action) {
  return action == SeccompAction::allow || action == SeccompAction::log || action == SeccompAction::trace;
}

scmp_compare comparison(SeccompOperator op) {
  switch (op) {
  case SeccompOperator::not_equal: return SCMP_CMP_NE;
  case SeccompOperator::less: return SCMP_CMP_LT;
  case SeccompOperator::less_or_equal: return SCMP_CMP_LE;
  case SeccompOperator::equal: return SCMP_CMP_EQ;
  case SeccompOperator::greater_or_equal: return SCMP_CMP_GE;
  case SeccompOperator::greater: return SCMP_CMP_GT;
  case SeccompOperator::masked_equal: return SCMP_CMP_MASKED_EQ;
  }
  return SCMP_CMP_EQ;
}

// The number of a call that the library has no name for, on one machine.
std::optional<std::uint32_t> newer_number(std::string_view name, std::uint32_t audit) {
  std::optional<int> number = system_call_number(name);
  if (!number || (audit != ::seccomp_arch_native() && *number < static_cast<int>(kFirstCommonNumber)))
    return std::nullopt;
  return static_cast<std::uint32_t>(*number);
}

std::unexpected<Error> refused(const std::string& what, int problem) {
  Error error;
  error.kind = Kind::internal;
  error.message = "seccomp: libseccomp does not take " + what;
  error.number = -problem;
  return std::unexpected(std::move(error));
}

// Compiles one profile. libseccomp builds the body of the filter; what it has no name for is gathered on the way and
// becomes a prologue.
class Compiler {
public:
  explicit Compiler(const SeccompProfile& profile) : profile_(profile) {}

  Result<std::vector<std::uint8_t>> run() {
    TRY(begin());
    for (const SeccompRule& rule : profile_.rules)
      TRY(add(rule));
    std::vector<sock_filter> filter = prologue();
    std::vector<sock_filter> body = TRY(library_filter());
    filter.insert(filter.end(), body.begin(), body.end());
    if (filter.size() > BPF_MAXINSNS)
      return fail(Kind::input, "seccomp: the profile needs " + std::to_string(filter.size()) +
                                   " instructions; the kernel takes " + std::to_string(BPF_MAXINSNS));
    std::vector<std::uint8_t> bytes(filter.size() * sizeof(sock_filter));
    std::memcpy(bytes.data(), filter.data(), bytes.size());
    return bytes;
  }

private:
  // One machine of seccomp_data.arch in the prologue; x32 is x86_64 with a bit in the number.
  struct Machine {
    std::uint32_t audit = 0;
    bool plain = false; // the ABI without kX32Bit is in the profile
    bool x32 = false;
    std::uint32_t newest = 0;                     // highest number the profile names
    std::map<std::uint32_t, std::uint32_t> newer; // number -> action word, for calls the library does not know
  };

  Result<> begin() {
    (void)::seccomp_api_set(6); // what the library may use, whatever the kernel it is built on
    default_word_ = TRY(action_word(profile_.default_action, profile_.default_error));
    if (profile_.default_action == SeccompAction::notify)
      return fail(Kind::input, "seccomp: SCMP_ACT_NOTIFY cannot be the default action: the listener itself would wait");
    context_.reset(::seccomp_init(library_word(default_word_)));
    if (!context_)
      return refused("the default action", -EINVAL);
    if (int problem = ::seccomp_attr_set(context_.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS); problem != 0)
      return refused("killing as the action for foreign architectures", problem);
    if (int problem = ::seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2); problem != 0)
      return refused("the binary tree", problem);
    use(::seccomp_arch_native());
    for (const std::string& name : profile_.architectures)
      TRY(add_architecture(name));
    return {};
  }

  Result<> add_architecture(const std::string& name) {
    auto known = std::ranges::find(kArchitectureNames, name);
    if (known == std::end(kArchitectureNames)) {
      auto near = nearest(name, kArchitectureNames);
      return fail(Kind::input, "seccomp: \"" + name + "\" is not an architecture" +
                                   (near ? "; did you mean " + std::string(*near) : std::string()));
    }
    auto index = static_cast<std::size_t>(known - std::begin(kArchitectureNames));
    if (index >= std::size(kTokens))
      return {}; // no call can come from it on this machine
    int problem = ::seccomp_arch_add(context_.get(), kTokens[index]);
    if (problem == -EEXIST)
      return {};
    if (problem == -EDOM)
      return fail(Kind::input, "seccomp: " + name + " has another byte order than this machine");
    if (problem != 0)
      return refused(name, problem);
    use(kTokens[index]);
    return {};
  }

  void use(std::uint32_t token) {
    std::uint32_t audit = token == SCMP_ARCH_X32 ? kAuditX86_64 : token;
    auto machine = std::ranges::find(machines_, audit, &Machine::audit);
    if (machine == machines_.end())
      machine = machines_.insert(machines_.end(), Machine{.audit = audit, .newer = {}});
    (token == SCMP_ARCH_X32 ? machine->x32 : machine->plain) = true;
  }

  Result<> add(const SeccompRule& rule) {
    std::uint32_t word = TRY(action_word(rule.action, rule.error_number));
    std::vector<scmp_arg_cmp> conditions;
    std::array<int, 6> used{};
    for (const SeccompArgument& argument : rule.arguments) {
      if (argument.index > 5)
        return fail(Kind::input, "seccomp: argument " + std::to_string(argument.index) + " of " +
                                     (rule.names.empty() ? "a call" : rule.names[0]) + ": calls have arguments 0 to 5");
      ++used[argument.index];
      conditions.push_back({argument.index, comparison(argument.op), argument.value, argument.value_two});
    }
    bool any_of = std::ranges::any_of(used, [](int n) { return n > 1; });
    for (const std::string& name : rule.names)
      TRY(add_call(rule, name, word, conditions, any_of));
    return {};
  }

  Result<> add_call(const SeccompRule& rule, const std::string& name, std::uint32_t word,
                    std::span<const scmp_arg_cmp> conditions, bool any_of) {
    if (rule.action == SeccompAction::notify && name == "write")
      return fail(Kind::input, "seccomp: SCMP_ACT_NOTIFY cannot be used for write: the runtime needs it to say so");
    int number = ::seccomp_syscall_resolve_name(name.c_str());
    if (number == __NR_SCMP_ERROR) {
      add_newer(rule, name, word, !conditions.empty());
      return {};
    }
    note_newest(name, number);
    note_socket(name, lets_through(rule.action), !conditions.empty());
    if (word == default_word_)
      return {}; // the library refuses rules that change nothing
    if (!any_of)
      return add_to_library(name, number, word, conditions);
    for (const scmp_arg_cmp& condition : conditions)
      TRY(add_to_library(name, number, word, {&condition, 1}));
    return {};
  }

  Result<> add_to_library(const std::string& name, int number, std::uint32_t word,
                          std::span<const scmp_arg_cmp> conditions) {
    int problem = ::seccomp_rule_add_array(context_.get(), library_word(word), number,
                                           static_cast<unsigned>(conditions.size()), conditions.data());
    if (problem != 0 && problem != -EEXIST) // the same rule twice
      return refused("the rule for " + name, problem);
    return {};
  }

  void add_newer(const SeccompRule& rule, const std::string& name, std::uint32_t word, bool conditional) {
    for (Machine& machine : machines_) {
      std::optional<std::uint32_t> number = newer_number(name, machine.audit);
      if (!number)
        continue;
      machine.newest = std::max(machine.newest, *number);
      if (conditional && lets_through(rule.action))
        continue;
      machine.newer.try_emplace(*number, word);
    }
  }

  void note_newest(const std::string& name, int number) {
    for (Machine& machine : machines_) {
      int here = number;
      if (number < static_cast<int>(kFirstCommonNumber) && machine.audit != ::seccomp_arch_native()) {
        if (machine.newest >= kFirstCommonNumber)
          continue; // cannot be the highest any more; spares a slow look-up
        here = ::seccomp_syscall_resolve_name_arch(machine.audit, name.c_str());
      }
      if (here > 0)
        machine.newest = std::max(machine.newest, static_cast<std::uint32_t>(here));
    }
  }

  void note_socket(std::string_view name, bool open, bool conditional) {
    if (open && (name == "socketcall" || name == "socket"))
      (name == "socket" && conditional ? conditional_socket_ : plain_socket_) = true;
  }

  std::vector<sock_filter> prologue() const {
    std::vector<sock_filter> out;
    bool tail = !lets_through(profile_.default_action);
    for (const Machine& machine : machines_) {
      if (!tail && machine.newer.empty())
        continue;
      std::vector<sock_filter> block = numbers(machine, tail);
      if (out.empty())
        out.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)));
      out.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, machine.audit, 1, 0));
      out.push_back(BPF_STMT(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(block.size())));
      out.insert(out.end(), block.begin(), block.end());
    }
    // Every block jumps to the end of the prologue; where that is, is known only now.
    for (std::size_t i = 0; i < out.size(); ++i)
      if (out[i].code == (BPF_JMP | BPF_JA) && out[i].k == kToBody)
        out[i].k = static_cast<std::uint32_t>(out.size() - i - 1);
    return out;
  }

  // What is decided ahead of the library's filter on one machine; ends in a return or a jump to the body.
  std::vector<sock_filter> numbers(const Machine& machine, bool tail) const {
    std::vector<sock_filter> out = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
    if (machine.x32) {
      std::vector<sock_filter> x32;
      decide(x32, machine, tail, kX32Bit);
      out.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kX32Bit, 1, 0));
      out.push_back(BPF_STMT(BPF_JMP | BPF_JA, static_cast<std::uint32_t>(x32.size())));
      out.insert(out.end(), x32.begin(), x32.end());
    } else if (machine.audit == kAuditX86_64) { // the library kills x32 where it is not wanted
      out.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, kX32Bit, 0, 1));
      out.push_back(BPF_STMT(BPF_JMP | BPF_JA, kToBody));
    }
    if (machine.audit == kAuditI386 && conditional_socket_ && !plain_socket_)
      close_multiplexed_socket(out);
    decide(out, machine, tail, 0);
    return out;
  }

  // i386 can open a socket by socketcall(1, …) too, with its arguments in memory where no filter looks. The library
  // lets that pass where socket() has conditions; here it gets the default action, or the conditions would mean
  // nothing.
  void close_multiplexed_socket(std::vector<sock_filter>& out) const {
    constexpr std::uint32_t kSocketcall = 102;
    constexpr std::uint32_t kSysSocket = 1; // SYS_SOCKET of linux/net.h
    out.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kSocketcall, 0, 4));
    out.push_back(BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args)));
    out.push_back(BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kSysSocket, 0, 1));
    out.push_back(BPF_STMT(BPF_RET | BPF_K, default_word_));
    out.push_back(BPF_STMT(BPF_JMP | BPF_JA, kToBody));
  }

  // Compares the number, which is in the accumulator, with the calls the library does not know and with the newest.
  static void decide(std::vector<sock_filter>& out, const Machine& machine, bool tail, std::uint32_t base) {
    std::uint32_t newest = machine.newest;
    std::uint32_t first = machine.newer.empty() ? newest + 1 : machine.newer.begin()->first;
    if (tail)
      first = std::min(first, newest + 1);
    out.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, base + first, 1, 0)); // most calls are older
    out.push_back(BPF_STMT(BPF_JMP | BPF_JA, kToBody));
    for (auto it = machine.newer.begin(); it != machine.newer.end();) {
      auto last = it; // neighbours with the same answer are one question
      auto next = std::next(it);
      while (next != machine.newer.end() && next->first == last->first + 1 && next->second == it->second)
        last = next++;
      out.push_back(BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, base + it->first, 0, 2));
      out.push_back(BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, base + last->first, 1, 0));
      out.push_back(BPF_STMT(BPF_RET | BPF_K, it->second));
      it = next;
    }
    if (tail) {
      std::uint32_t last = base + (base == kX32Bit ? std::max(newest, kX32Last) : newest);
      out.push_back(BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, last, 0, 1));
      out.push_back(BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS));
    }
    out.push_back(BPF_STMT(BPF_JMP | BPF_JA, kToBody));
  }

  Result<std::vector<sock_filter>> library_filter() const {
    Fd file(::memfd_create("seccomp", MFD_CLOEXEC));
    if (!file)
      return fail_call("memfd_create", "seccomp");
    if (int problem = ::seccomp_export_bpf(context_.get(), file.get()); problem != 0)
      return refused("the profile as a whole", problem);
    if (::lseek(file.get(), 0, SEEK_SET) < 0)
      return fail_call("lseek", "seccomp");
    std::string bytes = TRY(read_all(file.get()));
    std::vector<sock_filter> out(bytes.size() / sizeof(sock_filter));
    std::memcpy(out.data(), bytes.data(), out.size() * sizeof(sock_filter));
    return out;
  }

  static constexpr std::uint32_t kToBody = 0xffffffff; // mark of a jump whose distance is not known yet

  const SeccompProfile& profile_;
  std::uint32_t default_word_ = 0;
  Context context_;
  bool conditional_socket_ = false; // socket is open under conditions …
  bool plain_socket_ = false;       // … or without any
  std::vector<Machine> machines_;
};

} // namespace

Result<std::vector<std::uint8_t>> compile_by_libseccomp(const SeccompProfile& profile) {
  return Compiler(profile).run();
}

bool libseccomp_knows(std::string_view name) {
  return ::seccomp_syscall_resolve_name(std::string(name).c_str()) != __NR_SCMP_ERROR;
}

} // namespace phial::kernel
