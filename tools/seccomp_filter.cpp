// seccomp_filter default|bare: runs while Phial is built: compiles the default seccomp profile for the default
// capabilities, or for none, and prints it as the numbers of an array, one 64-bit word for each instruction. Not
// installed.
#include "base/file.hpp"
#include "base/text.hpp"
#include "kernel/seccomp_default.hpp"

#include <unistd.h>

#include <cstring>
#include <string>

int main(int count, char** words) {
  using namespace phial;
  bool bare = count > 1 && std::string_view(words[1]) == "bare";
  Result<std::vector<std::uint8_t>> filter = kernel::compile_seccomp(
      kernel::default_seccomp_profile(bare ? kernel::CapabilitySet() : kernel::default_capabilities()));
  if (!filter) {
    (void)write_all(STDERR_FILENO, filter.error().text() + "\n");
    return 1;
  }
  std::string out;
  for (std::size_t at = 0; at < filter->size(); at += sizeof(std::uint64_t)) {
    std::uint64_t word = 0;
    std::memcpy(&word, filter->data() + at, sizeof word);
    out += std::to_string(word) + "U,\n";
  }
  return write_all(STDOUT_FILENO, out) ? 0 : 1;
}
