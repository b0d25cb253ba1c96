#include "runtime/root_view.hpp"

#include "base/file.hpp"
#include "base/text.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

namespace phial::runtime {

namespace {

constexpr int kMaxLinks = 40; // the kernel's
constexpr std::size_t kMaxNames = 20000;

bool has(const std::vector<std::string>& options, std::string_view word) {
  return std::ranges::find(options, word) != options.end();
}

bool no_exec_of(const spec::Mount& mount) {
  bool out = false;
  for (const std::string& option : mount.options)
    out = option == "noexec" || option == "rnoexec" || (out && option != "exec" && option != "rexec");
  return out;
}

RootMount::Type type_of(const spec::Mount& mount) {
  if (mount.type == "bind" || has(mount.options, "bind") || has(mount.options, "rbind"))
    return RootMount::Type::bind;
  bool known = mount.type == "tmpfs" && mount.destination != "/dev" && !has(mount.options, "tmpcopyup");
  return known ? RootMount::Type::empty : RootMount::Type::hidden;
}

// The last name first, as they are taken from the back.
void push_names(std::vector<std::string>& pending, std::string_view path) {
  if (path.ends_with('/'))
    pending.emplace_back("."); // wants a directory
  std::vector<std::string_view> names = split(path, '/');
  for (auto name = names.rbegin(); name != names.rend(); ++name)
    if (!name->empty())
      pending.emplace_back(*name);
}

// The errno.
int read_link(int fd, std::string& text) {
  text.resize(PATH_MAX);
  ssize_t n = ::readlinkat(fd, "", text.data(), text.size());
  int number = n < 0 ? errno : 0;
  text.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
  return number;
}

} // namespace

std::vector<RootMount> root_mounts(const spec::Spec& spec) {
  std::vector<RootMount> out;
  out.reserve(spec.mounts.size());
  for (const spec::Mount& mount : spec.mounts)
    out.push_back({mount.destination, type_of(mount), mount.source, no_exec_of(mount)});
  return out;
}

bool may_execute(const Accessor& who, const struct stat& status) {
  if (who.overrides)
    return S_ISDIR(status.st_mode) || (status.st_mode & 0111) != 0;
  if (who.uid == status.st_uid)
    return (status.st_mode & 0100) != 0;
  if (who.gid == status.st_gid || std::ranges::find(who.groups, status.st_gid) != who.groups.end())
    return (status.st_mode & 0010) != 0;
  return (status.st_mode & 0001) != 0;
}

bool means_nothing_there(int number) {
  return number == 0 || number == ENOENT || number == ENOTDIR || number == EACCES || number == ELOOP ||
         number == ENAMETOOLONG;
}

struct RootView::Place {
  Fd fd; // empty: of a new tmpfs
  std::string path;
  struct stat status{};
  const RootMount* mount = nullptr;
};

// The spec's destinations may lead over links of the image: each is resolved among those before it, as the init does.
RootView::RootView(Fd root, std::vector<RootMount> mounts) : root_(std::move(root)) {
  mounts_.reserve(mounts.size());
  for (RootMount& mount : mounts) {
    Looked target = look(mount.destination);
    if (unseen_ == 0 && !target.hidden && !means_nothing_there(target.number))
      unseen_ = target.number;
    if (target.is_there())
      mount.destination = target.path;
    else
      while (mount.destination.size() > 1 && mount.destination.ends_with('/'))
        mount.destination.pop_back();
    mounts_.push_back(std::move(mount));
  }
}

const RootMount* RootView::mount_at(std::string_view path) const {
  const RootMount* out = nullptr;
  for (const RootMount& mount : mounts_)
    if (mount.destination == path)
      out = &mount;
  return out;
}

// One name further: the descriptor and status of `next`, whose path and mount are set. The errno.
int RootView::enter(const Place& here, const std::string& name, const RootMount* mount, Place& next) {
  if (mount != nullptr && mount->type == RootMount::Type::empty) {
    next.status.st_mode = S_IFDIR | 01777;
    return 0;
  }
  if (mount != nullptr)
    next.fd = Fd(::open(mount->source.c_str(), O_PATH | O_CLOEXEC));
  else if (here.fd)
    next.fd = Fd(::openat(here.fd.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC));
  else
    return ENOENT;
  return next.fd && ::fstat(next.fd.get(), &next.status) == 0 ? 0 : errno;
}

// Takes one name off `pending`; sets out.number or out.hidden where it goes no further.
void RootView::step(Looked& out, std::vector<std::string>& pending, std::vector<Place>& places, bool mounts) const {
  std::string name = std::move(pending.back());
  pending.pop_back();
  Place& here = places.back();
  if (name == ".")
    return;
  if (name == "..") {
    if (places.size() > 1)
      places.pop_back();
    return;
  }
  Place next;
  next.path = here.path + (here.path == "/" ? "" : "/") + name;
  out.path = next.path;
  const RootMount* mount = mounts ? mount_at(next.path) : nullptr;
  next.mount = mount != nullptr ? mount : here.mount;
  out.hidden = mount != nullptr && mount->type == RootMount::Type::hidden;
  if (out.hidden)
    return;
  out.number = enter(here, name, mount, next);
  if (out.number != 0)
    return;
  if (!S_ISLNK(next.status.st_mode)) {
    places.push_back(std::move(next));
    return;
  }
  out.link = next.path;
  out.number = read_link(next.fd.get(), out.link_target);
  if (out.number != 0)
    return;
  if (out.link_target.starts_with('/'))
    places.resize(1);
  push_names(pending, out.link_target);
  if (++out.links > kMaxLinks)
    out.number = ELOOP;
}

Looked RootView::look(std::string_view path, std::string_view directory, const Accessor& who, bool mounts) const {
  Looked out;
  std::vector<std::string> pending;
  push_names(pending, path);
  if (!path.starts_with('/'))
    push_names(pending, directory);
  std::vector<Place> places(1);
  places[0].path = "/";
  if (Result<Fd> root = duplicate(root_.get()); root)
    places[0].fd = std::move(*root);
  else
    out.number = root.error().number;
  if (out.number == 0 && ::fstat(places[0].fd.get(), &places[0].status) != 0)
    out.number = errno;
  while (out.number == 0 && !out.hidden && !pending.empty()) {
    const Place& here = places.back();
    out.path = here.path;
    if (!S_ISDIR(here.status.st_mode)) {
      out.number = ENOTDIR;
      break;
    }
    if (out.barrier.empty() && !may_execute(who, here.status)) {
      out.barrier = here.path;
      out.barrier_status = here.status;
    }
    step(out, pending, places, mounts);
  }
  Place& last = places.back();
  out.mount = last.mount;
  if (!out.is_there())
    return out;
  out.path = last.path;
  out.status = last.status;
  out.place = std::move(last.fd);
  struct statfs filesystem{};
  if (last.mount != nullptr)
    out.no_exec = last.mount->no_exec;
  else if (live_ && ::fstatfs(out.place.get(), &filesystem) == 0)
    out.no_exec = (filesystem.f_flags & ST_NOEXEC) != 0;
  return out;
}

ReadAt RootView::reader(const Looked& looked) {
  Fd file;
  if (looked.place && S_ISREG(looked.status.st_mode))
    file =
        Fd(::open(("/proc/self/fd/" + std::to_string(looked.place.get())).c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  return [shared = std::make_shared<Fd>(std::move(file))](std::uint64_t offset, std::size_t size) {
    std::string out(size, '\0');
    std::size_t done = 0;
    while (*shared && done < size && offset <= INT64_MAX - size) {
      ssize_t n = ::pread(shared->get(), out.data() + done, size - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        break;
      done += static_cast<std::size_t>(n);
    }
    out.resize(done);
    return out;
  };
}

std::vector<std::string> RootView::names(std::string_view directory) const {
  std::vector<std::string> out;
  Looked found = look(directory);
  if (!found.is_there() || !found.place || !S_ISDIR(found.status.st_mode))
    return out;
  int fd = ::openat(found.place.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* stream = fd < 0 ? nullptr : ::fdopendir(fd);
  if (stream == nullptr) {
    if (fd >= 0)
      ::close(fd);
    return out;
  }
  while (const dirent* entry = out.size() < kMaxNames ? ::readdir(stream) : nullptr) {
    std::string_view name = entry->d_name;
    if (name != "." && name != "..")
      out.emplace_back(name);
  }
  ::closedir(stream);
  return out;
}

} // namespace phial::runtime
