#include "program/print_shell.hpp"

#include "base/text.hpp"
#include "kernel/capabilities.hpp"
#include "kernel/kabi.hpp"
#include "kernel/namespaces.hpp"
#include "program/describe.hpp"
#include "program/print_calls.hpp"
#include "program/shell_facts.hpp"
#include "program/shell_text.hpp"

#include <algorithm>

namespace phial::program {

namespace {

constexpr std::size_t kCommentCalls = 3; // calls shown of a step that has no shell form

std::string comment(std::string_view text) {
  std::string out;
  for (std::string_view line : split(text, '\n'))
    out += "#    " + std::string(line) + "\n";
  return out;
}

// "NAME" of "NAME=value", where a shell can have a variable of that name; else empty.
std::string_view variable_name(std::string_view entry) {
  std::string_view name = entry.substr(0, entry.find('='));
  if (name.empty() || name.size() == entry.size() || (name[0] >= '0' && name[0] <= '9'))
    return {};
  for (char c : name)
    if (c != '_' && !(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z'))
      return {};
  return name;
}

// What bash keeps for itself.
bool is_readonly(std::string_view name) {
  constexpr std::string_view kNames[] = {"UID", "EUID", "PPID", "BASHOPTS", "SHELLOPTS"};
  return std::ranges::find(kNames, name) != std::end(kNames);
}

// "-all,+chown": as setpriv(1) takes a set.
std::string capability_words(std::uint64_t bits) {
  std::string out = "-all";
  for (const std::string& name : kernel::capability_names(kernel::CapabilitySet(bits)))
    out += ",+" + lower(name.substr(4));
  return out;
}

class ShellPrinter {
public:
  explicit ShellPrinter(const Program& program) : program_(program), facts_(shell_facts(program)) { collect_last(); }

  std::string print() {
    out_ += kShellHeader;
    undo_function();
    out_ += kShellFunctions;
    first_process();
    for (unsigned s = 0; s < kSections; ++s)
      if (static_cast<Section>(s) != Section::undo)
        section(static_cast<Section>(s));
    complete_namespaces();
    out_ += kShellEnd;
    return std::move(out_);
  }

private:
  // What the process itself does is known before it is made: options of setpriv and prlimit, the working directory.
  void collect_last() {
    for (const Step& step : program_.steps) {
      if (step.text.place != ShellPlace::last)
        continue;
      bool becomes = has_call(program_, step, SYS_execve);
      for (std::string_view line : split(step.text.shell, '\n')) {
        if (line.starts_with("setpriv "))
          setpriv_ += line.substr(7);
        else if (line.starts_with("prlimit "))
          prlimit_ += line.substr(7);
        else if (line.starts_with("cd ") || !becomes)
          own_lines_ += std::string(line) + "\n";
        if (becomes) // the rest may hold newlines within quotes; the arguments come from the call
          break;
      }
    }
  }

  void undo_function() {
    out_ += "\nundo() {\n  :\n";
    for (const Step& step : program_.steps)
      if (step.section == Section::undo && step.text.place == ShellPlace::host)
        for (std::string_view line : split(step.text.shell, '\n')) {
          bool cgroup = has_operation(program_, step, Op::remove_cgroup) && line.starts_with("rmdir ");
          out_ += "  " + (cgroup ? "remove_cgroup " + std::string(line.substr(6)) : std::string(line)) +
                  " 2>/dev/null || true\n";
        }
    out_ += "}\n";
  }

  void first_process() {
    out_ += kShellFirst;
    out_ += "exec ";
    if (facts_.own_cgroup_namespace)
      out_ += "unshare --cgroup ";
    if (!prlimit_.empty())
      out_ += "prlimit" + prlimit_ + " ";
    if (!setpriv_.empty())
      out_ += "setpriv --inh-caps=" + capability_words(facts_.inheritable | facts_.ambient) +
              (facts_.ambient == 0 ? "" : " --ambient-caps=" + capability_words(facts_.ambient)) + setpriv_ + " ";
    out_ += "env -i --default-signal" + inherited() + " \"$BASH\" -c \"$1\"\n";
    out_ += kShellLastBegin;
    out_ += own_lines_;
    out_ += "umask " + octal(facts_.umask) + "\n";
    environment();
    std::string words;
    for (const std::string& argument : facts_.arguments)
      words += " " + shell_quote(argument);
    if (facts_.reaper)
      out_ += "(exec --" + words + ")\nexit $?\n";
    else
      out_ += "exec --" + words + "\n";
    out_ += kShellLastEnd;
  }

  // bash cannot set a variable whose name is none for it, but it hands such a one down.
  std::string inherited() const {
    std::string out;
    for (const std::string& entry : facts_.environment)
      if (variable_name(entry).empty() && entry.find('=') != std::string::npos && entry[0] != '=' && entry[0] != '-')
        out += " " + shell_quote(entry);
    return out;
  }

  void environment() {
    bool has_path = false;
    for (const std::string& entry : facts_.environment) {
      std::string_view name = variable_name(entry);
      has_path = has_path || name == "PATH";
      if (is_readonly(name))
        out_ += "# a shell cannot set " + std::string(name) + "\n";
      else if (!name.empty())
        out_ +=
            "export " + std::string(name) + "=" + shell_quote(std::string_view(entry).substr(name.size() + 1)) + "\n";
    }
    if (!has_path)
      out_ += "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n";
  }

  void section(Section which) {
    bool first = true;
    for (const Step& step : program_.steps) {
      if (step.section != which)
        continue;
      if (first)
        out_ += "\n# ---- " + std::string(section_title(which)) + "\n";
      first = false;
      this->step(step);
    }
  }

  void step(const Step& step) {
    bool early = !namespaces_whole_ && step.text.place == ShellPlace::inside;
    if (early && step.section == Section::host) { // the namespaces it belongs into do not exist yet
      postponed_.push_back(&step);
      return;
    }
    if (early)
      complete_namespaces();
    title(step);
    lines(step);
    if (has_operation(program_, step, Op::spawn))
      spawn();
    if (makes_cgroup_namespace(program_, step))
      complete_namespaces();
  }

  void title(const Step& step) {
    std::size_t index = static_cast<std::size_t>(&step - program_.steps.data());
    out_ += "\n# " + std::to_string(step_number(program_, index).number) + ". " + step.text.what + "\n";
    if (!step.text.why.empty())
      out_ += comment("why: " + step.text.why);
  }

  void lines(const Step& step) {
    if (has_call(program_, step, SYS_pivot_root)) {
      out_ += kShellPivot;
      return;
    }
    switch (step.text.place) {
    case ShellPlace::none: calls(step); break;
    case ShellPlace::host: out_ += step.text.shell + "\n"; break;
    case ShellPlace::inside: out_ += "inside <<'PHIAL_INSIDE'\n" + step.text.shell + "\nPHIAL_INSIDE\n"; break;
    case ShellPlace::last: out_ += comment("done by the process itself: see above"); break;
    }
  }

  // A step without a shell form is told by its calls.
  void calls(const Step& step) {
    if (!step.text.shell.empty())
      out_ += comment(step.text.shell);
    if (has_operation(program_, step, Op::spawn) || makes_cgroup_namespace(program_, step))
      return;
    for (std::uint32_t i = 0; i < step.code.count && i < kCommentCalls; ++i)
      out_ += comment(describe_parts(program_, program_.code[step.code.first + i]).call);
    if (step.code.count > kCommentCalls)
      out_ += comment("and " + std::to_string(step.code.count - kCommentCalls) + " more");
  }

  void spawn() {
    std::string join;
    std::string born = "unshare --fork --kill-child"; // a process is born into a pid namespace
    std::string own = "unshare";
    for (const JoinedNamespace& joined : facts_.joined)
      if (const kernel::NamespaceFacts* facts = kernel::find_namespace(joined.flag); facts != nullptr)
        (joined.flag == CLONE_NEWPID
             ? born.insert(0, "nsenter --no-fork --pid=" + shell_quote(joined.path) + " ")
             : join += " " + std::string(facts->unshare_option) + "=" + shell_quote(joined.path));
    for (const kernel::NamespaceFacts& facts : kernel::namespaces()) {
      if ((facts_.made & facts.flag) == 0)
        continue;
      if (facts.flag == CLONE_NEWUSER)
        out_ += "# A user namespace has no shell form here: the script goes on without one.\n";
      else
        (facts.flag == CLONE_NEWPID || facts.flag == CLONE_NEWTIME ? born : own) +=
            " " + std::string(facts.unshare_option) + (facts.flag == CLONE_NEWNS ? " --propagation slave" : "");
    }
    std::string inner = "exec setsid " + (join.empty() ? "" : "nsenter" + join + " ") + own + " \"$BASH\" -c \"$@\"";
    out_ +=
        born + " \"$BASH\" -c " + shell_quote(inner) + " first \"$first\" first \"$last\" " + standard_input() + " &\n";
    out_ += "parent=$!\nhear\npid=$word\n";
  }

  // Where pipes were made for the others and none for it, it is empty.
  std::string standard_input() const {
    bool empty = program_.known.stdout_read != kNoSlot && program_.known.stdin_write == kNoSlot;
    return empty ? "</dev/null" : "<&0";
  }

  // Lets the process go on to the end of its privileges, then does what had to wait for its namespaces.
  void complete_namespaces() {
    if (namespaces_whole_)
      return;
    namespaces_whole_ = true;
    out_ += "go_on\nhear\n";
    if (facts_.own_cgroup_namespace)
      out_ += "enter+=(--cgroup)\n";
    for (const Step* step : postponed_) {
      title(*step);
      lines(*step);
    }
  }

  static std::string octal(std::uint64_t value) {
    char digits[] = {'0', static_cast<char>('0' + (value >> 6 & 7)), static_cast<char>('0' + (value >> 3 & 7)),
                     static_cast<char>('0' + (value & 7)), '\0'};
    return digits;
  }

  const Program& program_;
  ShellFacts facts_;
  std::string setpriv_, prlimit_, own_lines_;
  std::vector<const Step*> postponed_;
  bool namespaces_whole_ = false;
  std::string out_;
};

} // namespace

std::string print_shell(const Program& program) {
  return ShellPrinter(program).print();
}

} // namespace phial::program
