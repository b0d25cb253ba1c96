// The store's moving parts: its lock, its staging directories, its blobs. Internal to the image room.
#pragma once

#include "image/store.hpp"

#include <span>

namespace phial::image {

inline constexpr std::size_t kManifestLimit = std::size_t{4} << 20;
inline constexpr std::size_t kConfigLimit = std::size_t{8} << 20;

[[nodiscard]] std::string layer_directory(const Store& store, const Digest& diff_id); // of layer.json and diff/
[[nodiscard]] std::string blob_path(const Store& store, const Digest& digest);

// Makes the store's directories where they are missing.
[[nodiscard]] Result<> make_store(const Store& store);
// The store's lock, for the moment of a change. Makes the store.
[[nodiscard]] Result<Fd> lock_store(const Store& store);

// A directory in tmp/ that is ours while this object lives: a flock on the directory says so, and dies with us.
class Staging {
public:
  Staging(Staging&& other) noexcept;
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;
  Staging& operator=(Staging&&) = delete;
  ~Staging(); // removes it with all that is still in it

  // Also removes the staging directories of dead processes.
  [[nodiscard]] static Result<Staging> open(const Store& store);
  [[nodiscard]] const std::string& path() const { return path_; }
  // Says that an image which refers to these layers and blobs is about to be recorded: garbage collection leaves them
  // alone while this object lives. To be called before looking whether they are there.
  [[nodiscard]] Result<> want(std::span<const Digest> digests);

private:
  Staging(Store store, std::string path, Fd lock)
      : store_(std::move(store)), path_(std::move(path)), lock_(std::move(lock)) {}

  Store store_;
  std::string path_;
  Fd lock_;
  std::vector<Digest> wanted_;
};

// What living processes want; the lock is held by the caller.
[[nodiscard]] Result<std::vector<Digest>> wanted_by_the_living(const Store& store);
// Removes the staging directories of dead processes. Takes the lock for a moment.
[[nodiscard]] Result<> remove_dead_staging(const Store& store);

// A manifest or a config; written durably, once. Takes the lock for a moment.
[[nodiscard]] Result<Digest> put_blob(const Store& store, std::string_view bytes);
// Its bytes, checked against the digest. Kind::state where the store's file is not what it was.
[[nodiscard]] Result<std::string> get_blob(const Store& store, const Digest& digest, std::size_t limit);

} // namespace phial::image
