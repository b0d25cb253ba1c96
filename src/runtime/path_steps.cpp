// Paths of proc and sysfs that a container must not read, or not write. Section init.
#include "base/text.hpp"
#include "kernel/kabi.hpp"
#include "runtime/mounts.hpp"

#include <algorithm>
#include <cerrno>

namespace phial::runtime {

namespace {

// Files are covered by the host's own /dev/null, as the init still sees it: what the container may call /dev/null is
// not trusted. Directories are covered by an empty read-only file system.
void cover_as(Compiler& c, Slot at, bool directory) {
  constexpr std::uint64_t kEmpty = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
  if (directory)
    return c.attach(make_filesystem(c, "tmpfs", "", {}, kEmpty), at);
  Slot file = c.b.slot("cover");
  c.b.call(SYS_open_tree, {AT_FDCWD, c.b.text("/dev/null"), OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC}).into(file);
  c.attach(file, at);
}

// What to try first; a wrong guess costs a few calls.
bool is_directory_mostly(std::string_view path) {
  constexpr std::string_view kDirectories[] = {"/proc/acpi", "/proc/asound", "/proc/scsi", "/sys/firmware",
                                               "/sys/devices/virtual/powercap"};
  return std::ranges::find(kDirectories, path) != std::end(kDirectories);
}

void cover(Compiler& c, const std::string& path) {
  program::Label done;
  Slot at = c.existing(path, done);
  bool guess = is_directory_mostly(path);
  cover_as(c, at, guess);
  c.b.then(done, EINVAL); // a directory takes no file, and a file no directory: then the other
  cover_as(c, at, !guess);
  c.b.place(done);
}

void add_masked(Compiler& c, const std::vector<std::string>& paths) {
  for (std::size_t i = 0; i < paths.size(); ++i) {
    c.step(Section::init, [&] {
      std::string to = in_root(paths[i]);
      return StepText{"hide " + paths[i], c.why("linux.maskedPaths[" + std::to_string(i) + "]"),
                      "the container cannot read it",
                      "if [ -d " + to + " ]; then mount -t tmpfs -o nosuid,nodev,noexec tmpfs " + to +
                          "; mount -o remount,bind,ro " + to + "; elif [ -e " + to +
                          " ]; then mount --bind /dev/null " + to + "; fi",
                      ShellPlace::inside};
    });
    cover(c, paths[i]);
  }
}

// Entries of proc that are no links on any kernel: they need no looking up before they are cloned.
bool is_plain_in_proc(std::string_view path) {
  constexpr std::string_view kPlain[] = {"bus", "fs", "irq", "sys", "sysrq-trigger"};
  return path.starts_with("proc/") && std::ranges::find(kPlain, path.substr(5)) != std::end(kPlain);
}

void make_read_only(Compiler& c, const std::string& path) {
  constexpr std::uint64_t kClone = OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE;
  std::string whole = below_root(path);
  program::Label done;
  Slot clone = c.b.slot("clone");
  if (c.has_proc && is_plain_in_proc(whole)) {
    std::string_view name = std::string_view(whole).substr(5);
    c.b.call(SYS_open_tree, {c.proc, c.b.text(name), kClone | AT_SYMLINK_NOFOLLOW}).into(clone);
    c.b.otherwise(done, ENOENT);
    c.set_attributes(clone, MOUNT_ATTR_RDONLY, 0, 0, true);
    c.attach(clone, c.proc, name);
  } else {
    Slot at = c.existing(path, done);
    c.b.call(SYS_open_tree, {at, c.b.text(""), kClone | AT_EMPTY_PATH}).into(clone);
    c.set_attributes(clone, MOUNT_ATTR_RDONLY, 0, 0, true);
    c.attach(clone, at);
  }
  c.b.place(done);
}

void add_readonly(Compiler& c, const std::vector<std::string>& paths) {
  for (std::size_t i = 0; i < paths.size(); ++i) {
    c.step(Section::init, [&] {
      std::string to = in_root(paths[i]);
      return StepText{"make " + paths[i] + " read-only", c.why("linux.readonlyPaths[" + std::to_string(i) + "]"),
                      "the container cannot write it",
                      "if [ -e " + to + " ]; then mount --rbind " + to + " " + to + "; mount -o remount,bind,ro " + to +
                          "; fi",
                      ShellPlace::inside};
    });
    make_read_only(c, paths[i]);
  }
}

} // namespace

void add_path_steps(Compiler& c, const spec::Linux& platform) {
  add_readonly(c, platform.readonly_paths);
  if (!platform.masked_paths.empty())
    add_masked(c, platform.masked_paths);
}

} // namespace phial::runtime
