#include "oci/documents.hpp"

#include "base/file.hpp"
#include "commandline/manual.hpp"
#include "oci/app.hpp"
#include "oci/options.hpp"
#include "oci/verbs.hpp"

#include <unistd.h>

namespace phial::oci {

namespace {

using commandline::Page;

constexpr std::size_t kWidth = 100;
constexpr std::string_view kProgram = "phial-oci";
constexpr commandline::Manual kManual = {.base = kProgram, .section = '8', .version = PHIAL_VERSION};

constexpr Example kFirstExamples[] = {
    {"spec -b box", "a config.json for the root file system in box/rootfs"},
    {"run -b box web", "its container, in the foreground"},
    {"explain box", "the system calls that would make it, without making it"},
};

Page page_of(const Verb& verb) {
  return commandline::page_of_verb("phial-oci " + std::string(verb.name), verb);
}

} // namespace

std::string first_page() {
  std::string out =
      "An OCI runtime whose containers are programs one can read. Flags and outputs are runc's and crun's."
      "\n\nUsage: phial-oci [OPTIONS] COMMAND ...\n\nTry\n" +
      commandline::examples_text(kProgram, kFirstExamples, kWidth) + "\nCommands\n";
  std::vector<commandline::Row> rows;
  for (const Verb* verb : all_verbs())
    if (!verb->hidden)
      rows.push_back({std::string(verb->name), std::string(verb->summary)});
  return out + commandline::rows_text(rows, kWidth, 20) + commandline::options_text(global_options(), kWidth) +
         "\n'phial-oci COMMAND --help' explains a command.\n";
}

std::string verb_page(const Verb& verb) {
  return commandline::page_text(kProgram, page_of(verb), kWidth);
}

std::string manual_overview() {
  std::string out =
      commandline::manual_heading(kManual, kProgram) +
      ".SH NAME\nphial\\-oci \\- run OCI bundles, and show each container as the program it is\n"
      ".SH SYNOPSIS\n\\fBphial\\-oci\\fR [OPTIONS] COMMAND ...\n"
      ".SH DESCRIPTION\nAn OCI runtime for podman, containerd, docker, CRI\\-O and whoever else calls "
      "runc or crun: commands, flags, outputs and exit statuses are theirs. A container is a program, an "
      "explicit list of system calls, which \\fBphial\\-oci explain\\fR prints without running it. A long "
      "flag may begin with one dash or two.\n.SH COMMANDS\n";
  for (const Verb* verb : all_verbs())
    if (!verb->hidden)
      out += commandline::manual_entry(kManual, page_of(*verb));
  return out + commandline::manual_options(global_options()) +
         ".SH EXIT STATUS\nThe program's own for \\fBrun\\fR and \\fBexec\\fR, 128 and the signal's number where one "
         "ended it; 255 where \\fBexec\\fR fails; 1 for every other failure, told in a sentence on standard error and "
         "in a line of the log.\n"
         ".SH FILES\n.TP\n\\fI/run/phial\\-oci\\fR\nThe containers' states, a directory each.\n"
         ".SH SEE ALSO\n\\fBphial\\fR(1)\n";
}

std::string manual_page(const Verb& verb) {
  return commandline::manual_text(kManual, page_of(verb));
}

namespace {

void offer_verbs(commandline::Completion& out) {
  for (const Verb* verb : all_verbs())
    if (!verb->hidden)
      commandline::offer_word(out, verb->name, verb->summary);
}

} // namespace

commandline::Completion complete(std::span<const std::string_view> words) {
  commandline::Completion out;
  if (words.empty())
    return out;
  out.typed = words.back();
  Options globals = global_options();
  commandline::Place before = commandline::walk(globals, words, true);
  if (before.words == 0) {
    commandline::offer_here(out, globals, before, Offer::verb);
  } else {
    Result<const Verb*> found = find_verb(words[before.next]);
    if (!found)
      return out;
    const Verb& verb = **found;
    commandline::Place place = commandline::walk(verb.options, words.subspan(before.next + 1), verb.stop_at_word);
    Offer past = verb.stop_at_word ? Offer::file : Offer::nothing;
    commandline::offer_here(out, verb.options, place, place.words > 0 ? past : verb.words);
  }
  if (out.offer == Offer::verb)
    offer_verbs(out);
  return out;
}

namespace {

Result<> write_all_pages(const std::string& directory) {
  TRY(make_directories(directory, 0755));
  TRY(write_file_atomically(directory + "/phial-oci.8", manual_overview(), 0644));
  for (const Verb* verb : all_verbs())
    if (!verb->hidden)
      TRY(write_file_atomically(directory + "/phial-oci-" + std::string(verb->name) + ".8", manual_page(*verb), 0644));
  return {};
}

// Names of containers are the names below --root. What cannot be read is not offered.
std::string containers_text(const commandline::Completion& completion, const std::string& root) {
  std::string out;
  if (completion.offer != Offer::container && completion.offer != Offer::running_container)
    return out;
  if (Result<std::vector<std::string>> names = list_directory(root))
    for (const std::string& name : *names)
      if (name.starts_with(completion.typed) && !name.starts_with("."))
        out += completion.prefix + name + "\t\n";
  return out;
}

} // namespace

Result<int> print_manual(const Call& call) {
  if (call.arguments.last("all"))
    TRY(write_all_pages(call.text("all")), "write the man pages");
  else if (call.arguments.words.empty())
    TRY(write_all(STDOUT_FILENO, manual_overview()));
  else
    TRY(write_all(STDOUT_FILENO, manual_page(*TRY(find_verb(call.arguments.words[0])))));
  return 0;
}

Result<int> print_completion(const Call& call) {
  TRY(write_all(STDOUT_FILENO, TRY(commandline::completion_script(kProgram, call.arguments.words[0]))));
  return 0;
}

Result<int> print_candidates(const Call& call) {
  commandline::Completion completion = complete(call.arguments.words);
  std::string out = containers_text(completion, call.globals.root);
  for (const commandline::Candidate& candidate : completion.candidates)
    out += candidate.text + "\t" + std::string(candidate.meaning) + "\n";
  if (completion.offer == Offer::file)
    out += ":files\n";
  if (completion.offer == Offer::directory)
    out += ":directories\n";
  TRY(write_all(STDOUT_FILENO, out));
  return 0;
}

Result<int> help(const Call& call) {
  if (call.arguments.words.empty())
    TRY(write_all(STDOUT_FILENO, first_page()));
  else
    TRY(write_all(STDOUT_FILENO, verb_page(*TRY(find_verb(call.arguments.words[0])))));
  return 0;
}

Result<int> version(const Call& /*call*/) {
  TRY(write_all(STDOUT_FILENO, version_text()));
  return 0;
}

} // namespace phial::oci
