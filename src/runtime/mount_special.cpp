// What a mount's options ask for beyond attributes and options of the file system: a tmpfs that begins as a copy of
// what it covers, the change of a mount that is there, other owners. Sections host, beside and init.
#include "base/text.hpp"
#include "kernel/id_maps.hpp"
#include "kernel/kabi.hpp"
#include "program/copy_tree.hpp"
#include "runtime/mounts.hpp"

#include <algorithm>
#include <cstddef>

namespace phial::runtime {

namespace {

bool has_mode(const kernel::MountOptions& options) {
  return std::ranges::any_of(options.data, [](const std::string& option) { return option.starts_with("mode="); });
}

std::uint64_t writable(const kernel::MountOptions& options) {
  return (options.attr_set | options.recursive_attr_set) & ~static_cast<std::uint64_t>(MOUNT_ATTR_RDONLY);
}

bool is_readonly(const kernel::MountOptions& options) {
  return ((options.attr_set | options.recursive_attr_set) & MOUNT_ATTR_RDONLY) != 0;
}

std::string copy_shell(const spec::Mount& mount, const kernel::MountOptions& options) {
  std::string to = in_root(mount.destination);
  std::string words = mount_words(options, writable(options));
  return "mkdir -p " + to + "\nheld=$(mktemp -d)\nmount -t tmpfs" + (words.empty() ? "" : " -o " + shell_quote(words)) +
         " tmpfs \"$held\"\ncp -a " + to + "/. \"$held\"\nmount --move \"$held\" " + to + "\nrmdir \"$held\"" +
         (is_readonly(options) ? "\nmount -o remount,bind,ro " + to : "");
}

} // namespace

// Made by the host: it does the copying, and in a tmpfs of the container's user namespace it would be nobody.
void add_copied_source(Compiler& c, const spec::Mount& mount, const kernel::MountOptions& options, std::size_t index) {
  c.step(Section::host, [&] { return StepText{"make a tmpfs for " + mount.destination, c.why(mount_field(index))}; });
  c.mounts[index] = make_filesystem(c, "tmpfs", mount.source, options, writable(options), true);
}

Slot add_copied_mount(Compiler& c, const spec::Mount& mount, const kernel::MountOptions& options, std::size_t index) {
  std::string field = mount_field(index);
  Slot made = c.mounts[index];
  Slot source = c.b.slot("covered");
  c.step(Section::beside, [&] { return StepText{"copy what " + mount.destination + " covers", c.why(field)}; });
  c.b.add(Op::receive_fd, {c.host_sync}).into(source);
  c.b.add(Op::copy_tree, {source, made, has_mode(options) ? program::kKeepMode : 0});
  c.b.call(SYS_close, {source});
  c.b.call(SYS_close, {made});
  c.b.add(Op::post, {c.host_sync, 'u'});
  c.step(Section::init, [&] {
    return StepText{"mount a tmpfs on " + mount.destination + ", begun as a copy of what is there", c.why(field),
                    "what is changed there is gone with the container", copy_shell(mount, options), ShellPlace::inside};
  });
  Slot target = c.target(mount.destination, TargetKind::directory);
  send_descriptor(c, c.sync, target, c.b.text("t"), 1);
  c.b.add(Op::wait, {c.sync, 'u'});
  bool dev = below_root(mount.destination) == "dev"; // read-only once its devices are there
  if (is_readonly(options) && !dev)
    c.set_attributes(made, MOUNT_ATTR_RDONLY, 0, 0, false);
  c.attach(made, target);
  return made;
}

Result<> add_remount(Compiler& c, const spec::Mount& mount, const kernel::MountOptions& options,
                     const std::string& field) {
  c.step(Section::init, [&] {
    std::string to = in_root(mount.destination);
    std::string words = mount_words(options, options.attr_set);
    return StepText{"change the mount on " + mount.destination, c.why(field), "",
                    "mount -o remount" + std::string(options.bind ? ",bind" : "") + (words.empty() ? "" : "," + words) +
                        " " + to,
                    ShellPlace::inside};
  });
  std::string path = below_root(mount.destination);
  Slot at = path.empty() ? c.root : c.resolve(path, 0);
  if ((options.attr_set | options.attr_clear) != 0)
    c.set_attributes(at, options.attr_set, options.attr_clear, 0, false);
  if ((options.recursive_attr_set | options.recursive_attr_clear) != 0)
    c.set_attributes(at, options.recursive_attr_set, options.recursive_attr_clear, 0, true);
  if (!options.bind && !options.data.empty()) {
    Slot fs = c.b.slot("fs");
    c.b.call(SYS_fspick, {at, c.b.text(""), FSPICK_CLOEXEC | FSPICK_EMPTY_PATH}).into(fs);
    for (const std::string& option : options.data)
      configure_filesystem(c, fs, option);
    c.b.call(SYS_fsconfig, {fs, FSCONFIG_CMD_RECONFIGURE, 0, 0, 0});
    c.b.call(SYS_close, {fs});
  }
  if (options.propagation != 0)
    c.set_attributes(at, 0, 0, options.propagation, options.recursive_propagation);
  return {};
}

namespace {

bool is_mapped(const spec::Mount& mount, const kernel::MountOptions& options) {
  return options.idmap != kernel::Idmap::none || !mount.uid_mappings.empty();
}

// A namespace with the maps of the mount, else those of the container; one is made for all mounts with the same.
Slot map_namespace(Compiler& c, const spec::Linux& platform, const spec::Mount& mount) {
  const spec::Namespace* user = platform.find(spec::NamespaceType::user);
  bool own = !mount.uid_mappings.empty();
  bool by_path = !own && user != nullptr && !user->path.empty();
  std::string uids = kernel::id_map_text(own ? mount.uid_mappings : platform.uid_mappings);
  std::string gids = kernel::id_map_text(own ? mount.gid_mappings : platform.gid_mappings);
  std::string key = by_path ? user->path : uids + "/" + gids;
  for (const auto& [known, slot] : c.user_namespaces)
    if (known == key)
      return slot;
  Slot out = c.b.slot("owners");
  if (by_path)
    c.open(out, user->path, O_RDONLY | O_CLOEXEC);
  else
    c.b.add(Op::make_user_namespace, {c.b.text(uids), c.b.text(gids)}).into(out);
  c.user_namespaces.emplace_back(key, out);
  return out;
}

} // namespace

Result<> check_idmap(const Compiler& c, const spec::Linux& platform, const spec::Mount& mount,
                     const kernel::MountOptions& options, const std::string& field) {
  if (!is_mapped(mount, options))
    return {};
  if (!kernel::is_bind(mount.type, options))
    return fail(Kind::input, field + ": id maps are for bind mounts",
                "a file system of its own has the owners the container gives it");
  if (mount.uid_mappings.empty() && !has_user_namespace(platform))
    return fail(Kind::input,
                field + ": idmap without uidMappings takes those of the container's user namespace, and it has none",
                "add uidMappings and gidMappings to the mount");
  if (!c.facts.kernel_at_least(5, 12))
    return fail(Kind::unsupported, field + ": idmapped mounts came with Linux 5.12");
  return {};
}

void add_idmap(Compiler& c, const spec::Linux& platform, const spec::Mount& mount, const kernel::MountOptions& options,
               Slot source) {
  if (!is_mapped(mount, options))
    return;
  Slot space = map_namespace(c, platform, mount);
  mount_attr attributes{};
  attributes.attr_set = MOUNT_ATTR_IDMAP;
  Data at = c.b.object(attributes);
  c.b.add(Op::store, {at + offsetof(mount_attr, userns_fd), space, sizeof(std::uint64_t)});
  c.b.call(SYS_mount_setattr,
           {source, c.b.text(""), AT_EMPTY_PATH | (options.idmap == kernel::Idmap::recursive ? AT_RECURSIVE : 0), at,
            sizeof attributes});
}

} // namespace phial::runtime
