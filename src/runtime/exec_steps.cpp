// Becoming the container's program. Sections init (working directory) and start.
#include "base/text.hpp"
#include "kernel/kabi.hpp"
#include "runtime/command_path.hpp"
#include "runtime/compiler.hpp"

#include <csignal>

namespace phial::runtime {

namespace {

std::string exec_shell(const spec::Process& process) {
  std::string out = "cd " + shell_quote(process.cwd) + "\nenv -i";
  for (const std::string& entry : process.env)
    out += " " + shell_quote(entry);
  for (const std::string& arg : process.args)
    out += " " + shell_quote(arg);
  return out;
}

} // namespace

void add_directory_steps(Compiler& c, const spec::Process& process) {
  c.step(Section::init, [&] {
    return StepText{"open the working directory " + process.cwd, c.why("process.cwd"), "",
                    "mkdir -p \"$root\"" + shell_quote(process.cwd), ShellPlace::inside};
  });
  c.cwd = c.target(process.cwd, TargetKind::directory);
}

void add_close_steps(Compiler& c, unsigned preserved) {
  c.step(Section::start, [&] {
    return StepText{preserved == 0 ? "let no descriptor but 0, 1 and 2 cross the exec"
                                   : "let no descriptor above " + std::to_string(2 + preserved) + " cross the exec",
                    "what the init holds open is the host's", "the container has no descriptor of the host's"};
  });
  c.b.call(SYS_close_range, {3 + preserved, ~0U, CLOSE_RANGE_CLOEXEC});
}

Result<> add_exec_steps(Compiler& c, const spec::Process& process, bool reaper) {
  if (process.args.empty())
    return fail(Kind::input, "process.args is empty: there is nothing to run");
  if (reaper) {
    c.step(Section::start, [&] {
      return StepText{"stay as PID 1 and let a child go on", c.why("init"),
                      "orphans are reaped, signals reach the program"};
    });
    c.b.add(Op::reap);
  }
  c.step(Section::start, [&] {
    return StepText{"become " + process.args[0], c.why("process.args"), "", exec_shell(process), ShellPlace::last};
  });
  Data argv = c.b.strings(process.args);
  Data envp = c.b.strings(process.env);
  std::vector<std::string> paths = command_candidates(process.args[0], search_path(process.env));
  for (std::size_t i = 0; i < paths.size(); ++i) {
    c.b.call(SYS_execve, {c.b.text(paths[i]), argv, envp});
    if (i + 1 == paths.size())
      break;
    // Where there is nothing to execute the next of PATH may do; the journal keeps each errno. What the machine or the
    // filter refuses stops here: another program than the first of PATH is not what was asked for.
    program::Label next;
    c.b.elsewhere(next);
    c.b.place(next);
  }
  return {};
}

void add_nothing_to_execute(Compiler& c) {
  c.step(Section::start, [&] { return StepText{"find nothing to become", "config.json has no process"}; });
  c.b.add(Op::fail, {ENOEXEC});
}

} // namespace phial::runtime
