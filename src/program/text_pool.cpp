#include "program/text_pool.hpp"

namespace phial::program {

namespace {

constexpr std::size_t kFirst = 512;

// FNV-1a, 32 bits.
std::uint32_t hash_of(std::string_view text) {
  std::uint32_t hash = 2166136261U;
  for (char letter : text)
    hash = (hash ^ static_cast<unsigned char>(letter)) * 16777619U;
  return hash;
}

} // namespace

void TextPool::grow() {
  std::vector<Entry> old(entries_.empty() ? kFirst : entries_.size() * 2);
  old.swap(entries_);
  for (const Entry& entry : old) {
    if (entry.place == 0)
      continue;
    std::size_t at = entry.hash & (entries_.size() - 1);
    while (entries_[at].place != 0)
      at = (at + 1) & (entries_.size() - 1);
    entries_[at] = entry;
  }
}

std::uint32_t TextPool::put(std::string& data, std::string_view text) {
  if (count_ * 2 >= entries_.size())
    grow();
  std::uint32_t hash = hash_of(text);
  std::size_t at = hash & (entries_.size() - 1);
  for (; entries_[at].place != 0; at = (at + 1) & (entries_.size() - 1)) {
    std::size_t offset = entries_[at].place - 1;
    if (entries_[at].hash == hash && data.compare(offset, text.size(), text) == 0 && data[offset + text.size()] == '\0')
      return static_cast<std::uint32_t>(offset);
  }
  auto offset = static_cast<std::uint32_t>(data.size());
  data += text;
  data += '\0';
  entries_[at] = {hash, offset + 1};
  ++count_;
  return offset;
}

} // namespace phial::program
