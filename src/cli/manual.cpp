#include "cli/manual.hpp"

#include "base/text.hpp"
#include "cli/help.hpp"
#include "cli/version.hpp"

namespace phial::cli {

std::string roff(std::string_view text) {
  std::string out;
  bool line_start = true;
  std::string plain(text);
  constexpr std::string_view kEllipsis = "…"; // pages are ASCII
  for (std::size_t at; (at = plain.find(kEllipsis)) != std::string::npos;)
    plain.replace(at, kEllipsis.size(), "...");
  for (char c : plain) {
    if (line_start && (c == '.' || c == '\''))
      out += "\\&";
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
    line_start = c == '\n';
  }
  return out;
}

std::string manual_name(const Verb& verb) {
  std::string out = program_name(verb);
  for (char& c : out)
    if (c == ' ')
      c = '-';
  return out;
}

namespace {

std::string heading(std::string_view name) {
  std::string upper;
  for (char c : name)
    upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return ".TH \"" + roff(upper) + "\" \"1\" \"\" \"Phial " + std::string(version_text()) + "\" \"Phial\"\n.nh\n.ad l\n";
}

std::string option_entry(const Option& option) {
  std::string out = ".TP\n";
  if (option.letter != 0)
    out += std::string("\\fB\\-") + option.letter + "\\fR, ";
  out += "\\fB\\-\\-" + roff(option.name) + "\\fR";
  if (!option.also.empty())
    out += ", \\fB\\-\\-" + roff(option.also) + "\\fR";
  if (!option.value.empty())
    out += " \\fI" + roff(option.value) + "\\fR";
  out += "\n" + roff(option.help) + ".";
  if (option.repeatable)
    out += " May be repeated.";
  if (!option.fallback.empty())
    out += " Default: " + roff(option.fallback) + ".";
  return out + "\n";
}

std::string options_part(const Options& options) {
  if (options.size() == 0)
    return {};
  std::string out = ".SH OPTIONS\n";
  for (std::string_view section : sections_of(options)) {
    if (!section.empty())
      out += ".SS " + roff(section) + "\n";
    for (std::size_t i = 0; i < options.size(); ++i)
      if (options[i].section == section)
        out += option_entry(options[i]);
  }
  return out;
}

std::string description_part(const Verb& verb) {
  std::string out = ".SH DESCRIPTION\n";
  if (verb.description.empty())
    return out + roff(verb.summary) + ".\n";
  bool literal = false;
  for (std::string_view line : split(verb.description, '\n')) {
    bool kept = line.starts_with("  ");
    if (kept != literal)
      out += kept ? ".PP\n.nf\n" : ".fi\n";
    literal = kept;
    out += line.empty() ? ".PP\n" : roff(line) + "\n";
  }
  return out + (literal ? ".fi\n" : "");
}

std::string examples_part(std::span<const Example> examples) {
  if (examples.empty())
    return {};
  std::string out = ".SH EXAMPLES\n";
  for (const Example& example : examples)
    out += ".TP\n\\fBphial " + roff(example.command) + "\\fR\n" + roff(example.meaning) + ".\n";
  return out;
}

} // namespace

std::string manual_page(const Verb& verb) {
  std::string name = manual_name(verb);
  std::string out = heading(name);
  out += ".SH NAME\n" + roff(name) + " \\- " + roff(verb.summary) + "\n";
  out += ".SH SYNOPSIS\n\\fB" + roff(program_name(verb)) + "\\fR " +
         roff(usage_line(verb).substr(program_name(verb).size())) + "\n";
  for (std::string_view other : noun_names(verb))
    if (!verb.noun_only || other != verb.name)
      out += ".br\n\\fBphial " + roff(verb.noun) + " " + roff(other) + "\\fR ...\n";
  out += description_part(verb) + options_part(verb.options) + examples_part(verb.examples);
  return out + ".SH SEE ALSO\n\\fBphial\\fR(1)\n";
}

std::string manual_overview() {
  std::string out = heading("phial");
  out += ".SH NAME\nphial \\- run containers, and show each as the program it is\n"
         ".SH SYNOPSIS\n\\fBphial\\fR [OPTIONS] COMMAND ...\n"
         ".SH DESCRIPTION\nPhial is a container engine without a daemon. A container is a program: an explicit list of "
         "system calls that can be read before it runs (\\fBphial explain\\fR), timed while it runs and named when it "
         "fails. Commands and flags mean what they mean to docker.\n";
  for (Group group : {Group::start, Group::watch, Group::steer, Group::image, Group::system}) {
    std::string part;
    for (const Verb* verb : all_verbs())
      if (verb->group == group)
        part += ".TP\n\\fB" + roff(program_name(*verb)) + "\\fR\n" + roff(verb->summary) + ". See \\fB" +
                roff(manual_name(*verb)) + "\\fR(1).\n";
    if (!part.empty())
      out += ".SH " + roff(group_title(group)) + "\n" + part;
  }
  out += options_part(global_options());
  return out + ".SH EXIT STATUS\nThe container's own status for \\fBrun\\fR, \\fBexec\\fR and \\fBstart \\-a\\fR; 128 "
               "and the signal's number where one ended it; 127 where the command does not exist in the container, "
               "126 where it cannot be executed; 125 for a flag that cannot be understood or a container that could "
               "not be run; 1 for every other failure.\n";
}

} // namespace phial::cli
