#include "program/shell_facts.hpp"

#include "kernel/kabi.hpp"
#include "program/data_view.hpp"

#include <sys/prctl.h>

#include <algorithm>
#include <cstddef>

namespace phial::program {

namespace {

constexpr std::uint64_t kNamespaces = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET |
                                      CLONE_NEWUSER | CLONE_NEWCGROUP | CLONE_NEWTIME;

std::vector<std::string> strings(const DataView& data, std::uint64_t at) {
  std::vector<std::string> out;
  for (; auto to = data.pointer(at); at += sizeof(std::uint64_t))
    out.emplace_back(data.text(*to));
  return out;
}

// The path that was opened into a slot; empty where it was not opened by path.
std::string opened_path(const DataView& data, std::uint64_t slot) {
  for (const Instruction& instruction : data.program().code)
    if (instruction.op == Op::call && instruction.number == SYS_openat && instruction.result == slot &&
        kind_of(instruction, 1) == ArgKind::data)
      return std::string(data.text(instruction.args[1]));
  return {};
}

void take_joined(ShellFacts& facts, const DataView& data, std::uint64_t slot, std::uint64_t flag) {
  if (std::string path = opened_path(data, slot); !path.empty() && !path.starts_with("/proc/self/"))
    facts.joined.push_back({flag & kNamespaces, path});
}

void take_spawn(ShellFacts& facts, const DataView& data, const Instruction& instruction) {
  facts.made |= data.number(instruction.args[0] + offsetof(clone_args, flags), 8) & kNamespaces;
  if ((instruction.args[4] & 2) != 0)
    take_joined(facts, data, instruction.args[3], CLONE_NEWPID);
}

void take_call(ShellFacts& facts, const DataView& data, const Instruction& instruction) {
  switch (instruction.number) {
  case SYS_unshare: facts.made |= instruction.args[0] & kNamespaces; break;
  case SYS_setns:
    if (kind_of(instruction, 0) == ArgKind::slot)
      take_joined(facts, data, instruction.args[0], instruction.args[1]);
    break;
  case SYS_umask: facts.umask = instruction.args[0]; break;
  case SYS_capset: // three sets of 32 bits, twice: effective, permitted, inheritable
    facts.inheritable = data.number(instruction.args[1] + 8, 4) | data.number(instruction.args[1] + 20, 4) << 32;
    break;
  case SYS_prctl:
    if (instruction.args[0] == PR_CAP_AMBIENT && instruction.args[1] == PR_CAP_AMBIENT_RAISE)
      facts.ambient |= std::uint64_t{1} << instruction.args[2];
    break;
  case SYS_execve:
    facts.arguments = strings(data, instruction.args[1]);
    facts.environment = strings(data, instruction.args[2]);
    break;
  default: break;
  }
}

template <class F> bool any(const Program& program, const Step& step, F test) {
  auto from = program.code.begin() + step.code.first;
  return std::any_of(from, from + step.code.count, test);
}

} // namespace

ShellFacts shell_facts(const Program& program) {
  ShellFacts out;
  DataView data(program);
  for (const Instruction& instruction : program.code) {
    if (instruction.op == Op::spawn)
      take_spawn(out, data, instruction);
    if (instruction.op == Op::reap)
      out.reaper = true;
    if (instruction.op == Op::call)
      take_call(out, data, instruction);
  }
  out.own_cgroup_namespace = (out.made & CLONE_NEWCGROUP) != 0;
  out.made &= ~static_cast<std::uint64_t>(CLONE_NEWCGROUP);
  return out;
}

bool has_operation(const Program& program, const Step& step, Op op) {
  return any(program, step, [op](const Instruction& instruction) { return instruction.op == op; });
}

bool has_call(const Program& program, const Step& step, long number) {
  return any(program, step, [number](const Instruction& instruction) {
    return instruction.op == Op::call && instruction.number == number;
  });
}

bool makes_cgroup_namespace(const Program& program, const Step& step) {
  return any(program, step, [](const Instruction& instruction) {
    return instruction.op == Op::call && instruction.number == SYS_unshare &&
           (instruction.args[0] & CLONE_NEWCGROUP) != 0;
  });
}

} // namespace phial::program
