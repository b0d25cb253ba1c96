#define OPENSSL_API_COMPAT 0x10100000L // the low-level calls: nothing to fetch, nothing to initialise
#include "image/digest.hpp"

#include "base/text.hpp"

#include <openssl/sha.h>

#include <span>

namespace phial::image {

Result<Digest> parse_digest(std::string_view text) {
  constexpr std::string_view kPrefix = "sha256:";
  auto refuse = [&] {
    return fail(Kind::input, "\"" + std::string(text.substr(0, 100)) + "\" is not a digest",
                "a digest is sha256: and 64 lower-case hexadecimal digits");
  };
  if (!text.starts_with(kPrefix) || text.size() != kPrefix.size() + 64)
    return refuse();
  std::string_view hex = text.substr(kPrefix.size());
  if (hex.find_first_not_of("0123456789abcdef") != std::string_view::npos)
    return refuse();
  return Digest{std::string(hex)};
}

struct Sha256::State {
  SHA256_CTX context;
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  SHA256_Init(&state_->context);
}
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;

void Sha256::update(std::string_view bytes) {
  SHA256_Update(&state_->context, bytes.data(), bytes.size());
}

Digest Sha256::finish() {
  unsigned char raw[SHA256_DIGEST_LENGTH];
  SHA256_Final(raw, &state_->context);
  return Digest{to_hex(std::span<const unsigned char>(raw))};
}

Digest digest_of(std::string_view bytes) {
  Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

} // namespace phial::image
