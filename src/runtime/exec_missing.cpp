// not_found(): a command that is nowhere.
#include "base/text.hpp"
#include "runtime/command_path.hpp"
#include "runtime/exec_causes.hpp"

#include <algorithm>
#include <array>

namespace phial::runtime::causes {

namespace {

constexpr std::array<std::string_view, 6> kShells = {"sh", "bash", "ash", "dash", "zsh", "busybox"};
constexpr std::array<std::string_view, 12> kBuiltins = {"cd",   "export", "source", "alias", "ulimit", "umask",
                                                        "eval", "exec",   "set",    "unset", "exit",   "type"};

template <class List> bool holds(const List& list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

// The names of the files in a directory that can be executed by somebody.
std::vector<std::string> programs_in(const RootView& root, const std::string& directory) {
  std::vector<std::string> out;
  for (std::string& name : root.names(directory)) {
    Looked found = root.look(directory + "/" + name);
    if (found.is_there() && S_ISREG(found.status.st_mode) && (found.status.st_mode & 0111) != 0)
      out.push_back(std::move(name));
  }
  std::ranges::sort(out);
  return out;
}

std::string quoted(std::string_view text) {
  return "\"" + std::string(text) + "\"";
}

std::string split_hint(std::string_view command) {
  return quoted(command) + " is one word: give program and arguments as words of their own, or sh -c " +
         shell_quote(command);
}

struct Programs {
  std::vector<std::string> names; // in the directories of PATH
  bool directories = false;       // one of those is there
};

Programs programs_of(const RootView& root, const Attempt& attempt) {
  Programs out;
  for (std::string_view directory : split(search_path(attempt.environment), ':')) {
    Looked found = root.look(directory.empty() ? "." : directory, attempt.directory);
    if (!found.is_there() || !S_ISDIR(found.status.st_mode))
      continue;
    out.directories = true;
    for (std::string& name : programs_in(root, found.path))
      out.names.push_back(std::move(name));
  }
  return out;
}

// Of an image without the usual directories: what it may be that it holds.
std::string bare_hint(const RootView& root, std::string_view path) {
  std::string out = "the image has none of the directories of PATH (" + std::string(path) + ")";
  if (std::vector<std::string> names = programs_in(root, ""); !names.empty())
    return out + ": its program seems to be /" + names.front();
  return out + ": name its program by the full path";
}

std::string shell_hint(const std::vector<std::string>& names) {
  for (std::string_view shell : kShells)
    if (holds(names, shell))
      return "the image's shell is " + std::string(shell) + (shell == "busybox" ? ": run busybox sh" : "");
  return "the image has no shell (as images with nothing but one program have none): name its program instead";
}

// What is beside the name that is not there, or which part of the path is missing.
Diagnosis missing_path(const RootView& root, const Attempt& attempt, const std::string& command, const Looked& found) {
  Diagnosis out{quoted(command) + " is not in the container's root", "", found.number};
  std::string parent = found.path.substr(0, found.path.rfind('/'));
  if (!command.starts_with('/'))
    out.message += " (looked for from " + attempt.directory + ")";
  if (!found.link.empty())
    out.message += ": " + found.link + " is a link to " + found.link_target + ", and " + found.path + " is not there";
  else if (found.number == ENOTDIR)
    out.message += ": " + found.path + " is no directory";
  else if (!command.ends_with(found.path.substr(parent.size())))
    out.message += ": it has no directory " + found.path;
  if (found.mount != nullptr && root.look(command, attempt.directory, {}, false).is_there()) {
    out.hint = "the image has it, but what is mounted on " + found.mount->destination + " hides it: mount elsewhere";
    return out;
  }
  std::vector<std::string> names = root.names(parent.empty() ? "/" : parent);
  std::vector<std::string_view> candidates(names.begin(), names.end());
  if (auto near = nearest(std::string_view(found.path).substr(parent.size() + 1), candidates))
    out.hint = "did you mean " + parent + "/" + std::string(*near) + "?";
  else
    out.hint = nearest_hint(root, attempt, command.substr(command.rfind('/') + 1));
  return out;
}

} // namespace

std::string nearest_hint(const RootView& root, const Attempt& attempt, std::string_view command) {
  Programs programs = programs_of(root, attempt);
  for (const std::string& path : command_candidates(command, search_path(attempt.environment)))
    if (root.look(path, attempt.directory).is_there())
      return "the image has it as " + path;
  if (!programs.directories)
    return bare_hint(root, search_path(attempt.environment));
  if (holds(kShells, command) || programs.names.empty())
    return shell_hint(programs.names);
  std::vector<std::string_view> candidates(programs.names.begin(), programs.names.end());
  if (auto near = nearest(command, candidates))
    return "did you mean " + quoted(*near) + "?";
  return "check the spelling, name the program by its full path, or install it in the image";
}

Diagnosis not_found(const RootView& root, const Attempt& attempt) {
  const std::string& command = attempt.args[0];
  bool spaced = command.find(' ') != std::string::npos;
  if (command.find('/') != std::string::npos) {
    Diagnosis out = missing_path(root, attempt, command, root.look(command, attempt.directory));
    if (spaced && root.look(command.substr(0, command.find(' ')), attempt.directory).is_there())
      out.hint = split_hint(command);
    return out;
  }
  std::string path(search_path(attempt.environment));
  Diagnosis out{quoted(command) + " is in none of " + path, "", ENOENT};
  if (path.empty())
    out.message = quoted(command) + " is not in the working directory, and PATH is empty";
  if (spaced)
    out.hint = split_hint(command);
  else if (command[0] == '-')
    out.hint = "the flags of phial come before the image's name; what stands behind it is the command";
  else if (holds(kBuiltins, command))
    out.hint = command + " is a command of the shell, not a program: sh -c " + shell_quote(join(attempt.args, " "));
  else
    out.hint = nearest_hint(root, attempt, command);
  return out;
}

} // namespace phial::runtime::causes
