// The default filter as it was compiled with the program, by tools/seccomp_filter.
#include "kernel/seccomp_default.hpp"

#include <cstddef>

namespace phial::kernel {

namespace {

// Eight bytes an instruction (struct sock_filter), in this machine's byte order.
constexpr std::uint64_t kFilter[] = {
#include "seccomp_filter.inc"
};

} // namespace

std::span<const std::uint8_t> precompiled_filter_for(CapabilitySet capabilities) {
  if (capabilities != default_capabilities())
    return {};
  const void* bytes = kFilter;
  return {static_cast<const std::uint8_t*>(bytes), sizeof kFilter};
}

} // namespace phial::kernel
