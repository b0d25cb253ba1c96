// --format: a template of Go's kind, and a value for it: TEMPLATE NUL document.
#include "targets.hpp"

#include "cli/template.hpp"

namespace phial::fuzz {

void format_template(std::string_view bytes) {
  Input input(bytes);
  std::string_view text = input.part();
  Result<cli::Template> parsed = cli::parse_template(text);
  if (!parsed)
    return;
  constexpr std::string_view kSome =
      R"({"Id":"abc","State":{"Pid":5,"Running":true},"Names":["a","b"],"Nothing":null,"F":1.5})";
  Result<Json> dot = parse_json(input.empty() ? kSome : input.rest(), "document");
  if (dot)
    static_cast<void>(cli::execute(*parsed, *dot));
}

} // namespace phial::fuzz
