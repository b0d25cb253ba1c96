#include "cli/template.hpp"

#include "base/text.hpp"

#include <charconv>

namespace phial::cli {

std::unexpected<Error> template_error(std::size_t column, std::string_view message, std::string hint) {
  return fail(Kind::usage, "--format: at column " + std::to_string(column) + ": " + std::string(message),
              std::move(hint));
}

namespace {

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

// What stands between {{ and }}.
class ActionReader {
public:
  ActionReader(std::string_view text, std::size_t column) : text_(text), column_(column) {}

  [[nodiscard]] std::size_t column() const { return column_ + at_; }
  [[nodiscard]] bool done() {
    skip_space();
    return at_ == text_.size();
  }

  // A keyword (if, range, else …) when one stands here.
  bool take_word(std::string_view word) {
    skip_space();
    std::string_view rest = text_.substr(at_);
    if (!rest.starts_with(word) || (rest.size() > word.size() && is_name(rest[word.size()])))
      return false;
    at_ += word.size();
    return true;
  }

  Result<Pipeline> pipeline(bool in_parentheses) {
    Pipeline out;
    out.variables = declared();
    for (;;) {
      out.commands.push_back(TRY(command()));
      skip_space();
      if (at_ == text_.size()) {
        if (in_parentheses)
          return template_error(column(), "a ) is missing");
        return out;
      }
      if (text_[at_] == ')') {
        if (!in_parentheses)
          return template_error(column(), "this ) closes nothing");
        ++at_;
        return out;
      }
      ++at_; // the | that ended the command
    }
  }

private:
  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t' || text_[at_] == '\n'))
      ++at_;
  }

  std::string take_name() {
    std::size_t from = at_;
    while (at_ < text_.size() && is_name(text_[at_]))
      ++at_;
    return std::string(text_.substr(from, at_ - from));
  }

  // "$k, $v :=", or nothing and no step forward.
  std::vector<std::string> declared() {
    std::size_t from = at_;
    std::vector<std::string> names;
    for (;;) {
      skip_space();
      if (at_ == text_.size() || text_[at_] != '$')
        break;
      ++at_;
      names.push_back(take_name());
      skip_space();
      if (at_ < text_.size() && text_[at_] == ',') {
        ++at_;
        continue;
      }
      if (text_.substr(at_).starts_with(":=")) {
        at_ += 2;
        return names;
      }
      break;
    }
    at_ = from;
    return {};
  }

  Result<Command> command() {
    Command out;
    for (;;) {
      skip_space();
      if (at_ == text_.size() || text_[at_] == '|' || text_[at_] == ')')
        break;
      out.terms.push_back(TRY(term()));
    }
    if (out.terms.empty())
      return template_error(column(), "a value is missing");
    return out;
  }

  Result<Term> term() {
    Term out;
    out.column = column();
    char c = text_[at_];
    if (c == '.') {
      out.kind = Term::Kind::dot;
    } else if (c == '$') {
      ++at_;
      out.kind = Term::Kind::variable;
      out.name = take_name();
    } else if (c == '(') {
      ++at_;
      out.kind = Term::Kind::pipeline;
      out.inner.push_back(TRY(pipeline(true)));
    } else if (c == '"' || c == '`') {
      out.kind = Term::Kind::literal;
      out.literal = Json(TRY(string_literal(c)));
    } else if ((c >= '0' && c <= '9') || c == '-' || c == '+') {
      out.kind = Term::Kind::literal;
      out.literal = TRY(number());
    } else if (is_name(c)) {
      return word(std::move(out));
    } else {
      return template_error(column(), "\"" + std::string(1, c) + "\" cannot stand here");
    }
    return fields(std::move(out));
  }

  Result<Term> word(Term out) {
    out.name = take_name();
    out.kind = Term::Kind::literal;
    if (out.name == "true" || out.name == "false") {
      out.literal = Json(out.name == "true");
    } else if (out.name != "nil") {
      if (!is_function(out.name))
        return template_error(out.column, "function \"" + out.name + "\" is not defined",
                              "fields begin with a dot (." + out.name + "); the functions are " + function_names());
      out.kind = Term::Kind::function;
    }
    return out;
  }

  Result<Term> fields(Term out) {
    while (at_ < text_.size() && text_[at_] == '.') {
      ++at_;
      std::string name = take_name();
      if (name.empty()) {
        if (out.kind == Term::Kind::dot && out.fields.empty())
          break; // the dot alone
        return template_error(column(), "a field's name is missing after the dot");
      }
      out.fields.push_back(std::move(name));
    }
    return out;
  }

  Result<std::string> string_literal(char quote) {
    std::size_t start = column();
    std::string out;
    for (++at_; at_ < text_.size(); ++at_) {
      char c = text_[at_];
      if (c == quote) {
        ++at_;
        return out;
      }
      if (c == '\\' && quote == '"' && at_ + 1 < text_.size()) {
        c = text_[++at_];
        c = c == 'n' ? '\n' : c == 't' ? '\t' : c == 'r' ? '\r' : c;
      }
      out += c;
    }
    return template_error(start, "this string is not closed");
  }

  Result<Json> number() {
    std::size_t from = at_;
    while (at_ < text_.size() && (is_name(text_[at_]) || text_[at_] == '.' || text_[at_] == '-' || text_[at_] == '+'))
      ++at_;
    std::string_view text = text_.substr(from, at_ - from);
    if (std::optional<std::int64_t> value = parse_int(text))
      return Json(*value);
    double value = 0;
    auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc() || end != text.data() + text.size())
      return template_error(column_ + from, "\"" + std::string(text) + "\" is no number");
    return Json(value);
  }

  std::string_view text_;
  std::size_t column_;
  std::size_t at_ = 0;
};

// The whole template: text and actions, and the nesting of if, range and with.
class TemplateReader {
public:
  explicit TemplateReader(std::string_view text) : text_(text) {}

  Result<Template> read() {
    Template out;
    Stop stop = TRY(block(out.nodes));
    if (stop.kind != Stop::Kind::end_of_text)
      return template_error(stop.column, stop.kind == Stop::Kind::end ? "this {{end}} ends nothing"
                                                                      : "this {{else}} belongs to nothing");
    return out;
  }

private:
  struct Stop {
    enum class Kind : std::uint8_t { end_of_text, end, otherwise, otherwise_if };
    Kind kind = Kind::end_of_text;
    std::size_t column = 0;
    Pipeline condition; // of otherwise_if
  };

  Result<Stop> block(std::vector<TemplateNode>& nodes) {
    for (;;) {
      std::size_t open = text_.find("{{", at_);
      std::string_view literal = text_.substr(at_, open == std::string_view::npos ? open : open - at_);
      if (trim_next_)
        literal.remove_prefix(std::min(literal.find_first_not_of(" \t\r\n"), literal.size()));
      trim_next_ = false;
      bool trim_before = open != std::string_view::npos && text_.substr(open).starts_with("{{- ");
      if (trim_before)
        literal = literal.substr(0, literal.find_last_not_of(" \t\r\n") + 1);
      if (!literal.empty())
        nodes.push_back({.kind = TemplateNode::Kind::text, .text = std::string(literal)});
      if (open == std::string_view::npos)
        return Stop{};
      std::string_view inside = TRY(action(open, trim_before ? 3 : 2));
      if (inside.starts_with("/*"))
        continue;
      std::size_t column = static_cast<std::size_t>(inside.data() - text_.data()) + 1;
      ActionReader reader(inside, column);
      if (std::optional<Stop> stop = TRY(stopper(reader, column)))
        return std::move(*stop);
      TRY(one_action(reader, nodes, column));
    }
  }

  // The text between the braces; steps behind them.
  Result<std::string_view> action(std::size_t open, std::size_t skip) {
    std::size_t from = open + skip;
    char quote = 0;
    for (std::size_t i = from; i < text_.size(); ++i) {
      if (quote != 0) {
        if (text_[i] == '\\' && quote == '"')
          ++i;
        else if (text_[i] == quote)
          quote = 0;
      } else if (text_[i] == '"' || text_[i] == '`') {
        quote = text_[i];
      } else if (text_.substr(i).starts_with("}}")) {
        at_ = i + 2;
        std::string_view inside = text_.substr(from, i - from);
        trim_next_ = inside.ends_with(" -");
        if (trim_next_)
          inside.remove_suffix(2);
        return inside;
      }
    }
    return template_error(open + 1, "this {{ is not closed by }}");
  }

  static Result<std::optional<Stop>> stopper(ActionReader& reader, std::size_t column) {
    Stop stop;
    stop.column = column;
    if (reader.take_word("end")) {
      stop.kind = Stop::Kind::end;
    } else if (reader.take_word("else")) {
      stop.kind = Stop::Kind::otherwise;
      if (reader.take_word("if")) {
        stop.kind = Stop::Kind::otherwise_if;
        stop.condition = TRY(reader.pipeline(false));
      }
    } else {
      return std::nullopt;
    }
    if (!reader.done())
      return template_error(reader.column(), "nothing can stand here");
    return std::optional<Stop>(std::move(stop));
  }

  Result<> one_action(ActionReader& reader, std::vector<TemplateNode>& nodes, std::size_t column) {
    TemplateNode node;
    node.kind = reader.take_word("if")      ? TemplateNode::Kind::condition
                : reader.take_word("range") ? TemplateNode::Kind::range
                : reader.take_word("with")  ? TemplateNode::Kind::with
                                            : TemplateNode::Kind::action;
    if (reader.done())
      return template_error(column, "a value is missing");
    node.pipeline = TRY(reader.pipeline(false));
    if (node.kind != TemplateNode::Kind::action)
      TRY(branches(node, column));
    nodes.push_back(std::move(node));
    return {};
  }

  // The body of an if, range or with, up to its end.
  Result<> branches(TemplateNode& node, std::size_t column) {
    if (++depth_ > kDeepest)
      return template_error(column, "this is nested too deeply");
    Stop stop = TRY(block(node.body));
    if (stop.kind == Stop::Kind::otherwise) {
      stop = TRY(block(node.otherwise));
    } else if (stop.kind == Stop::Kind::otherwise_if) {
      TemplateNode nested;
      nested.kind = TemplateNode::Kind::condition;
      nested.pipeline = std::move(stop.condition);
      TRY(branches(nested, stop.column));
      node.otherwise.push_back(std::move(nested));
      --depth_;
      return {}; // the one {{end}} ended both
    }
    if (stop.kind != Stop::Kind::end)
      return template_error(column, "this has no {{end}}");
    --depth_;
    return {};
  }

  static constexpr std::size_t kDeepest = 64;
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t depth_ = 0;
  bool trim_next_ = false;
};

} // namespace

Result<Template> parse_template(std::string_view text) {
  return TemplateReader(text).read();
}

} // namespace phial::cli
