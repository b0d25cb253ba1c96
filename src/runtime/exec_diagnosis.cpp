#include "runtime/exec_diagnosis.hpp"

#include "kernel/id_maps.hpp"
#include "runtime/command_path.hpp"
#include "runtime/exec_causes.hpp"
#include "runtime/libraries.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace phial::runtime {

namespace {

constexpr std::size_t kMaxWord = 131072; // MAX_ARG_STRLEN, with its null

// The host's number of one that a user namespace maps; without one its own.
std::uint32_t on_host(const std::vector<spec::IdMapping>& mappings, std::uint32_t id) {
  return kernel::to_outside(mappings, id).value_or(id);
}

std::optional<Diagnosis> too_big(const Attempt& attempt) {
  std::size_t total = 0;
  auto look = [&total](const std::vector<std::string>& words, std::string_view what) -> std::optional<Diagnosis> {
    for (std::size_t i = 0; i < words.size(); ++i) {
      total += words[i].size() + 1 + sizeof(char*);
      if (words[i].size() + 1 > kMaxWord)
        return Diagnosis{std::string(what) + " " + std::to_string(i) + " is " + std::to_string(words[i].size()) +
                             " bytes long; the kernel takes at most " + std::to_string(kMaxWord - 1),
                         "pass it in a file, or by standard input", E2BIG};
    }
    return std::nullopt;
  };
  if (auto found = look(attempt.args, "argument"))
    return found;
  if (auto found = look(attempt.environment, "environment variable"))
    return found;
  return Diagnosis{"arguments and environment are " + std::to_string(total) +
                       " bytes together; the kernel takes a quarter of the stack's limit" +
                       (attempt.stack_limit ? ", here " + std::to_string(*attempt.stack_limit / 4) : "") +
                       ", and never more than 6 MiB",
                   "pass less, or in a file, or raise --ulimit stack", E2BIG};
}

bool means_missing(int number) {
  return number == ENOENT || number == ENOTDIR;
}

bool fits(const Diagnosis& diagnosis, int number) {
  return diagnosis.number == number || (means_missing(diagnosis.number) && means_missing(number));
}

// The interpreter that env(1) is asked for by a first line "#!/usr/bin/env [-S] [NAME=value]... PROGRAM".
std::string env_target(std::string_view argument) {
  while (!argument.empty()) {
    std::size_t begin = std::min(argument.find_first_not_of(" \t"), argument.size());
    std::size_t end = std::min(argument.find_first_of(" \t", begin), argument.size());
    std::string_view word = argument.substr(begin, end - begin);
    argument.remove_prefix(end);
    if (!word.empty() && word[0] != '-' && word.find('=') == std::string_view::npos)
      return std::string(word);
  }
  return {};
}

struct FoundCommand {
  std::string path; // as it was tried
  Looked looked;
};

// The first candidate that is there and may be executed.
std::optional<FoundCommand> find_command(const RootView& root, const Attempt& attempt, std::string_view command) {
  for (std::string& path : command_candidates(command, search_path(attempt.environment))) {
    Looked found = root.look(path, attempt.directory, attempt.who);
    if (found.is_there() && S_ISREG(found.status.st_mode) && may_execute(attempt.who, found.status))
      return FoundCommand{std::move(path), std::move(found)};
  }
  return std::nullopt;
}

std::optional<Diagnosis> missing_of_env(const RootView& root, const Attempt& attempt, const std::string& script,
                                        const std::string& command) {
  bool carriage = command.ends_with('\r');
  std::string name = carriage ? command.substr(0, command.size() - 1) : command;
  if (name.empty() || (!carriage && find_command(root, attempt, name)))
    return std::nullopt;
  if (carriage)
    return Diagnosis{"the first line of the script " + script + " ends in a carriage return, so env looks for \"" +
                         name + "\\r\"",
                     std::string(causes::kCarriageFix), ENOENT};
  return Diagnosis{"the script " + script + " asks env for \"" + name + "\", which is in none of " +
                       std::string(search_path(attempt.environment)),
                   causes::nearest_hint(root, attempt, name), ENOENT};
}

std::string list_of(const std::vector<MissingLibrary>& missing) {
  std::string out;
  for (std::size_t i = 0; i < missing.size() && i < 8; ++i)
    out += (i == 0 ? "" : ", ") + missing[i].name;
  return out + (missing.size() > 8 ? " and " + std::to_string(missing.size() - 8) + " more" : "");
}

std::optional<Diagnosis> missing_of_loader(const RootView& root, const Attempt& attempt, const std::string& path) {
  std::vector<MissingLibrary> missing = missing_libraries(root, path, attempt.environment);
  if (missing.empty())
    return std::nullopt;
  bool indirect = missing[0].needed_by != root.look(path).path;
  return Diagnosis{path + " needs shared libraries that its loader does not find in the container: " +
                       list_of(missing) + (indirect ? " (for " + missing[0].needed_by + ")" : ""),
                   "install the package that has " + std::string(missing.size() == 1 ? "it" : "them") +
                       " in the image, or name the directory in LD_LIBRARY_PATH",
                   ENOENT};
}

// The file by the name it was asked for, and by its own where links lead to it.
std::string called(const std::string& path, const Looked& found) {
  return found.link.empty() || found.number != 0 || found.path == path ? path : path + " (" + found.path + ")";
}

} // namespace

Attempt attempt_of(const spec::Spec& spec, const spec::Process& process) {
  Attempt out;
  out.args = process.args;
  out.environment = process.env;
  out.directory = process.cwd;
  out.uid = process.user.uid;
  out.who.overrides = process.capabilities && std::ranges::find(process.capabilities->effective, "CAP_DAC_OVERRIDE") !=
                                                  process.capabilities->effective.end();
  out.who.uid = process.user.uid;
  out.who.gid = process.user.gid;
  out.who.groups = process.user.additional_gids;
  out.who.uid = on_host(spec.platform.uid_mappings, out.who.uid);
  out.who.gid = on_host(spec.platform.gid_mappings, out.who.gid);
  for (std::uint32_t& gid : out.who.groups)
    gid = on_host(spec.platform.gid_mappings, gid);
  for (const spec::Rlimit& limit : process.rlimits)
    if (limit.number == RLIMIT_STACK)
      out.stack_limit = limit.soft;
  return out;
}

std::optional<Diagnosis> diagnose_exec(const RootView& root, const Attempt& attempt, int number) {
  if (attempt.args.empty())
    return std::nullopt;
  if (number == E2BIG)
    return too_big(attempt);
  const std::string& command = attempt.args[0];
  if (command.empty())
    return Diagnosis{"the command is an empty word", "look at the quotes around it, and at the variable it came from",
                     number};
  std::vector<std::string> candidates = command_candidates(command, search_path(attempt.environment));
  bool hidden = false;
  bool there = false;
  for (const std::string& path : candidates) {
    Looked found = root.look(path, attempt.directory, attempt.who);
    hidden = hidden || found.hidden;
    if (found.hidden || (found.number != 0 && found.barrier.empty()))
      continue;
    there = there || found.number == 0;
    std::optional<Diagnosis> diagnosis = causes::examine(root, attempt, found, called(path, found));
    if (!diagnosis && number == ETXTBSY && found.number == 0)
      diagnosis = Diagnosis{found.path + " is open for writing, and such a file is not executed",
                            "close it first: wait for what writes it, or write a new file and rename it", ETXTBSY};
    if (diagnosis && fits(*diagnosis, number))
      return diagnosis;
  }
  if (there || hidden || !means_missing(number))
    return std::nullopt;
  return causes::not_found(root, attempt);
}

std::optional<Diagnosis> diagnose_127(const RootView& root, const Attempt& attempt) {
  if (attempt.args.empty())
    return std::nullopt;
  std::optional<FoundCommand> found = find_command(root, attempt, attempt.args[0]);
  // A script may name a script; the kernel goes five deep.
  for (int depth = 0; found && depth < 5; ++depth) {
    ReadAt read = RootView::reader(found->looked);
    std::optional<Shebang> shebang = parse_shebang(read(0, kHeadSize));
    if (!shebang)
      return missing_of_loader(root, attempt, found->looked.path);
    if (shebang->interpreter.ends_with("/env")) {
      std::string target = env_target(shebang->argument);
      if (auto missing = missing_of_env(root, attempt, found->looked.path, target))
        return missing;
      found = find_command(root, attempt, target);
    } else {
      found = find_command(root, attempt, shebang->interpreter);
    }
  }
  return std::nullopt;
}

void explain_exec(Error& error, const RootView& root, const Attempt& attempt) {
  if (error.kind != Kind::command_missing && error.kind != Kind::command_invalid)
    return;
  std::optional<Diagnosis> diagnosis = diagnose_exec(root, attempt, error.number);
  if (!diagnosis)
    return;
  error.message += (error.message.empty() ? "" : ": ") + diagnosis->message;
  if (!diagnosis->hint.empty())
    error.hint = std::move(diagnosis->hint);
}

} // namespace phial::runtime
