// Ids and the names the engine finds when none is given.
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace phial::engine {

inline constexpr std::size_t kIdLength = 64;
inline constexpr std::size_t kShortIdLength = 12;

// 64 hexadecimal digits from getrandom(2), never all decimal in the first twelve: such a short id would be taken for a
// number by other programs.
[[nodiscard]] Result<std::string> new_id();
[[nodiscard]] bool is_id(std::string_view text);
// One to 64 hexadecimal digits: may be the beginning of an id.
[[nodiscard]] bool may_be_id(std::string_view text);

// "brave_kelvin" for some number; `attempt` beyond the first few adds a digit as docker does.
[[nodiscard]] std::string name_of_number(std::uint64_t number, unsigned attempt = 0);
[[nodiscard]] Result<std::string> random_name(unsigned attempt = 0);

// Docker's rule: a letter or digit, then at least one more of letters, digits, '_', '.', '-'. A Kind::usage error says
// what is wrong.
[[nodiscard]] Result<> check_name(std::string_view name);

} // namespace phial::engine
