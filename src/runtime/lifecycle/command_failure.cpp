#include "runtime/lifecycle/command_failure.hpp"

#include "program/failure.hpp"
#include "program/journal_report.hpp"

#include <cstring>

namespace phial::runtime {

namespace {

// As Go spells errnos: "permission denied".
std::string spelled(int number) {
  std::string out = ::strerror(number); // NOLINT(concurrency-mt-unsafe): one thread
  if (!out.empty() && out[0] >= 'A' && out[0] <= 'Z' && number != EIO)
    out[0] = static_cast<char>(out[0] - 'A' + 'a');
  return out;
}

std::string sentence(Kind kind, int number, const std::string& command) {
  std::string quoted = "exec: \"" + command + "\": ";
  if (kind == Kind::command_missing)
    return command.find('/') == std::string::npos ? quoted + "executable file not found in $PATH"
                                                  : quoted + "stat " + command + ": no such file or directory";
  if (number == EACCES || number == EPERM)
    return quoted + "permission denied";
  return "exec " + command + ": " + spelled(number);
}

bool is_about_directory(const Error& error, const spec::Process& process) {
  return error.number != 0 && error.message.find("working directory " + process.cwd) != std::string::npos;
}

} // namespace

Error journal_failure(const program::Program& program, program::Loaded& run) {
  if (program.steps.empty()) // it has no words
    return {Kind::system, "the program failed"};
  const program::Journal* journal = run.machine().journal;
  std::string_view bytes(reinterpret_cast<const char*>(journal), program::journal_size(journal->count));
  Result<program::JournalReport> report = program::read_journal(program, bytes);
  return report ? program::failure(program, *report) : std::move(report).error();
}

void name_command(Error& error, const spec::Process& process) {
  std::string words;
  if (error.kind == Kind::command_missing || error.kind == Kind::command_invalid)
    words = sentence(error.kind, error.number, process.args.empty() ? std::string() : process.args[0]);
  else if (is_about_directory(error, process))
    words = "chdir to cwd (\"" + process.cwd + "\") set in config.json failed: " + spelled(error.number);
  else
    return;
  error.message = "unable to start container process: " + words + ": " + error.message;
}

} // namespace phial::runtime
