// The reader and writer of JSON, beneath every document; and D-Bus values in GLib's notation, beneath annotations.
#include "targets.hpp"

#include "base/gvariant.hpp"
#include "base/json.hpp"

namespace phial::fuzz {

void json(std::string_view bytes) {
  if (Result<Json> value = parse_json(bytes, "document")) {
    for (std::size_t indent : {0, 2}) {
      std::string text = to_text(*value, indent);
      Result<Json> again = parse_json(text, "again");
      require(again.has_value(), "what was written is no document");
      require(to_text(*again, indent) == text, "what was written reads otherwise"); // 1e1 is 10 then, as Go has it
    }
  }
  if (Result<Variant> value = parse_variant(bytes)) {
    Result<Variant> again = parse_variant(to_text(*value));
    require(again && *again == *value, "a value of D-Bus reads otherwise");
    static_cast<void>(busctl_words(*value));
  }
}

} // namespace phial::fuzz
