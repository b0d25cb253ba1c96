// Digests: SHA-256 over streams, and the one textual form of a digest that is accepted anywhere in the image room.
// A digest is checked when it is read, so that one can be used as a file's name afterwards. Hashes by libcrypto.
#pragma once

#include "base/error.hpp"

#include <compare>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace phial::image {

struct Digest {
  std::string hex; // 64 lower-case hexadecimal digits; empty is "no digest"

  [[nodiscard]] std::string text() const { return "sha256:" + hex; }
  // The twelve digits that people see.
  [[nodiscard]] std::string short_text() const { return hex.substr(0, 12); }
  [[nodiscard]] explicit operator bool() const { return !hex.empty(); }
  friend auto operator<=>(const Digest&, const Digest&) = default;
};

// "sha256:" and 64 lower-case hexadecimal digits, nothing else (image-spec descriptor.md). Kind::input.
[[nodiscard]] Result<Digest> parse_digest(std::string_view text);

class Sha256 {
public:
  Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;
  ~Sha256();
  void update(std::string_view bytes);
  // The digest of everything given so far; once.
  [[nodiscard]] Digest finish();

private:
  struct State;
  std::unique_ptr<State> state_;
};

[[nodiscard]] Digest digest_of(std::string_view bytes);

} // namespace phial::image
