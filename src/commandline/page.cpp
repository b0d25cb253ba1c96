#include "commandline/page.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace phial::commandline {

std::string wrap(std::string_view text, std::size_t width, std::size_t indent) {
  std::string out;
  std::size_t column = indent;
  for (std::string_view word : split(text, ' ')) {
    if (word.empty())
      continue;
    if (column > indent && column + 1 + word.size() > width) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

std::string rows_text(const std::vector<Row>& rows, std::size_t width, std::size_t limit) {
  std::size_t column = 0;
  for (const Row& row : rows)
    if (row.left.size() <= limit)
      column = std::max(column, row.left.size());
  std::string out;
  for (const Row& row : rows) {
    out += "  " + row.left;
    if (row.left.size() > limit)
      out += "\n" + std::string(column + 4, ' ');
    else
      out += std::string(column + 2 - row.left.size(), ' ');
    out += wrap(row.right, width, column + 4) + "\n";
  }
  return out;
}

std::vector<std::string_view> sections_of(const Options& options) {
  std::vector<std::string_view> out;
  for (std::size_t i = 0; i < options.size(); ++i)
    if (!options[i].hidden && std::ranges::find(out, options[i].section) == out.end())
      out.push_back(options[i].section);
  return out;
}

namespace {

std::string option_left(const Option& option) {
  std::string out = option.letter != 0 ? std::string("-") + option.letter + ", " : std::string("    ");
  out += "--" + std::string(option.name);
  if (!option.value.empty())
    out += " " + std::string(option.value);
  return out;
}

std::string option_right(const Option& option) {
  std::string out(option.help);
  if (option.repeatable)
    out += "; may be repeated";
  if (!option.also.empty())
    out += "; also --" + std::string(option.also);
  if (!option.fallback.empty())
    out += " (default: " + std::string(option.fallback) + ")";
  return out;
}

// Paragraphs are wrapped, lines that begin with two spaces are kept.
std::string paragraphs(std::string_view text, std::size_t width) {
  std::string out;
  std::string block;
  auto flush = [&] {
    if (!block.empty())
      out += wrap(block, width, 0) + "\n";
    block.clear();
  };
  for (std::string_view line : split(text, '\n')) {
    if (line.empty() || line.starts_with("  ")) {
      flush();
      out += std::string(line) + "\n";
    } else {
      block += (block.empty() ? "" : " ") + std::string(line);
    }
  }
  flush();
  return out;
}

} // namespace

std::string options_text(const Options& options, std::size_t width) {
  std::string out;
  for (std::string_view section : sections_of(options)) {
    std::vector<Row> rows;
    for (std::size_t i = 0; i < options.size(); ++i)
      if (!options[i].hidden && options[i].section == section)
        rows.push_back({option_left(options[i]), option_right(options[i])});
    out += "\n" + (section.empty() ? std::string("Options") : std::string(section)) + "\n" + rows_text(rows, width, 34);
  }
  return out;
}

std::string examples_text(std::string_view base, std::span<const Example> examples, std::size_t width) {
  std::vector<Row> rows;
  for (const Example& example : examples)
    rows.push_back({std::string(base) + " " + std::string(example.command), std::string(example.meaning)});
  return rows_text(rows, width, 48);
}

std::string page_text(std::string_view base, const Page& page, std::size_t width) {
  std::string out = "Usage: " + page.program + (page.usage.empty() ? "" : " " + page.usage) + "\n\n" +
                    std::string(page.summary) + "\n";
  if (!page.description.empty())
    out += "\n" + paragraphs(page.description, width);
  if (!page.examples.empty())
    out += "\nExamples\n" + examples_text(base, page.examples, width);
  out += options_text(page.options, width);
  std::string aliases;
  for (const std::string& alias : page.aliases)
    aliases += (aliases.empty() ? "" : ", ") + alias;
  if (!aliases.empty())
    out += "\nAlso: " + aliases + "\n";
  return out;
}

} // namespace phial::commandline
