// The shared libraries of a program in a container's root, found as its loader would find them. A program that lacks
// one is executed all the same; then its loader ends it with status 127.
#pragma once

#include "runtime/root_view.hpp"

namespace phial::runtime {

struct MissingLibrary {
  std::string name;
  std::string needed_by; // path of the program, or of the library that asks for it
};

// Those of the program `path`, with everything its libraries need in turn, each once. DT_RPATH, LD_LIBRARY_PATH,
// DT_RUNPATH, the directories of ld.so.conf and the usual ones; what ld.so.cache names counts as found. Empty for a
// static program, and where the search leads to what cannot be seen. ld.so(8).
[[nodiscard]] std::vector<MissingLibrary> missing_libraries(const RootView& root, std::string_view path,
                                                            const std::vector<std::string>& environment);

} // namespace phial::runtime
