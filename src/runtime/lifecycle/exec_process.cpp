#include "runtime/lifecycle/exec_process.hpp"

#include "base/text.hpp"
#include "kernel/capabilities.hpp"
#include "spec/users.hpp"

#include <algorithm>

namespace phial::runtime {

namespace {

Result<std::uint32_t> parse_id(std::string_view text, std::string_view what) {
  std::optional<std::uint64_t> number = parse_uint(text);
  if (!number || *number > spec::kMaxId)
    return fail(Kind::usage, "--user: parsing " + std::string(text) + " as int for " + std::string(what) + " failed",
                "UID or UID:GID, both numbers: names are the engine's to look up");
  return static_cast<std::uint32_t>(*number);
}

Result<> change_user(spec::User& user, const std::string& text) {
  Halves halves = split_once(text, ':');
  if (halves.second)
    user.gid = TRY(parse_id(*halves.second, "gid"));
  user.uid = TRY(parse_id(halves.first, "uid"));
  return {};
}

void add(std::vector<std::string>& set, const std::string& name) {
  if (std::ranges::find(set, name) == set.end())
    set.push_back(name);
}

Result<> add_capabilities(spec::Process& process, const std::vector<std::string>& names) {
  if (!names.empty() && !process.capabilities)
    process.capabilities.emplace();
  for (const std::string& text : names) {
    std::optional<int> number = kernel::find_capability(text);
    if (!number)
      return fail(Kind::usage, "--cap: \"" + text + "\" is no capability");
    std::string name = kernel::capability_name(*number);
    spec::Capabilities& sets = *process.capabilities;
    for (std::vector<std::string>* set : {&sets.bounding, &sets.effective, &sets.permitted})
      add(*set, name);
    if (!sets.inheritable.empty()) // none is ambient that is not inheritable
      add(sets.ambient, name);
  }
  return {};
}

Result<> add_environment(spec::Process& process, const std::vector<std::string>& entries) {
  for (const std::string& entry : entries) {
    if (entry.find('=') == std::string::npos || entry.starts_with('='))
      return fail(Kind::usage, "--env: \"" + entry + "\" is not NAME=VALUE");
    process.env.push_back(entry);
  }
  return {};
}

} // namespace

Result<spec::Process> exec_process(const spec::Spec& container, const ProcessChanges& changes) {
  if (!container.process)
    return fail(Kind::state, "the container's config.json has no process to take user and environment from",
                "give the whole process with --process FILE");
  spec::Process out = *container.process;
  if (changes.args.empty())
    return fail(Kind::usage, "process args cannot be empty");
  out.args = changes.args;
  out.terminal = changes.terminal;
  if (!changes.cwd.empty())
    out.cwd = changes.cwd;
  if (!out.cwd.starts_with('/'))
    return fail(Kind::usage, "--cwd: \"" + out.cwd + "\": Cwd must be an absolute path");
  if (!changes.user.empty())
    TRY(change_user(out.user, changes.user));
  out.user.additional_gids.insert(out.user.additional_gids.end(), changes.additional_gids.begin(),
                                  changes.additional_gids.end());
  if (!changes.apparmor_profile.empty())
    out.apparmor_profile = changes.apparmor_profile;
  if (!changes.selinux_label.empty())
    out.selinux_label = changes.selinux_label;
  if (changes.no_new_privileges)
    out.no_new_privileges = *changes.no_new_privileges;
  TRY(add_capabilities(out, changes.capabilities));
  TRY(add_environment(out, changes.env));
  return out;
}

void complete_process(spec::Process& process, const spec::Spec& container) {
  if (!container.process)
    return;
  const spec::Process& first = *container.process;
  if (!process.capabilities)
    process.capabilities = first.capabilities;
  if (process.rlimits.empty())
    process.rlimits = first.rlimits;
  if (process.apparmor_profile.empty())
    process.apparmor_profile = first.apparmor_profile;
  if (process.selinux_label.empty())
    process.selinux_label = first.selinux_label;
  if (!process.oom_score_adj)
    process.oom_score_adj = first.oom_score_adj;
  if (!process.scheduler)
    process.scheduler = first.scheduler;
  if (!process.io_priority)
    process.io_priority = first.io_priority;
  if (!process.exec_cpu_affinity)
    process.exec_cpu_affinity = first.exec_cpu_affinity;
}

void unite_environment(std::vector<std::string>& environment) {
  std::vector<std::string> out;
  for (std::string& entry : environment) {
    std::string_view name = split_once(entry, '=').first;
    auto same =
        std::ranges::find_if(out, [name](std::string_view other) { return split_once(other, '=').first == name; });
    if (same == out.end())
      out.push_back(std::move(entry));
    else
      *same = std::move(entry);
  }
  environment = std::move(out);
}

} // namespace phial::runtime
