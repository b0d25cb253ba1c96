#include "program/layout.hpp"

#include <cctype>

namespace phial::program {

namespace {

// Follows quotes: "...", with backslashes within.
class Quotes {
public:
  explicit Quotes(bool inside = false) : inside_(inside) {}
  // Whether the character stands within quotes; the quotes themselves count as inside.
  bool take(char c) {
    if (escaped_) {
      escaped_ = false;
      return true;
    }
    if (inside_ && c == '\\') {
      escaped_ = true;
      return true;
    }
    if (c == '"') {
      inside_ = !inside_;
      return true;
    }
    return inside_;
  }
  [[nodiscard]] bool inside() const { return inside_; }

private:
  bool inside_ = false;
  bool escaped_ = false;
};

// The pieces between which a line may be broken.
std::vector<std::string_view> pieces(std::string_view text) {
  std::vector<std::string_view> out;
  Quotes quotes;
  std::size_t begin = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quotes.take(text[i]) || (text[i] != ' ' && text[i] != '|'))
      continue;
    out.push_back(text.substr(begin, i + 1 - begin));
    begin = i + 1;
  }
  out.push_back(text.substr(begin));
  return out;
}

std::string_view without_last_space(std::string_view text) {
  return text.ends_with(' ') ? text.substr(0, text.size() - 1) : text;
}

constexpr std::string_view kInk[] = {"", "\033[1m", "\033[2m", "\033[36m", "\033[33m", "\033[32m"};

bool is_slot_character(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '-';
}

} // namespace

std::size_t columns(std::string_view text) {
  std::size_t count = 0;
  for (char c : text)
    count += (static_cast<unsigned char>(c) & 0xc0) != 0x80 ? 1 : 0;
  return count;
}

std::vector<std::string> wrap(std::string_view text, std::size_t first, std::size_t rest) {
  std::vector<std::string> lines;
  std::string line;
  std::size_t room = first;
  for (std::string_view piece : pieces(text)) {
    if (room != 0 && !line.empty() && columns(line) + columns(without_last_space(piece)) > room) {
      lines.emplace_back(without_last_space(line));
      line.clear();
      room = rest;
    }
    line += piece;
  }
  lines.push_back(std::move(line));
  return lines;
}

std::string paint(Colour colour, Ink ink, std::string_view text) {
  if (colour == Colour::none || ink == Ink::plain || text.empty())
    return std::string(text);
  return std::string(kInk[static_cast<unsigned>(ink)]) + std::string(text) + "\033[0m";
}

std::string CallPainter::line(std::string_view text) {
  if (colour_ == Colour::none)
    return std::string(text);
  std::string out;
  std::size_t at = 0;
  if (named_) {
    at = std::min(text.find('('), text.size());
    out = paint(colour_, Ink::name, text.substr(0, at));
    named_ = false;
  }
  Quotes quotes(quoted_);
  while (at < text.size()) {
    std::size_t end = at;
    if (text[at] == '$' && !quotes.inside()) {
      for (++end; end < text.size() && is_slot_character(text[end]);)
        ++end;
      out += paint(colour_, Ink::slot, text.substr(at, end - at));
    } else if (quotes.inside() || text[at] == '"') {
      do
        quotes.take(text[end++]);
      while (end < text.size() && quotes.inside());
      out += paint(colour_, Ink::text, text.substr(at, end - at));
    } else {
      quotes.take(text[end++]);
      out += text[at];
    }
    at = end;
  }
  quoted_ = quotes.inside();
  return out;
}

} // namespace phial::program
