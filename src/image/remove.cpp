// Removing names and images, and the garbage that is left: layers and blobs which nothing refers to any more.
#include "base/file.hpp"
#include "base/text.hpp"
#include "image/layer.hpp"
#include "image/record.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <set>

namespace phial::image {

namespace {

bool uses(const UsedImage& used, const Digest& id) {
  std::string_view other = used.id;
  if (other.starts_with("sha256:"))
    other.remove_prefix(7);
  return other == id.hex;
}

const UsedImage* user_of(const std::vector<UsedImage>& used, const Digest& id, bool running) {
  for (const UsedImage& one : used)
    if (uses(one, id) && (one.running || !running))
      return &one;
  return nullptr;
}

Result<std::vector<UsedImage>> ask(const UsedImages& used) {
  return used ? used() : Result<std::vector<UsedImage>>(std::vector<UsedImage>());
}

// Everything that records and living processes refer to: hexadecimal digests of blobs and layers alike.
Result<std::set<std::string>> referenced(const Store& store) {
  std::set<std::string> out;
  for (const Digest& digest : TRY(wanted_by_the_living(store)))
    out.insert(digest.hex);
  for (const Record& record : TRY(read_records(store))) {
    out.insert(record.manifest.hex);
    if (!out.insert(record.config.hex).second)
      continue;
    Image image;
    image.id = record.config;
    // A config that cannot be read must not make its layers garbage: nothing is removed then.
    for (const Digest& id : TRY(image_config(store, image)).diff_ids)
      out.insert(id.hex);
  }
  return out;
}

// Moves what nothing refers to out of the store, the lock held; it is removed when the lock is not held any more.
struct Doomed {
  std::string path;
  bool is_layer;
  std::uint64_t bytes;
};

Result<std::vector<Doomed>> take_out(const Store& store, const Staging& staging, Removed& removed) {
  std::set<std::string> keep = TRY(referenced(store));
  std::vector<Doomed> out;
  for (const std::string& name : TRY(list_directory(store.root + "/layers"))) {
    if (keep.contains(name))
      continue;
    Result<std::optional<Layer>> layer = find_layer(store, Digest{name});
    std::string from = store.root + "/layers/" + name;
    std::string to = staging.path() + "/" + name;
    if (::rename(from.c_str(), to.c_str()) != 0)
      return fail_call("rename", from);
    out.push_back({to, true, layer && *layer ? (*layer)->size : 0});
    removed.deleted.push_back("sha256:" + name);
    removed.bytes += out.back().bytes;
  }
  for (const std::string& name : TRY(list_directory(store.root + "/blobs/sha256"))) {
    std::string path = store.root + "/blobs/sha256/" + name;
    struct stat status{};
    if (keep.contains(name) || ::stat(path.c_str(), &status) != 0)
      continue;
    if (::unlink(path.c_str()) != 0)
      return fail_call("unlink", path);
    removed.bytes += static_cast<std::uint64_t>(status.st_size);
  }
  // Half-written records of killed processes: whoever writes one holds the lock.
  for (const std::string& name : TRY(list_directory(store.root + "/images")))
    if (name.find(".tmp") != std::string::npos) {
      std::vector<Record> records = TRY(read_records(store));
      if (std::ranges::find(records, name, record_file_name) == records.end())
        ::unlink((store.root + "/images/" + name).c_str());
    }
  return out;
}

Result<> untag(const Store& store, const std::vector<Record>& gone, Removed& removed) {
  for (const Record& record : gone) {
    TRY(remove_record(store, record));
    Result<Reference> reference = parse_reference(record.name);
    if (reference)
      removed.untagged.push_back(reference->familiar());
  }
  return {};
}

std::unexpected<Error> conflict(std::string_view what, const std::string& why, std::string hint) {
  return fail(Kind::state, "cannot remove image " + std::string(what) + ": " + why, std::move(hint));
}

// Takes the records away that `what` means. What remains without records is garbage.
Result<> remove_records(const Store& store, std::string_view what, const RemoveOptions& options, Removed& removed) {
  std::vector<Record> records = TRY(read_records(store));
  Found found = TRY(find_among(records, what));
  std::vector<Record> mine;
  for (const Record& record : records)
    if (record.config == found.image.id)
      mine.push_back(record);
  if (found.by_name && mine.size() > 1) {
    std::string name = found.by_name->text();
    std::erase_if(mine, [&](const Record& record) { return record.name != name; });
    return untag(store, mine, removed);
  }
  if (!found.by_name && found.image.names.size() > 1 && !options.force)
    return conflict(what, "it has several names: " + join(found.image.names, ", "),
                    "remove the names one by one, or all of them with -f");
  std::vector<UsedImage> used = TRY(ask(options.used));
  if (const UsedImage* user = user_of(used, found.image.id, true))
    return conflict(what, "the running container " + user->container + " uses it",
                    "stop and remove the container first: phial rm -f " + user->container);
  const UsedImage* user = user_of(used, found.image.id, false);
  if (user != nullptr && !options.force)
    return conflict(what, "the container " + user->container + " uses it",
                    "remove the container first, or take the image's name away with -f");
  if (user != nullptr) {
    Record nameless = mine.front();
    nameless.name.clear();
    TRY(write_record(store, nameless));
    std::erase_if(mine, [](const Record& record) { return record.name.empty(); });
    return untag(store, mine, removed);
  }
  TRY(untag(store, mine, removed));
  removed.deleted.push_back(found.image.id.text());
  return {};
}

// Changes records by `change` and collects garbage in one moment of the lock, then gives the space back.
Result<Removed> change_and_collect(const Store& store, const std::function<Result<>(Removed&)>& change) {
  TRY(remove_dead_staging(store));
  Staging staging = TRY(Staging::open(store));
  Removed removed;
  std::vector<Doomed> doomed;
  {
    Fd lock = TRY(lock_store(store));
    TRY(change(removed));
    // Not even a power cut may bring a record back whose layers are gone.
    Fd images = TRY(open_at(AT_FDCWD, store.root + "/images", O_RDONLY | O_DIRECTORY));
    if (::fsync(images.get()) != 0)
      return fail_call("fsync", store.root + "/images");
    doomed = TRY(take_out(store, staging, removed));
  }
  for (const Doomed& one : doomed)
    TRY(remove_tree_at(AT_FDCWD, one.path));
  return removed;
}

} // namespace

Result<Removed> remove_image(const Store& store, std::string_view what, const RemoveOptions& options) {
  return change_and_collect(store, [&](Removed& removed) { return remove_records(store, what, options, removed); });
}

Result<Removed> prune_images(const Store& store, bool all, const UsedImages& used) {
  return change_and_collect(store, [&](Removed& removed) -> Result<> {
    std::vector<UsedImage> users = TRY(ask(used));
    std::vector<Record> records = TRY(read_records(store));
    for (const Image& image : images_of(records)) {
      if ((!all && !image.names.empty()) || user_of(users, image.id, false) != nullptr)
        continue;
      std::vector<Record> gone;
      for (const Record& record : records)
        if (record.config == image.id)
          gone.push_back(record);
      TRY(untag(store, gone, removed));
      removed.deleted.push_back(image.id.text());
    }
    return {};
  });
}

Result<Removed> collect_garbage(const Store& store) {
  return change_and_collect(store, [](Removed&) { return Result<>(); });
}

} // namespace phial::image
