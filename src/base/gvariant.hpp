// Values of D-Bus in GLib's text form ("uint64 5", "['a', 'b']", "@a(ss) []"): read, typed, printed. Knows the notation
// only, no bus. docs.gtk.org/glib, "GVariant Text Format"; dbus-specification, "Type System".
#pragma once

#include "base/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace phial {

// A basic value, an array or a structure; no dictionaries, no variants within variants.
struct Variant {
  std::string type;           // its D-Bus signature: "s", "t", "au", "a(ss)"
  std::string text;           // of a basic type: the number in decimal, "true", "false", or the string itself
  std::vector<Variant> items; // of an array or a structure
  friend bool operator==(const Variant&, const Variant&) = default;
};

// Numbers without a type are int32, or double where they have a point; elements of an array agree in type. Kind::input.
[[nodiscard]] Result<Variant> parse_variant(std::string_view text);

// The same in the text form, with every type that is not plain from it named: what parse_variant reads back as it was.
[[nodiscard]] std::string to_text(const Variant& value);

// The words busctl(1) takes for it: its type, then its values, an array's after their number.
[[nodiscard]] std::vector<std::string> busctl_words(const Variant& value);

[[nodiscard]] Variant variant_of(bool value);
[[nodiscard]] Variant variant_of(std::uint64_t value); // uint64
[[nodiscard]] Variant variant_of(std::string text);    // a string
[[nodiscard]] Variant variant_of(const char* text);
[[nodiscard]] Variant variant_of_bytes(const std::vector<std::uint8_t>& bytes);    // "ay"
[[nodiscard]] Variant variant_of_strings(const std::vector<std::string>& strings); // "as"

} // namespace phial
