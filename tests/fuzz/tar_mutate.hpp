// Changes tar archives so that what comes out is one again: a header's check sum is made right, and what was compressed
// is compressed anew; else nearly every change ends at a check sum, and nothing behind it is ever tried.
#pragma once

#include "targets.hpp"

#include "image/bytes.hpp"

#include <string>

namespace phial::fuzz {

// Bytes as a stream, in pieces of an odd size.
class Text : public image::ByteSource {
public:
  explicit Text(std::string_view text) : left_(text) {}
  Result<std::string_view> next() override {
    std::string_view out = left_.substr(0, 1021);
    left_.remove_prefix(out.size());
    return out;
  }

private:
  std::string_view left_;
};

// The sum of every block that calls itself a header.
void mend_sums(std::uint8_t* bytes, std::size_t size);

} // namespace phial::fuzz
