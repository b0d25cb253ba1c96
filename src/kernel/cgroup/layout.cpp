#include "kernel/cgroup/layout.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "kernel/mountinfo.hpp"

#include <algorithm>

namespace phial::kernel {

namespace {

bool shows(const MountInfo& mount, const CgroupMembership& membership) {
  if (mount.type != "cgroup")
    return false;
  return std::ranges::all_of(membership.controllers,
                             [&mount](const std::string& word) { return mount.has_super_option(word); });
}

// The mount of a hierarchy: the first that shows the whole of it, else the first at all.
const MountInfo* best_mount(const std::vector<MountInfo>& mounts, auto&& matches) {
  const MountInfo* best = nullptr;
  for (const MountInfo& mount : mounts) {
    if (!matches(mount))
      continue;
    if (mount.root == "/")
      return &mount;
    if (best == nullptr)
      best = &mount;
  }
  return best;
}

const MountInfo* unified_mount(const std::vector<MountInfo>& mounts) {
  return best_mount(mounts, [](const MountInfo& mount) { return mount.type == "cgroup2"; });
}

CgroupHierarchy hierarchy_at(const MountInfo& mount, const CgroupMembership& membership, int version) {
  CgroupHierarchy hierarchy;
  hierarchy.version = version;
  hierarchy.point = mount.point;
  hierarchy.root = mount.root;
  hierarchy.own = membership.path;
  for (const std::string& word : membership.controllers) {
    if (word.starts_with("name="))
      hierarchy.name = word.substr(5);
    else
      hierarchy.controllers.push_back(word);
  }
  return hierarchy;
}

CgroupMode mode_of(const std::vector<CgroupHierarchy>& hierarchies) {
  bool one = std::ranges::any_of(hierarchies, [](const CgroupHierarchy& h) { return h.version == 1; });
  bool two = std::ranges::any_of(hierarchies, [](const CgroupHierarchy& h) { return h.version == 2; });
  if (one)
    return two ? CgroupMode::hybrid : CgroupMode::v1;
  return two ? CgroupMode::v2 : CgroupMode::none;
}

} // namespace

bool CgroupHierarchy::has(std::string_view controller) const {
  return std::ranges::find(controllers, controller) != controllers.end();
}

std::string CgroupHierarchy::label() const {
  if (version == 2)
    return "unified";
  return name.empty() ? join(controllers, ",") : "name=" + name;
}

std::string CgroupHierarchy::directory(std::string_view cgroup) const {
  if (root != "/" && cgroup.starts_with(root) && (cgroup.size() == root.size() || cgroup[root.size()] == '/'))
    cgroup.remove_prefix(root.size());
  while (cgroup.starts_with('/'))
    cgroup.remove_prefix(1);
  return cgroup.empty() ? point : point + "/" + std::string(cgroup);
}

const CgroupHierarchy* CgroupLayout::unified() const {
  for (const CgroupHierarchy& hierarchy : hierarchies)
    if (hierarchy.version == 2)
      return &hierarchy;
  return nullptr;
}

const CgroupHierarchy* CgroupLayout::holding(std::string_view controller) const {
  for (const CgroupHierarchy& hierarchy : hierarchies)
    if (hierarchy.has(controller) || (controller == "io" && hierarchy.has("blkio")) ||
        (controller == "blkio" && hierarchy.has("io")))
      return &hierarchy;
  return nullptr;
}

const CgroupHierarchy* CgroupLayout::named(std::string_view name) const {
  for (const CgroupHierarchy& hierarchy : hierarchies)
    if (hierarchy.version == 1 && hierarchy.name == name)
      return &hierarchy;
  return nullptr;
}

Result<std::vector<CgroupMembership>> parse_process_cgroups(std::string_view text) {
  std::vector<CgroupMembership> rows;
  for (std::string_view line : split(text, '\n')) {
    if (line.empty())
      continue;
    Halves id = split_once(line, ':');
    // The path may hold colons, the list of controllers may not.
    Halves rest = split_once(id.second.value_or(""), ':');
    auto number = parse_uint(id.first);
    if (!number || !rest.second || !rest.second->starts_with('/'))
      return fail(Kind::input, "not a line of /proc/PID/cgroup: " + std::string(line));
    CgroupMembership row{static_cast<int>(*number), {}, std::string(*rest.second)};
    if (!rest.first.empty())
      for (std::string_view word : split(rest.first, ','))
        row.controllers.emplace_back(word);
    rows.push_back(std::move(row));
  }
  return rows;
}

namespace {

// The lines whose type begins with "cgroup": a host may have hundreds of others. A blank within a path is "\\040".
Result<std::vector<MountInfo>> cgroup_mounts(std::string_view mountinfo) {
  std::string lines;
  for (std::string_view line : split(mountinfo, '\n'))
    if (line.find(" - cgroup") != std::string_view::npos)
      (lines += line) += '\n';
  return parse_mountinfo(lines);
}

Result<CgroupLayout> layout_of(const std::vector<MountInfo>& mounts, std::string_view self_cgroup,
                               std::string_view unified_controllers) {
  std::vector<CgroupMembership> memberships = TRY(parse_process_cgroups(self_cgroup));
  CgroupLayout layout;
  std::ranges::sort(memberships, {}, &CgroupMembership::id);
  for (const CgroupMembership& membership : memberships) {
    if (membership.id == 0)
      continue;
    const MountInfo* mount = best_mount(mounts, [&](const MountInfo& m) { return shows(m, membership); });
    // A hierarchy without a mount cannot be used by anybody; its controllers are as good as absent.
    if (mount != nullptr)
      layout.hierarchies.push_back(hierarchy_at(*mount, membership, 1));
  }
  if (const MountInfo* mount = unified_mount(mounts)) {
    CgroupMembership own{0, {}, "/"};
    if (!memberships.empty() && memberships.front().id == 0)
      own.path = memberships.front().path;
    for (std::string_view word : split(trim(unified_controllers), ' '))
      if (!word.empty())
        own.controllers.emplace_back(word);
    layout.hierarchies.push_back(hierarchy_at(*mount, own, 2));
  }
  layout.mode = mode_of(layout.hierarchies);
  return layout;
}

} // namespace

Result<CgroupLayout> parse_cgroup_layout(std::string_view mountinfo, std::string_view self_cgroup,
                                         std::string_view unified_controllers) {
  return layout_of(TRY(cgroup_mounts(mountinfo)), self_cgroup, unified_controllers);
}

Result<CgroupLayout> probe_cgroup_layout() {
  std::string mountinfo = TRY(read_file("/proc/self/mountinfo"), "looking for the cgroup mounts");
  std::string self = TRY(read_value("/proc/self/cgroup"), "looking for our own cgroup");
  std::vector<MountInfo> mounts = TRY(cgroup_mounts(mountinfo));
  std::string controllers;
  if (const MountInfo* unified = unified_mount(mounts))
    controllers = TRY(read_value(unified->point + "/cgroup.controllers"), "asking for the cgroup v2 controllers");
  return layout_of(mounts, self, controllers);
}

std::string subtree_control_text(const std::vector<std::string>& controllers) {
  std::string text;
  for (const std::string& name : controllers) {
    if (!text.empty())
      text += ' ';
    text += '+' + name;
  }
  return text;
}

std::string_view cgroup_mode_name(CgroupMode mode) {
  switch (mode) {
  case CgroupMode::none: break;
  case CgroupMode::v1: return "v1";
  case CgroupMode::hybrid: return "hybrid";
  case CgroupMode::v2: return "v2";
  }
  return "none";
}

} // namespace phial::kernel
