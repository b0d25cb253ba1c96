#include "base/removal.hpp"

#include "base/file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

namespace phial {

namespace {

Result<> wait_for_lock(const Fd& directory, const std::string& path) {
  while (::flock(directory.get(), LOCK_EX) != 0)
    if (errno != EINTR)
      return fail_call("flock", path);
  return {};
}

bool is_gone(const Fd& directory) {
  struct stat status{};
  return ::fstat(directory.get(), &status) == 0 && status.st_nlink == 0;
}

} // namespace

Result<Fd> make_locked_directory(const std::string& path) {
  for (;;) {
    if (::mkdir(path.c_str(), 0700) != 0)
      return fail_call("mkdir", path);
    Result<Fd> out = open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY);
    if (out)
      TRY(wait_for_lock(*out, path));
    else if (out.error().number != ENOENT)
      return out;
    // Between the two calls somebody may have taken it for a leftover.
    if (out && !is_gone(*out))
      return out;
  }
}

Result<Fd> lock_directory(const std::string& path) {
  Fd out = TRY(open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  TRY(wait_for_lock(out, path));
  if (is_gone(out))
    return fail(Kind::not_found, path + " has been removed");
  return out;
}

Fd try_lock_directory(const std::string& path) {
  Result<Fd> out = open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!out || ::flock(out->get(), LOCK_EX | LOCK_NB) != 0 || is_gone(*out))
    return Fd();
  return std::move(*out);
}

Result<> remove_whole(const std::string& parent, const std::string& name) {
  std::string path = parent + "/" + name;
  std::string going = parent + "/" + std::string(kGoing) + name;
  Result<Fd> directory = open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!directory)
    return directory.error().number == ENOENT ? Result<>() : std::unexpected(std::move(directory).error());
  TRY(wait_for_lock(*directory, path));
  if (::rename(path.c_str(), going.c_str()) != 0) {
    if (errno == ENOENT)
      return {};
    if (errno != ENOTEMPTY && errno != EEXIST)
      return fail_call("rename", path);
    TRY(remove_tree_at(AT_FDCWD, going)); // of one with the same name, whose remover was killed
    if (::rename(path.c_str(), going.c_str()) != 0 && errno != ENOENT)
      return fail_call("rename", path);
  }
  return remove_tree_at(AT_FDCWD, going);
}

Result<> remove_whole(const std::string& path) {
  std::size_t slash = path.rfind('/');
  return remove_whole(path.substr(0, slash), path.substr(slash + 1));
}

} // namespace phial
