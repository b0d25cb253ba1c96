#include "image/archive.hpp"

#include "base/file.hpp"
#include "base/text.hpp"
#include "image/layer.hpp"
#include "image/tar.hpp"
#include "image/unpack.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>

namespace phial::image {

namespace {

constexpr std::size_t kFiles = 100'000;
constexpr int kLinks = 8;

// "a/b/../c" of a link, without leaving the archive; empty where it would.
std::string resolve_link(std::string_view from, std::string_view link) {
  std::vector<std::string> parts;
  auto add = [&](std::string_view path) {
    for (std::string_view part : split(path, '/')) {
      if (part == ".." && parts.empty())
        return false;
      if (part == "..")
        parts.pop_back();
      else if (!part.empty() && part != ".")
        parts.emplace_back(part);
    }
    return true;
  };
  std::size_t slash = from.rfind('/');
  bool inside = add(slash == std::string_view::npos ? "" : from.substr(0, slash)) && add(link);
  return inside ? join(parts, "/") : std::string();
}

Result<bool> is_compressed(int fd) {
  std::array<char, 8> beginning{};
  ssize_t n = ::pread(fd, beginning.data(), beginning.size(), 0);
  if (n < 0)
    return fail_call("pread", "");
  return compression_of(std::string_view(beginning.data(), static_cast<std::size_t>(n))) != Compression::none;
}

} // namespace

Result<Archive> Archive::open(const std::string& path, const Staging& staging, const Progress& progress) {
  Archive out;
  out.label_ = path == "-" ? "standard input" : path;
  out.file_ = path == "-" ? TRY(duplicate(STDIN_FILENO)) : TRY(open_at(AT_FDCWD, path, O_RDONLY));
  struct stat status{};
  if (::fstat(out.file_.get(), &status) != 0)
    return fail_call("fstat", path);
  if (S_ISDIR(status.st_mode)) {
    out.directory_ = true;
    return out;
  }
  if (path == "-" && ::isatty(STDIN_FILENO) == 1)
    return fail(Kind::usage, "standard input is a terminal", "redirect an archive to it, or name a file");
  bool seekable = S_ISREG(status.st_mode) && ::lseek(out.file_.get(), 0, SEEK_CUR) == 0;
  if (!seekable || TRY(is_compressed(out.file_.get()))) {
    if (progress)
      progress("Reading " + out.label_);
    Fd spooled = TRY(open_at(AT_FDCWD, staging.path() + "/archive", O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
    FdSource source(out.file_.get());
    TRY(spool(source, spooled.get()), "read " + out.label_);
    out.file_ = std::move(spooled);
  }
  TRY(out.index(), "read " + out.label_);
  return out;
}

Result<> Archive::index() {
  struct stat status{};
  if (::fstat(file_.get(), &status) != 0)
    return fail_call("fstat", label_);
  if (status.st_size == 0)
    return fail(Kind::input, "the archive is empty");
  RegionSource source(file_.get(), 0, static_cast<std::uint64_t>(status.st_size));
  TarReader tar(source);
  TarEntry entry;
  while (TRY(tar.next(entry))) {
    std::string name = TRY(clean_name(entry.name, {}));
    if (places_.size() >= kFiles)
      return fail(Kind::input, "the archive has more than " + std::to_string(kFiles) + " files");
    if (entry.type == TarType::file && !entry.sparse)
      places_[name] = {tar.payload_offset(), tar.payload_size(), ""};
    else if (entry.type == TarType::symlink || entry.type == TarType::hard_link)
      if (std::string target = resolve_link(entry.type == TarType::symlink ? name : "", entry.link); !target.empty())
        places_[name] = {0, 0, std::move(target)};
  }
  return {};
}

const Archive::Place* Archive::find(std::string name) const {
  for (int i = 0; i < kLinks; ++i) {
    auto at = places_.find(name);
    if (at == places_.end())
      return nullptr;
    if (at->second.link.empty())
      return &at->second;
    name = at->second.link;
  }
  return nullptr;
}

bool Archive::has(const std::string& name) const {
  return directory_ ? member(name).has_value() : find(name) != nullptr;
}

Result<Archive::Member> Archive::member(const std::string& name) const {
  Member out;
  if (!directory_) {
    const Place* place = find(name);
    if (place == nullptr)
      return fail(Kind::input, label_ + " has no " + name);
    out.size = place->size;
    out.source = std::make_unique<RegionSource>(file_.get(), place->offset, place->size);
    return out;
  }
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  out.own = Fd(static_cast<int>(::syscall(SYS_openat2, file_.get(), name.c_str(), &how, sizeof how)));
  struct stat status{};
  if (!out.own || ::fstat(out.own.get(), &status) != 0 || !S_ISREG(status.st_mode))
    return fail(Kind::input, label_ + " has no file " + name);
  out.size = static_cast<std::uint64_t>(status.st_size);
  out.source = std::make_unique<RegionSource>(out.own.get(), 0, out.size);
  return out;
}

Result<std::string> Archive::read(const std::string& name, std::size_t limit) const {
  Member file = TRY(member(name));
  if (file.size > limit)
    return fail(Kind::input, label_ + ": " + name + " has " + std::to_string(file.size) + " bytes, more than the " +
                                 std::to_string(limit) + " allowed");
  std::string out;
  for (;;) {
    std::string_view piece = TRY(file.source->next());
    if (piece.empty())
      return out;
    out += piece;
  }
}

} // namespace phial::image
