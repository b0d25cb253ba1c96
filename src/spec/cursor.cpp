#include "spec/cursor.hpp"

#include "base/text.hpp"

namespace phial::spec {

namespace {

std::string_view name_of_type(Json::Type type) {
  switch (type) {
  case Json::Type::array: return "an array";
  case Json::Type::object: return "an object";
  case Json::Type::string: return "a string";
  case Json::Type::boolean: return "true or false";
  default: return "a number";
  }
}

} // namespace

std::string Cursor::path() const {
  if (parent_ == nullptr)
    return "";
  std::string before = parent_->path();
  if (index_ != kNoIndex)
    return before + "[" + std::to_string(index_) + "]";
  return before.empty() ? std::string(key_) : before + "." + std::string(key_);
}

void Cursor::fail(std::string message) const {
  if (failed())
    return;
  Error error;
  error.kind = Kind::input;
  error.message = std::move(message);
  std::string where = path();
  error.position = document_->file + ":" + std::to_string(line_at(document_->text, json_->offset())) +
                   (where.empty() ? "" : " " + where);
  document_->problem = std::move(error);
}

void Cursor::fail(std::string_view key, std::string message) const {
  const Json* json = member(key);
  Cursor(*this, json != nullptr ? json : json_, key, kNoIndex).fail(std::move(message));
}

void Cursor::fail_word(std::string_view key, std::string_view word, std::string_view what,
                       std::span<const std::string_view> known) const {
  std::string message = "\"" + std::string(word) + "\" is not " + std::string(what);
  if (auto near = nearest(word, known))
    message += "; did you mean \"" + std::string(*near) + "\"?";
  if (key.empty())
    fail(std::move(message));
  else
    fail(key, std::move(message));
}

const Json* Cursor::member(std::string_view key) const {
  const Json* json = json_->find(key);
  return json == nullptr || json->is_null() ? nullptr : json;
}

void Cursor::require(std::initializer_list<std::string_view> keys) const {
  for (std::string_view key : keys)
    if (!has(key))
      fail(key, "is required and missing");
}

bool Cursor::expect(Json::Type type) const {
  if (failed())
    return false;
  if (json_->type() == type)
    return true;
  fail("expected " + std::string(name_of_type(type)) + ", found " + std::string(json_->type_name()));
  return false;
}

void Cursor::take(std::string& out) const {
  if (!expect(Json::Type::string))
    return;
  if (json_->as_string()->find('\0') != std::string::npos)
    return fail("holds a zero byte");
  out = *json_->as_string();
}

bool Cursor::take_int(std::int64_t& out, std::int64_t least, std::int64_t most) const {
  std::optional<std::int64_t> value = json_->as_int();
  if (value && *value >= least && *value <= most) {
    out = *value;
    return !failed();
  }
  if (json_->type() == Json::Type::integer || json_->type() == Json::Type::unsigned_integer)
    fail(to_text(*json_) + " is not within " + std::to_string(least) + " to " + std::to_string(most));
  else
    fail("expected an integer, found " + std::string(json_->type_name()));
  return false;
}

bool Cursor::take_uint(std::uint64_t& out, std::uint64_t least, std::uint64_t most) const {
  std::optional<std::uint64_t> value = json_->as_uint();
  if (value && *value >= least && *value <= most) {
    out = *value;
    return !failed();
  }
  if (json_->type() == Json::Type::integer || json_->type() == Json::Type::unsigned_integer)
    fail(to_text(*json_) + " is not within " + std::to_string(least) + " to " + std::to_string(most));
  else
    fail("expected an integer, found " + std::string(json_->type_name()));
  return false;
}

std::optional<std::uint64_t> Cursor::own_word(Words words, std::string_view what) const {
  std::string name;
  take(name);
  if (failed())
    return std::nullopt;
  std::optional<std::uint64_t> value = value_of(words, name);
  if (!value)
    fail_word("", name, what, names_of(words));
  return value;
}

std::optional<std::uint64_t> Cursor::word(std::string_view key, Words words, std::string_view what) const {
  std::optional<std::uint64_t> out;
  with(key, [&](const Cursor& place) { out = place.own_word(words, what); });
  return out;
}

void Cursor::read(std::string_view key, std::string& out) const {
  with(key, [&](const Cursor& place) { place.take(out); });
}

void Cursor::read(std::string_view key, bool& out) const {
  with(key, [&](const Cursor& place) {
    if (place.expect(Json::Type::boolean))
      out = *place.json_->as_bool();
  });
}

void Cursor::read(std::string_view key, std::vector<std::string>& out) const {
  each(key, [&](const Cursor& place) { place.take(out.emplace_back()); });
}

void Cursor::read(std::string_view key, std::vector<std::uint32_t>& out) const {
  each(key, [&](const Cursor& place) { place.take(out.emplace_back()); });
}

void Cursor::read(std::string_view key, std::vector<std::pair<std::string, std::string>>& out) const {
  members(key, [&](std::string_view name, const Cursor& place) {
    if (name.find('\0') != std::string_view::npos)
      return place.fail("the name holds a zero byte");
    place.take(out.emplace_back(name, "").second);
  });
}

} // namespace phial::spec
