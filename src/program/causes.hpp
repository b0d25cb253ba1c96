// The causes of failures: for a system call and an errno the kernel's preconditions that may not have been met, and
// what to do about each. A table; the probes that find out which of them it was are elsewhere. Pure.
#pragma once

#include <string_view>
#include <vector>

namespace phial::program {

struct Cause {
  std::string_view call;
  int number = 0;          // errno
  std::string_view where;  // a word the call's text must contain; empty: any
  std::string_view reason; // a clause: "the kernel has no overlayfs"
  std::string_view fix;    // a clause in the imperative: "load the module overlay"; empty where there is none
};

// The causes of this call's failure with this errno, the most special first; `text` is the call as describe() has it.
[[nodiscard]] std::vector<Cause> causes_of(std::string_view call, int number, std::string_view text);

} // namespace phial::program
