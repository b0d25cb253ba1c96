// A bind mount's source that lies in another process's mount namespace: "/proc/PID/root/PATH". Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace phial::runtime {

struct ForeignSource {
  std::string process; // "/proc/PID"
  std::string path;    // as that process's namespace has it, absolute
};

// Nothing for a source of our own namespace.
[[nodiscard]] std::optional<ForeignSource> foreign_source(std::string_view source);

} // namespace phial::runtime
