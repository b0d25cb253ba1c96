#include "base/json.hpp"

#include <bit>
#include <limits>
#include <rapidjson/rapidjson.h>

// RapidJSON asks for the leading zeroes of 0 too, for "0e40": there the compiler's own answer may be anything, and so
// may what is read then. Here it is that of 1.
#define __builtin_clzll(number) std::countl_zero(std::uint64_t{(number) | 1})
#include <rapidjson/internal/diyfp.h>
#undef __builtin_clzll

#include <rapidjson/error/error.h>
#include <rapidjson/internal/dtoa.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <iterator>
#include <unordered_map>

namespace phial {

Json::Json() = default;
Json::Json(std::nullptr_t) {}
Json::Json(bool value) : value_(value) {}
Json::Json(double value) : value_(value) {}
Json::Json(std::string value) : value_(std::move(value)) {}
Json::Json(std::string_view value) : value_(std::string(value)) {}
Json::Json(const char* value) : value_(std::string(value)) {}
Json::Json(const Json& other) = default;
Json::Json(Json&& other) noexcept = default;
Json& Json::operator=(const Json& other) = default;
Json& Json::operator=(Json&& other) noexcept = default;
Json::~Json() = default;

void Json::set_int(std::int64_t value) {
  value_ = value;
}

void Json::set_uint(std::uint64_t value) {
  value_ = value;
}

bool operator==(const Json& a, const Json& b) {
  return a.value_ == b.value_;
}

Json Json::object() {
  Json json;
  json.value_.emplace<Object>();
  return json;
}

Json Json::object(std::vector<Member> members) {
  Json json;
  json.value_ = std::move(members);
  return json;
}

Json Json::array() {
  Json json;
  json.value_.emplace<Array>();
  return json;
}

Json Json::array(std::vector<Json> items) {
  Json json;
  json.value_ = std::move(items);
  return json;
}

Json Json::strings(std::span<const std::string> items) {
  return array(std::vector<Json>(items.begin(), items.end()));
}

std::string_view Json::type_name() const {
  switch (type()) {
  case Type::null: return "null";
  case Type::boolean: return "a boolean";
  case Type::integer:
  case Type::unsigned_integer: return "an integer";
  case Type::number: return "a fraction";
  case Type::string: return "a string";
  case Type::array: return "an array";
  case Type::object: return "an object";
  }
  return "unknown";
}

std::optional<bool> Json::as_bool() const {
  const bool* value = std::get_if<bool>(&value_);
  return value ? std::optional(*value) : std::nullopt;
}

std::optional<std::int64_t> Json::as_int() const {
  const std::int64_t* value = std::get_if<std::int64_t>(&value_);
  return value ? std::optional(*value) : std::nullopt;
}

std::optional<std::uint64_t> Json::as_uint() const {
  if (const std::uint64_t* big = std::get_if<std::uint64_t>(&value_))
    return *big;
  const std::int64_t* value = std::get_if<std::int64_t>(&value_);
  return value && *value >= 0 ? std::optional(static_cast<std::uint64_t>(*value)) : std::nullopt;
}

std::optional<double> Json::as_double() const {
  switch (type()) {
  case Type::integer: return static_cast<double>(std::get<std::int64_t>(value_));
  case Type::unsigned_integer: return static_cast<double>(std::get<std::uint64_t>(value_));
  case Type::number: return std::get<double>(value_);
  default: return std::nullopt;
  }
}

std::span<const Json> Json::items() const {
  const Array* array = std::get_if<Array>(&value_);
  return array ? std::span<const Json>(*array) : std::span<const Json>();
}

std::span<const Json::Member> Json::members() const {
  const Object* object = std::get_if<Object>(&value_);
  return object ? std::span<const Member>(*object) : std::span<const Member>();
}

std::span<Json> Json::items() {
  Array* array = std::get_if<Array>(&value_);
  return array ? std::span<Json>(*array) : std::span<Json>();
}

std::span<Json::Member> Json::members() {
  Object* object = std::get_if<Object>(&value_);
  return object ? std::span<Member>(*object) : std::span<Member>();
}

std::size_t Json::size() const {
  return is_array() ? items().size() : members().size();
}

const Json* Json::find(std::string_view key) const {
  for (const Member& member : members())
    if (member.key == key)
      return &member.value;
  return nullptr;
}

Json* Json::find(std::string_view key) {
  for (Member& member : members())
    if (member.key == key)
      return &member.value;
  return nullptr;
}

const Json* Json::at(std::initializer_list<std::string_view> path) const {
  const Json* json = this;
  for (std::string_view key : path)
    if (json != nullptr)
      json = json->find(key);
  return json;
}

std::string Json::string_or(std::string_view key, std::string_view otherwise) const {
  const Json* member = find(key);
  const std::string* value = member ? member->as_string() : nullptr;
  return value ? *value : std::string(otherwise);
}

std::int64_t Json::int_or(std::string_view key, std::int64_t otherwise) const {
  const Json* member = find(key);
  return member ? member->as_int().value_or(otherwise) : otherwise;
}

std::uint64_t Json::uint_or(std::string_view key, std::uint64_t otherwise) const {
  const Json* member = find(key);
  return member ? member->as_uint().value_or(otherwise) : otherwise;
}

double Json::double_or(std::string_view key, double otherwise) const {
  const Json* member = find(key);
  return member ? member->as_double().value_or(otherwise) : otherwise;
}

bool Json::bool_or(std::string_view key, bool otherwise) const {
  const Json* member = find(key);
  return member ? member->as_bool().value_or(otherwise) : otherwise;
}

std::vector<std::string> Json::strings_of(std::string_view key) const {
  std::vector<std::string> out;
  if (const Json* member = find(key))
    for (const Json& item : member->items())
      if (const std::string* text = item.as_string())
        out.push_back(*text);
  return out;
}

Json& Json::set(std::string_view key, Json value) & {
  if (!is_object())
    value_.emplace<Object>();
  if (Json* member = find(key))
    *member = std::move(value);
  else
    std::get<Object>(value_).push_back({std::string(key), std::move(value)});
  return *this;
}

Json& Json::push(Json value) & {
  if (!is_array())
    value_.emplace<Array>();
  std::get<Array>(value_).push_back(std::move(value));
  return *this;
}

void Json::remove(std::string_view key) {
  if (Object* object = std::get_if<Object>(&value_))
    std::erase_if(*object, [&](const Member& member) { return member.key == key; });
}

std::size_t line_at(std::string_view text, std::size_t offset) {
  std::string_view before = text.substr(0, std::min(offset, text.size()));
  return 1 + static_cast<std::size_t>(std::ranges::count(before, '\n'));
}

namespace {

// Removes members whose name comes again later, keeping the first's place and the last's value.
void drop_duplicates(std::vector<Json::Member>& members) {
  constexpr std::size_t kFewMembers = 16; // below, comparing all pairs is cheaper than hashing
  bool found = false;
  if (members.size() <= kFewMembers) {
    for (std::size_t i = 1; i < members.size() && !found; ++i)
      for (std::size_t j = 0; j < i && !found; ++j)
        found = members[i].key == members[j].key;
    if (!found)
      return;
  }
  std::unordered_map<std::string_view, std::size_t> last;
  for (std::size_t i = 0; i < members.size(); ++i)
    last[members[i].key] = i;
  if (last.size() == members.size())
    return;
  std::vector<Json::Member> kept;
  kept.reserve(last.size());
  for (Json::Member& member : members) {
    auto it = last.find(member.key);
    if (it == last.end())
      continue;
    std::size_t place = it->second;
    last.erase(it); // before its key moves away
    kept.push_back({std::move(member.key), std::move(members[place].value)});
  }
  members = std::move(kept);
}

// Builds values from the parser's events. Finished values wait on one stack until their array or object ends, so that
// each container is allocated once, at its exact size.
class Builder {
public:
  using Ch = char;

  Builder(const rapidjson::MemoryStream& stream, std::size_t depth_limit) : stream_(stream), limit_(depth_limit) {}

  bool Null() { return add(Json()); }
  bool Bool(bool value) { return add(Json(value)); }
  bool Int(int value) { return add(Json(value)); }
  bool Uint(unsigned value) { return add(Json(value)); }
  bool Int64(std::int64_t value) { return add(Json(value)); }
  bool Uint64(std::uint64_t value) { return add(Json(value)); }
  bool Double(double value) { return add(Json(ends_in_zero() ? 0.0 : value)); }
  bool RawNumber(const char*, rapidjson::SizeType, bool) { return false; }
  bool String(const char* text, rapidjson::SizeType size, bool) { return add(Json(std::string(text, size))); }
  bool Key(const char* text, rapidjson::SizeType size, bool) {
    keys_.emplace_back(text, size);
    return true;
  }
  bool StartObject() { return enter(); }
  bool StartArray() { return enter(); }

  bool EndObject(rapidjson::SizeType count) {
    std::vector<Json::Member> members;
    members.reserve(count);
    for (std::size_t i = 0; i < count; ++i)
      members.push_back({std::move(keys_[keys_.size() - count + i]), std::move(values_[values_.size() - count + i])});
    keys_.resize(keys_.size() - count);
    drop_duplicates(members);
    return leave(count, Json::object(std::move(members)));
  }

  bool EndArray(rapidjson::SizeType count) {
    auto first = values_.end() - static_cast<std::ptrdiff_t>(count);
    return leave(
        count, Json::array(std::vector<Json>(std::make_move_iterator(first), std::make_move_iterator(values_.end()))));
  }

  Json take() { return std::move(values_.back()); }
  [[nodiscard]] bool too_deep() const { return opened_.size() >= limit_; }

private:
  // Whether the number that was just read has no digit but zeroes before its exponent: RapidJSON makes something else
  // of "0e308".
  [[nodiscard]] bool ends_in_zero() const {
    std::string_view read(stream_.begin_, stream_.Tell());
    std::size_t before = read.find_last_not_of("0123456789.eE+-");
    std::string_view number = read.substr(before == std::string_view::npos ? 0 : before + 1);
    return number.substr(0, number.find_first_of("eE")).find_first_of("123456789") == std::string_view::npos;
  }
  bool add(Json value) {
    value.set_offset(stream_.Tell());
    values_.push_back(std::move(value));
    return true;
  }
  bool enter() {
    if (too_deep())
      return false;
    opened_.push_back(stream_.Tell() - 1);
    return true;
  }
  bool leave(std::size_t count, Json value) {
    values_.resize(values_.size() - count);
    value.set_offset(opened_.back());
    opened_.pop_back();
    values_.push_back(std::move(value));
    return true;
  }

  const rapidjson::MemoryStream& stream_;
  std::size_t limit_;
  std::vector<Json> values_;
  std::vector<std::string> keys_;
  std::vector<std::size_t> opened_; // where each open array or object began
};

std::string_view reason(rapidjson::ParseErrorCode code) {
  using namespace rapidjson;
  switch (code) {
  case kParseErrorDocumentEmpty: return "the document is empty";
  case kParseErrorDocumentRootNotSingular: return "something follows the end of the document";
  case kParseErrorValueInvalid: return "a value is expected here";
  case kParseErrorObjectMissName: return "a member's name in double quotes is expected here";
  case kParseErrorObjectMissColon: return "a colon is expected behind the member's name";
  case kParseErrorObjectMissCommaOrCurlyBracket: return "a comma or } is expected behind the member";
  case kParseErrorArrayMissCommaOrSquareBracket: return "a comma or ] is expected behind the element";
  case kParseErrorStringUnicodeEscapeInvalidHex: return "four hexadecimal digits are expected behind \\u";
  case kParseErrorStringUnicodeSurrogateInvalid: return "a \\u surrogate stands without its other half";
  case kParseErrorStringEscapeInvalid: return "no such escape in a string";
  case kParseErrorStringMissQuotationMark: return "the string has no end";
  case kParseErrorStringInvalidEncoding: return "a string may hold no bare control character";
  case kParseErrorNumberTooBig: return "the number is too big";
  case kParseErrorNumberMissFraction: return "a digit is expected behind the decimal point";
  case kParseErrorNumberMissExponent: return "a digit is expected in the exponent";
  default: return "this is not JSON";
  }
}

std::unexpected<Error> fail_at(std::string_view text, std::string_view file, std::size_t offset, std::string message) {
  Error error;
  error.kind = Kind::input;
  error.message = std::move(message);
  error.position = std::string(file) + ":" + std::to_string(line_at(text, offset));
  return std::unexpected(std::move(error));
}

} // namespace

Result<Json> parse_json(std::string_view text, std::string_view file_name, JsonLimits limits) {
  if (text.size() > limits.bytes)
    return fail_at(text, file_name, 0, "the document is larger than " + std::to_string(limits.bytes) + " bytes");
  rapidjson::MemoryStream stream(text.data(), text.size());
  Builder builder(stream, limits.depth);
  rapidjson::Reader reader;
  auto result = reader.Parse<rapidjson::kParseFullPrecisionFlag>(stream, builder);
  if (result.Code() == rapidjson::kParseErrorTermination)
    return fail_at(text, file_name, result.Offset(), "nested deeper than " + std::to_string(limits.depth) + " levels");
  if (result.IsError())
    return fail_at(text, file_name, result.Offset(), std::string(reason(result.Code())));
  if (stream.Tell() != text.size()) // the parser takes a zero byte for the end
    return fail_at(text, file_name, stream.Tell(), "a zero byte stands outside of a string");
  return builder.take();
}

namespace {

void write_string(std::string& out, std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += '"';
  for (char c : text) {
    switch (c) {
    case '"': out += "\\\""; continue;
    case '\\': out += "\\\\"; continue;
    case '\n': out += "\\n"; continue;
    case '\r': out += "\\r"; continue;
    case '\t': out += "\\t"; continue;
    default: break;
    }
    auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7f) {
      out += c;
      continue;
    }
    out += "\\u00";
    out += kDigits[byte >> 4];
    out += kDigits[byte & 15];
  }
  out += '"';
}

void write_double(std::string& out, double value) {
  if (!std::isfinite(value)) { // JSON has no word for it
    out += "null";
    return;
  }
  if (value == 0) { // "-0" would be read as the integer 0
    out += "0";
    return;
  }
  std::array<char, 32> buffer{}; // the shortest form of a double needs 25 characters
  std::string_view text(buffer.data(), rapidjson::internal::dtoa(value, buffer.data()) - buffer.data());
  if (text.ends_with(".0"))
    text.remove_suffix(2);
  out += text;
}

class Writer {
public:
  Writer(std::string& out, std::size_t indent) : out_(out), indent_(indent) {}

  void write(const Json& json) {
    switch (json.type()) {
    case Json::Type::null: out_ += "null"; break;
    case Json::Type::boolean: out_ += *json.as_bool() ? "true" : "false"; break;
    case Json::Type::integer: out_ += std::to_string(*json.as_int()); break;
    case Json::Type::unsigned_integer: out_ += std::to_string(*json.as_uint()); break;
    case Json::Type::number: write_double(out_, *json.as_double()); break;
    case Json::Type::string: write_string(out_, *json.as_string()); break;
    case Json::Type::array: write_array(json.items()); break;
    case Json::Type::object: write_object(json.members()); break;
    }
  }

private:
  void write_array(std::span<const Json> items) {
    out_ += '[';
    ++depth_;
    for (const Json& item : items) {
      next(&item == items.data());
      write(item);
    }
    end(items.empty(), ']');
  }
  void write_object(std::span<const Json::Member> members) {
    out_ += '{';
    ++depth_;
    for (const Json::Member& member : members) {
      next(&member == members.data());
      write_string(out_, member.key);
      out_ += indent_ == 0 ? ":" : ": ";
      write(member.value);
    }
    end(members.empty(), '}');
  }
  void next(bool first) {
    if (!first)
      out_ += ',';
    line();
  }
  void end(bool empty, char bracket) {
    --depth_;
    if (!empty)
      line();
    out_ += bracket;
  }
  void line() {
    if (indent_ == 0)
      return;
    out_ += '\n';
    out_.append(depth_ * indent_, ' ');
  }

  std::string& out_;
  std::size_t indent_;
  std::size_t depth_ = 0;
};

} // namespace

std::string to_text(const Json& json, std::size_t indent) {
  std::string out;
  Writer(out, indent).write(json);
  return out;
}

} // namespace phial
