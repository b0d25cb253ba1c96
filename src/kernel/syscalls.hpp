// System calls by name and number, on the architectures Phial knows. Facts only.
#pragma once

#include "base/fixed_text.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace phial::kernel {

// x86_64 kernels run x32 and i386 programs too, aarch64 kernels those of arm.
enum class Architecture : std::uint8_t { x86_64, x32, i386, aarch64, arm };

#if defined(__aarch64__)
inline constexpr Architecture kNativeArchitecture = Architecture::aarch64;
#else
inline constexpr Architecture kNativeArchitecture = Architecture::x86_64;
#endif

// One system call; -1 where the architecture does not have it. x32's numbers are without their bit (0x40000000).
struct SystemCall {
  FixedText<31> name;
  std::array<std::int32_t, 5> numbers; // by Architecture

  [[nodiscard]] constexpr int number(Architecture architecture) const {
    return numbers[static_cast<std::size_t>(architecture)];
  }
};

// All of them, sorted by name.
[[nodiscard]] std::span<const SystemCall> system_calls();

// One of them; nullptr where no architecture has a call of that name. Fast: seccomp profiles have hundreds of names.
[[nodiscard]] const SystemCall* find_system_call(std::string_view name);

// "openat2" for 437; empty where no call has the number.
[[nodiscard]] std::string_view system_call_name(int number, Architecture architecture = kNativeArchitecture);

// 437 for "openat2"; nullopt where the architecture has no call of that name.
[[nodiscard]] std::optional<int> system_call_number(std::string_view name,
                                                    Architecture architecture = kNativeArchitecture);

} // namespace phial::kernel
