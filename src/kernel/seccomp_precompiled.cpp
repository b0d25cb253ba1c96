// The default filter as it was compiled with the program, by tools/seccomp_filter.
#include "kernel/seccomp_default.hpp"

#include <cstddef>

namespace phial::kernel {

namespace {

// Eight bytes an instruction (struct sock_filter), in this machine's byte order.
constexpr std::uint64_t kDefault[] = {
#include "seccomp_filter_default.inc"
};
constexpr std::uint64_t kBare[] = {
#include "seccomp_filter_bare.inc"
};

std::span<const std::uint8_t> bytes_of(std::span<const std::uint64_t> words) {
  const void* bytes = words.data();
  return {static_cast<const std::uint8_t*>(bytes), words.size_bytes()};
}

} // namespace

std::span<const std::uint8_t> precompiled_filter_for(CapabilitySet capabilities) {
  CapabilitySet deciding = capabilities & deciding_capabilities();
  if (deciding == (default_capabilities() & deciding_capabilities()))
    return bytes_of(kDefault);
  if (deciding.empty())
    return bytes_of(kBare);
  return {};
}

} // namespace phial::kernel
