#include "base/file.hpp"

#include "base/text.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>

namespace phial {

namespace {

struct CloseDirectory {
  void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

bool is_dot(std::string_view name) {
  return name == "." || name == "..";
}

Result<std::vector<std::string>> names_in(Fd fd, const std::string& path) {
  Directory directory(::fdopendir(fd.get()));
  if (!directory)
    return fail_call("fdopendir", path);
  (void)fd.release(); // closedir owns it now
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(directory.get()))
    if (!is_dot(entry->d_name))
      names.emplace_back(entry->d_name);
  if (errno != 0)
    return fail_call("readdir", path);
  std::ranges::sort(names);
  return names;
}

} // namespace

Result<Fd> open_at(int directory, const std::string& path, int flags, mode_t mode) {
  int fd = ::openat(directory, path.c_str(), flags | O_CLOEXEC, mode);
  if (fd < 0)
    return fail_call("open", path);
  return Fd(fd);
}

Result<std::string> read_all(int fd, std::size_t limit) {
  std::string out;
  char buffer[16384];
  for (;;) {
    ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return fail_call("read", "");
    if (n == 0)
      return out;
    if (out.size() + static_cast<std::size_t>(n) > limit)
      return fail(Kind::input, "file is larger than the " + std::to_string(limit) + " bytes allowed");
    out.append(buffer, static_cast<std::size_t>(n));
  }
}

Result<std::string> read_file_at(int directory, const std::string& path, std::size_t limit) {
  Fd fd = TRY(open_at(directory, path, O_RDONLY));
  return TRY(read_all(fd.get(), limit), "read " + path);
}

Result<std::string> read_file(const std::string& path, std::size_t limit) {
  return read_file_at(AT_FDCWD, path, limit);
}

Result<std::string> read_value(const std::string& path) {
  Fd fd = TRY(open_at(AT_FDCWD, path, O_RDONLY));
  char buffer[16384];
  ssize_t n = -1;
  do
    n = ::read(fd.get(), buffer, sizeof buffer);
  while (n < 0 && errno == EINTR);
  if (n < 0)
    return fail_call("read", path);
  if (n == sizeof buffer)
    return fail(Kind::input, path + " is longer than what one read gives");
  return std::string(trim(std::string_view(buffer, static_cast<std::size_t>(n))));
}

Result<> write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return fail_call("write", "");
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

Result<> write_file_atomically(const std::string& path, std::string_view bytes, mode_t mode, bool durable) {
  std::string temporary = path + ".tmp" + std::to_string(::getpid());
  Fd fd = TRY(open_at(AT_FDCWD, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode));
  Result<> written = write_all(fd.get(), bytes);
  if (written && durable && ::fsync(fd.get()) != 0)
    written = fail_call("fsync", temporary);
  if (written && ::rename(temporary.c_str(), path.c_str()) != 0)
    written = fail_call("rename", path);
  if (!written) {
    ::unlink(temporary.c_str());
    return std::unexpected(while_doing(std::move(written).error(), "write " + path));
  }
  if (durable) {
    std::size_t slash = path.rfind('/');
    Fd parent =
        TRY(open_at(AT_FDCWD, slash == std::string::npos ? "." : path.substr(0, slash + 1), O_RDONLY | O_DIRECTORY));
    if (::fsync(parent.get()) != 0)
      return fail_call("fsync", path);
  }
  return {};
}

Result<> write_new_file(const std::string& path, std::initializer_list<std::string_view> parts) {
  Fd file = TRY(open_at(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, 0600));
  for (std::string_view part : parts)
    TRY(write_all(file.get(), part));
  return {};
}

Result<std::vector<std::string>> list_directory(const std::string& path) {
  return names_in(TRY(open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY)), path);
}

Result<> make_directories(const std::string& path, mode_t mode) {
  if (::mkdir(path.c_str(), mode) == 0 || errno == EEXIST)
    return {};
  if (errno != ENOENT)
    return fail_call("mkdir", path);
  std::size_t slash = path.find_last_of('/');
  if (slash == std::string::npos || slash == 0)
    return fail_call("mkdir", path);
  TRY(make_directories(path.substr(0, slash), mode));
  if (::mkdir(path.c_str(), mode) != 0 && errno != EEXIST)
    return fail_call("mkdir", path);
  return {};
}

namespace {

// Directories deeper than this are moved up to the top first and removed from there: a tree that somebody made deep on
// purpose takes neither all our descriptors nor our stack.
constexpr unsigned kDeepest = 64;

struct Removal {
  int top = -1;
  dev_t device = 0;
  unsigned moved = 0;
};

Result<> move_up(Removal& removal, int directory, const std::string& name) {
  for (;;) {
    std::string place = "deep-" + std::to_string(removal.moved++);
    if (::renameat(directory, name.c_str(), removal.top, place.c_str()) == 0 || errno == ENOENT)
      return {};
    if (errno != EEXIST && errno != ENOTEMPTY && errno != ENOTDIR)
      return fail_call("rename", name);
  }
}

// Nothing where there is no directory of that name (any more).
Result<std::optional<Fd>> unlink_or_open(int directory, const std::string& name) {
  if (::unlinkat(directory, name.c_str(), 0) == 0 || errno == ENOENT)
    return std::optional<Fd>();
  if (errno != EISDIR && errno != EPERM)
    return fail_call("unlink", name);
  Result<Fd> out = open_at(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (out)
    return std::optional<Fd>(std::move(*out));
  if (out.error().number == ENOENT) // somebody else removes it, too
    return std::optional<Fd>();
  return std::unexpected(std::move(out).error());
}

Result<std::vector<std::string>> names_of(const Fd& directory, const std::string& path) {
  return names_in(TRY(open_at(directory.get(), ".", O_RDONLY | O_DIRECTORY)), path);
}

Result<> remove_below(Removal& removal, int directory, const std::string& name, unsigned depth) {
  std::optional<Fd> self = TRY(unlink_or_open(directory, name));
  if (!self)
    return {};
  struct stat status{};
  if (::fstat(self->get(), &status) != 0)
    return fail_call("fstat", name);
  if (status.st_dev != removal.device)
    return fail(Kind::state, name + " is on another file system; it is not removed");
  if (depth == kDeepest) {
    self.reset();
    return move_up(removal, directory, name);
  }
  const std::vector<std::string> children = TRY(names_of(*self, name));
  for (const std::string& child : children)
    TRY(remove_below(removal, self->get(), child, depth + 1));
  if (::unlinkat(directory, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT)
    return fail_call("rmdir", name);
  return {};
}

} // namespace

Result<> remove_tree_at(int directory, const std::string& name) {
  std::optional<Fd> top = TRY(unlink_or_open(directory, name));
  if (!top)
    return {};
  struct stat status{};
  if (::fstat(top->get(), &status) != 0)
    return fail_call("fstat", name);
  Removal removal{top->get(), status.st_dev, 0};
  for (unsigned before = 1; before != removal.moved;) {
    before = removal.moved;
    const std::vector<std::string> children = TRY(names_of(*top, name));
    for (const std::string& child : children)
      TRY(remove_below(removal, top->get(), child, 1));
  }
  if (::unlinkat(directory, name.c_str(), AT_REMOVEDIR) != 0 && errno != ENOENT)
    return fail_call("rmdir", name);
  return {};
}

bool exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

Result<std::string> read_link(const std::string& path) {
  std::string out(4096, '\0');
  ssize_t n = ::readlink(path.c_str(), out.data(), out.size());
  if (n < 0)
    return fail_call("readlink", path);
  out.resize(static_cast<std::size_t>(n));
  return out;
}

Result<Fd> lock_file(const std::string& path) {
  Fd fd = TRY(open_at(AT_FDCWD, path, O_RDWR | O_CREAT, 0600));
  while (::flock(fd.get(), LOCK_EX) != 0)
    if (errno != EINTR)
      return fail_call("flock", path);
  return fd;
}

Result<Fd> try_lock_file(const std::string& path) {
  Fd fd = TRY(open_at(AT_FDCWD, path, O_RDWR | O_CREAT, 0600));
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) == 0)
    return fd;
  if (errno == EWOULDBLOCK)
    return Fd();
  return fail_call("flock", path);
}

} // namespace phial
