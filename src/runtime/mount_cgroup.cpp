// The container's view of its cgroups, on /sys/fs/cgroup. Section init. cgroups(7), cgroup_namespaces(7).
#include "base/text.hpp"
#include "kernel/kabi.hpp"
#include "runtime/mounts.hpp"

namespace phial::runtime {

namespace {

using kernel::CgroupHierarchy;

bool has_namespace(const Request& request) {
  return request.spec->platform.find(spec::NamespaceType::cgroup) != nullptr;
}

void add_unified(Compiler& c, const Request& request, const spec::Mount& mount, const kernel::MountOptions& options,
                 const std::string& field) {
  c.step(Section::init, [&] {
    std::string words = kernel::format_mount_attributes(options.attr_set);
    return StepText{"mount its cgroup on " + mount.destination, c.why(field),
                    has_namespace(request) ? "the container sees its own cgroup only" : "",
                    "mkdir -p " + in_root(mount.destination) + "\nmount -t cgroup2 -o " + words + " cgroup " +
                        in_root(mount.destination),
                    ShellPlace::inside};
  });
  Slot target = c.target(mount.destination, TargetKind::directory);
  c.attach(make_filesystem(c, "cgroup2", "cgroup", {}, options.attr_set), target);
}

kernel::MountOptions hierarchy_options(const CgroupHierarchy& hierarchy) {
  kernel::MountOptions out;
  if (!hierarchy.name.empty())
    out.data = {"none", "name=" + hierarchy.name};
  else
    out.data = hierarchy.controllers;
  return out;
}

// Combined controllers have one directory, and a link for each of them.
void add_links(Compiler& c, Slot directory, const CgroupHierarchy& hierarchy, const std::string& destination) {
  if (hierarchy.controllers.size() < 2)
    return;
  for (const std::string& controller : hierarchy.controllers) {
    c.b.call(SYS_symlinkat, {c.b.text(hierarchy.label()), directory, c.b.text(controller)}).tolerate(EEXIST);
    c.b.shell([&] { return "ln -s " + hierarchy.label() + " " + in_root(destination + "/" + controller); });
  }
}

void add_hierarchies(Compiler& c, const Request& request, const spec::Mount& mount, const kernel::MountOptions& options,
                     const std::string& field) {
  c.step(Section::init, [&] {
    return StepText{"mount its cgroups on " + mount.destination, c.why(field),
                    "the container sees its own cgroups only",
                    "mkdir -p " + in_root(mount.destination) +
                        "\nmount -t tmpfs -o mode=755,nosuid,nodev,noexec tmpfs " + in_root(mount.destination),
                    ShellPlace::inside};
  });
  kernel::MountOptions of_tmpfs;
  of_tmpfs.data = {"mode=755"};
  std::uint64_t writable = options.attr_set & ~static_cast<std::uint64_t>(MOUNT_ATTR_RDONLY);
  Slot directory = make_filesystem(c, "tmpfs", "", of_tmpfs, writable);
  c.attach(directory, c.target(mount.destination, TargetKind::directory));
  for (const CgroupHierarchy& hierarchy : c.facts.cgroups.hierarchies) {
    if (hierarchy.version != 1)
      continue;
    std::string label = hierarchy.name.empty() ? hierarchy.label() : hierarchy.name;
    c.b.call(SYS_mkdirat, {directory, c.b.text(label), 0755});
    Slot shown = c.b.slot("hierarchy");
    if (has_namespace(request)) {
      kernel::MountOptions of_hierarchy = hierarchy_options(hierarchy);
      shown = make_filesystem(c, "cgroup", "cgroup", of_hierarchy, options.attr_set);
      c.b.shell([&] {
        std::string to = in_root(mount.destination + "/" + label);
        std::string words = kernel::format_mount_attributes(options.attr_set);
        return "mkdir " + to + "\nmount -t cgroup -o " + of_hierarchy.data_string() +
               (words.empty() ? "" : "," + words) + " cgroup " + to;
      });
    } else {
      c.b.call(SYS_open_tree,
               {AT_FDCWD, c.b.text(hierarchy.directory(request.cgroup)), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC})
          .into(shown);
      c.b.shell([&] {
        std::string to = in_root(mount.destination + "/" + label);
        return "mkdir " + to + "\nmount --bind " + hierarchy.directory(request.cgroup) + " " + to +
               "\nmount -o remount,bind," + kernel::format_mount_attributes(options.attr_set) + " " + to;
      });
    }
    c.attach(shown, directory, label);
    add_links(c, directory, hierarchy, mount.destination);
  }
  // Clones have the host's attributes until here: one call gives all of them ours, and makes the links final.
  if (!has_namespace(request))
    c.set_attributes(directory, options.attr_set, 0, MS_PRIVATE, true);
  else if ((options.attr_set & MOUNT_ATTR_RDONLY) != 0)
    c.set_attributes(directory, MOUNT_ATTR_RDONLY, 0, 0, false);
  if ((options.attr_set & MOUNT_ATTR_RDONLY) != 0)
    c.b.shell([&] { return "mount -o remount,bind,ro " + in_root(mount.destination); });
}

} // namespace

Result<> add_cgroup_mount(Compiler& c, const Request& request, const spec::Mount& mount,
                          const kernel::MountOptions& options, const std::string& field) {
  if (c.facts.cgroups.mode == kernel::CgroupMode::v2)
    add_unified(c, request, mount, options, field);
  else if (mount.type == "cgroup2")
    return fail(Kind::unsupported, field + ": this host has no unified cgroup hierarchy", "use the type \"cgroup\"");
  else
    add_hierarchies(c, request, mount, options, field);
  return {};
}

} // namespace phial::runtime
