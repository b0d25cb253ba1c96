// DataView: a program's data as a reader finds it before the program runs: numbers, texts, pointers, and the slots
// whose values will be written into it or read out of it while it runs. Read-only; for the printers.
#pragma once

#include "program/program.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace phial::program {

class DataView {
public:
  explicit DataView(const Program& program) : program_(program) {}

  [[nodiscard]] const Program& program() const { return program_; }
  // The number of `width` bytes there; 0 beyond the end.
  [[nodiscard]] std::uint64_t number(std::uint64_t at, unsigned width) const;
  // The bytes there, as many as there are.
  [[nodiscard]] std::string_view bytes(std::uint64_t at, std::uint64_t size) const;
  // The text that begins there, up to its NUL.
  [[nodiscard]] std::string_view text(std::uint64_t at) const;
  // Where the 8 bytes at `at` point to.
  [[nodiscard]] std::optional<std::uint32_t> pointer(std::uint64_t at) const;
  // The instruction that writes at exactly this address (store, store_decimal); nullptr where none does.
  [[nodiscard]] const Instruction* writer(std::uint64_t at) const;
  // As text: "$cgroup" where an instruction stores a slot there, else the number.
  [[nodiscard]] std::optional<std::string> stored_slot(std::uint64_t at) const;
  // The slots that are loaded from [at, at + size): "$a, $b"; empty where none is.
  [[nodiscard]] std::string loaded_slots(std::uint64_t at, std::uint64_t size) const;
  // "$root"
  [[nodiscard]] std::string slot_name(std::uint64_t slot) const;

private:
  const Program& program_;
};

// Text in quotes, other bytes escaped as C has them, at most `limit` bytes of it and then "...".
[[nodiscard]] std::string quoted(std::string_view text, std::size_t limit);

} // namespace phial::program
