// Lists of processors and memory nodes as the kernel writes them, "0-3,7", and the masks system calls take. Pure.
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace phial::kernel {

inline constexpr std::uint64_t kNumberListLimit = 8191; // the most processors a kernel can be built for, less one

// The numbers as bits of words of 64, the last word not 0; empty for an empty list. Blanks between the parts are
// passed over. Kind::input for anything else.
[[nodiscard]] Result<std::vector<std::uint64_t>> parse_number_list(std::string_view text);

// Back again: "0-3,7"; empty where no bit is set.
[[nodiscard]] std::string format_number_list(std::span<const std::uint64_t> words);

} // namespace phial::kernel
