#include "commandline/manual.hpp"

#include "base/text.hpp"

namespace phial::commandline {

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

std::string manual_name(std::string_view program) {
  std::string out(program);
  for (char& c : out)
    if (c == ' ')
      c = '-';
  return out;
}

std::string manual_heading(const Manual& manual, std::string_view name) {
  std::string upper;
  for (char c : name)
    upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return ".TH \"" + roff(upper) + "\" \"" + manual.section + "\" \"\" \"Phial " + std::string(manual.version) +
         "\" \"Phial\"\n.nh\n.ad l\n";
}

namespace {

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

std::string description_part(const Page& page) {
  std::string out = ".SH DESCRIPTION\n";
  if (page.description.empty())
    return out + roff(page.summary) + ".\n";
  bool literal = false;
  for (std::string_view line : split(page.description, '\n')) {
    bool kept = line.starts_with("  ");
    if (kept != literal)
      out += kept ? ".PP\n.nf\n" : ".fi\n";
    literal = kept;
    out += line.empty() ? ".PP\n" : roff(line) + "\n";
  }
  return out + (literal ? ".fi\n" : "");
}

std::string examples_part(std::string_view base, std::span<const Example> examples) {
  if (examples.empty())
    return {};
  std::string out = ".SH EXAMPLES\n";
  for (const Example& example : examples)
    out += ".TP\n\\fB" + roff(base) + " " + roff(example.command) + "\\fR\n" + roff(example.meaning) + ".\n";
  return out;
}

} // namespace

std::string manual_options(const Options& options) {
  if (options.size() == 0)
    return {};
  std::string out = ".SH OPTIONS\n";
  for (std::string_view section : sections_of(options)) {
    if (!section.empty())
      out += ".SS " + roff(section) + "\n";
    for (std::size_t i = 0; i < options.size(); ++i)
      if (!options[i].hidden && options[i].section == section)
        out += option_entry(options[i]);
  }
  return out;
}

std::string manual_text(const Manual& manual, const Page& page) {
  std::string name = manual_name(page.program);
  std::string out = manual_heading(manual, name);
  out += ".SH NAME\n" + roff(name) + " \\- " + roff(page.summary) + "\n";
  out += ".SH SYNOPSIS\n\\fB" + roff(page.program) + "\\fR" + (page.usage.empty() ? "" : " " + roff(page.usage)) + "\n";
  for (const std::string& alias : page.aliases)
    out += ".br\n\\fB" + roff(alias) + "\\fR ...\n";
  out += description_part(page) + manual_options(page.options) + examples_part(manual.base, page.examples);
  return out + ".SH SEE ALSO\n\\fB" + roff(manual.base) + "\\fR(" + manual.section + ")\n";
}

std::string manual_entry(const Manual& manual, const Page& page) {
  return ".TP\n\\fB" + roff(page.program) + "\\fR\n" + roff(page.summary) + ". See \\fB" +
         roff(manual_name(page.program)) + "\\fR(" + manual.section + ").\n";
}

} // namespace phial::commandline
