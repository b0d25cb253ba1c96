// The records in images/: which name means which image. One file a name, so that two processes never rewrite each
// other's; written whole by rename. Internal to the image room.
#pragma once

#include "image/reference.hpp"
#include "image/staging.hpp"

namespace phial::image {

struct Record {
  std::string name; // Reference::text(), or empty: this record keeps an image that has no name
  Digest manifest;
  Digest config;
  std::string created; // the image's, RFC 3339
  std::uint64_t size = 0;
  Platform platform;
};

// A file's name for a reference: what is not a letter, a digit or one of "._-" as %XX; for a name too long its digest.
[[nodiscard]] std::string record_file_name(const Record& record);

// All of them, by name. What is no record of ours (half of one, left by a killed process) is left out.
[[nodiscard]] Result<std::vector<Record>> read_records(const Store& store);

// The record of that reference.
[[nodiscard]] Result<std::optional<Record>> read_record(const Store& store, const Reference& reference);

// Writes the record, the store's lock held by the caller. An image that loses its last name by this stays, without one.
[[nodiscard]] Result<> write_record(const Store& store, const Record& record);
[[nodiscard]] Result<> remove_record(const Store& store, const Record& record);

// Groups records by image.
[[nodiscard]] std::vector<Image> images_of(const std::vector<Record>& records);

// The image a person means; the rules of find_image.
struct Found {
  Image image;
  std::optional<Reference> by_name; // set where it was found by its name
};
[[nodiscard]] Result<Found> find_among(const std::vector<Record>& records, std::string_view what);

} // namespace phial::image
