// The image's configuration (image-spec config.md, and docker's additions to it) as a typed value, the platforms it
// may be for, and both ways between it and JSON. Pure.
#pragma once

#include "base/json.hpp"
#include "image/digest.hpp"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace phial::image {

struct Platform {
  std::string os = "linux";
  std::string architecture;               // Go's names: "amd64", "arm64"
  std::string variant;                    // "v7", or empty
  [[nodiscard]] std::string text() const; // "linux/amd64", "linux/arm/v7"
};

[[nodiscard]] Platform host_platform();
// "linux/arm64", "arm64", "linux/arm/v7"; uname's names (x86_64, aarch64) are taken too.
[[nodiscard]] Result<Platform> parse_platform(std::string_view text);

struct History {
  std::string created; // RFC 3339
  std::string created_by;
  std::string author;
  std::string comment;
  bool empty_layer = false;
};

struct ImageConfig {
  std::string created; // RFC 3339, or empty
  std::string author;
  Platform platform;

  std::string user; // "", "1000", "app:staff"
  std::vector<std::string> env;
  std::vector<std::string> entrypoint;
  std::vector<std::string> cmd;
  std::string working_dir;
  std::vector<std::pair<std::string, std::string>> labels; // by key
  std::string stop_signal;
  std::optional<std::int64_t> stop_timeout; // seconds
  std::vector<std::string> exposed_ports;   // "80/tcp", sorted
  std::vector<std::string> volumes;         // sorted
  std::vector<std::string> shell;
  std::vector<std::string> on_build;
  std::optional<Json> healthcheck; // docker's object, as it stands

  std::vector<Digest> diff_ids; // lowest layer first
  std::vector<History> history;
};

// Reads a config blob. Kind::input where it is no image's configuration, with the position in `label`.
// Env entries without "=" and anything with a NUL byte are refused.
[[nodiscard]] Result<ImageConfig> parse_config(std::string_view text, std::string_view label);

// The OCI config document for it, the same bytes for the same value.
[[nodiscard]] std::string config_text(const ImageConfig& config);
// Its "config" member in docker's spelling: what `image inspect` shows as Config.
[[nodiscard]] Json config_json(const ImageConfig& config);

// One of docker's --change instructions: CMD, ENTRYPOINT, ENV, EXPOSE, LABEL, STOPSIGNAL, USER, VOLUME, WORKDIR;
// JSON or shell form. Kind::usage.
[[nodiscard]] Result<> apply_change(ImageConfig& config, std::string_view instruction);

} // namespace phial::image
