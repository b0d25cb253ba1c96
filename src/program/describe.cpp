#include "program/describe.hpp"

#include "kernel/errnos.hpp"
#include "kernel/flag_tables.hpp"
#include "kernel/flags.hpp"
#include "kernel/syscalls.hpp"
#include "program/describe_argument.hpp"

namespace phial::program {

namespace {

std::string unknown_call(const Subject& subject) {
  const Instruction& instruction = subject.instruction;
  std::string out = instruction_name(instruction) + "(";
  unsigned last = kArguments;
  while (last > 0 && instruction.args[last - 1] == 0 && kind_of(instruction, last - 1) == ArgKind::value)
    --last;
  for (unsigned i = 0; i < last; ++i) {
    out += i == 0 ? "" : ", ";
    switch (kind_of(instruction, i)) {
    case ArgKind::slot: out += subject.data.slot_name(instruction.args[i]); break;
    case ArgKind::data: out += "{...}"; break;
    case ArgKind::value: out += kernel::hexadecimal(instruction.args[i]); break;
    }
  }
  return out + ")";
}

std::string call_text(const Subject& subject) {
  const CallShape* shape = shape_of(subject.instruction.number);
  if (shape == nullptr)
    return unknown_call(subject);
  std::string out = std::string(shape->name) + "(";
  for (unsigned i = 0; i < kArguments && shape->arguments[i].role != Role::none; ++i) {
    std::string text = argument_text(subject, *shape, i);
    if (text.empty()) // this command of a call with several meanings takes no more
      break;
    out += (i == 0 ? "" : ", ") + text;
  }
  return out + ")";
}

// An argument of an operation that is not a system call.
std::string operand(const Subject& subject, unsigned index) {
  std::uint64_t value = subject.instruction.args[index];
  switch (kind_of(subject.instruction, index)) {
  case ArgKind::slot: return subject.data.slot_name(value);
  case ArgKind::data: return string_text(subject, value);
  case ArgKind::value: return std::to_string(static_cast<std::int64_t>(value));
  }
  return {};
}

std::string byte_text(const Subject& subject, unsigned index) {
  std::uint64_t value = subject.instruction.args[index];
  return value > 0x20 && value < 0x7f ? std::string("'") + static_cast<char>(value) + "'" : std::to_string(value);
}

bool runs_on_host(const Subject& subject) {
  const Program& program = subject.data.program();
  Section section = step_of(program, subject.instruction).section;
  return section != Section::init && section != Section::start;
}

// The call below that takes what is stored at this address: the one whose data argument is the last before it.
std::string taker(const Subject& subject) {
  const Program& program = subject.data.program();
  std::uint64_t at = subject.instruction.args[0];
  for (const Pointer& pointer : program.pointers) // a word of an argument list: the list is what is taken
    if (pointer.to == at)
      at = pointer.at;
  std::uint64_t best = 0;
  std::string name = "the data";
  for (const Instruction& other : program.code)
    for (unsigned i = 0; i < kArguments; ++i)
      if (&other != &subject.instruction && kind_of(other, i) == ArgKind::data && other.op != Op::store &&
          other.op != Op::store_decimal && other.op != Op::store_padded && other.args[i] <= at &&
          other.args[i] >= best) {
        best = other.args[i];
        name = "what " + instruction_name(other) + " takes";
      }
  return name;
}

// Where a jump leads, told by what is left out.
std::string destination(const Program& program, const Instruction& instruction) {
  std::size_t from = static_cast<std::size_t>(&instruction - program.code.data());
  if (from >= program.code.size())
    return "go on further down";
  Range own = step_of(program, instruction).code;
  if (instruction.target == own.first + own.count)
    return "this step is done";
  if (instruction.target < own.first + own.count) {
    std::size_t left_out = instruction.target - from - 1;
    return left_out == 0
               ? "go on"
               : (left_out == 1 ? "skip the next call" : "skip the next " + std::to_string(left_out) + " calls");
  }
  if (instruction.target >= program.code.size())
    return "this section is done";
  return "go on at step " + std::to_string(step_number(program, program.code[instruction.target].step).number);
}

std::string operation_text(const Subject& subject) {
  const Instruction& instruction = subject.instruction;
  std::string other = runs_on_host(subject) ? "phial-init" : "the host";
  switch (instruction.op) {
  case Op::call: return call_text(subject);
  case Op::store:
  case Op::store_decimal:
  case Op::store_padded: return "put " + operand(subject, 1) + " into " + taker(subject);
  case Op::load: return "take what the kernel answered";
  case Op::post: return "tell " + other + " to go on: send " + byte_text(subject, 1) + " over " + operand(subject, 0);
  case Op::wait: return "wait for " + other + ": receive " + byte_text(subject, 1) + " over " + operand(subject, 0);
  case Op::skip: return destination(subject.data.program(), instruction);
  case Op::fail: return "fail with " + kernel::errno_name(static_cast<int>(instruction.args[0]));
  case Op::await_start: return "wait for start: accept4(" + operand(subject, 0) + ", NULL, NULL, SOCK_CLOEXEC), read";
  case Op::reap: return "fork: the child goes on, the parent stays as PID 1 and reaps";
  case Op::load_init: return "make phial-init: memfd_create(\"phial-init\", MFD_ALLOW_SEALING|MFD_EXEC), write, seal";
  case Op::spawn:
    return "clone3(" + structure_text(subject, Role::clone_args, instruction.args[0], 0) +
           ", 88), in the child execveat(" + operand(subject, 1) + ", \"\", [\"phial-init\", ...], [], AT_EMPTY_PATH)" +
           ((instruction.args[4] & 4) != 0 ? ", within what a helper joins: setns(" + operand(subject, 2) + ", " +
                                                 kernel::format_flags(instruction.args[3], kernel::kCloneFlags) + ")"
                                           : "") +
           ((instruction.args[4] & 1) != 0 ? ", within the user namespace " + operand(subject, 2) : "") +
           ((instruction.args[4] & 2) != 0 ? ", within the pid namespace " + operand(subject, 3) : "");
  case Op::release: return "let the new process go on to its execveat";
  case Op::process_dir: return "open(\"/proc/{" + operand(subject, 0) + "}\", O_PATH|O_DIRECTORY|O_CLOEXEC)";
  case Op::remove_cgroup: return "end what is left in the cgroup " + operand(subject, 0) + " and remove it";
  case Op::remove_tree: return "remove " + operand(subject, 0) + " and all below it";
  case Op::make_path: return "make the directory " + operand(subject, 0) + " and its parents";
  case Op::copy_tree: return "copy all below " + operand(subject, 0) + " to " + operand(subject, 1);
  case Op::run_hook:
    return "run the hook " + operand(subject, 0) + " " + strings_text(subject, instruction.args[1]) +
           (instruction.args[3] != 0 ? ", at most " + operand(subject, 3) + " s" : "") + ", the state on its input";
  case Op::enter_user_namespace:
    return "enter a new user namespace and mount namespace; from outside it " +
           strings_text(subject, instruction.args[0]) + " and " + strings_text(subject, instruction.args[1]);
  case Op::expect:
    return "see that " + operand(subject, 0) + " is " + kernel::hexadecimal(instruction.args[1]) + ", or fail with " +
           kernel::errno_name(static_cast<int>(instruction.args[3]));
  case Op::netlink:
    return "over " + operand(subject, 0) + " request " +
           buffer_text(subject, instruction.args[1], instruction.args[2]) + " and wait for the answer";
  case Op::make_user_namespace:
    return "make a user namespace with uid_map " + operand(subject, 0) + " and gid_map " + operand(subject, 1);
  case Op::receive_fd: return "receive a descriptor over " + operand(subject, 0);
  case Op::run_helper: return "run " + strings_text(subject, instruction.args[0]) + " to its end";
  case Op::ensure_path:
    return std::string("make the ") + (instruction.args[2] == 0 ? "directory " : "file ") + operand(subject, 1) +
           " in " + operand(subject, 0) + ", with what is missing of its path";
  case Op::clone_foreign_mount:
    return "clone the mount at " + operand(subject, 1) + " of the mount namespace " + operand(subject, 0) +
           (instruction.args[2] != 0 ? ", with all below it" : "");
  }
  return {};
}

std::string note(const Program& program, const Instruction& instruction) {
  std::string out;
  auto add = [&out](std::string text) { out += (out.empty() ? "" : "; ") + std::move(text); };
  if (instruction.flow == Flow::then_skip && instruction.op != Op::skip)
    add("on success " + destination(program, instruction));
  if (instruction.flow == Flow::or_elsewhere)
    add("on ENOENT and its like " + destination(program, instruction));
  bool jumps_on_error = instruction.flow == Flow::or_else;
  if (instruction.tolerated[0] != 0) {
    std::string names = kernel::errno_name(instruction.tolerated[0]);
    bool two = instruction.tolerated[1] != 0;
    if (two)
      names += (jumps_on_error ? " or " : " and ") + kernel::errno_name(instruction.tolerated[1]);
    if (instruction.flow == Flow::then_skip)
      add("on " + names + " go on");
    else if (jumps_on_error)
      add("on " + names + " " + destination(program, instruction));
    else
      add(names + (two ? " are fine" : " is fine"));
  } else if (jumps_on_error) {
    add("on failure " + destination(program, instruction));
  }
  return out;
}

} // namespace

std::string_view operation_name(Op op) {
  switch (op) {
  case Op::call: return "call";
  case Op::store: return "store";
  case Op::load: return "load";
  case Op::store_decimal: return "store_decimal";
  case Op::post: return "post";
  case Op::wait: return "wait";
  case Op::skip: return "skip";
  case Op::fail: return "fail";
  case Op::await_start: return "await_start";
  case Op::reap: return "reap";
  case Op::load_init: return "load_init";
  case Op::spawn: return "spawn";
  case Op::release: return "release";
  case Op::process_dir: return "process_dir";
  case Op::remove_cgroup: return "remove_cgroup";
  case Op::remove_tree: return "remove_tree";
  case Op::make_path: return "make_path";
  case Op::copy_tree: return "copy_tree";
  case Op::run_hook: return "run_hook";
  case Op::store_padded: return "store_padded";
  case Op::enter_user_namespace: return "enter_user_namespace";
  case Op::expect: return "expect";
  case Op::netlink: return "netlink";
  case Op::make_user_namespace: return "make_user_namespace";
  case Op::receive_fd: return "receive_fd";
  case Op::run_helper: return "run_helper";
  case Op::ensure_path: return "ensure_path";
  case Op::clone_foreign_mount: return "clone_foreign_mount";
  }
  return "";
}

std::string instruction_name(const Instruction& instruction) {
  if (instruction.op == Op::spawn)
    return "clone3";
  if (instruction.op != Op::call)
    return std::string(operation_name(instruction.op));
  std::string_view name = kernel::system_call_name(instruction.number);
  return name.empty() ? "call " + std::to_string(instruction.number) : std::string(name);
}

Description describe_parts(const Program& program, const Instruction& instruction, const DescribeOptions& options) {
  DataView data(program);
  Description out;
  out.call = operation_text({data, instruction, options});
  if (instruction.result != kNoSlot)
    out.result = data.slot_name(instruction.result);
  out.note = note(program, instruction);
  return out;
}

std::string describe(const Program& program, const Instruction& instruction, const DescribeOptions& options) {
  Description parts = describe_parts(program, instruction, options);
  std::string out = std::move(parts.call);
  if (!parts.result.empty())
    out += " -> " + parts.result;
  if (!parts.note.empty())
    out += " (" + parts.note + ")";
  return out;
}

StepNumber step_number(const Program& program, std::size_t step) {
  StepNumber out;
  for (std::size_t i = 0; i < program.steps.size(); ++i) {
    bool undo = program.steps[i].section == Section::undo;
    out.of += undo ? 0 : 1;
    out.number += i <= step && undo == (program.steps[step].section == Section::undo) ? 1 : 0;
  }
  return out;
}

} // namespace phial::program
