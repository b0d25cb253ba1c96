// Flag words and enumerations of system calls as text: "CLONE_NEWNS|CLONE_NEWPID|0x40". The tables themselves are in
// flag_tables.hpp. Pure; knows nothing about which argument of which call is decoded by which table.
#pragma once

#include "base/fixed_text.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace phial::kernel {

// One name of a flag word. A flag is present where (value & mask) == bits; a mask of 0 stands for `bits` itself.
// Fields of several bits (O_ACCMODE, the type of a file mode) are rows with a mask; so is a name for "none of them".
struct Flag {
  std::uint64_t bits;
  FixedText<39> name;
  std::uint64_t mask = 0;

  [[nodiscard]] constexpr std::uint64_t field() const { return mask != 0 ? mask : bits; }
};

// Rows that comprise others (O_TMPFILE, O_SYNC) stand before them.
using FlagTable = std::span<const Flag>;

// The names joined by '|', then what no row knows in hexadecimal; "0" where nothing is set.
[[nodiscard]] std::string format_flags(std::uint64_t value, FlagTable table);

// The bits of a text that format_flags could have printed; nullopt where a word is unknown.
[[nodiscard]] std::optional<std::uint64_t> parse_flags(std::string_view text, FlagTable table);

// One value of an enumeration.
struct Name {
  std::uint64_t value;
  FixedText<39> name;
};
using NameTable = std::span<const Name>;

// The name of exactly this value, or empty.
[[nodiscard]] std::string_view name_of(std::uint64_t value, NameTable table);
// The name, or the number in decimal.
[[nodiscard]] std::string format_name(std::uint64_t value, NameTable table);

// A mode_t: "S_IFCHR|0666", "0755".
[[nodiscard]] std::string format_mode(std::uint64_t mode);

// "0x1f".
[[nodiscard]] std::string hexadecimal(std::uint64_t value);

} // namespace phial::kernel
