#include "program/copy_tree.hpp"

#include "base/fd.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <linux/limits.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace phial::program {

namespace {

constexpr unsigned kMaxDepth = 256; // two descriptors a level
constexpr std::size_t kPiece = std::size_t{1} << 20;

class Copier {
public:
  explicit Copier(int root) : root_(root) {}
  long directory(int from, int to, const std::string& path, unsigned depth);

private:
  long entry(int from, int to, const char* name, const std::string& path, unsigned depth);
  long subdirectory(int from, int to, const char* name, const std::string& path, unsigned depth,
                    const struct stat& status);
  bool is_copied(int to, const char* name, const std::string& path, const struct stat& status);

  int root_; // of the copy: nobody else has seen it, so its paths lead where they say
  std::map<std::pair<dev_t, ino_t>, std::string> links_;
};

// Attributes the target's file system does not take, or that we may not set there, are left out, as cp(1) does.
long copy_attributes(int from, int to) {
  std::string names(XATTR_LIST_MAX, '\0');
  ssize_t size = ::flistxattr(from, names.data(), names.size());
  if (size < 0)
    return errno == EOPNOTSUPP ? 0 : -errno;
  for (ssize_t at = 0; at < size; at += static_cast<ssize_t>(std::strlen(names.c_str() + at)) + 1) {
    std::string value(XATTR_SIZE_MAX, '\0');
    const char* name = names.c_str() + at;
    ssize_t length = ::fgetxattr(from, name, value.data(), value.size());
    if (length < 0 && errno == ENODATA)
      continue; // gone meanwhile
    if (length < 0)
      return -errno;
    if (::fsetxattr(to, name, value.data(), static_cast<std::size_t>(length), 0) != 0 && errno != EOPNOTSUPP &&
        errno != EPERM && errno != EACCES)
      return -errno;
  }
  return 0;
}

// The owner first: a change of owner takes set-user-ID bits and file capabilities away.
long finish(int from, int to, const struct stat& status) {
  if (::fchown(to, status.st_uid, status.st_gid) != 0 || ::fchmod(to, status.st_mode & 07777) != 0)
    return -errno;
  if (long copied = copy_attributes(from, to); copied != 0)
    return copied;
  const timespec times[2] = {status.st_atim, status.st_mtim};
  return ::futimens(to, times) == 0 ? 0 : -errno;
}

long copy_bytes(int from, int to) {
  for (;;) {
    ssize_t n = ::sendfile(to, from, nullptr, kPiece);
    if (n == 0)
      return 0;
    if (n < 0 && errno != EINTR && errno != EAGAIN)
      return -errno;
  }
}

long copy_file(int from, int to, const char* name, const struct stat& status) {
  Fd source(::openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  Fd target(source ? ::openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600) : -1);
  if (!target)
    return -errno;
  if (long copied = copy_bytes(source.get(), target.get()); copied != 0)
    return copied;
  return finish(source.get(), target.get(), status);
}

long copy_link(int from, int to, const char* name) {
  char text[4096];
  ssize_t size = ::readlinkat(from, name, text, sizeof text - 1);
  if (size < 0)
    return -errno;
  text[size] = '\0';
  return ::symlinkat(text, to, name) == 0 ? 0 : -errno;
}

long copy_node(int from, int to, const char* name, const struct stat& status) {
  long made = S_ISLNK(status.st_mode)                                                       ? copy_link(from, to, name)
              : ::mknodat(to, name, status.st_mode & (S_IFMT | 07777), status.st_rdev) != 0 ? -errno
                                                                                            : 0;
  if (made == 0 && ::fchownat(to, name, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW) != 0)
    made = -errno;
  if (made == 0 && !S_ISLNK(status.st_mode) && ::fchmodat(to, name, status.st_mode & 07777, 0) != 0)
    made = -errno;
  const timespec times[2] = {status.st_atim, status.st_mtim};
  if (made == 0 && ::utimensat(to, name, times, AT_SYMLINK_NOFOLLOW) != 0)
    made = -errno;
  return made;
}

bool Copier::is_copied(int to, const char* name, const std::string& path, const struct stat& status) {
  if (S_ISDIR(status.st_mode) || status.st_nlink < 2)
    return false;
  auto [found, fresh] = links_.try_emplace({status.st_dev, status.st_ino}, path);
  return !fresh && ::linkat(root_, found->second.c_str(), to, name, 0) == 0;
}

long Copier::subdirectory(int from, int to, const char* name, const std::string& path, unsigned depth,
                          const struct stat& status) {
  if (depth >= kMaxDepth)
    return -ENAMETOOLONG;
  Fd source(::openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!source || (::mkdirat(to, name, 0700) != 0 && errno != EEXIST))
    return -errno;
  Fd target(::openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!target)
    return -errno;
  if (long copied = directory(source.get(), target.get(), path + "/", depth + 1); copied != 0)
    return copied;
  return finish(source.get(), target.get(), status);
}

long Copier::entry(int from, int to, const char* name, const std::string& path, unsigned depth) {
  struct stat status{};
  if (::fstatat(from, name, &status, AT_SYMLINK_NOFOLLOW) != 0)
    return errno == ENOENT ? 0 : -errno; // gone meanwhile
  if (is_copied(to, name, path, status))
    return 0;
  if (S_ISDIR(status.st_mode))
    return subdirectory(from, to, name, path, depth, status);
  return S_ISREG(status.st_mode) ? copy_file(from, to, name, status) : copy_node(from, to, name, status);
}

long Copier::directory(int from, int to, const std::string& path, unsigned depth) {
  int again = ::openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* listing = again < 0 ? nullptr : ::fdopendir(again);
  if (listing == nullptr)
    return -errno;
  long result = 0;
  while (result == 0) {
    errno = 0;
    const dirent* next = ::readdir(listing);
    if (next == nullptr) {
      result = -errno;
      break;
    }
    if (std::strcmp(next->d_name, ".") != 0 && std::strcmp(next->d_name, "..") != 0)
      result = entry(from, to, next->d_name, path + next->d_name, depth);
  }
  ::closedir(listing);
  return result;
}

} // namespace

long copy_tree(int from, int to, std::uint64_t flags) {
  Fd source(::openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  Fd target(source ? ::openat(to, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1);
  struct stat status{};
  struct stat own{};
  if (!target || ::fstat(source.get(), &status) != 0 || ::fstat(target.get(), &own) != 0)
    return -errno;
  if (long copied = Copier(target.get()).directory(source.get(), target.get(), "", 0); copied != 0)
    return copied;
  if ((flags & kKeepMode) != 0)
    status.st_mode = own.st_mode;
  return finish(source.get(), target.get(), status);
}

} // namespace phial::program
