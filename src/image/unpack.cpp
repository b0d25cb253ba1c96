#include "image/unpack.hpp"

#include "base/file.hpp"
#include "base/text.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <algorithm>

namespace phial::image {

namespace {

constexpr std::size_t kImpliedLimit = 10'000;
constexpr mode_t kImpliedMode = 0755;

struct PathParts {
  std::string_view parent; // "" is the root
  std::string name;
};

PathParts parts_of(std::string_view clean) {
  std::size_t slash = clean.rfind('/');
  if (slash == std::string_view::npos)
    return {"", std::string(clean)};
  return {clean.substr(0, slash), std::string(clean.substr(slash + 1))};
}

bool is_whiteout(const struct stat& status) {
  return S_ISCHR(status.st_mode) && status.st_rdev == makedev(0, 0);
}

// What a directory shall look like in the end: set last, as making its children changes its times, and a mode without
// write permission would keep an ordinary user from making them.
struct Later {
  std::string path;
  std::uint32_t mode;
  timespec mtime;
};

class Unpacker {
public:
  Unpacker(TarReader& tar, int root, const UnpackLimits& limits)
      : tar_(tar), root_(root), limits_(limits), privileged_(::geteuid() == 0) {}

  Result<UnpackReport> run();

private:
  Result<> place(const TarEntry& entry);
  Result<> place_root(const TarEntry& entry);
  Result<> whiteout(const TarEntry& entry, const std::string& path, const WhiteoutName& what);
  Result<> make(const TarEntry& entry, int parent, const std::string& name);
  Result<> make_file(const TarEntry& entry, int parent, const std::string& name);
  Result<> make_link(const TarEntry& entry, int parent, const std::string& name);
  Result<> make_node(const TarEntry& entry, int parent, const std::string& name);
  Result<> make_directory(const TarEntry& entry, int parent, const std::string& name, bool opaque);
  Result<> write_payload(const TarEntry& entry, int fd);
  Result<> clear(int parent, const std::string& name, bool& opaque, bool keep_directory);

  Result<> own(int parent, const std::string& name, const TarEntry& entry);
  Result<> set_xattrs(const TarEntry& entry, int fd, int parent, const std::string& name);
  Result<> set_opaque(int fd);
  Result<> finish_directories();

  Result<Fd> open_in(std::string_view path, std::uint64_t flags);
  Result<> check_depth(int fd);
  Result<Fd> open_or_make(std::string_view path);
  Result<int> directory(std::string_view path);
  void forget_directory() { cached_.reset(); }

  TarReader& tar_;
  int root_;
  UnpackLimits limits_;
  bool privileged_;
  UnpackReport report_;
  std::vector<Later> later_;
  bool root_seen_ = false;
  Fd cached_; // the directory of the entry before
  std::string cached_path_;
};

timespec mtime_of(const TarEntry& entry) {
  return {entry.mtime, static_cast<long>(entry.mtime_nanoseconds)};
}

// Names cannot leave the root: the kernel resolves them as in a chroot, without magic links or other mounts.
Result<Fd> Unpacker::open_in(std::string_view path, std::uint64_t flags) {
  open_how how{};
  how.flags = flags | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS;
  std::string name(path.empty() ? "." : path);
  Fd fd(static_cast<int>(::syscall(SYS_openat2, root_, name.c_str(), &how, sizeof how)));
  if (fd)
    return fd;
  if (errno != ELOOP || (flags & O_NOFOLLOW) != 0)
    return fail_call("openat2", path);
  how.resolve &= ~std::uint64_t{RESOLVE_NO_SYMLINKS};
  fd = Fd(static_cast<int>(::syscall(SYS_openat2, root_, name.c_str(), &how, sizeof how)));
  if (!fd)
    return fail_call("openat2", path);
  TRY(check_depth(fd.get()));
  return fd;
}

// A directory that was reached through links can be deeper than its name says; what is too deep could not be removed.
Result<> Unpacker::check_depth(int fd) {
  struct stat root{};
  if (::fstat(root_, &root) != 0)
    return fail_call("fstat", "/");
  Fd at = TRY(duplicate(fd));
  for (std::size_t depth = 0; depth <= limits_.depth; ++depth) {
    struct stat status{};
    if (::fstat(at.get(), &status) != 0)
      return fail_call("fstat", "");
    if (status.st_ino == root.st_ino && status.st_dev == root.st_dev)
      return {};
    at = TRY(open_at(at.get(), "..", O_PATH | O_DIRECTORY));
  }
  return fail(Kind::input, "the layer is more than " + std::to_string(limits_.depth) + " directories deep");
}

Result<Fd> Unpacker::open_or_make(std::string_view path) {
  Result<Fd> there = open_in(path, O_PATH | O_DIRECTORY);
  if (there || path.empty() || (there.error().number != ENOENT && there.error().number != ENOTDIR))
    return there;
  PathParts parts = parts_of(path);
  Fd parent = TRY(open_or_make(parts.parent));
  bool opaque = false;
  if (there.error().number == ENOTDIR) {
    struct stat status{};
    if (::fstatat(parent.get(), parts.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && !is_whiteout(status))
      return fail(Kind::input, "the layer has entries below \"" + std::string(path) + "\", which is no directory");
    // Hidden first and then filled: what lies below in other layers stays hidden.
    opaque = ::unlinkat(parent.get(), parts.name.c_str(), 0) == 0;
  }
  if (::mkdirat(parent.get(), parts.name.c_str(), kImpliedMode) != 0) {
    if (errno == EEXIST)
      return fail(Kind::input, "the layer has entries below \"" + std::string(path) + "\", a link that leads nowhere");
    return fail_call("mkdirat", path);
  }
  if (report_.implied.size() >= kImpliedLimit)
    return fail(Kind::input, "the layer has too many directories without entries of their own");
  report_.implied.emplace_back(path);
  if (opaque)
    TRY(set_opaque(TRY(open_at(parent.get(), parts.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)).get()));
  return open_in(path, O_PATH | O_DIRECTORY);
}

// The directory of an entry, made where the archive has none for it. Consecutive entries mostly share it.
Result<int> Unpacker::directory(std::string_view path) {
  if (path.empty())
    return root_;
  if (!cached_ || cached_path_ != path) {
    cached_ = TRY(open_or_make(path));
    cached_path_ = path;
  }
  return cached_.get();
}

// Takes away what an earlier entry put there. `opaque` is set where that was a whiteout.
Result<> Unpacker::clear(int parent, const std::string& name, bool& opaque, bool keep_directory) {
  struct stat status{};
  if (::fstatat(parent, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0)
    return errno == ENOENT ? Result<>() : fail_call("fstatat", name);
  opaque = is_whiteout(status);
  if (S_ISDIR(status.st_mode)) {
    if (keep_directory)
      return {};
    // The cached directory may be the one that goes, or lie in it; `parent` stays open where it is the root only.
    Fd keep = TRY(duplicate(parent));
    forget_directory();
    return remove_tree_at(keep.get(), name);
  }
  if (::unlinkat(parent, name.c_str(), 0) != 0)
    return fail_call("unlinkat", name);
  return {};
}

Result<> Unpacker::own(int parent, const std::string& name, const TarEntry& entry) {
  if (privileged_ && ::fchownat(parent, name.c_str(), entry.uid, entry.gid, AT_SYMLINK_NOFOLLOW) != 0)
    return fail_call("fchownat", name);
  return {};
}

Result<> Unpacker::set_opaque(int fd) {
  const char* attribute = privileged_ ? "trusted.overlay.opaque" : "user.overlay.opaque";
  if (::fsetxattr(fd, attribute, "y", 1, 0) != 0)
    return fail_call("fsetxattr", attribute);
  return {};
}

// On `fd`, or on parent/name where that is no file or directory.
Result<> Unpacker::set_xattrs(const TarEntry& entry, int fd, int parent, const std::string& name) {
  for (const auto& [key, value] : entry.xattrs) {
    // Overlayfs believes these; a layer's author must not write them. Labels belong to the machine.
    if (key.starts_with("trusted.overlay.") || key.starts_with("user.overlay.") || key == "security.selinux")
      continue;
    int done = 0;
    if (fd >= 0) {
      done = ::fsetxattr(fd, key.c_str(), value.data(), value.size(), 0);
    } else {
      if (::fchdir(parent) != 0)
        return fail_call("fchdir", "");
      done = ::lsetxattr(name.c_str(), key.c_str(), value.data(), value.size(), 0);
    }
    if (done == 0)
      continue;
    bool must = privileged_ && key == "security.capability";
    if (must || (errno != ENOTSUP && errno != EPERM && errno != EINVAL && errno != EACCES))
      return fail_call("setxattr", key);
    ++report_.skipped;
  }
  return {};
}

Result<> Unpacker::write_payload(const TarEntry& entry, int fd) {
  std::size_t segment = 0;
  std::uint64_t at = entry.sparse && !entry.segments.empty() ? entry.segments[0].offset : 0;
  for (;;) {
    std::string_view piece = TRY(tar_.data());
    if (piece.empty())
      break;
    while (!piece.empty()) {
      std::size_t count = piece.size();
      if (entry.sparse) {
        while (at == entry.segments[segment].offset + entry.segments[segment].length)
          at = entry.segments[++segment].offset;
        count = std::min<std::uint64_t>(count, entry.segments[segment].offset + entry.segments[segment].length - at);
      }
      ssize_t n = ::pwrite(fd, piece.data(), count, static_cast<off_t>(at));
      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return fail_call("write", entry.name);
      piece.remove_prefix(static_cast<std::size_t>(n));
      at += static_cast<std::uint64_t>(n);
    }
  }
  if (entry.sparse && ::ftruncate(fd, static_cast<off_t>(entry.size)) != 0)
    return fail_call("ftruncate", entry.name);
  return {};
}

// Owner first, as chown clears set-id bits and file capabilities; times last, as everything else changes them.
Result<> Unpacker::make_file(const TarEntry& entry, int parent, const std::string& name) {
  if (limits_.bytes > 0 && entry.size > limits_.bytes - std::min(limits_.bytes, report_.bytes))
    return fail(Kind::input, "the layer unpacks to more than the " + std::to_string(limits_.bytes) + " bytes allowed");
  report_.bytes += entry.size;
  Fd fd = TRY(open_at(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
  TRY(write_payload(entry, fd.get()));
  if (privileged_ && ::fchown(fd.get(), entry.uid, entry.gid) != 0)
    return fail_call("fchown", entry.name);
  if (::fchmod(fd.get(), entry.mode) != 0)
    return fail_call("fchmod", entry.name);
  TRY(set_xattrs(entry, fd.get(), -1, name));
  const timespec times[2]{mtime_of(entry), mtime_of(entry)};
  if (::futimens(fd.get(), times) != 0)
    return fail_call("utimensat", entry.name);
  return {};
}

Result<> Unpacker::make_link(const TarEntry& entry, int parent, const std::string& name) {
  auto refuse = [&](const std::string& why) {
    return fail(Kind::input,
                "the layer's entry \"" + entry.name + "\" is a hard link to \"" + entry.link + "\", " + why);
  };
  std::string target = TRY(clean_name(entry.link, limits_));
  if (target.empty())
    return refuse("the root");
  PathParts parts = parts_of(target);
  Result<Fd> source = open_in(parts.parent, O_PATH | O_DIRECTORY);
  struct stat status{};
  if (!source || ::fstatat(source->get(), parts.name.c_str(), &status, AT_SYMLINK_NOFOLLOW) != 0 || is_whiteout(status))
    return refuse("which this layer does not have");
  if (S_ISDIR(status.st_mode))
    return refuse("a directory");
  if (::linkat(source->get(), parts.name.c_str(), parent, name.c_str(), 0) != 0)
    return fail_call("linkat", entry.name);
  return {};
}

Result<> Unpacker::make_node(const TarEntry& entry, int parent, const std::string& name) {
  if (entry.type == TarType::symlink) {
    if (entry.link.empty() || entry.link.size() > 4095)
      return fail(Kind::input, "the layer's symbolic link \"" + entry.name + "\" leads to a name that cannot be");
    if (::symlinkat(entry.link.c_str(), parent, name.c_str()) != 0)
      return fail_call("symlinkat", entry.name);
  } else {
    mode_t type = entry.type == TarType::character ? S_IFCHR : entry.type == TarType::block ? S_IFBLK : S_IFIFO;
    dev_t device = makedev(entry.device_major, entry.device_minor);
    if (type == S_IFCHR && device == makedev(0, 0))
      return fail(Kind::input,
                  "the layer's entry \"" + entry.name + "\" is a character device 0:0, which forges a whiteout");
    // allow naked-mount: a layer's own node, in the store
    if (::mknodat(parent, name.c_str(), type | (entry.mode & 07777), type == S_IFIFO ? 0 : device) != 0) {
      if (errno != EPERM || privileged_)
        return fail_call("mknodat", entry.name);
      ++report_.skipped;
      return {};
    }
  }
  TRY(own(parent, name, entry));
  // chown took the set-id bits; the node is one that we just made, so no link is followed.
  if (entry.type != TarType::symlink && ::fchmodat(parent, name.c_str(), entry.mode, 0) != 0)
    return fail_call("fchmodat", entry.name);
  TRY(set_xattrs(entry, -1, parent, name));
  const timespec times[2]{mtime_of(entry), mtime_of(entry)};
  if (::utimensat(parent, name.c_str(), times, AT_SYMLINK_NOFOLLOW) != 0)
    return fail_call("utimensat", entry.name);
  return {};
}

Result<> Unpacker::make_directory(const TarEntry& entry, int parent, const std::string& name, bool opaque) {
  if (::mkdirat(parent, name.c_str(), 0700) != 0 && errno != EEXIST)
    return fail_call("mkdirat", entry.name);
  Fd fd = TRY(open_at(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  if (privileged_ && ::fchown(fd.get(), entry.uid, entry.gid) != 0)
    return fail_call("fchown", entry.name);
  TRY(set_xattrs(entry, fd.get(), -1, name));
  if (opaque)
    TRY(set_opaque(fd.get()));
  return {};
}

Result<> Unpacker::make(const TarEntry& entry, int parent, const std::string& name) {
  switch (entry.type) {
  case TarType::file: return make_file(entry, parent, name);
  case TarType::hard_link: return make_link(entry, parent, name);
  default: return make_node(entry, parent, name);
  }
}

// The root is a directory whatever the archive says (a link there would lead everything after it elsewhere).
Result<> Unpacker::place_root(const TarEntry& entry) {
  if (entry.type != TarType::directory)
    return fail(Kind::input, "the layer's entry \"" + entry.name + "\" is the root, and no directory");
  Fd fd = TRY(open_in("", O_RDONLY | O_DIRECTORY));
  if (privileged_ && ::fchown(fd.get(), entry.uid, entry.gid) != 0)
    return fail_call("fchown", "/");
  TRY(set_xattrs(entry, fd.get(), -1, ""));
  later_.push_back({"", entry.mode, mtime_of(entry)});
  root_seen_ = true;
  return {};
}

Result<> Unpacker::whiteout(const TarEntry& entry, const std::string& path, const WhiteoutName& what) {
  int parent = TRY(directory(parts_of(path).parent));
  if (what.kind == Whiteout::opaque) {
    Fd fd = TRY(open_at(parent, ".", O_RDONLY | O_DIRECTORY));
    return set_opaque(fd.get());
  }
  struct stat status{};
  if (::fstatat(parent, what.hides.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0) {
    // The layer has something of that name itself: a whiteout is about the layers below.
    if (!S_ISDIR(status.st_mode))
      return {};
    Fd fd = TRY(open_at(parent, what.hides, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    return set_opaque(fd.get());
  }
  // allow naked-mount: a layer's own node, in the store
  if (::mknodat(parent, what.hides.c_str(), S_IFCHR, makedev(0, 0)) != 0)
    return fail_call("mknodat", entry.name);
  return {};
}

Result<> Unpacker::place(const TarEntry& entry) {
  std::string path = TRY(clean_name(entry.name, limits_));
  if (path.empty())
    return place_root(entry);
  WhiteoutName what = TRY(whiteout_of(path));
  if (what.kind == Whiteout::ignored)
    return {};
  if (what.kind != Whiteout::none)
    return whiteout(entry, path, what);
  PathParts parts = parts_of(path);
  bool is_directory = entry.type == TarType::directory;
  // A hard link to itself, as some archivers write for files met twice, would take its own target away.
  if (entry.type == TarType::hard_link && TRY(clean_name(entry.link, limits_)) == path)
    return {};
  bool opaque = false;
  TRY(clear(TRY(directory(parts.parent)), parts.name, opaque, is_directory));
  int parent = TRY(directory(parts.parent));
  if (!is_directory)
    return make(entry, parent, parts.name);
  later_.push_back({path, entry.mode, mtime_of(entry)});
  return make_directory(entry, parent, parts.name, opaque);
}

Result<> Unpacker::finish_directories() {
  forget_directory();
  for (const Later& later : later_) {
    Result<Fd> fd = open_in(later.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    if (!fd)
      continue; // a later entry of that name was something else
    if (::fchmod(fd->get(), privileged_ ? later.mode : later.mode | 0700) != 0)
      return fail_call("fchmod", later.path);
    const timespec times[2]{later.mtime, later.mtime};
    if (::futimens(fd->get(), times) != 0)
      return fail_call("utimensat", later.path);
  }
  return {};
}

Result<UnpackReport> Unpacker::run() {
  TarEntry entry;
  while (TRY(tar_.next(entry))) {
    if (++report_.entries > limits_.entries)
      return fail(Kind::input, "the layer has more than " + std::to_string(limits_.entries) + " entries");
    TRY(place(entry), "unpack \"" + entry.name.substr(0, 300) + "\"");
  }
  TRY(finish_directories());
  if (!root_seen_)
    report_.implied.insert(report_.implied.begin(), "");
  return std::move(report_);
}

} // namespace

Result<UnpackReport> unpack(TarReader& tar, int root, const UnpackLimits& limits) {
  return Unpacker(tar, root, limits).run();
}

} // namespace phial::image
