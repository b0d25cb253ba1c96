#include "engine/image_view.hpp"

#include "base/file.hpp"

#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace phial::engine {

namespace {

Result<> set(int fs, const char* key, const std::string& value) {
  if (::syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, key, value.c_str(), 0) != 0)
    return fail_call("fsconfig", std::string(key) + "=" + value);
  return {};
}

Result<Fd> new_overlay() {
  Fd fs(static_cast<int>(::syscall(SYS_fsopen, "overlay", FSOPEN_CLOEXEC)));
  if (!fs)
    return fail_call("fsopen", "overlay");
  return fs;
}

Result<Fd> mount_of(const Fd& fs) {
  if (::syscall(SYS_fsconfig, fs.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0)
    return fail_call("fsconfig(FSCONFIG_CMD_CREATE)", "overlay");
  Fd view(static_cast<int>(::syscall(SYS_fsmount, fs.get(), FSMOUNT_CLOEXEC,
                                     MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)));
  if (!view)
    return fail_call("fsmount", "overlay");
  return view;
}

// Before Linux 6.8 the layers are one string, too short for paths: they are named by descriptor, relative to
// /proc/self/fd.
Result<Fd> overlay_by_descriptors(const std::vector<std::string>& layers) {
  std::vector<Fd> open;
  std::string list;
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) {
    open.push_back(TRY(open_at(AT_FDCWD, *layer, O_PATH | O_DIRECTORY)));
    list += (list.empty() ? "" : ":") + std::to_string(open.back().get());
  }
  Fd here = TRY(open_at(AT_FDCWD, ".", O_PATH | O_DIRECTORY));
  Fd fs = TRY(new_overlay());
  if (::chdir("/proc/self/fd") != 0)
    return fail_call("chdir", "/proc/self/fd");
  Result<> given = set(fs.get(), "lowerdir", list);
  Result<Fd> mount = given ? mount_of(fs) : std::unexpected(std::move(given).error());
  if (::fchdir(here.get()) != 0)
    return fail_call("fchdir", ".");
  return mount;
}

} // namespace

Result<Fd> open_image_root(const std::vector<std::string>& layers) {
  if (layers.empty())
    return fail(Kind::input, "the image has no layers");
  if (layers.size() == 1)
    return open_at(AT_FDCWD, layers[0], O_PATH | O_DIRECTORY);
  Fd fs = TRY(new_overlay());
  for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer)
    if (!set(fs.get(), "lowerdir+", *layer))
      return overlay_by_descriptors(layers);
  return mount_of(fs);
}

namespace {

Result<> copy_directory(int from, int to);

Result<> copy_bytes(int from, int to, const std::string& name) {
  for (;;) {
    ssize_t n = ::sendfile(to, from, nullptr, std::size_t{1} << 20);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return fail_call("sendfile", name);
    if (n == 0)
      return {};
  }
}

// Owner first: changing it takes set-user-id bits away.
Result<> take_attributes(int directory, const std::string& name, const struct stat& status) {
  if (::fchownat(directory, name.c_str(), status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW) != 0)
    return fail_call("fchownat", name);
  if (!S_ISLNK(status.st_mode) && ::fchmodat(directory, name.c_str(), status.st_mode & 07777, 0) != 0)
    return fail_call("fchmodat", name);
  timespec times[2] = {status.st_atim, status.st_mtim};
  if (::utimensat(directory, name.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0)
    return fail_call("utimensat", name);
  return {};
}

Result<> copy_file(int from, int to, const std::string& name) {
  Fd source = TRY(open_at(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  Fd target = TRY(open_at(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
  return copy_bytes(source.get(), target.get(), name);
}

Result<> copy_link(int from, int to, const std::string& name) {
  std::string text(4096, '\0');
  ssize_t n = ::readlinkat(from, name.c_str(), text.data(), text.size());
  if (n < 0)
    return fail_call("readlinkat", name);
  text.resize(static_cast<std::size_t>(n));
  if (::symlinkat(text.c_str(), to, name.c_str()) != 0)
    return fail_call("symlinkat", name);
  return {};
}

Result<> copy_entry(int from, int to, const std::string& name) {
  struct stat status{};
  if (::fstatat(from, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
    return fail_call("fstatat", name);
  if (S_ISREG(status.st_mode)) {
    TRY(copy_file(from, to, name));
  } else if (S_ISLNK(status.st_mode)) {
    TRY(copy_link(from, to, name));
  } else if (S_ISDIR(status.st_mode)) {
    if (::mkdirat(to, name.c_str(), 0700) != 0)
      return fail_call("mkdirat", name);
    Fd source = TRY(open_at(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    Fd target = TRY(open_at(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    TRY(copy_directory(source.get(), target.get()));
  } else if (S_ISSOCK(status.st_mode)) {
    return {};
    // allow naked-mount: a copy into a volume of ours, below a descriptor
  } else if (::mknodat(to, name.c_str(), status.st_mode, status.st_rdev) != 0) {
    return fail_call("mknodat", name);
  }
  return take_attributes(to, name, status);
}

Result<> copy_directory(int from, int to) {
  // By its descriptor, so that nothing is looked up again by a path somebody could change.
  for (const std::string& name : TRY(list_directory("/proc/self/fd/" + std::to_string(from) + "/.")))
    TRY(copy_entry(from, to, name));
  return {};
}

} // namespace

Result<> copy_from_image(const std::vector<std::string>& layers, const std::string& path, const std::string& to) {
  Fd root = TRY(open_image_root(layers));
  open_how how{};
  how.flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  Fd source(static_cast<int>(::syscall(SYS_openat2, root.get(), path.c_str(), &how, sizeof how)));
  if (!source)
    return errno == ENOENT || errno == ENOTDIR ? Result<>() : fail_call("openat2", path);
  struct stat status{};
  if (::fstat(source.get(), &status) != 0)
    return fail_call("fstat", path);
  Fd target = TRY(open_at(AT_FDCWD, to, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  TRY(copy_directory(source.get(), target.get()));
  return take_attributes(AT_FDCWD, to, status);
}

} // namespace phial::engine
