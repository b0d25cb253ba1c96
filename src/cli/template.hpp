// Template: the part of Go's text/template that `--format` strings use, over Json values. Pure.
//   {{.Field}} {{.State.Pid}} {{json .}} {{range}} {{if}} {{with}} {{else}} {{end}} $variables, pipes, parentheses and
//   the functions in template_functions.cpp. Not there: {{define}}, {{template}}, {{block}}, methods.
#pragma once

#include "base/json.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace phial::cli {

struct Pipeline;

// One operand of a command.
struct Term {
  enum class Kind : std::uint8_t { dot, variable, literal, function, pipeline };
  Kind kind = Kind::dot;
  std::string name;                // of a variable (without $) or a function
  std::vector<std::string> fields; // .State.Pid
  Json literal;
  std::vector<Pipeline> inner; // (…): one element
  std::size_t column = 0;      // counted from 1
};

struct Command {
  std::vector<Term> terms;
};

struct Pipeline {
  std::vector<std::string> variables; // what := declares
  std::vector<Command> commands;
};

struct TemplateNode {
  enum class Kind : std::uint8_t { text, action, condition, range, with };
  Kind kind = Kind::text;
  std::string text = {};
  Pipeline pipeline = {};
  std::vector<TemplateNode> body = {};
  std::vector<TemplateNode> otherwise = {};
};

struct Template {
  std::vector<TemplateNode> nodes;
};

// Errors: Kind::usage with the column.
[[nodiscard]] Result<Template> parse_template(std::string_view text);

// The template's text with `dot` as its value. Errors: a field that is not there, a function that cannot take its
// arguments: Kind::usage.
[[nodiscard]] Result<std::string> execute(const Template& parsed, const Json& dot);

// A value as {{.}} prints it: strings as they are, [a b], map[k:v], <no value>.
[[nodiscard]] std::string value_text(const Json& value);

// Go's truth: not false, 0, "", null, and not empty.
[[nodiscard]] bool is_true(const Json& value);

// A function's value; `column` is for the message.
[[nodiscard]] Result<Json> call_function(std::string_view name, const std::vector<Json>& arguments, std::size_t column);
[[nodiscard]] bool is_function(std::string_view name);
[[nodiscard]] std::string function_names();

[[nodiscard]] std::unexpected<Error> template_error(std::size_t column, std::string_view message,
                                                    std::string hint = {});

} // namespace phial::cli
