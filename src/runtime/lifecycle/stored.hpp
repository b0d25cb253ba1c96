// The file `container` of a state directory: what is known of a container before its process exists, written once, in
// one piece. Its first line is the record (record.hpp) as JSON. Its second has the sizes of what follows (the bundle's
// config.json as it was at create, and the linked program with its texts), and two seals, of the first line and of what
// follows: what is damaged is not carried out.
#pragma once

#include "base/error.hpp"

#include <string>
#include <string_view>

namespace phial::runtime {

struct Stored {
  std::string bytes;
  std::size_t config_at = 0;
  std::size_t image_at = 0;

  [[nodiscard]] std::string_view config() const {
    return std::string_view(bytes).substr(config_at, image_at - config_at);
  }
  [[nodiscard]] std::string_view image() const { return std::string_view(bytes).substr(image_at); }
};

// `state` is the directory of the container. Kind::exists where there is such a file.
[[nodiscard]] Result<> write_stored(const std::string& state, std::string_view record, std::string_view config,
                                    std::string_view image);
[[nodiscard]] Result<Stored> read_stored(const std::string& state);
// The record alone.
[[nodiscard]] Result<std::string> read_stored_record(const std::string& state);

// What the bytes of such a file are; fails where they are cut short. Pure.
[[nodiscard]] Result<Stored> parse_stored(std::string bytes, const std::string& path);

} // namespace phial::runtime
