#include "cli/help.hpp"

#include "base/text.hpp"

#include <algorithm>

namespace phial::cli {

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

std::vector<std::string_view> sections_of(const Options& options) {
  std::vector<std::string_view> out;
  for (std::size_t i = 0; i < options.size(); ++i)
    if (std::ranges::find(out, options[i].section) == out.end())
      out.push_back(options[i].section);
  return out;
}

std::string usage_line(const Verb& verb) {
  std::string out = program_name(verb);
  if (verb.options.size() != 0)
    out += " [OPTIONS]";
  if (!verb.usage.empty())
    out += " " + std::string(verb.usage);
  return out;
}

namespace {

struct Row {
  std::string left;
  std::string right;
};

// Two columns; the right one is wrapped. A left part that is too long stands on a line of its own.
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

std::string options_text(const Options& options, std::size_t width) {
  std::string out;
  for (std::string_view section : sections_of(options)) {
    std::vector<Row> rows;
    for (std::size_t i = 0; i < options.size(); ++i)
      if (options[i].section == section)
        rows.push_back({option_left(options[i]), option_right(options[i])});
    out += "\n" + (section.empty() ? std::string("Options") : std::string(section)) + "\n" + rows_text(rows, width, 34);
  }
  return out;
}

std::string verbs_text(Group group, std::size_t width) {
  std::vector<Row> rows;
  for (const Verb* verb : all_verbs())
    if (verb->group == group)
      rows.push_back({program_name(*verb).substr(6), std::string(verb->summary)});
  return rows.empty() ? "" : "\n" + std::string(group_title(group)) + "\n" + rows_text(rows, width, 20);
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

std::string aliases_text(const Verb& verb) {
  std::string out;
  for (std::string_view name : noun_names(verb))
    if (!verb.noun_only || name != verb.name)
      out += (out.empty() ? "" : ", ") + ("phial " + std::string(verb.noun) + " " + std::string(name));
  return out;
}

constexpr Example kFirstExamples[] = {
    {"run --rm busybox echo hello", "a command in a container of its own"},
    {"explain run --rm busybox true", "the system calls that would make one, without making it"},
    {"run -d --name web -m 64m busybox httpd -f", "one that goes on in the background, with 64 MiB at most"},
    {"exec -it web sh", "a shell inside it"},
};

std::string examples_text(std::span<const Example> examples, std::size_t width) {
  std::vector<Row> rows;
  for (const Example& example : examples)
    rows.push_back({"phial " + std::string(example.command), std::string(example.meaning)});
  return rows_text(rows, width, 48);
}

} // namespace

std::string first_page(std::size_t width) {
  std::string out = "Phial runs containers, and shows each one as the program it is: a list of system calls.\n\n"
                    "Usage: phial [OPTIONS] COMMAND ...\n\nTry\n";
  out += examples_text(kFirstExamples, width);
  for (Group group : {Group::start, Group::watch, Group::steer, Group::image, Group::system})
    out += verbs_text(group, width);
  out += options_text(global_options(), width);
  out += "\n'phial COMMAND --help' explains a command. Docker's longer forms work too: phial container ls, "
         "phial image rm.\n";
  return out;
}

std::string noun_page(const Noun& noun, std::size_t width) {
  std::vector<Row> rows;
  for (const Verb* verb : all_verbs())
    if (verb->noun == noun.name)
      rows.push_back({std::string(noun_names(*verb)[0]), std::string(verb->summary)});
  return "Usage: phial " + std::string(noun.name) + " COMMAND ...\n\n" + std::string(noun.summary) + "\n" +
         rows_text(rows, width, 20) + "\n'phial " + std::string(noun.name) + " COMMAND --help' explains a command.\n";
}

std::string verb_page(const Verb& verb, std::size_t width) {
  std::string out = "Usage: " + usage_line(verb) + "\n\n" + std::string(verb.summary) + "\n";
  if (!verb.description.empty())
    out += "\n" + paragraphs(verb.description, width);
  if (!verb.examples.empty())
    out += "\nExamples\n" + examples_text(verb.examples, width);
  out += options_text(verb.options, width);
  if (std::string aliases = aliases_text(verb); !aliases.empty())
    out += "\nAlso: " + aliases + "\n";
  return out;
}

} // namespace phial::cli
