// --format: the template of one thing (inspect, version) and of rows (ps, images). Pure.
#pragma once

#include "base/json.hpp"
#include "cli/arguments.hpp"

#include <span>
#include <string>
#include <string_view>

namespace phial::cli {

inline constexpr Option kFormatOption = {
    .name = "format",
    .letter = 'f',
    .value = "TEMPLATE",
    .help = "Print fields instead: json, or text with {{.Field}}, {{json .}}, {{range}}, {{if}} …",
};

inline constexpr Option kRowsFormatOption = {
    .name = "format",
    .value = "TEMPLATE",
    .help = "Print each row so: table, json, text with {{.Field}}, or table and such text",
};

// One value through a template, with a newline. "json": the value as one line.
[[nodiscard]] Result<std::string> format_one(std::string_view format, const Json& value);

// A field a row can show, with the heading of its column.
struct Column {
  std::string_view field;
  std::string_view heading;
};

// Rows (objects with the columns' fields, all strings) through a format; `usual` is the template of a plain table:
// "{{.ID}}\t{{.Names}}". An empty format is a table.
[[nodiscard]] Result<std::string> format_rows(std::string_view format, std::string_view usual,
                                              std::span<const Column> columns, std::span<const Json> rows);

} // namespace phial::cli
