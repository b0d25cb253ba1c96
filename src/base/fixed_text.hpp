// A short text that lies where it stands: for tables of names. A string_view in a table is an address, which the loader
// of a position-independent program has to write at every start, and each page it writes to is a copy; a table of these
// is read from the file as it is, and only by who looks at it.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace phial {

template <std::size_t Room> class FixedText {
public:
  constexpr FixedText() = default;
  // Of a literal.
  template <std::size_t N>
    requires(N <= Room && Room <= 256)
  constexpr FixedText(const char (&text)[N]) : size_(N - 1) {
    for (std::size_t i = 0; i + 1 < N; ++i)
      bytes_[i] = text[i];
  }

  constexpr operator std::string_view() const { return {bytes_, size_}; }
  [[nodiscard]] constexpr std::string_view view() const { return *this; }
  [[nodiscard]] constexpr bool empty() const { return size_ == 0; }

  // A template for what is no FixedText, so that neither of the two is as good as the other.
  friend constexpr bool operator==(const FixedText& a, const FixedText& b) { return a.view() == b.view(); }
  template <std::convertible_to<std::string_view> Text>
  friend constexpr bool operator==(const FixedText& a, const Text& b) {
    return a.view() == std::string_view(b);
  }
  friend constexpr auto operator<=>(const FixedText& a, const FixedText& b) { return a.view() <=> b.view(); }

private:
  char bytes_[Room] = {};
  std::uint8_t size_ = 0;
};

} // namespace phial
