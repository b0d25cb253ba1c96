// The image store: names, images, their layers; looking up, tagging, removing, and finding garbage.
//
// On disk, below Store::root (all of it 0700):
//   blobs/sha256/HEX   manifests and configs, by their digest
//   layers/HEX/        one unpacked layer by its diffID: diff/ for overlayfs, layer.json (see layer.hpp)
//   images/NAME        one record a name, or one for an image without any: which manifest, which config, how big
//   tmp/               staging; a directory there belongs to the process that holds a flock on it
//   lock               flock for the short moments in which records change; never held while bytes are moved
//
// Everything lands by rename after it was synced: a process killed at any point leaves an image absent or whole, and
// what it staged is removed by the next command.
#pragma once

#include "base/fd.hpp"
#include "image/config.hpp"

#include <functional>

namespace phial::image {

struct Store {
  std::string root; // "/var/lib/phial"
};

// A line for a person about what is going on; functions of this room never print.
using Progress = std::function<void(std::string_view line)>;

struct Image {
  Digest id;                      // of the config: what `images` shows as IMAGE ID
  Digest manifest;                // of the manifest: what name@sha256:… means
  std::vector<std::string> names; // "busybox:latest", as people write them, sorted; empty: a dangling image
  std::string created;            // RFC 3339
  std::uint64_t size = 0;         // bytes of its unpacked layers
  Platform platform;
};

// Every image, newest first, one entry an image with all its names. Reads the records alone.
[[nodiscard]] Result<std::vector<Image>> list_images(const Store& store);

// By name, name@digest, id ("sha256:…" or 64 digits) or any unambiguous beginning of an id; a name goes before an id.
// Kind::not_found with a hint; Kind::input where the beginning fits several.
[[nodiscard]] Result<Image> find_image(const Store& store, std::string_view what);

[[nodiscard]] Result<ImageConfig> image_config(const Store& store, const Image& image);

// The diff directories of an image with that configuration, for overlayfs' lowerdir, from the lowest to the topmost.
// The ones on disk were marked with trusted.overlay.* (user.overlay.* where the store belongs to an ordinary user:
// mount with userxattr).
[[nodiscard]] Result<std::vector<std::string>> layer_paths(const Store& store, const Image& image,
                                                           const ImageConfig& config);

// One object in the shape of docker's `image inspect`.
[[nodiscard]] Result<Json> inspect_image(const Store& store, const Image& image);

// One element a layer that made the image, topmost first, in the shape of docker's history API.
[[nodiscard]] Result<Json> image_history(const Store& store, const Image& image);

// Gives the image one more name; a name that was another image's moves. Kind::input for a bad name or one with a
// digest.
[[nodiscard]] Result<> tag_image(const Store& store, const Image& image, std::string_view name);

struct UsedImage {
  std::string id;        // an image's id, with or without "sha256:"
  std::string container; // the name of the container that uses it, for messages
  bool running = false;
};

struct Removed {
  std::vector<std::string> untagged; // "busybox:latest"
  std::vector<std::string> deleted;  // "sha256:…", the image, then its layers
  std::uint64_t bytes = 0;           // given back
};

// Asks the caller which images its containers, running or not, use. Called while hold_images() is held, so that a
// container being created is either in the answer or does not find its image.
using UsedImages = std::function<Result<std::vector<UsedImage>>()>;

// The store's lock: as long as the Fd lives no image is removed. For the moment between find_image and the writing of
// a container's record; never to be held longer, and never together with a call of this room that changes the store.
[[nodiscard]] Result<Fd> hold_images(const Store& store);

struct RemoveOptions {
  bool force = false;
  UsedImages used; // empty: nothing uses any
};

// Docker's rmi. A name: it is removed, and the image with its last name. An id: all names, if there is one only or
// `force`. An image that a container uses stays: without `force` this is refused (Kind::state); with it the names go
// and the image stays as a dangling one, until nothing uses it. A running container's image is never forced.
[[nodiscard]] Result<Removed> remove_image(const Store& store, std::string_view what, const RemoveOptions& options);

// docker image prune: dangling images (`all`: every image) which no container uses, and garbage.
[[nodiscard]] Result<Removed> prune_images(const Store& store, bool all, const UsedImages& used);

// Removes layers and blobs which no record and no load in progress refers to, and what dead processes left in tmp/.
[[nodiscard]] Result<Removed> collect_garbage(const Store& store);

// Kind::unsupported with a hint where this machine cannot run the image's programs. The caller decides when to ask.
[[nodiscard]] Result<> check_platform(const ImageConfig& config, const Platform& host);

// Loads libexec_dir/busybox.tar where `what` names busybox:latest and the store has no such image; true if it did.
// Kind::not_found where the archive is missing.
[[nodiscard]] Result<bool> ensure_builtin(const Store& store, std::string_view what, const std::string& libexec_dir,
                                          const Progress& progress = {});

} // namespace phial::image
