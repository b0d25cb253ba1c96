// Pages of help, made from the rows of a program's table. What one command's help page and man page say is a Page; both
// programs fill it from their own tables. Pure.
#pragma once

#include "commandline/arguments.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace phial::commandline {

struct Example {
  std::string_view command; // without the program's name
  std::string_view meaning;
};

// All there is to say about one command.
struct Page {
  std::string program; // "phial run"
  std::string usage;   // what follows it: "[OPTIONS] IMAGE [COMMAND [ARG...]]"
  std::string_view summary;
  std::string_view description; // paragraphs, an empty line between them; a line that begins with two spaces is kept
  Options options;
  std::span<const Example> examples;
  std::vector<std::string> aliases; // other ways to call it: "phial container run"
};

// That of a verb, a row of its program's table: what the rows of both have alike.
template <class Verb> [[nodiscard]] Page page_of_verb(const std::string& program, const Verb& verb) {
  std::string usage = verb.options.size() != 0 ? "[OPTIONS]" : "";
  if (!verb.usage.empty())
    usage += (usage.empty() ? "" : " ") + std::string(verb.usage);
  return {.program = program,
          .usage = std::move(usage),
          .summary = verb.summary,
          .description = verb.description,
          .options = verb.options,
          .examples = verb.examples,
          .aliases = {}};
}

// One line of a table of two columns.
struct Row {
  std::string left;
  std::string right;
};

// The text in lines of at most `width` columns, each behind `indent` spaces but the first, which begins where it is.
[[nodiscard]] std::string wrap(std::string_view text, std::size_t width, std::size_t indent);

// Two columns; the right one is wrapped. A left part that is longer than `limit` stands on a line of its own.
[[nodiscard]] std::string rows_text(const std::vector<Row>& rows, std::size_t width, std::size_t limit);

// The sections of a verb's options in the order they first appear; "" stands for the options without one.
[[nodiscard]] std::vector<std::string_view> sections_of(const Options& options);

// Each section of options under its heading, an empty line before each.
[[nodiscard]] std::string options_text(const Options& options, std::size_t width);

// `base` is the program's name: "phial".
[[nodiscard]] std::string examples_text(std::string_view base, std::span<const Example> examples, std::size_t width);

// The help page of a command; `base` as above.
[[nodiscard]] std::string page_text(std::string_view base, const Page& page, std::size_t width);

} // namespace phial::commandline
