// The functions of a template: docker's (json, join, split, upper, lower, title, pad, truncate, println) and the useful
// half of Go's own.
#include "cli/template.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <compare>

namespace phial::cli {

namespace {

using Arguments = std::vector<Json>;

struct Function {
  std::string_view name;
  std::size_t least;
  std::size_t most;
  Result<Json> (*call)(const Arguments& arguments, std::size_t column);
};

constexpr std::size_t kAny = 99;

std::unexpected<Error> wrong(std::size_t column, std::string_view function, std::string_view expected,
                             const Json& given) {
  return template_error(column, std::string(function) + " takes " + std::string(expected) + ", not " +
                                    std::string(given.type_name()));
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out)
    if (c >= 'a' && c <= 'z')
      c = static_cast<char>(c - 'a' + 'A');
  return out;
}

Result<Json> json(const Arguments& arguments, std::size_t) {
  return Json(to_text(arguments[0]));
}

Result<Json> to_upper(const Arguments& arguments, std::size_t) {
  return Json(upper(value_text(arguments[0])));
}

Result<Json> to_lower(const Arguments& arguments, std::size_t) {
  return Json(lower(value_text(arguments[0])));
}

Result<Json> title(const Arguments& arguments, std::size_t) {
  std::string text = value_text(arguments[0]);
  for (std::size_t i = 0; i < text.size(); ++i)
    if (i == 0 || text[i - 1] == ' ')
      text.replace(i, 1, upper(text.substr(i, 1)));
  return Json(std::move(text));
}

Result<Json> length(const Arguments& arguments, std::size_t column) {
  if (const std::string* text = arguments[0].as_string())
    return Json(text->size());
  if (!arguments[0].is_array() && !arguments[0].is_object() && !arguments[0].is_null())
    return wrong(column, "len", "a string, a list or a map", arguments[0]);
  return Json(arguments[0].size());
}

Result<Json> index(const Arguments& arguments, std::size_t column) {
  const Json* value = &arguments[0];
  const Json absent("");
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    if (value->is_array()) {
      std::optional<std::int64_t> number = arguments[i].as_int();
      if (!number || *number < 0 || static_cast<std::size_t>(*number) >= value->size())
        return template_error(column, "index " + value_text(arguments[i]) + " is outside a list of " +
                                          std::to_string(value->size()));
      value = &value->items()[static_cast<std::size_t>(*number)];
    } else if (value->is_object()) {
      const Json* next = value->find(value_text(arguments[i]));
      value = next != nullptr ? next : &absent;
    } else if (value->is_null()) {
      value = &absent;
    } else {
      return wrong(column, "index", "a list or a map", *value);
    }
  }
  return *value;
}

Result<Json> slice(const Arguments& arguments, std::size_t column) {
  const std::string* text = arguments[0].as_string();
  if (text == nullptr)
    return wrong(column, "slice", "a string", arguments[0]);
  std::uint64_t from = arguments.size() > 1 ? arguments[1].as_uint().value_or(~0ULL) : 0;
  std::uint64_t to = arguments.size() > 2 ? arguments[2].as_uint().value_or(~0ULL) : text->size();
  if (from > to || to > text->size())
    return template_error(column, "slice reaches outside a string of " + std::to_string(text->size()) + " bytes");
  return Json(text->substr(from, to - from));
}

Result<Json> join_list(const Arguments& arguments, std::size_t column) {
  if (!arguments[0].is_array() && !arguments[0].is_null())
    return wrong(column, "join", "a list and a separator", arguments[0]);
  std::vector<std::string> parts;
  for (const Json& item : arguments[0].items())
    parts.push_back(value_text(item));
  return Json(join(parts, value_text(arguments[1])));
}

Result<Json> split_text(const Arguments& arguments, std::size_t) {
  std::string text = value_text(arguments[0]);
  std::string separator = value_text(arguments[1]);
  Json out = Json::array();
  std::size_t from = 0;
  for (std::size_t at; !separator.empty() && (at = text.find(separator, from)) != std::string::npos;
       from = at + separator.size())
    out.push(Json(text.substr(from, at - from)));
  out.push(Json(text.substr(from)));
  return out;
}

Result<Json> pad(const Arguments& arguments, std::size_t) {
  std::string text = value_text(arguments[0]);
  if (text.empty())
    return Json(text);
  constexpr std::uint64_t kWidest = 1000;
  return Json(std::string(std::min(arguments[1].as_uint().value_or(0), kWidest), ' ') + text +
              std::string(std::min(arguments[2].as_uint().value_or(0), kWidest), ' '));
}

Result<Json> truncate(const Arguments& arguments, std::size_t) {
  return Json(value_text(arguments[0]).substr(0, arguments[1].as_uint().value_or(std::string::npos)));
}

Result<Json> print_words(const Arguments& arguments, std::size_t) {
  std::string out;
  for (const Json& argument : arguments)
    out += value_text(argument);
  return Json(std::move(out));
}

Result<Json> println(const Arguments& arguments, std::size_t) {
  std::string out;
  for (const Json& argument : arguments)
    out += (out.empty() ? "" : " ") + value_text(argument);
  return Json(out + "\n");
}

// %s %v %d %q %%, with a width and a minus.
Result<Json> printf(const Arguments& arguments, std::size_t column) {
  std::string format = value_text(arguments[0]);
  std::string out;
  std::size_t next = 1;
  for (std::size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      out += format[i];
      continue;
    }
    if (format[++i] == '%') {
      out += '%';
      continue;
    }
    bool left = format[i] == '-';
    if (left)
      ++i;
    std::size_t width = 0;
    for (; i < format.size() && format[i] >= '0' && format[i] <= '9' && width < 1000; ++i)
      width = width * 10 + static_cast<std::size_t>(format[i] - '0');
    char kind = i < format.size() ? format[i] : ' ';
    if (std::string_view("svdq").find(kind) == std::string_view::npos)
      return template_error(column, std::string("printf: %") + kind + " is not one of %s %v %d %q");
    if (next == arguments.size())
      return template_error(column, "printf: a value is missing");
    std::string text = kind == 'q' ? to_text(Json(value_text(arguments[next]))) : value_text(arguments[next]);
    ++next;
    std::string fill(width > text.size() ? width - text.size() : 0, ' ');
    out += left ? text + fill : fill + text;
  }
  return Json(std::move(out));
}

// Numbers by value, everything else by its text.
std::partial_ordering compare(const Json& a, const Json& b) {
  if (std::optional<double> x = a.as_double())
    if (std::optional<double> y = b.as_double())
      return *x <=> *y;
  if (a.type() != b.type() && (a.as_double() || b.as_double()))
    return std::partial_ordering::unordered;
  return value_text(a) <=> value_text(b);
}

Result<Json> equal(const Arguments& arguments, std::size_t) {
  for (std::size_t i = 1; i < arguments.size(); ++i)
    if (compare(arguments[0], arguments[i]) == 0)
      return Json(true);
  return Json(false);
}

Result<Json> not_equal(const Arguments& a, std::size_t) {
  return Json(compare(a[0], a[1]) != 0);
}
Result<Json> less(const Arguments& a, std::size_t) {
  return Json(compare(a[0], a[1]) < 0);
}
Result<Json> at_most(const Arguments& a, std::size_t) {
  return Json(compare(a[0], a[1]) <= 0);
}
Result<Json> greater(const Arguments& a, std::size_t) {
  return Json(compare(a[0], a[1]) > 0);
}
Result<Json> at_least(const Arguments& a, std::size_t) {
  return Json(compare(a[0], a[1]) >= 0);
}
Result<Json> negate(const Arguments& a, std::size_t) {
  return Json(!is_true(a[0]));
}

Result<Json> all_of(const Arguments& arguments, std::size_t) {
  for (const Json& argument : arguments)
    if (!is_true(argument))
      return argument;
  return arguments.back();
}

Result<Json> any_of(const Arguments& arguments, std::size_t) {
  for (const Json& argument : arguments)
    if (is_true(argument))
      return argument;
  return arguments.back();
}

constexpr Function kFunctions[] = {
    {"json", 1, 1, json},
    {"join", 2, 2, join_list},
    {"split", 2, 2, split_text},
    {"upper", 1, 1, to_upper},
    {"lower", 1, 1, to_lower},
    {"title", 1, 1, title},
    {"pad", 3, 3, pad},
    {"truncate", 2, 2, truncate},
    {"len", 1, 1, length},
    {"index", 1, kAny, index},
    {"slice", 1, 3, slice},
    {"print", 0, kAny, print_words},
    {"println", 0, kAny, println},
    {"printf", 1, kAny, printf},
    {"eq", 2, kAny, equal},
    {"ne", 2, 2, not_equal},
    {"lt", 2, 2, less},
    {"le", 2, 2, at_most},
    {"gt", 2, 2, greater},
    {"ge", 2, 2, at_least},
    {"not", 1, 1, negate},
    {"and", 1, kAny, all_of},
    {"or", 1, kAny, any_of},
};

const Function* find_function(std::string_view name) {
  for (const Function& function : kFunctions)
    if (function.name == name)
      return &function;
  return nullptr;
}

} // namespace

bool is_function(std::string_view name) {
  return find_function(name) != nullptr;
}

std::string function_names() {
  std::string out;
  for (const Function& function : kFunctions)
    out += (out.empty() ? "" : " ") + std::string(function.name);
  return out;
}

Result<Json> call_function(std::string_view name, const std::vector<Json>& arguments, std::size_t column) {
  const Function* function = find_function(name);
  if (function == nullptr)
    return template_error(column, "function \"" + std::string(name) + "\" is not defined");
  if (arguments.size() < function->least || arguments.size() > function->most)
    return template_error(
        column, std::string(name) + " takes " + (function->least == function->most ? "" : "at least ") +
                    std::to_string(function->least) + (function->least == 1 ? " argument, not " : " arguments, not ") +
                    std::to_string(arguments.size()));
  return function->call(arguments, column);
}

} // namespace phial::cli
