// Gathering World: what has to be asked of the host and of the image's files before anything is specified. Read-only.
#pragma once

#include "engine/engine.hpp"
#include "engine/specify.hpp"
#include "image/store.hpp"

namespace phial::engine {

struct ImageFacts {
  image::Image image;
  image::ImageConfig config;
  std::vector<std::string> layers; // lowest first
};

// The image, brought into the store first where it is the built-in one. Kind::not_found: no such image.
[[nodiscard]] Result<ImageFacts> find_image_facts(const Engine& engine, const RunOptions& options);

[[nodiscard]] Result<World> gather_world(const Engine& engine, const RunOptions& options, const ImageFacts& image,
                                         std::string id);

// A file of the image, as the container will see it at first: of the topmost layer that has it. Empty where no layer
// does. Every layer is resolved as a root of its own (openat2, RESOLVE_IN_ROOT); only regular files of at most `limit`
// bytes are read. openat2(2), overlayfs' whiteouts.
[[nodiscard]] Result<std::string> read_in_layers(const std::vector<std::string>& layers, const std::string& path,
                                                 std::size_t limit);

// stat(2) of a device node; nullopt where it is none.
[[nodiscard]] std::optional<HostDevice> host_device(const std::string& path);
// The device nodes of the host's /dev, without those a container has its own of.
[[nodiscard]] std::vector<HostDevice> all_host_devices();

} // namespace phial::engine
