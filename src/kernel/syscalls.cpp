#include "kernel/syscalls.hpp"

#include "kernel/syscall_table.hpp"

#include <algorithm>
#include <array>

namespace phial::kernel {

namespace {

static_assert(std::ranges::is_sorted(kSystemCalls, {}, &SystemCall::name));

constexpr std::size_t kSlots = 2048; // four times the calls: a look-up rarely meets a second name
static_assert(std::size(kSystemCalls) * 4 < kSlots + 32);

constexpr std::size_t slot_of(std::string_view name) {
  std::uint32_t hash = 2166136261U;
  for (char letter : name)
    hash = (hash ^ static_cast<unsigned char>(letter)) * 16777619U;
  return (hash ^ hash >> 15U) % kSlots;
}

// Row + 1 of the table, 0 for nothing; open addressing.
constexpr auto kIndex = [] {
  std::array<std::uint16_t, kSlots> index{};
  for (std::size_t row = 0; row < std::size(kSystemCalls); ++row) {
    std::size_t slot = slot_of(kSystemCalls[row].name);
    while (index[slot] != 0)
      slot = (slot + 1) % kSlots;
    index[slot] = static_cast<std::uint16_t>(row + 1);
  }
  return index;
}();

} // namespace

std::span<const SystemCall> system_calls() {
  return kSystemCalls;
}

const SystemCall* find_system_call(std::string_view name) {
  for (std::size_t slot = slot_of(name); kIndex[slot] != 0; slot = (slot + 1) % kSlots)
    if (const SystemCall& call = kSystemCalls[kIndex[slot] - 1]; call.name == name)
      return &call;
  return nullptr;
}

std::string_view system_call_name(int number, Architecture architecture) {
  if (number < 0)
    return {};
  for (const SystemCall& call : kSystemCalls)
    if (call.number(architecture) == number)
      return call.name;
  return {};
}

std::optional<int> system_call_number(std::string_view name, Architecture architecture) {
  const SystemCall* call = find_system_call(name);
  if (call == nullptr || call->number(architecture) < 0)
    return std::nullopt;
  return call->number(architecture);
}

} // namespace phial::kernel
