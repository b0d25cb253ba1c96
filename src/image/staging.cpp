#include "image/staging.hpp"

#include "base/file.hpp"
#include "base/text.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

namespace phial::image {

namespace {

// The directory's lock if nobody holds it; an empty Fd if somebody does, or if it is gone.
Result<Fd> claim(const std::string& path) {
  Result<Fd> fd = open_at(AT_FDCWD, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (!fd)
    return fd.error().number == ENOENT || fd.error().number == ENOTDIR ? Result<Fd>(Fd()) : std::move(fd);
  if (::flock(fd->get(), LOCK_EX | LOCK_NB) == 0)
    return fd;
  return errno == EWOULDBLOCK ? Result<Fd>(Fd()) : fail_call("flock", path);
}

} // namespace

std::string layer_directory(const Store& store, const Digest& diff_id) {
  return store.root + "/layers/" + diff_id.hex;
}

std::string blob_path(const Store& store, const Digest& digest) {
  return store.root + "/blobs/sha256/" + digest.hex;
}

Result<> make_store(const Store& store) {
  if (exists(store.root + "/tmp")) // made last
    return {};
  for (const char* name : {"/blobs/sha256", "/layers", "/images", "/tmp"})
    TRY(make_directories(store.root + name), "make the image store");
  return {};
}

Result<Fd> lock_store(const Store& store) {
  TRY(make_store(store));
  return lock_file(store.root + "/lock");
}

Staging::Staging(Staging&& other) noexcept
    : store_(std::move(other.store_)), path_(std::exchange(other.path_, {})), lock_(std::move(other.lock_)),
      wanted_(std::move(other.wanted_)) {}

Staging::~Staging() {
  if (!path_.empty())
    (void)remove_tree_at(AT_FDCWD, path_);
}

Result<Staging> Staging::open(const Store& store) {
  TRY(remove_dead_staging(store));
  Fd lock = TRY(lock_store(store));
  std::string path = store.root + "/tmp/XXXXXX";
  if (::mkdtemp(path.data()) == nullptr)
    return fail_call("mkdtemp", path);
  Fd owner = TRY(claim(path));
  if (!owner)
    return fail(Kind::internal, "a new staging directory is not ours");
  return Staging(store, std::move(path), std::move(owner));
}

Result<> Staging::want(std::span<const Digest> digests) {
  wanted_.insert(wanted_.end(), digests.begin(), digests.end());
  std::string text;
  for (const Digest& digest : wanted_)
    text += digest.hex + "\n";
  Fd lock = TRY(lock_store(store_));
  return write_file_atomically(path_ + "/wanted", text);
}

Result<std::vector<Digest>> wanted_by_the_living(const Store& store) {
  std::vector<Digest> out;
  for (const std::string& name : TRY(list_directory(store.root + "/tmp"))) {
    std::string path = store.root + "/tmp/" + name;
    if (TRY(claim(path)))
      continue;
    Result<std::string> text = read_file(path + "/wanted");
    if (!text && text.error().number != ENOENT)
      return std::unexpected(std::move(text).error());
    if (!text)
      continue;
    for (std::string_view line : split(*text, '\n'))
      if (!line.empty())
        out.push_back(Digest{std::string(line)});
  }
  return out;
}

Result<> remove_dead_staging(const Store& store) {
  TRY(make_store(store));
  std::vector<std::string> names = TRY(list_directory(store.root + "/tmp"));
  if (names.empty())
    return {};
  std::vector<std::pair<std::string, Fd>> dead;
  {
    Fd lock = TRY(lock_store(store));
    for (const std::string& name : names)
      if (Fd owner = TRY(claim(store.root + "/tmp/" + name)))
        dead.emplace_back(name, std::move(owner));
  }
  for (const auto& [name, owner] : dead)
    TRY(remove_tree_at(AT_FDCWD, store.root + "/tmp/" + name));
  return {};
}

Result<Digest> put_blob(const Store& store, std::string_view bytes) {
  Digest digest = digest_of(bytes);
  Fd lock = TRY(lock_store(store));
  if (!get_blob(store, digest, bytes.size()))
    TRY(write_file_atomically(blob_path(store, digest), bytes, 0600, true));
  return digest;
}

Result<std::string> get_blob(const Store& store, const Digest& digest, std::size_t limit) {
  std::string bytes = TRY(read_file(blob_path(store, digest), limit));
  if (digest_of(bytes) != digest)
    return fail(Kind::state, "the store's blob " + digest.text() + " is damaged",
                "remove the image with phial rmi and load it again");
  return bytes;
}

} // namespace phial::image
