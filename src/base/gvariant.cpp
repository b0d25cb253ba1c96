#include "base/gvariant.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <optional>

namespace phial {

namespace {

constexpr unsigned kDepth = 16;

struct Keyword {
  std::string_view word;
  char type;
};
constexpr Keyword kKeywords[] = {{"boolean", 'b'}, {"byte", 'y'},   {"int16", 'n'},      {"uint16", 'q'},
                                 {"int32", 'i'},   {"uint32", 'u'}, {"int64", 'x'},      {"uint64", 't'},
                                 {"double", 'd'},  {"string", 's'}, {"objectpath", 'o'}, {"signature", 'g'},
                                 {"handle", 'h'}};

// Integers: the least and the greatest, as magnitudes.
struct Range {
  char type;
  std::uint64_t below; // the greatest magnitude of a negative one
  std::uint64_t above;
};
constexpr Range kRanges[] = {
    {'y', 0, 0xff},       {'n', 0x8000, 0x7fff}, {'q', 0, 0xffff}, {'i', 0x80000000, 0x7fffffff},
    {'u', 0, 0xffffffff}, {'h', 0, 0x7fffffff},  {'t', 0, ~0ULL},  {'x', 0x8000000000000000, 0x7fffffffffffffff}};

// How many characters of a signature make its first complete type; 0 where it has none. No dictionaries, no variants.
std::size_t type_length(std::string_view signature, unsigned depth = 0) {
  if (signature.empty() || depth > kDepth)
    return 0;
  if (signature[0] == 'a') {
    std::size_t rest = type_length(signature.substr(1), depth + 1);
    return rest == 0 ? 0 : rest + 1;
  }
  if (signature[0] != '(')
    return std::string_view("bynqiuxtdsogh").find(signature[0]) == std::string_view::npos ? 0 : 1;
  std::size_t at = 1;
  while (at < signature.size() && signature[at] != ')') {
    std::size_t one = type_length(signature.substr(at), depth + 1);
    if (one == 0)
      return 0;
    at += one;
  }
  return at == 1 || at >= signature.size() ? 0 : at + 1;
}

enum class Form : std::uint8_t { boolean, number, string, array, structure };

// A value as it is written, before its type is known.
struct Node {
  Form form = Form::number;
  std::string type; // where the text names it
  std::string text;
  std::vector<Node> items;
};

class Parser {
public:
  explicit Parser(std::string_view text) : text_(text) {}

  Result<Node> whole() {
    Node node = TRY(value(0));
    skip_blanks();
    if (at_ != text_.size())
      return wrong("something stands behind the value");
    return node;
  }

private:
  std::unexpected<Error> wrong(const std::string& what) const {
    return fail(Kind::input, what + " at character " + std::to_string(at_ + 1));
  }

  void skip_blanks() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n'))
      ++at_;
  }

  [[nodiscard]] char peek() {
    skip_blanks();
    return at_ < text_.size() ? text_[at_] : '\0';
  }

  std::string_view word(std::string_view stop) {
    std::size_t end = std::min(text_.find_first_of(stop, at_), text_.size());
    std::string_view out = text_.substr(at_, end - at_);
    at_ = end;
    return out;
  }

  Result<Node> value(unsigned depth) {
    if (depth > kDepth)
      return wrong("the value is too deep");
    switch (char c = peek()) {
    case '\0': return wrong("a value is missing");
    case '@': return typed(depth);
    case '[': return list(Form::array, ']', depth);
    case '(': return list(Form::structure, ')', depth);
    case '\'':
    case '"': return string(c);
    case '{':
    case '<': return wrong("dictionaries and variants are not taken");
    default: return plain(depth);
    }
  }

  Result<Node> typed(unsigned depth) {
    ++at_;
    std::string_view type = word(" \t\n");
    if (type.empty() || type_length(type) != type.size())
      return wrong("'" + std::string(type) + "' is no type");
    Node node = TRY(value(depth + 1));
    node.type = type;
    return node;
  }

  Result<Node> plain(unsigned depth) {
    std::string_view token = word(" \t\n,])");
    if (token == "true" || token == "false")
      return Node{Form::boolean, "", std::string(token), {}};
    for (const Keyword& keyword : kKeywords)
      if (token == keyword.word) {
        Node node = TRY(value(depth + 1));
        node.type = std::string(1, keyword.type);
        return node;
      }
    bool number = !token.empty() &&
                  (token[0] == '-' || token[0] == '+' || token[0] == '.' || (token[0] >= '0' && token[0] <= '9'));
    if (!number)
      return wrong("'" + std::string(token) + "' is no value");
    return Node{Form::number, "", std::string(token), {}};
  }

  Result<Node> list(Form form, char end, unsigned depth) {
    ++at_;
    Node node{form, "", "", {}};
    while (peek() != end) {
      if (!node.items.empty() || (form == Form::array && peek() == ',')) {
        if (peek() != ',')
          return wrong(std::string("',' or '") + end + "' is missing");
        ++at_;
        if (form == Form::structure && peek() == end) // "(5,)"
          break;
      }
      node.items.push_back(TRY(value(depth + 1)));
    }
    ++at_;
    return node;
  }

  Result<Node> string(char quote) {
    Node node{Form::string, "", "", {}};
    for (++at_; at_ < text_.size() && text_[at_] != quote; ++at_) {
      if (text_[at_] != '\\') {
        node.text += text_[at_];
        continue;
      }
      if (++at_ == text_.size())
        break;
      constexpr std::string_view kLetters = "abfnrtv";
      constexpr std::string_view kBytes = "\a\b\f\n\r\t\v";
      if (text_[at_] == 'u' || text_[at_] == 'U')
        return wrong("an escaped character by its number is not taken");
      std::size_t letter = kLetters.find(text_[at_]);
      node.text += letter == std::string_view::npos ? text_[at_] : kBytes[letter];
    }
    if (at_ == text_.size())
      return wrong("the closing quote is missing");
    ++at_;
    return node;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::unexpected<Error> not_a(const Node& node, std::string_view type) {
  return fail(Kind::input, "'" + node.text + "' is no value of the type " + std::string(type));
}

// "0x1f", "017", "-5" -> decimal, where it is in the type's range.
Result<std::string> integer(const Node& node, char type) {
  std::string_view digits = node.text;
  bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+'))
    digits.remove_prefix(1);
  int base = 10;
  if (digits.starts_with("0x") || digits.starts_with("0X")) {
    base = 16;
    digits.remove_prefix(2);
  } else if (digits.size() > 1 && digits.starts_with('0')) {
    base = 8;
    digits.remove_prefix(1);
  }
  auto magnitude = parse_uint(digits, base);
  for (const Range& range : kRanges)
    if (range.type == type && magnitude && *magnitude <= (negative ? range.below : range.above))
      return (negative && *magnitude != 0 ? "-" : "") + std::to_string(*magnitude);
  return not_a(node, std::string(1, type));
}

bool is_decimal_fraction(std::string_view text) {
  if (text.starts_with('-') || text.starts_with('+'))
    text.remove_prefix(1);
  auto digits = [](std::string_view part) {
    return !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos;
  };
  Halves exponent = split_once(text, text.find('E') == std::string_view::npos ? 'e' : 'E');
  if (exponent.second) {
    std::string_view power = *exponent.second;
    if (power.starts_with('-') || power.starts_with('+'))
      power.remove_prefix(1);
    if (!digits(power))
      return false;
  }
  Halves point = split_once(exponent.first, '.');
  if (!point.second)
    return digits(point.first);
  return (point.first.empty() || digits(point.first)) && (point.second->empty() || digits(*point.second)) &&
         point.first.size() + point.second->size() > 0;
}

// The type a node has by itself; empty for an array that does not tell.
std::string inferred(const Node& node) {
  if (!node.type.empty())
    return node.type;
  switch (node.form) {
  case Form::boolean: return "b";
  case Form::string: return "s";
  case Form::number:
    return node.text.find_first_of(".eE") != std::string::npos && !node.text.starts_with("0x") ? "d" : "i";
  case Form::structure: {
    std::string out = "(";
    for (const Node& item : node.items)
      out += inferred(item);
    return out + ")";
  }
  case Form::array: break;
  }
  // One element that names its type speaks for all.
  for (const Node& item : node.items)
    if (!item.type.empty())
      return "a" + item.type;
  return node.items.empty() ? "" : "a" + inferred(node.items[0]);
}

Result<Variant> basic(const Node& node, const std::string& type) {
  Variant out{type, node.text, {}};
  char letter = type[0];
  bool textual = letter == 's' || letter == 'o' || letter == 'g';
  if (letter == 'b' ? node.form != Form::boolean : textual ? node.form != Form::string : node.form != Form::number)
    return not_a(node, type);
  if (textual && node.text.find('\0') != std::string::npos)
    return not_a(node, type);
  if (letter == 'd')
    return is_decimal_fraction(node.text) ? Result<Variant>(std::move(out)) : not_a(node, type);
  if (letter != 'b' && !textual)
    out.text = TRY(integer(node, letter));
  return out;
}

Result<Variant> resolve(const Node& node, const std::string& wanted) {
  if (!node.type.empty() && node.type != wanted)
    return fail(Kind::input, "a value of the type " + node.type + " stands where one of " + wanted + " belongs");
  if (type_length(wanted) != wanted.size())
    return fail(Kind::input, "the type of an empty array is to be named: @as []");
  if (wanted[0] != 'a' && wanted[0] != '(')
    return node.form == Form::array || node.form == Form::structure ? not_a(node, wanted) : basic(node, wanted);
  if (node.form != (wanted[0] == 'a' ? Form::array : Form::structure))
    return not_a(node, wanted);
  Variant out{wanted, "", {}};
  std::string_view rest = std::string_view(wanted).substr(1);
  for (const Node& item : node.items) {
    std::size_t one = type_length(rest);
    if (one == 0)
      return fail(Kind::input, "there are more values than the type " + wanted + " has");
    out.items.push_back(TRY(resolve(item, std::string(rest.substr(0, one)))));
    if (wanted[0] == '(')
      rest.remove_prefix(one);
  }
  if (wanted[0] == '(' && rest != ")")
    return fail(Kind::input, "there are fewer values than the type " + wanted + " has");
  return out;
}

std::string quoted_string(std::string_view text) {
  std::string out = "'";
  for (char c : text) {
    constexpr std::string_view kLetters = "abfnrtv";
    constexpr std::string_view kBytes = "\a\b\f\n\r\t\v";
    if (std::size_t at = kBytes.find(c); at != std::string_view::npos)
      (out += '\\') += kLetters[at];
    else if (c == '\'' || c == '\\')
      (out += '\\') += c;
    else
      out += c;
  }
  return out + "'";
}

std::string untyped(const Variant& value) {
  char type = value.type[0];
  if (type == 's' || type == 'o' || type == 'g')
    return quoted_string(value.text);
  if (type != 'a' && type != '(')
    return value.text;
  std::string out(1, type == 'a' ? '[' : '(');
  for (const Variant& item : value.items)
    out += (out.size() == 1 ? "" : ", ") + untyped(item);
  if (type == '(' && value.items.size() == 1)
    out += ',';
  return out + (type == 'a' ? ']' : ')');
}

void add_busctl_values(const Variant& value, std::vector<std::string>& out) {
  char type = value.type[0];
  if (type != 'a' && type != '(') {
    out.push_back(value.text);
    return;
  }
  if (type == 'a')
    out.push_back(std::to_string(value.items.size()));
  for (const Variant& item : value.items)
    add_busctl_values(item, out);
}

} // namespace

Result<Variant> parse_variant(std::string_view text) {
  Node node = TRY(Parser(text).whole());
  return resolve(node, inferred(node));
}

std::string to_text(const Variant& value) {
  char type = value.type[0];
  if (value.type == "s" || value.type == "b" || value.type == "i" ||
      (value.type == "d" && value.text.find_first_of(".eE") != std::string::npos))
    return untyped(value);
  for (const Keyword& keyword : kKeywords)
    if (type == keyword.type)
      return std::string(keyword.word) + " " + untyped(value);
  return "@" + value.type + " " + untyped(value);
}

std::vector<std::string> busctl_words(const Variant& value) {
  std::vector<std::string> out = {value.type};
  add_busctl_values(value, out);
  return out;
}

Variant variant_of(bool value) {
  return {"b", value ? "true" : "false", {}};
}

Variant variant_of(std::uint64_t value) {
  return {"t", std::to_string(value), {}};
}

Variant variant_of(std::string text) {
  return {"s", std::move(text), {}};
}

Variant variant_of(const char* text) {
  return {"s", text, {}};
}

Variant variant_of_bytes(const std::vector<std::uint8_t>& bytes) {
  Variant out{"ay", "", {}};
  for (std::uint8_t byte : bytes)
    out.items.push_back({"y", std::to_string(byte), {}});
  return out;
}

Variant variant_of_strings(const std::vector<std::string>& strings) {
  Variant out{"as", "", {}};
  for (const std::string& text : strings)
    out.items.push_back({"s", text, {}});
  return out;
}

} // namespace phial
