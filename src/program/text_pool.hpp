// The texts of a program's data: each stored once, found again by its bytes. Knows nothing of instructions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace phial::program {

// An open hash table of offsets into the data: a program has hundreds of texts, and none of them is copied for the
// sake of being looked up.
class TextPool {
public:
  // The offset of `text` with its NUL in `data`, which it is appended to where it is new. `data` is the same string in
  // every call and only grows.
  std::uint32_t put(std::string& data, std::string_view text);

private:
  struct Entry {
    std::uint32_t hash = 0;
    std::uint32_t place = 0; // the offset plus one; 0: nothing here
  };
  void grow();

  std::vector<Entry> entries_; // a power of two
  std::size_t count_ = 0;
};

} // namespace phial::program
