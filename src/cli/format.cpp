#include "cli/format.hpp"

#include "base/text.hpp"
#include "cli/template.hpp"
#include "commandline/table.hpp"

namespace phial::cli {

namespace {

// \t and \n typed inside single quotes mean what they say.
std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == 't' || text[i + 1] == 'n'))
      out += text[++i] == 't' ? '\t' : '\n';
    else
      out += text[i];
  }
  return out;
}

std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> out;
  for (std::string_view cell : split(line, '\t'))
    out.emplace_back(cell);
  return out;
}

Result<std::string> table_text(const Template& parsed, std::span<const Column> columns, std::span<const Json> rows) {
  commandline::Table table;
  Json headings = Json::object();
  for (const Column& column : columns)
    headings.set(column.field, column.heading);
  table.add(cells_of(TRY(execute(parsed, headings))));
  for (const Json& row : rows)
    table.add(cells_of(TRY(execute(parsed, row))));
  return table.text();
}

} // namespace

Result<std::string> format_one(std::string_view format, const Json& value) {
  if (format == "json")
    return to_text(value) + "\n";
  Template parsed = TRY(parse_template(unescape(format)));
  return TRY(execute(parsed, value)) + "\n";
}

Result<std::string> format_rows(std::string_view format, std::string_view usual, std::span<const Column> columns,
                                std::span<const Json> rows) {
  if (format == "json")
    format = "{{json .}}";
  if (format.empty() || format == "table")
    return table_text(TRY(parse_template(usual)), columns, rows);
  if (format.starts_with("table "))
    return table_text(TRY(parse_template(unescape(trim(format.substr(6))))), columns, rows);
  Template parsed = TRY(parse_template(unescape(format)));
  std::string out;
  for (const Json& row : rows)
    out += TRY(execute(parsed, row)) + "\n";
  return out;
}

} // namespace phial::cli
