// Bind mounts: the source is cloned by the host as a detached mount with its attributes set, the init only attaches it.
// Sections host and init.
#include "base/text.hpp"
#include "kernel/kabi.hpp"
#include "runtime/foreign_source.hpp"
#include "runtime/mounts.hpp"

namespace phial::runtime {

namespace {

std::string remount_shell(const kernel::MountOptions& options, const std::string& to) {
  std::string out;
  std::string words = kernel::format_mount_attributes(options.attr_set);
  std::string below = kernel::format_mount_attributes(options.recursive_attr_set);
  if (!words.empty())
    out += "\nmount -o remount,bind," + words + " " + to;
  if (!below.empty())
    out += "\nfindmnt --list --submounts --noheadings --output TARGET " + to +
           " | while IFS= read -r at; do mount -o remount,bind," + below + " \"$at\"; done";
  return out;
}

// The script's tree of mounts is private, or the host's slave where one of the mounts is to stay that.
std::string propagation_shell(const Compiler& c, const kernel::MountOptions& options, const std::string& to) {
  if (!c.slave_tree || options.propagation == MS_SLAVE)
    return "";
  return "\nmount --make-rprivate " + to;
}

Slot clone_source(Compiler& c, const std::string& source, bool recursive, const std::string& field) {
  Slot out = c.b.slot("bind");
  std::optional<ForeignSource> foreign = foreign_source(source);
  if (!foreign) {
    c.step(Section::host, [&] { return StepText{"take " + source + " from the host", c.why(field)}; });
    c.b.call(SYS_open_tree, {AT_FDCWD, c.b.text(source), OPEN_TREE_CLONE | (recursive ? AT_RECURSIVE : 0)}).into(out);
    return out;
  }
  c.step(Section::host, [&] {
    return StepText{"take " + foreign->path + " from the mount namespace of " + foreign->process, c.why(field)};
  });
  Slot space = c.b.slot("mounts");
  c.open(space, foreign->process + "/ns/mnt", O_RDONLY | O_CLOEXEC);
  c.b.add(Op::clone_foreign_mount, {space, c.b.text(foreign->path), recursive ? 1 : 0}).into(out);
  c.b.call(SYS_close, {space});
  return out;
}

} // namespace

Result<> add_bind_source(Compiler& c, const spec::Linux& platform, const spec::Mount& mount,
                         const kernel::MountOptions& options, std::size_t index) {
  std::string field = mount_field(index);
  if (c.facts.source(mount.source) == SourceKind::missing)
    return fail(Kind::not_found, field + ": the source " + mount.source + " does not exist",
                "create it on the host first, or correct the path");
  Slot source = clone_source(c, mount.source, options.recursive_bind, field);
  add_idmap(c, platform, mount, options, source);
  if ((options.attr_set | options.attr_clear) != 0)
    c.set_attributes(source, options.attr_set, options.attr_clear, 0, false);
  if ((options.recursive_attr_set | options.recursive_attr_clear) != 0)
    c.set_attributes(source, options.recursive_attr_set, options.recursive_attr_clear, 0, true);
  // A clone of a shared mount is shared: what is mounted below it would show on the host.
  std::uint64_t propagation = options.propagation != 0 ? options.propagation : std::uint64_t{MS_PRIVATE};
  if (propagation != MS_SHARED)
    c.set_attributes(source, 0, 0, propagation, options.propagation == 0 || options.recursive_propagation);
  c.mounts[index] = source;
  return {};
}

Result<> add_bind_mount(Compiler& c, const spec::Mount& mount, const kernel::MountOptions& options,
                        const std::string& field, std::size_t index) {
  bool directory = c.facts.source(mount.source) == SourceKind::directory;
  c.step(Section::init, [&] {
    std::string to = in_root(mount.destination);
    return StepText{
        "attach " + mount.source + " to " + mount.destination, c.why(field),
        (options.attr_set & MOUNT_ATTR_RDONLY) != 0 ? "the container cannot change it" : "",
        (directory ? "mkdir -p " + to : "mkdir -p \"$(dirname " + to + ")\"; [ -e " + to + " ] || touch " + to) +
            "\nmount --" + (options.recursive_bind ? "rbind " : "bind ") + shell_quote(mount.source) + " " + to +
            propagation_shell(c, options, to) + remount_shell(options, to),
        foreign_source(mount.source) ? ShellPlace::none : ShellPlace::inside}; // no command clones one from elsewhere
  });
  c.attach(c.mounts[index], mount.destination, directory ? TargetKind::directory : TargetKind::file);
  if (options.propagation == MS_SHARED) // with the host's where that is shared, else among the container's own
    c.set_attributes(c.mounts[index], 0, 0, MS_SHARED, options.recursive_propagation);
  return {};
}

} // namespace phial::runtime
