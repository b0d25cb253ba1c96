// Cursor: a place in a JSON document that is being read into structs. It knows its path ("process.rlimits[2].type") and
// line, checks types and ranges, and keeps the first error in the Document; after an error every read does nothing. So
// a field is one line, and whoever began the reading asks Document::result() once at the end. null counts as absent,
// unknown members are ignored (runtime-spec, "Extensibility").
#pragma once

#include "base/json.hpp"
#include "spec/names.hpp"

#include <concepts>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace phial::spec {

struct Document {
  std::string_view text; // for line numbers
  std::string file;      // "config.json"
  std::optional<Error> problem;

  template <class T> [[nodiscard]] Result<T> result(T value) {
    if (problem)
      return std::unexpected(std::move(*problem));
    return value;
  }
};

class Cursor {
public:
  Cursor(Document& document, const Json& root) : document_(&document), json_(&root) {}

  [[nodiscard]] bool failed() const { return document_->problem.has_value(); }
  // The member is there and not null.
  [[nodiscard]] bool has(std::string_view key) const { return member(key) != nullptr; }

  // Reports a mistake at this place, or at one of its members.
  void fail(std::string message) const;
  void fail(std::string_view key, std::string message) const;
  // The same for a word outside of a list: '"RLIMIT_FOO" is not a limit; did you mean "RLIMIT_FSIZE"?'.
  void fail_word(std::string_view key, std::string_view word, std::string_view what,
                 std::span<const std::string_view> known) const;

  // Members that must be there.
  void require(std::initializer_list<std::string_view> keys) const;

  void read(std::string_view key, std::string& out) const;
  void read(std::string_view key, bool& out) const;
  template <std::integral T>
  void read(std::string_view key, T& out, T least = std::numeric_limits<T>::min(),
            T most = std::numeric_limits<T>::max()) const {
    with(key, [&](const Cursor& place) { place.take(out, least, most); });
  }
  template <class T> void read(std::string_view key, std::optional<T>& out) const {
    if (has(key))
      read(key, out.emplace());
  }
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  void read(std::string_view key, std::optional<T>& out, T least, T most) const {
    if (has(key))
      read(key, out.emplace(), least, most);
  }
  void read(std::string_view key, std::vector<std::string>& out) const;
  void read(std::string_view key, std::vector<std::uint32_t>& out) const;
  // An object of strings.
  void read(std::string_view key, std::vector<std::pair<std::string, std::string>>& out) const;

  // A word of a list; `what` it should be ("a scheduling policy").
  template <class T> void read_word(std::string_view key, T& out, Words words, std::string_view what) const {
    if (std::optional<std::uint64_t> value = word(key, words, what))
      out = static_cast<T>(*value);
  }
  // An array of words, or'ed together.
  template <std::integral T> void read_flags(std::string_view key, T& out, Words words, std::string_view what) const {
    each(key, [&](const Cursor& place) {
      if (std::optional<std::uint64_t> value = place.own_word(words, what))
        out = static_cast<T>(out | static_cast<T>(*value));
    });
  }

  // Calls f with the member, an object, if it is there.
  template <class F> void inside(std::string_view key, F f) const {
    with(key, [&](const Cursor& place) {
      if (place.expect(Json::Type::object))
        f(place);
    });
  }
  template <class T, class F> void inside(std::string_view key, std::optional<T>& out, F f) const {
    inside(key, [&](const Cursor& place) { f(place, out.emplace()); });
  }
  // Calls f with each element of an array.
  template <class F> void each(std::string_view key, F f) const {
    with(key, [&](const Cursor& place) {
      if (!place.expect(Json::Type::array))
        return;
      std::span<const Json> items = place.json_->items();
      for (std::size_t i = 0; i < items.size() && !failed(); ++i)
        f(Cursor(place, &items[i], {}, i));
    });
  }
  // Reads an array of objects: f(place, element).
  template <class T, class F> void list(std::string_view key, std::vector<T>& out, F f) const {
    each(key, [&](const Cursor& place) {
      if (place.expect(Json::Type::object))
        f(place, out.emplace_back());
    });
  }
  // Calls f(name, place) with each member of an object.
  template <class F> void members(std::string_view key, F f) const {
    inside(key, [&](const Cursor& place) {
      for (const Json::Member& entry : place.json_->members())
        if (!failed())
          f(std::string_view(entry.key), Cursor(place, &entry.value, entry.key, kNoIndex));
    });
  }

  void take(std::string& out) const;
  template <std::integral T>
  void take(T& out, T least = std::numeric_limits<T>::min(), T most = std::numeric_limits<T>::max()) const {
    if constexpr (std::signed_integral<T>) {
      std::int64_t value = 0;
      if (take_int(value, least, most))
        out = static_cast<T>(value);
    } else {
      std::uint64_t value = 0;
      if (take_uint(value, least, most))
        out = static_cast<T>(value);
    }
  }
  [[nodiscard]] bool expect(Json::Type type) const;
  [[nodiscard]] std::optional<std::uint64_t> own_word(Words words, std::string_view what) const;

private:
  static constexpr std::size_t kNoIndex = ~std::size_t{0};

  Cursor(const Cursor& parent, const Json* json, std::string_view key, std::size_t index)
      : document_(parent.document_), json_(json), parent_(&parent), key_(key), index_(index) {}

  [[nodiscard]] const Json* member(std::string_view key) const;
  template <class F> void with(std::string_view key, F f) const {
    if (const Json* json = failed() ? nullptr : member(key))
      f(Cursor(*this, json, key, kNoIndex));
  }
  [[nodiscard]] std::optional<std::uint64_t> word(std::string_view key, Words words, std::string_view what) const;
  [[nodiscard]] bool take_int(std::int64_t& out, std::int64_t least, std::int64_t most) const;
  [[nodiscard]] bool take_uint(std::uint64_t& out, std::uint64_t least, std::uint64_t most) const;
  [[nodiscard]] std::string path() const;

  Document* document_;
  const Json* json_;
  const Cursor* parent_ = nullptr; // lives longer: children are handed to callbacks only
  std::string_view key_;
  std::size_t index_ = kNoIndex;
};

} // namespace phial::spec
