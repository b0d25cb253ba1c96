#include "cli/help.hpp"

namespace phial::cli {

using commandline::examples_text;
using commandline::options_text;
using commandline::Page;
using commandline::Row;
using commandline::rows_text;

Page page_of(const Verb& verb) {
  Page page = commandline::page_of_verb(program_name(verb), verb);
  for (std::string_view name : noun_names(verb))
    if (!verb.noun_only || name != verb.name)
      page.aliases.push_back("phial " + std::string(verb.noun) + " " + std::string(name));
  return page;
}

std::string usage_line(const Verb& verb) {
  Page page = page_of(verb);
  return page.program + (page.usage.empty() ? "" : " " + page.usage);
}

namespace {

std::string verbs_text(Group group, std::size_t width) {
  std::vector<Row> rows;
  for (const Verb* verb : all_verbs())
    if (verb->group == group)
      rows.push_back({program_name(*verb).substr(6), std::string(verb->summary)});
  return rows.empty() ? "" : "\n" + std::string(group_title(group)) + "\n" + rows_text(rows, width, 20);
}

constexpr Example kFirstExamples[] = {
    {"run --rm busybox echo hello", "a command in a container of its own"},
    {"explain run --rm busybox true", "the system calls that would make one, without making it"},
    {"run -d --name web -m 64m busybox httpd -f", "one that goes on in the background, with 64 MiB at most"},
    {"exec -it web sh", "a shell inside it"},
};

} // namespace

std::string first_page(std::size_t width) {
  std::string out = "Phial runs containers, and shows each one as the program it is: a list of system calls.\n\n"
                    "Usage: phial [OPTIONS] COMMAND ...\n\nTry\n";
  out += examples_text("phial", kFirstExamples, width);
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
  return commandline::page_text("phial", page_of(verb), width);
}

} // namespace phial::cli
