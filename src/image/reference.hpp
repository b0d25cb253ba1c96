// References: the names people give to images, in docker's grammar (distribution/reference). Pure.
// "busybox" means docker.io/library/busybox:latest and is shown as it was written.
#pragma once

#include "image/digest.hpp"

#include <optional>

namespace phial::image {

struct Reference {
  std::string domain; // "docker.io", "localhost:5000"
  std::string path;   // "library/busybox"
  std::string tag;    // "latest"; empty where only a digest was given
  Digest digest;      // of name@sha256:…, else empty

  // "docker.io/library/busybox"
  [[nodiscard]] std::string name() const { return domain + "/" + path; }
  // "busybox"; "localhost:5000/a/b"
  [[nodiscard]] std::string familiar_name() const;
  // With tag and digest: the one form that names are stored and compared in.
  [[nodiscard]] std::string text() const;
  // The same, as people write it: "busybox:latest".
  [[nodiscard]] std::string familiar() const;
};

// Adds docker.io, library/ and :latest where they are missing. Kind::input with what is wrong and a hint.
// 64 hexadecimal digits are no reference (docker has it so: they would be taken for an image's id).
[[nodiscard]] Result<Reference> parse_reference(std::string_view text);

} // namespace phial::image
