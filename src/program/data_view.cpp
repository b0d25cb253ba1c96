#include "program/data_view.hpp"

#include <algorithm>
#include <cstring>

namespace phial::program {

std::uint64_t DataView::number(std::uint64_t at, unsigned width) const {
  std::uint64_t value = 0;
  std::string_view from = bytes(at, width);
  if (!from.empty())
    std::memcpy(&value, from.data(), std::min(from.size(), sizeof value));
  return value;
}

std::string_view DataView::bytes(std::uint64_t at, std::uint64_t size) const {
  std::string_view data = program_.data;
  return at < data.size() ? data.substr(at, size) : std::string_view();
}

std::string_view DataView::text(std::uint64_t at) const {
  std::string_view rest = bytes(at, program_.data.size());
  return rest.substr(0, rest.find('\0'));
}

std::optional<std::uint32_t> DataView::pointer(std::uint64_t at) const {
  for (const Pointer& pointer : program_.pointers)
    if (pointer.at == at)
      return pointer.to;
  return std::nullopt;
}

const Instruction* DataView::writer(std::uint64_t at) const {
  for (const Instruction& instruction : program_.code)
    if ((instruction.op == Op::store || instruction.op == Op::store_decimal) &&
        kind_of(instruction, 0) == ArgKind::data && instruction.args[0] == at)
      return &instruction;
  return nullptr;
}

std::optional<std::string> DataView::stored_slot(std::uint64_t at) const {
  const Instruction* from = writer(at);
  if (from == nullptr || kind_of(*from, 1) != ArgKind::slot)
    return std::nullopt;
  return slot_name(from->args[1]);
}

std::string DataView::loaded_slots(std::uint64_t at, std::uint64_t size) const {
  std::string out;
  for (const Instruction& instruction : program_.code) {
    if (instruction.op != Op::load || instruction.args[0] < at || instruction.args[0] >= at + size ||
        instruction.result == kNoSlot)
      continue;
    out += (out.empty() ? "" : ", ") + slot_name(instruction.result);
  }
  return out;
}

std::string DataView::slot_name(std::uint64_t slot) const {
  return "$" + (slot < program_.slots.size() ? program_.slots[slot] : "slot" + std::to_string(slot));
}

std::string quoted(std::string_view text, std::size_t limit) {
  static constexpr char kDigits[] = "01234567";
  std::string out = "\"";
  for (std::size_t i = 0; i < std::min(text.size(), limit); ++i) {
    auto c = static_cast<unsigned char>(text[i]);
    switch (c) {
    case '"': out += "\\\""; continue;
    case '\\': out += "\\\\"; continue;
    case '\n': out += "\\n"; continue;
    case '\t': out += "\\t"; continue;
    case '\r': out += "\\r"; continue;
    default: break;
    }
    if (c >= 0x20 && c != 0x7f) {
      out += static_cast<char>(c);
      continue;
    }
    bool digit_follows = i + 1 < text.size() && text[i + 1] >= '0' && text[i + 1] <= '9';
    out += '\\';
    if (c >= 0100 || digit_follows)
      out += kDigits[c >> 6];
    if (c >= 010 || digit_follows)
      out += kDigits[c >> 3 & 7];
    out += kDigits[c & 7];
  }
  return out + (text.size() > limit ? "\"..." : "\"");
}

} // namespace phial::program
