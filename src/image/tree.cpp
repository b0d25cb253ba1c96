#include "image/tree.hpp"

#include "base/file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>
#include <map>

namespace phial::image {

namespace {

class Walker {
public:
  Walker(TarWriter& tar, const std::function<void(std::string_view)>& note) : tar_(tar), note_(note) {}

  Result<> start(int root);

private:
  Result<> directory(int fd, const std::string& path);
  Result<> entry(int parent, const std::string& name, const std::string& path);
  Result<> file(int parent, const std::string& name, TarEntry& entry);
  Result<> payload(int fd, std::uint64_t offset, std::uint64_t length, const std::string& path);

  TarWriter& tar_;
  const std::function<void(std::string_view)>& note_;
  dev_t device_ = 0;
  std::map<std::pair<dev_t, ino_t>, std::string> linked_;
};

std::string by_descriptor(int fd) {
  return "/proc/self/fd/" + std::to_string(fd);
}

TarEntry entry_of(const struct stat& status, std::string path) {
  TarEntry out;
  out.name = std::move(path);
  out.mode = status.st_mode & 07777;
  out.uid = status.st_uid;
  out.gid = status.st_gid;
  out.mtime = status.st_mtim.tv_sec;
  out.mtime_nanoseconds = static_cast<std::uint32_t>(status.st_mtim.tv_nsec);
  return out;
}

// `path` names the file itself (through /proc/self/fd for an open one); a link at its end is not followed where `link`.
Result<> read_xattrs(const std::string& path, bool link, TarEntry& entry) {
  std::string names(65536, '\0');
  ssize_t size = link ? ::llistxattr(path.c_str(), names.data(), names.size())
                      : ::listxattr(path.c_str(), names.data(), names.size());
  if (size < 0)
    return errno == ENOTSUP ? Result<>() : fail_call("listxattr", entry.name);
  names.resize(static_cast<std::size_t>(size));
  for (std::size_t at = 0; at < names.size();) {
    std::string name = names.c_str() + at;
    at += name.size() + 1;
    if (name.starts_with("trusted.overlay.") || name.starts_with("user.overlay.") || name == "security.selinux")
      continue;
    std::string value(65536, '\0');
    ssize_t n = link ? ::lgetxattr(path.c_str(), name.c_str(), value.data(), value.size())
                     : ::getxattr(path.c_str(), name.c_str(), value.data(), value.size());
    if (n < 0)
      return fail_call("getxattr", entry.name);
    value.resize(static_cast<std::size_t>(n));
    entry.xattrs.emplace_back(std::move(name), std::move(value));
  }
  std::ranges::sort(entry.xattrs);
  return {};
}

// Where a file with holes has data.
Result<std::vector<TarSegment>> segments_of(int fd, std::uint64_t size, const std::string& path) {
  std::vector<TarSegment> out;
  std::uint64_t at = 0;
  while (at < size) {
    off_t data = ::lseek(fd, static_cast<off_t>(at), SEEK_DATA);
    if (data < 0 && errno == ENXIO)
      break;
    off_t hole = data < 0 ? -1 : ::lseek(fd, data, SEEK_HOLE);
    if (hole < 0)
      return fail_call("lseek", path);
    at = std::min(static_cast<std::uint64_t>(hole), size);
    if (static_cast<std::uint64_t>(data) < at)
      out.push_back({static_cast<std::uint64_t>(data), at - static_cast<std::uint64_t>(data)});
  }
  return out;
}

Result<> Walker::payload(int fd, std::uint64_t offset, std::uint64_t length, const std::string& path) {
  RegionSource source(fd, offset, length);
  for (;;) {
    std::string_view piece = TRY(source.next(), "read " + path + ", which changed meanwhile");
    if (piece.empty())
      return {};
    TRY(tar_.write(piece));
  }
}

Result<> Walker::file(int parent, const std::string& name, TarEntry& entry) {
  Fd fd = TRY(open_at(parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0)
    return fail_call("fstat", entry.name);
  if (!S_ISREG(status.st_mode))
    return fail(Kind::state, entry.name + " was replaced while it was read");
  TRY(read_xattrs(by_descriptor(fd.get()), false, entry));
  entry.size = static_cast<std::uint64_t>(status.st_size);
  if (static_cast<std::uint64_t>(status.st_blocks) * 512 < entry.size) {
    entry.segments = TRY(segments_of(fd.get(), entry.size, entry.name));
    entry.sparse = entry.segments.size() != 1 || entry.segments[0].length != entry.size;
  }
  TRY(tar_.add(entry));
  if (!entry.sparse)
    return payload(fd.get(), 0, entry.size, entry.name);
  for (const TarSegment& segment : entry.segments)
    TRY(payload(fd.get(), segment.offset, segment.length, entry.name));
  return {};
}

Result<> Walker::entry(int parent, const std::string& name, const std::string& path) {
  struct stat status{};
  if (::fstatat(parent, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
    return fail_call("fstatat", path);
  if (name.starts_with(".wh."))
    return fail(Kind::unsupported, path + ": in an image's layer this name would mean that something is deleted",
                "rename it, or leave it out");
  if (S_ISSOCK(status.st_mode)) {
    if (note_)
      note_("Left out the socket " + path);
    return {};
  }
  TarEntry out = entry_of(status, path);
  if (S_ISDIR(status.st_mode)) {
    Fd fd = TRY(open_at(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    return directory(fd.get(), path);
  }
  if (status.st_nlink > 1) {
    auto [first, is_new] = linked_.try_emplace({status.st_dev, status.st_ino}, path);
    if (!is_new) {
      out.type = TarType::hard_link;
      out.link = first->second;
      return tar_.add(out);
    }
  }
  if (S_ISREG(status.st_mode))
    return file(parent, name, out);
  if (S_ISLNK(status.st_mode)) {
    out.type = TarType::symlink;
    out.link = TRY(read_link(by_descriptor(parent) + "/" + name));
  } else {
    out.type = S_ISCHR(status.st_mode) ? TarType::character : S_ISBLK(status.st_mode) ? TarType::block : TarType::fifo;
    if (out.type != TarType::fifo) {
      out.device_major = major(status.st_rdev);
      out.device_minor = minor(status.st_rdev);
    }
  }
  TRY(read_xattrs(by_descriptor(parent) + "/" + name, true, out));
  return tar_.add(out);
}

Result<> Walker::directory(int fd, const std::string& path) {
  struct stat status{};
  if (::fstat(fd, &status) != 0)
    return fail_call("fstat", path);
  TarEntry out = entry_of(status, (path.empty() ? "." : path) + "/");
  out.type = TarType::directory;
  TRY(read_xattrs(by_descriptor(fd), false, out));
  TRY(tar_.add(out));
  if (status.st_dev != device_)
    return {};
  for (const std::string& name : TRY(list_directory(by_descriptor(fd)), path))
    TRY(entry(fd, name, path.empty() ? name : path + "/" + name));
  return {};
}

Result<> Walker::start(int root) {
  struct stat status{};
  if (::fstat(root, &status) != 0)
    return fail_call("fstat", "");
  device_ = status.st_dev;
  return directory(root, "");
}

} // namespace

Result<> write_tree(int root, TarWriter& tar, const std::function<void(std::string_view)>& note) {
  TRY(Walker(tar, note).start(root));
  return tar.finish();
}

} // namespace phial::image
