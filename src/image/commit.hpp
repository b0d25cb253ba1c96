// The last step of every way an image comes into the store: its documents and its records. Internal.
#pragma once

#include "image/record.hpp"

namespace phial::image {

struct NewImage {
  std::string config_text;
  std::string manifest_text;
  std::vector<Reference> names; // empty: a dangling image
};

// Puts the documents into the store and records the image under its names. Its layers are there, and `staging` wants
// them. Fails, with nothing recorded, where a layer is missing.
[[nodiscard]] Result<Image> commit_image(const Store& store, Staging& staging, const NewImage& image);

// Now, as image configs write it: "2026-01-02T03:04:05.123456789Z".
[[nodiscard]] std::string now_text();

} // namespace phial::image
