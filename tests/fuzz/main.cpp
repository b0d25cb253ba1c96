// A fuzzer of the one target that PHIAL_FUZZ_TARGET names.
#include "targets.hpp"

#include <cstdio>
#include <cstdlib>

namespace phial::fuzz {

void broken(std::string_view what) {
  std::fprintf(stderr, "broken: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

} // namespace phial::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  phial::fuzz::PHIAL_FUZZ_TARGET({reinterpret_cast<const char*>(bytes), size});
  return 0;
}

#ifdef PHIAL_FUZZ_MUTATE
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* bytes, std::size_t size, std::size_t room, unsigned seed) {
  return phial::fuzz::PHIAL_FUZZ_MUTATE(bytes, size, room, seed);
}
#endif
