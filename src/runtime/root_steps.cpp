// The container's root: an overlay of the image's layers as a detached mount, which only the container's mount
// namespace will ever hold, or a clone of a directory's mount. Sections host and init.
#include "base/text.hpp"
#include "kernel/kabi.hpp"
#include "kernel/mounts.hpp"
#include "runtime/compiler.hpp"

#include <climits>

namespace phial::runtime {

namespace {

constexpr std::size_t kFsconfigLimit = 255; // bytes an fsconfig(2) string may have
// The first of the numbers that stand for layers: above all that is open by then, and 127 layers stay below 256, the
// least limit of open files that a container is started with.
constexpr int kLayerDescriptors = 128;

void set_string(Compiler& c, Slot fs, std::string_view key, std::string_view value) {
  c.b.call(SYS_fsconfig, {fs, FSCONFIG_SET_STRING, c.b.text(key), c.b.text(value), 0});
}

// Before "lowerdir+" the list of layers is one string, too short for paths: the layers become descriptors of known
// numbers, and the list names them relative to /proc/self/fd.
void set_layers_by_descriptor(Compiler& c, Slot fs, const std::vector<std::string>& layers) {
  std::string list;
  int number = kLayerDescriptors;
  for (auto it = layers.rbegin(); it != layers.rend(); ++it, ++number) {
    Slot layer = c.b.slot("layer");
    c.open(layer, *it, O_PATH | O_DIRECTORY | O_CLOEXEC);
    c.b.call(SYS_dup3, {layer, number, O_CLOEXEC});
    c.b.call(SYS_close, {layer});
    list += (list.empty() ? "" : ":") + std::to_string(number);
  }
  c.b.call(SYS_chdir, {c.b.text("/proc/self/fd")});
  set_string(c, fs, "lowerdir", list);
}

void set_layers(Compiler& c, Slot fs, const std::vector<std::string>& layers) {
  if (!c.facts.kernel_at_least(6, 8))
    return set_layers_by_descriptor(c, fs, layers);
  for (auto it = layers.rbegin(); it != layers.rend(); ++it)
    set_string(c, fs, "lowerdir+", *it);
}

std::string overlay_shell(const RootFilesystem& root) {
  std::string lower;
  for (auto it = root.layers.rbegin(); it != root.layers.rend(); ++it)
    lower += (lower.empty() ? "" : ":") + *it;
  std::string options = "lowerdir=" + lower;
  if (!root.upper.empty())
    options += ",upperdir=" + root.upper + ",workdir=" + root.work;
  std::string make =
      root.upper.empty() ? "" : "mkdir -p " + shell_quote(root.upper) + " " + shell_quote(root.work) + "\n";
  return make + "mount -t overlay -o " + shell_quote(options) + " overlay \"$root\"";
}

Result<> check_lengths(const RootFilesystem& root) {
  for (const std::string& path : root.layers)
    if (path.size() > kFsconfigLimit)
      return fail(Kind::input, "the path " + path + " is longer than the 255 bytes overlayfs takes",
                  "use a shorter --root");
  if (root.upper.size() > kFsconfigLimit || root.work.size() > kFsconfigLimit)
    return fail(Kind::input, "the path " + root.upper + " is longer than the 255 bytes overlayfs takes",
                "use a shorter --root");
  return {};
}

void add_overlay(Compiler& c, const RootFilesystem& root) {
  std::size_t count = root.layers.size();
  c.step(Section::host, [&] {
    return StepText{"lay the root: an overlay of " + std::to_string(count) + (count == 1 ? " layer" : " layers"),
                    c.why("root"), "the container writes to its own layer only; the image stays as it is",
                    overlay_shell(root), ShellPlace::inside};
  });
  Slot fs = c.b.slot("overlay");
  c.b.call(SYS_fsopen, {c.b.text("overlay"), FSOPEN_CLOEXEC}).into(fs);
  set_string(c, fs, "source", "overlay");
  set_layers(c, fs, root.layers);
  if (!root.upper.empty()) {
    set_string(c, fs, "upperdir", root.upper);
    set_string(c, fs, "workdir", root.work);
  }
  c.b.call(SYS_fsconfig, {fs, FSCONFIG_CMD_CREATE, 0, 0, 0});
  c.b.call(SYS_fsmount, {fs, 0, 0}).into(c.root);
  c.b.call(SYS_close, {fs});
}

void add_directory(Compiler& c, const std::string& directory) {
  c.step(Section::host, [&] {
    return StepText{"take " + directory + " as the root", c.why("root.path"), "",
                    "mount --rbind " + shell_quote(directory) + " \"$root\"", ShellPlace::inside};
  });
  c.b.call(SYS_open_tree, {AT_FDCWD, c.b.text(directory), OPEN_TREE_CLONE | AT_RECURSIVE}).into(c.root);
}

} // namespace

// Without a mount namespace of the container's own its mounts are the host's as well: they are made below a clone of
// the root that lies upon it, and go with that.
void add_shared_root(Compiler& c, const std::string& directory) {
  add_directory(c, directory);
  std::string quoted = shell_quote(directory);
  c.step(Section::host, [&] {
    return StepText{"lay the root over itself", "linux.namespaces has no mount namespace",
                    "what is mounted in the container goes when it goes", "mount --rbind " + quoted + " " + quoted,
                    ShellPlace::none};
  });
  c.set_attributes(c.root, 0, 0, MS_PRIVATE, true);
  c.b.call(SYS_move_mount, {c.root, c.b.text(""), AT_FDCWD, c.b.text(directory), MOVE_MOUNT_F_EMPTY_PATH})
      .undone_by_call(
          SYS_umount2, {c.b.text(directory), MNT_DETACH | UMOUNT_NOFOLLOW},
          [&] {
            return StepText{"unmount what was mounted below " + directory, "the container is gone", "",
                            "umount --lazy " + quoted, ShellPlace::none};
          },
          EINVAL);
}

Result<> add_root_steps(Compiler& c, const Request& request) {
  c.root = c.b.slot("root");
  if (!has_mount_namespace(request.spec->platform)) {
    add_shared_root(c, request.root.directory);
  } else if (request.root.layers.empty()) {
    add_directory(c, request.root.directory);
  } else {
    TRY(check_lengths(request.root));
    add_overlay(c, request.root);
  }
  return {};
}

namespace {

// The propagation the spec asks for, without MS_REC; private where it says nothing.
Result<std::uint64_t> asked_propagation(const Request& request) {
  const std::string& asked = request.spec->platform.rootfs_propagation;
  if (asked.empty())
    return std::uint64_t{MS_PRIVATE};
  return TRY(kernel::parse_propagation(asked), "linux.rootfsPropagation") & ~static_cast<std::uint64_t>(MS_REC);
}

bool is_recursive(const std::string& propagation) {
  return propagation.starts_with('r');
}

// Hooks that come before pivot_root look for the root where config.json says it is, and some mount things there.
std::string place_of_root(const Request& request) {
  const spec::Hooks& hooks = request.spec->hooks;
  bool looked_for = !hooks.prestart.empty() || !hooks.create_runtime.empty() || !hooks.create_container.empty();
  return looked_for && request.root.layers.empty() && !request.no_pivot ? request.root.directory : "/";
}

} // namespace

Result<> add_root_place_steps(Compiler& c, const Request& request) {
  if (!has_mount_namespace(request.spec->platform))
    return {};
  std::uint64_t propagation = TRY(asked_propagation(request));
  for (const kernel::MountOptions& options : c.options)
    c.slave_tree = c.slave_tree || options.propagation == MS_SLAVE;
  c.step(Section::init, [&] {
    return StepText{"cut the mounts off from the host's", c.why("linux.rootfsPropagation"),
                    "no mount made here appears on the host",
                    (propagation == MS_PRIVATE || propagation == MS_UNBINDABLE) && !c.slave_tree
                        ? "mount --make-rprivate /"
                        : "mount --make-rslave /",
                    ShellPlace::inside};
  });
  mount_attr attributes{};
  // Shared is for what is mounted in the container; towards the host a slave's copies suffice.
  bool from_host = propagation == MS_SLAVE || propagation == MS_SHARED;
  attributes.propagation = from_host ? MS_SLAVE : MS_PRIVATE;
  c.b.call(SYS_mount_setattr, {AT_FDCWD, c.b.text("/"), AT_RECURSIVE, c.b.object(attributes), sizeof attributes});
  c.step(Section::init, [&] { return StepText{"put the root in place", c.why("root")}; });
  // A clone of a shared mount is shared, and pivot_root refuses those. A slave still gets what the host mounts there.
  c.set_attributes(c.root, 0, 0, from_host ? MS_SLAVE : MS_PRIVATE, true);
  c.b.call(SYS_move_mount, {c.root, c.b.text(""), AT_FDCWD, c.b.text(place_of_root(request)), MOVE_MOUNT_F_EMPTY_PATH});
  return {};
}

void add_pivot_steps(Compiler& c, const Request& request) {
  if (request.spec->root.readonly) {
    c.step(Section::init, [&] {
      return StepText{"make the root read-only", c.why("root.readonly"), "the container cannot change its root",
                      "mount -o remount,bind,ro \"$root\"", ShellPlace::inside};
    });
    c.set_attributes(c.root, MOUNT_ATTR_RDONLY, 0, 0, false);
  }
  if (!has_mount_namespace(request.spec->platform)) {
    c.step(Section::init, [&] {
      return StepText{"make it the process's root", c.why("linux.namespaces"),
                      "paths begin there; the mounts stay the host's", "chroot", ShellPlace::none};
    });
    c.b.call(SYS_fchdir, {c.root});
    c.b.call(SYS_chroot, {c.b.text(".")});
    c.b.call(SYS_fchdir, {c.cwd});
    return;
  }
  if (request.no_pivot) {
    c.step(Section::init, [&] {
      return StepText{"make it this process's root; the host's lies covered beneath it", "--no-pivot",
                      "a path leads to the host's files only for who may mount", "chroot \"$root\""};
    });
    c.b.call(SYS_fchdir, {c.root});
    c.b.call(SYS_chroot, {c.b.text(".")});
  } else {
    c.step(Section::init, [&] {
      return StepText{"make it the root of this mount namespace and let go of the host's", c.why("root"),
                      "no path leads to the host's files", "pivot_root", ShellPlace::inside};
    });
    c.b.call(SYS_fchdir, {c.root});
    c.b.call(SYS_pivot_root, {c.b.text("."), c.b.text(".")});
    c.b.call(SYS_umount2, {c.b.text("."), MNT_DETACH});
  }
  c.b.call(SYS_fchdir, {c.cwd});
  const std::string& propagation = request.spec->platform.rootfs_propagation;
  if (Result<std::uint64_t> asked = asked_propagation(request);
      asked && (*asked == MS_SHARED || *asked == MS_UNBINDABLE)) {
    c.step(Section::init, [&] {
      return StepText{"make the root's propagation " + propagation, c.why("linux.rootfsPropagation"), "",
                      "mount --make-" + propagation + " /", ShellPlace::none};
    });
    c.set_attributes(c.root, 0, 0, *asked, is_recursive(propagation));
  }
}

} // namespace phial::runtime
