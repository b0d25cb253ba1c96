// Json: one value of a JSON document (RFC 8259), read with positions and written back.
// Objects keep their order. Knows no document's meaning; the parser behind it is included in json.cpp alone.
#pragma once

#include "base/error.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace phial {

class Json {
public:
  enum class Type : std::uint8_t { null, boolean, integer, unsigned_integer, number, string, array, object };
  struct Member;

  // Out of line, as inlined variants are costly to compile and make g++ 12 see uninitialised values.
  Json();
  Json(std::nullptr_t);
  Json(bool value);
  // An unsigned value that an int64_t holds is kept as one, so that equal numbers are equal values.
  template <std::integral T>
    requires(!std::same_as<T, bool>)
  Json(T value) : Json() {
    if (std::in_range<std::int64_t>(value))
      set_int(static_cast<std::int64_t>(value));
    else
      set_uint(static_cast<std::uint64_t>(value));
  }
  Json(double value);
  Json(std::string value);
  Json(std::string_view value);
  Json(const char* value);
  Json(const Json& other);
  Json(Json&& other) noexcept;
  Json& operator=(const Json& other);
  Json& operator=(Json&& other) noexcept;
  ~Json();

  [[nodiscard]] static Json object();
  [[nodiscard]] static Json object(std::vector<Member> members); // the caller answers for distinct keys
  [[nodiscard]] static Json array();
  [[nodiscard]] static Json array(std::vector<Json> items);
  // An array of these strings.
  [[nodiscard]] static Json strings(std::span<const std::string> items);

  [[nodiscard]] Type type() const { return static_cast<Type>(value_.index()); }
  [[nodiscard]] bool is_null() const { return type() == Type::null; }
  [[nodiscard]] bool is_object() const { return type() == Type::object; }
  [[nodiscard]] bool is_array() const { return type() == Type::array; }
  [[nodiscard]] bool is_string() const { return type() == Type::string; }
  // "an object", "a string", "null": for messages.
  [[nodiscard]] std::string_view type_name() const;

  // The value, where it is of that type and fits; no conversion from strings, and none from 1.0 to 1.
  [[nodiscard]] std::optional<bool> as_bool() const;
  [[nodiscard]] std::optional<std::int64_t> as_int() const;
  [[nodiscard]] std::optional<std::uint64_t> as_uint() const;
  [[nodiscard]] std::optional<double> as_double() const; // integers too
  [[nodiscard]] const std::string* as_string() const { return std::get_if<std::string>(&value_); }

  // The elements of an array, the members of an object; empty for every other type.
  [[nodiscard]] std::span<const Json> items() const;
  [[nodiscard]] std::span<const Member> members() const;
  [[nodiscard]] std::span<Json> items();
  [[nodiscard]] std::span<Member> members();
  [[nodiscard]] std::size_t size() const; // of an array or an object; else 0

  // The member of that name; nullptr where there is none or this is no object.
  [[nodiscard]] const Json* find(std::string_view key) const;
  [[nodiscard]] Json* find(std::string_view key);
  // A member several objects deep: at({"linux", "resources"}).
  [[nodiscard]] const Json* at(std::initializer_list<std::string_view> path) const;

  // For records of our own: the member's value, or the given one where it is absent or of another type.
  [[nodiscard]] std::string string_or(std::string_view key, std::string_view otherwise = "") const;
  [[nodiscard]] std::int64_t int_or(std::string_view key, std::int64_t otherwise = 0) const;
  [[nodiscard]] std::uint64_t uint_or(std::string_view key, std::uint64_t otherwise = 0) const;
  [[nodiscard]] double double_or(std::string_view key, double otherwise = 0) const;
  [[nodiscard]] bool bool_or(std::string_view key, bool otherwise = false) const;
  // The strings of an array member; what is no string in it is skipped.
  [[nodiscard]] std::vector<std::string> strings_of(std::string_view key) const;

  // Adds a member or replaces its value in place; turns any other type into an object first.
  Json& set(std::string_view key, Json value) &;
  Json&& set(std::string_view key, Json value) && { return std::move(set(key, std::move(value))); }
  // set() where the value is there; else nothing.
  template <class T> Json& set_if(std::string_view key, const std::optional<T>& value) & {
    return value ? set(key, Json(*value)) : *this;
  }
  // Appends to an array; turns any other type into an array first.
  Json& push(Json value) &;
  Json&& push(Json value) && { return std::move(push(std::move(value))); }
  void remove(std::string_view key);

  // Where it was read: a byte offset into the text, on the line where the value begins. 0 for values made here.
  [[nodiscard]] std::size_t offset() const { return offset_; }
  void set_offset(std::size_t offset) { offset_ = offset; }

  // Equal values; offsets do not count, the order of members does.
  friend bool operator==(const Json& a, const Json& b);

private:
  void set_int(std::int64_t value);
  void set_uint(std::uint64_t value);

  using Array = std::vector<Json>;
  using Object = std::vector<Member>;
  std::variant<std::monostate, bool, std::int64_t, std::uint64_t, double, std::string, Array, Object> value_;
  std::size_t offset_ = 0;
};

struct Json::Member {
  std::string key;
  Json value;
  friend bool operator==(const Member&, const Member&) = default;
};

struct JsonLimits {
  std::size_t bytes = std::size_t{16} << 20;
  std::size_t depth = 128;
};

// Reads one document. Of members with the same name the last wins, as Go's encoding/json has it, in the place of the
// first. Strings keep their bytes, whether UTF-8 or not. Errors are Kind::input with the position "file_name:line".
[[nodiscard]] Result<Json> parse_json(std::string_view text, std::string_view file_name, JsonLimits limits = {});

// The line, counted from 1, on which a byte of `text` stands.
[[nodiscard]] std::size_t line_at(std::string_view text, std::size_t offset);

// The document as text: on one line, or with `indent` spaces a level as Go's MarshalIndent has it. No newline at the
// end.
[[nodiscard]] std::string to_text(const Json& json, std::size_t indent = 0);

} // namespace phial
