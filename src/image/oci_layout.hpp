// OCI manifests, indexes and descriptors (image-spec manifest.md, image-index.md, descriptor.md): read, checked, and
// the choice among several. Pure.
#pragma once

#include "image/config.hpp"

namespace phial::image {

struct Descriptor {
  std::string media_type;
  Digest digest;
  std::uint64_t size = 0;
  std::string name; // from its annotations, as it stands there; or empty
  std::optional<Platform> platform;
  bool attestation = false; // describes another manifest, and is no image
};

struct Manifest {
  Descriptor config;
  std::vector<Descriptor> layers;
};

[[nodiscard]] bool is_index(std::string_view media_type);
[[nodiscard]] bool is_manifest(std::string_view media_type);

// index.json, or a nested index. Kind::input where it is none, or is a manifest at the same time.
[[nodiscard]] Result<std::vector<Descriptor>> parse_index(std::string_view text, std::string_view label);
// `media_type`: of the descriptor that led here. Kind::input where the document says another, has `manifests` too, is
// no image's manifest, or has more than 500 layers, the most that overlayfs takes.
[[nodiscard]] Result<Manifest> parse_manifest(std::string_view text, std::string_view label,
                                              std::string_view media_type);

// The images to take from an index: one for every name, and of those which differ in their platform only, the one for
// `wanted`. Kind::not_found with the platforms there are, where none fits.
[[nodiscard]] Result<std::vector<Descriptor>> choose(const std::vector<Descriptor>& all, const Platform& wanted,
                                                     bool any_if_alone);

// A manifest of our own for an image that came without one.
[[nodiscard]] std::string manifest_text(const Descriptor& config, const std::vector<Descriptor>& layers);

} // namespace phial::image
