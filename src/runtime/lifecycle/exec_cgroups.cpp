#include "runtime/lifecycle/exec_cgroups.hpp"

#include "base/file.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace phial::runtime {

namespace {

// "a//b/../c" -> "a/c"; nullopt where it leads above its beginning.
std::optional<std::string> cleaned(std::string_view path) {
  std::vector<std::string> out;
  for (std::string_view name : split(path, '/')) {
    if (name.empty() || name == ".")
      continue;
    if (name != "..")
      out.emplace_back(name);
    else if (out.empty())
      return std::nullopt;
    else
      out.pop_back();
  }
  return join(out, "/");
}

Result<SubCgroup> parse(const std::string& text, std::vector<std::string>& seen) {
  Halves halves = split_once(text, ':');
  SubCgroup out;
  if (halves.second)
    for (std::string_view controller : split(halves.first, ',')) {
      if (controller.empty())
        return fail(Kind::usage, "invalid --cgroup argument (empty <controller> prefix): " + text);
      if (std::ranges::find(seen, controller) != seen.end())
        return fail(Kind::usage, "invalid --cgroup argument(s): controller " + std::string(controller) +
                                     " specified multiple times");
      seen.emplace_back(controller);
      out.controllers.emplace_back(controller);
    }
  std::string_view path = halves.second.value_or(halves.first);
  std::optional<std::string> clean = cleaned(path);
  if (!clean)
    return fail(Kind::usage, std::string(path) + " is not a sub cgroup path");
  out.path = std::move(*clean);
  return out;
}

// The hierarchy a directory of the record lies in.
const kernel::CgroupHierarchy* hierarchy_of(const kernel::CgroupLayout& layout, const std::string& directory) {
  for (const kernel::CgroupHierarchy& hierarchy : layout.hierarchies)
    if (directory == hierarchy.point || directory.starts_with(hierarchy.point + "/"))
      return &hierarchy;
  return nullptr;
}

bool is_held_by(const kernel::CgroupHierarchy* hierarchy, const std::string& controller) {
  if (hierarchy == nullptr)
    return false;
  return hierarchy->has(controller) || (!hierarchy->name.empty() && controller == "name=" + hierarchy->name);
}

// Where the container's first process is, if that is below `directory`.
std::optional<std::string> place_of_first(pid_t pid, const kernel::CgroupHierarchy& unified,
                                          const std::string& directory) {
  Result<std::string> text = read_file("/proc/" + std::to_string(pid) + "/cgroup");
  if (!text)
    return std::nullopt;
  Result<std::vector<kernel::CgroupMembership>> all = kernel::parse_process_cgroups(*text);
  if (!all)
    return std::nullopt;
  for (const kernel::CgroupMembership& entry : *all)
    if (std::string place = unified.directory(entry.path); entry.id == 0 && place.starts_with(directory + "/"))
      return place;
  return std::nullopt;
}

std::string unified_place(const Record& record, const kernel::CgroupHierarchy* unified, const std::string& directory) {
  Result<std::string> handed_on = read_file(directory + "/cgroup.subtree_control");
  if (unified == nullptr || !handed_on || trim(*handed_on).empty())
    return directory;
  return place_of_first(record.pid, *unified, directory).value_or(directory);
}

} // namespace

Result<std::vector<SubCgroup>> parse_sub_cgroups(const std::vector<std::string>& texts) {
  std::vector<SubCgroup> out;
  std::vector<std::string> seen;
  for (const std::string& text : texts) {
    out.push_back(TRY(parse(text, seen)));
    if (out.back().controllers.empty() && texts.size() != 1)
      return fail(Kind::usage, "invalid --cgroup argument: " + text + " (missing <controller>: prefix)");
  }
  return out;
}

Result<std::vector<ExecCgroup>> exec_cgroups(const Record& record, const kernel::CgroupLayout& layout,
                                             const std::vector<SubCgroup>& asked) {
  std::vector<ExecCgroup> out;
  std::vector<const kernel::CgroupHierarchy*> hierarchies;
  for (const std::string& directory : record.cgroups.directories) {
    const kernel::CgroupHierarchy* hierarchy = hierarchy_of(layout, directory);
    bool unified = exists(directory + "/cgroup.controllers");
    hierarchies.push_back(hierarchy);
    out.push_back({unified && asked.empty() ? unified_place(record, hierarchy, directory) : directory, unified});
  }
  for (const SubCgroup& sub : asked) {
    std::string below = sub.path.empty() ? std::string() : "/" + sub.path;
    for (const std::string& controller : sub.controllers)
      if (std::ranges::none_of(hierarchies, [&](const auto* one) { return is_held_by(one, controller); }))
        return fail(Kind::usage, "--cgroup: unknown controller " + controller);
    for (std::size_t i = 0; i < out.size(); ++i) {
      bool meant =
          std::ranges::any_of(sub.controllers, [&](const auto& one) { return is_held_by(hierarchies[i], one); });
      if (sub.controllers.empty() || meant)
        out[i].directory += below;
      if (!exists(out[i].directory))
        return fail(Kind::not_found,
                    "--cgroup: adding the process to " + out[i].directory + "/cgroup.procs: no such file or directory");
    }
  }
  return out;
}

} // namespace phial::runtime
