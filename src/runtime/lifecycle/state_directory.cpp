#include "runtime/lifecycle/state_directory.hpp"

#include "base/file.hpp"
#include "base/removal.hpp"
#include "program/cgroup_removal.hpp"
#include "program/host.hpp"
#include "program/journal.hpp"
#include "runtime/lifecycle/record.hpp"
#include "runtime/lifecycle/stored.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>

namespace phial::runtime {

namespace {

constexpr std::size_t kLongestId = 255; // what a file name may have

std::unexpected<Error> taken() {
  return fail(Kind::exists, "container with given ID already exists");
}

// What a create that was killed has left. One that is still at work holds the lock; one whose process lives is a
// container.
Result<> heal(const std::string& root, const std::string& id) {
  Fd lock = try_lock_directory(state_path(root, id));
  if (!lock)
    return taken();
  if (TRY(has_process(state_path(root, id))))
    return taken();
  return remove_state(root, id);
}

// What its record says of a container whose program cannot be read any more.
Result<> undo_by_record(const std::string& path) {
  Result<std::string> text = read_stored_record(path);
  if (!text)
    return text.error().kind == Kind::not_found || text.error().kind == Kind::input
               ? Result<>()
               : std::unexpected(std::move(text).error());
  Result<Record> record = read_record(*text, path + "/container");
  if (!record)
    return {};
  for (const std::string& directory : record->cgroups.directories)
    if (long result = program::remove_cgroup(directory.c_str()); result < 0) {
      errno = static_cast<int>(-result);
      return fail_call("rmdir", directory);
    }
  return {};
}

Result<> undo(const std::string& path) {
  Result<std::string> journal = read_file(path + "/journal");
  if (!journal) // a create that was killed before it has done nothing yet
    return journal.error().kind == Kind::not_found ? Result<>() : std::unexpected(std::move(journal).error());
  Result<Stored> stored = read_stored(path);
  Result<> undone =
      stored ? program::undo_image(stored->image(), *journal) : std::unexpected(std::move(stored).error());
  if (!undone && (undone.error().kind == Kind::input || undone.error().kind == Kind::not_found))
    return undo_by_record(path);
  return undone;
}

} // namespace

Result<> check_id(std::string_view id) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-.";
  if (id.empty() || id == "." || id == ".." || id.size() > kLongestId ||
      id.find_first_not_of(kAllowed) != std::string_view::npos)
    return fail(Kind::usage, "invalid container ID format: \"" + std::string(id) + "\"",
                "an ID has letters, digits, '_', '+', '-' and '.', " + std::to_string(kLongestId) + " at the most");
  return {};
}

std::string state_path(const std::string& root, const std::string& id) {
  return root + "/" + id;
}

namespace {

// May be somebody else's, who made it between our mkdir and our open, and has let go of the lock since.
Result<Fd> make_or_take(const std::string& root, const std::string& id) {
  std::string path = state_path(root, id);
  Result<Fd> lock = make_locked_directory(path);
  if (lock)
    return lock;
  if (lock.error().number == EEXIST)
    TRY(heal(root, id));
  else if (lock.error().number == ENOENT)
    TRY(make_directories(root, 0700));
  else
    return lock;
  lock = make_locked_directory(path);
  if (!lock && lock.error().number == EEXIST)
    return taken();
  return lock;
}

} // namespace

Result<Fd> make_state(const std::string& root, const std::string& id, const StateParts& parts) {
  Fd lock = TRY(make_or_take(root, id));
  std::string path = state_path(root, id);
  Result<> written = write_stored(path, parts.record, parts.config, parts.image);
  if (written)
    return lock;
  if (written.error().number == EEXIST) // whoever wrote it has this directory, and what is in it is not ours to touch
    return taken();
  (void)forget_state(path);
  return std::unexpected(std::move(written).error());
}

Result<Fd> lock_state(const std::string& root, const std::string& id) {
  std::string path = state_path(root, id);
  Result<Fd> lock = lock_directory(path);
  if (!lock && lock.error().kind == Kind::not_found)
    return fail(Kind::not_found, "container does not exist");
  return lock;
}

void let_go(const Fd& lock) {
  (void)::flock(lock.get(), LOCK_UN);
}

Result<bool> take_back(const Fd& lock) {
  while (::flock(lock.get(), LOCK_EX) != 0)
    if (errno != EINTR)
      return fail_call("flock", "the container's state");
  struct stat status{};
  if (::fstat(lock.get(), &status) != 0)
    return fail_call("fstat", "the container's state");
  return status.st_nlink != 0;
}

Result<bool> has_process(const std::string& path) {
  Result<Fd> journal = open_at(AT_FDCWD, path + "/journal", O_RDONLY);
  if (!journal && journal.error().kind == Kind::not_found)
    return false;
  Fd file = TRY(std::move(journal));
  std::int64_t pid = 0;
  ssize_t n = ::pread(file.get(), &pid, sizeof pid, offsetof(program::Journal, pid));
  if (n < 0)
    return fail_call("read", path + "/journal");
  return n == sizeof pid && pid != 0;
}

Result<> remove_state(const std::string& root, const std::string& id) {
  std::string path = state_path(root, id);
  TRY(undo(path));
  return forget_state(path);
}

Result<> forget_state(const std::string& path) {
  // The journal first: without it this is what a killed maker left, whoever comes next, so the rest may go one by one.
  for (const char* name : {"/journal", "/container"})
    if (::unlink((path + name).c_str()) != 0 && errno != ENOENT)
      return fail_call("unlink", path + name);
  if (::rmdir(path.c_str()) == 0 || errno == ENOENT)
    return {};
  return remove_tree_at(AT_FDCWD, path); // there is more in it than every container has
}

Result<std::vector<std::string>> list_ids(const std::string& root) {
  Result<std::vector<std::string>> names = list_directory(root);
  if (!names && names.error().kind == Kind::not_found)
    return std::vector<std::string>();
  std::vector<std::string> out = TRY(std::move(names));
  std::erase_if(out, [](const std::string& name) { return !check_id(name); });
  return out;
}

} // namespace phial::runtime
