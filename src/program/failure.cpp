#include "program/failure.hpp"

#include "base/text.hpp"
#include "kernel/errnos.hpp"
#include "kernel/kabi.hpp"
#include "program/causes.hpp"
#include "program/data_view.hpp"
#include "program/describe.hpp"
#include "program/hook.hpp"

#include <algorithm>
#include <iterator>

namespace phial::program {

namespace {

// Becomes the container's program, or looks whether it is there to become.
bool executes(const Program& program, const Instruction& instruction) {
  if (instruction.op != Op::call)
    return false;
  switch (step_of(program, instruction).section) {
  case Section::init: return instruction.number == SYS_faccessat2;
  case Section::start: return instruction.number == SYS_execve || instruction.number == SYS_execveat;
  default: return false;
  }
}

bool means_missing(int number) {
  return number == ENOENT || number == ENOTDIR;
}

// What the machine lacks at the moment; nothing is wrong with the command.
bool means_machine(int number) {
  constexpr int kLacks[] = {ENOMEM, EAGAIN, EIO, EMFILE, ENFILE, EINTR, ENOSPC};
  return std::ranges::find(kLacks, number) != std::end(kLacks);
}

Kind kind_of(const Program& program, const Instruction& instruction, int number) {
  if (executes(program, instruction)) {
    if (means_missing(number))
      return Kind::command_missing;
    return means_machine(number) ? Kind::system : Kind::command_invalid;
  }
  switch (number) {
  case EPERM:
  case EACCES: return Kind::permission;
  case ENOSYS: return Kind::unsupported;
  default: return Kind::system;
  }
}

std::string hint_of(const Instruction& instruction, int number, std::string_view text) {
  std::string hint;
  std::vector<Cause> causes = causes_of(instruction_name(instruction), number, text);
  for (const Cause& cause : causes) {
    if (cause.where.size() < causes.front().where.size()) // something more special is known
      break;
    hint += (hint.empty() ? "" : "; or ") + std::string(cause.reason);
    if (!cause.fix.empty())
      hint += ": " + std::string(cause.fix);
  }
  return hint;
}

// `of`: what the program was looked for in, as the candidates before the last tell.
std::string not_found(const Program& program, std::uint32_t index) {
  DataView data(program);
  const Instruction& last = program.code[index];
  Range step = step_of(program, last).code;
  std::string tried;
  for (std::uint32_t i = step.first; i < step.first + step.count; ++i) {
    const Instruction& instruction = program.code[i];
    unsigned path = instruction.number == SYS_faccessat2 ? 1 : 0;
    if (executes(program, instruction) && kind_of(instruction, path) == ArgKind::data)
      tried += (tried.empty() ? "" : ", ") + std::string(data.text(instruction.args[path]));
  }
  return tried;
}

// What a hook or a helper ended with, or an errno.
std::string outcome(const Instruction& instruction, int number) {
  bool ran = instruction.op == Op::run_hook || instruction.op == Op::run_helper;
  if (!ran || number < kHookExited)
    return " = " + kernel::errno_name(number);
  if (number >= kHookTimedOut)
    return ": it did not end in time, and was killed";
  if (number >= kHookSignalled)
    return ": it was ended by signal " + std::to_string(number - kHookSignalled);
  return ": exit status " + std::to_string(number - kHookExited);
}

// A helper of ours has said it better than an errno can: a sentence, and on a second line "hint: ...".
Error with_words(Error error, std::string_view said) {
  Halves lines = split_once(trim(said), '\n');
  error.message += ": " + std::string(trim(lines.first));
  error.call.clear();
  error.number = 0;
  constexpr std::string_view kHint = "hint: ";
  if (lines.second && lines.second->starts_with(kHint))
    error.hint = trim(lines.second->substr(kHint.size()));
  return error;
}

} // namespace

Error failure(const Program& program, std::uint32_t index, int number) {
  const Instruction& instruction = program.code[index];
  const StepText& text = step_of(program, instruction).text;
  StepNumber step = step_number(program, instruction.step);
  DescribeOptions options;
  options.variables = false;
  std::string call = describe_parts(program, instruction, options).call;
  Error error;
  error.kind = kind_of(program, instruction, number);
  bool undoing = step_of(program, instruction).section == Section::undo;
  error.message = (undoing ? "undo " : "step ") + std::to_string(step.number) + " of " +
                  std::to_string(undoing ? program.sections[static_cast<unsigned>(Section::undo)].count : step.of) +
                  ": " + text.what + (text.why.empty() ? "" : " (" + text.why + ")");
  error.hint = hint_of(instruction, number, call);
  if (error.kind == Kind::command_missing)
    if (std::string tried = not_found(program, index); tried.find(',') != std::string::npos)
      error.hint = "none of these exists in the container's root: " + tried;
  error.call = std::move(call) + outcome(instruction, number);
  error.number = number < kHookExited ? number : 0;
  return error;
}

Error failure(const Program& program, const JournalReport& report) {
  if (!report.failed) {
    Error error;
    error.message = "the program did not finish, and its journal names no failure";
    return error;
  }
  std::uint32_t index = *report.failed;
  int number = report.failed_errno;
  if (program.code[index].op == Op::run_helper && !report.said.empty())
    return with_words(failure(program, index, number), report.said);
  if (!executes(program, program.code[index]) || !means_missing(number))
    return failure(program, index, number);
  Range step = step_of(program, program.code[index]).code;
  for (std::uint32_t i = step.first; i < index; ++i) {
    const InstructionReport& candidate = report.instructions[i];
    int errno_of = static_cast<int>(-candidate.result);
    if (candidate.finished && candidate.result < 0 && executes(program, program.code[i]) && !means_missing(errno_of))
      return failure(program, i, errno_of);
  }
  return failure(program, index, number);
}

} // namespace phial::program
