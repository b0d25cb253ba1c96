// Running a parsed template over a value.
#include "cli/template.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

namespace phial::cli {

std::string value_text(const Json& value) {
  switch (value.type()) {
  case Json::Type::null: return "<no value>";
  case Json::Type::boolean: return *value.as_bool() ? "true" : "false";
  case Json::Type::string: return *value.as_string();
  case Json::Type::integer: return std::to_string(*value.as_int());
  case Json::Type::unsigned_integer: return std::to_string(*value.as_uint());
  case Json::Type::number: {
    std::array<char, 32> buffer{};
    std::snprintf(buffer.data(), buffer.size(), "%g", *value.as_double());
    return buffer.data();
  }
  case Json::Type::array: {
    std::string out = "[";
    for (const Json& item : value.items())
      out += (out.size() > 1 ? " " : "") + value_text(item);
    return out + "]";
  }
  case Json::Type::object: {
    std::vector<const Json::Member*> sorted;
    for (const Json::Member& member : value.members())
      sorted.push_back(&member);
    std::ranges::sort(sorted, {}, [](const Json::Member* member) -> const std::string& { return member->key; });
    std::string out = "map[";
    for (const Json::Member* member : sorted)
      out += (out.size() > 4 ? " " : "") + member->key + ":" + value_text(member->value);
    return out + "]";
  }
  }
  return {};
}

bool is_true(const Json& value) {
  switch (value.type()) {
  case Json::Type::null: return false;
  case Json::Type::boolean: return *value.as_bool();
  case Json::Type::string: return !value.as_string()->empty();
  case Json::Type::integer: return *value.as_int() != 0;
  case Json::Type::unsigned_integer: return *value.as_uint() != 0;
  case Json::Type::number: return *value.as_double() != 0;
  case Json::Type::array:
  case Json::Type::object: return value.size() != 0;
  }
  return false;
}

namespace {

std::unexpected<Error> no_field(const Term& term, std::string_view name, const Json& value) {
  if (!value.is_object())
    return template_error(term.column,
                          "." + std::string(name) + ": " + std::string(value.type_name()) + " has no fields");
  std::vector<std::string_view> names;
  for (const Json::Member& member : value.members())
    names.push_back(member.key);
  std::string hint;
  if (std::optional<std::string_view> near = nearest(name, names)) {
    hint = "did you mean ." + std::string(*near) + "?";
  } else if (!names.empty()) {
    hint = "there are";
    for (std::string_view known : names)
      hint += " ." + std::string(known);
  }
  return template_error(term.column, "there is no field \"" + std::string(name) + "\"", std::move(hint));
}

class Executor {
public:
  explicit Executor(const Json& root) { variables_.push_back({"", root}); }

  Result<> run(const std::vector<TemplateNode>& nodes, const Json& dot) {
    std::size_t scope = variables_.size();
    for (const TemplateNode& node : nodes)
      TRY(run(node, dot));
    variables_.erase(variables_.begin() + static_cast<std::ptrdiff_t>(scope), variables_.end());
    return {};
  }

  std::string take() { return std::move(out_); }

private:
  struct Variable {
    std::string name;
    Json value;
  };

  Result<> run(const TemplateNode& node, const Json& dot) {
    if (node.kind == TemplateNode::Kind::text) {
      out_ += node.text;
      return {};
    }
    Json value = TRY(evaluate(node.pipeline, dot));
    if (node.kind == TemplateNode::Kind::range)
      return range(node, value, dot);
    for (const std::string& name : node.pipeline.variables)
      variables_.push_back({name, value});
    if (node.kind == TemplateNode::Kind::action) {
      if (node.pipeline.variables.empty())
        out_ += value_text(value);
      return {};
    }
    bool true_here = is_true(value);
    Result<> done =
        run(true_here ? node.body : node.otherwise, true_here && node.kind == TemplateNode::Kind::with ? value : dot);
    variables_.resize(variables_.size() - node.pipeline.variables.size());
    return done;
  }

  Result<> range(const TemplateNode& node, const Json& value, const Json& dot) {
    if (value.size() == 0) {
      if (!value.is_array() && !value.is_object() && !value.is_null())
        return template_error(node.pipeline.commands[0].terms[0].column,
                              "range cannot walk over " + std::string(value.type_name()));
      return run(node.otherwise, dot);
    }
    std::int64_t index = 0;
    for (const Json& item : value.items())
      TRY(round(node, Json(index++), item));
    std::vector<const Json::Member*> sorted;
    for (const Json::Member& member : value.members())
      sorted.push_back(&member);
    std::ranges::sort(sorted, {}, [](const Json::Member* member) -> const std::string& { return member->key; });
    for (const Json::Member* member : sorted)
      TRY(round(node, Json(member->key), member->value));
    return {};
  }

  // One turn of a range; its variables are the element, or the index and the element.
  Result<> round(const TemplateNode& node, Json key, const Json& item) {
    const std::vector<std::string>& names = node.pipeline.variables;
    if (names.size() == 2)
      variables_.push_back({names[0], std::move(key)});
    if (!names.empty())
      variables_.push_back({names.back(), item});
    Result<> done = run(node.body, item);
    variables_.resize(variables_.size() - std::min<std::size_t>(names.size(), 2));
    return done;
  }

  Result<Json> evaluate(const Pipeline& pipeline, const Json& dot) {
    Json value;
    for (const Command& command : pipeline.commands) {
      bool first = &command == pipeline.commands.data();
      const Term& head = command.terms[0];
      if (head.kind != Term::Kind::function) {
        if (command.terms.size() > 1 || !first)
          return template_error(head.column, "only a function takes arguments",
                                "the functions are " + function_names());
        value = TRY(evaluate(head, dot));
        continue;
      }
      std::vector<Json> arguments;
      for (std::size_t i = 1; i < command.terms.size(); ++i)
        arguments.push_back(TRY(evaluate(command.terms[i], dot)));
      if (!first)
        arguments.push_back(std::move(value));
      value = TRY(call_function(head.name, arguments, head.column));
    }
    return value;
  }

  Result<Json> evaluate(const Term& term, const Json& dot) {
    Json held;
    const Json* value = &dot;
    switch (term.kind) {
    case Term::Kind::dot: break;
    case Term::Kind::literal: return term.literal;
    case Term::Kind::function: return call_function(term.name, {}, term.column);
    case Term::Kind::pipeline:
      held = TRY(evaluate(term.inner[0], dot));
      value = &held;
      break;
    case Term::Kind::variable:
      value = find_variable(term.name);
      if (value == nullptr)
        return template_error(term.column, "there is no variable $" + term.name);
      break;
    }
    for (const std::string& name : term.fields) {
      const Json* next = value->find(name);
      if (next == nullptr)
        return no_field(term, name, *value);
      value = next;
    }
    return *value;
  }

  [[nodiscard]] const Json* find_variable(std::string_view name) const {
    for (auto it = variables_.rbegin(); it != variables_.rend(); ++it)
      if (it->name == name)
        return &it->value;
    return nullptr;
  }

  std::vector<Variable> variables_; // the first is $: the value the template was given
  std::string out_;
};

} // namespace

Result<std::string> execute(const Template& parsed, const Json& dot) {
  Executor executor(dot);
  TRY(executor.run(parsed.nodes, dot));
  return executor.take();
}

} // namespace phial::cli
