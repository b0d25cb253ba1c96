// Running another program to its end and taking what it says. Knows nothing of containers.
#pragma once

#include "base/error.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace phial {

inline constexpr std::size_t kKeptOutput = std::size_t{64} << 10;

struct Ended {
  int status = 0; // as a shell has it: the exit status, or 128 and the signal's number
  std::string out;
  std::string err;
};

// Runs argv[0], a path, with an empty standard input, no descriptor but the standard ones, no signal blocked or
// ignored, and waits for it. Of each output at most `keep` bytes are kept. Both arrays end with a null pointer. Fails
// where it cannot be started.
[[nodiscard]] Result<Ended> run_to_end(const char* const* argv, const char* const* envp,
                                       std::size_t keep = kKeptOutput);
[[nodiscard]] Result<Ended> run_to_end(const std::vector<std::string>& words);

// The same with our standard streams, and `passed` as its descriptor 3 where that is not negative. Its status.
[[nodiscard]] Result<int> run_on_our_streams(const std::vector<std::string>& words, const char* const* envp,
                                             int passed = -1);

} // namespace phial
