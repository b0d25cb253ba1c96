// System calls by name and number, on the architectures Phial knows. Facts only.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace phial::kernel {

enum class Architecture : std::uint8_t { x86_64, aarch64 };

#if defined(__aarch64__)
inline constexpr Architecture kNativeArchitecture = Architecture::aarch64;
#else
inline constexpr Architecture kNativeArchitecture = Architecture::x86_64;
#endif

// One system call; -1 where the architecture does not have it.
struct SystemCall {
  std::string_view name;
  std::int16_t x86_64;
  std::int16_t aarch64;

  [[nodiscard]] constexpr int number(Architecture architecture) const {
    return architecture == Architecture::aarch64 ? aarch64 : x86_64;
  }
};

// All of them, sorted by name.
[[nodiscard]] std::span<const SystemCall> system_calls();

// "openat2" for 437; empty where no call has the number.
[[nodiscard]] std::string_view system_call_name(int number, Architecture architecture = kNativeArchitecture);

// 437 for "openat2"; nullopt where the architecture has no call of that name.
[[nodiscard]] std::optional<int> system_call_number(std::string_view name,
                                                    Architecture architecture = kNativeArchitecture);

} // namespace phial::kernel
