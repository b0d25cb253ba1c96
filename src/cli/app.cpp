#include "cli/app.hpp"

#include "cli/errors.hpp"
#include "cli/help.hpp"
#include "cli/output.hpp"
#include "cli/verbs.hpp"
#include "cli/version.hpp"

#include <unistd.h>

namespace phial::cli {

namespace {

constexpr std::size_t kPageWidth = 100;

std::size_t page_width() {
  return std::min(terminal_width(STDOUT_FILENO, kPageWidth), kPageWidth);
}

int tell(const Globals& globals, std::string_view who, const Error& error, int status) {
  print_error(globals.json_errors ? machine_text(who, error, status) : person_text(who, error));
  return status;
}

// Adds where help is to be had.
Error with_help(Error error, const std::string& program) {
  std::string help = "'" + program + " --help' explains the command";
  error.hint = error.hint.empty() ? help : error.hint + " " + help;
  return error;
}

int run_verb(const Found& found, std::span<const std::string_view> words, const Globals& globals,
             const Environment& environment) {
  const Verb& verb = *found.verb;
  std::string program = program_name(verb);
  Result<Arguments> arguments = parse_arguments(verb.options, verb.stop_at_word, words);
  if (!arguments)
    return tell(globals, program, with_help(std::move(arguments).error(), program), kFlagStatus);
  if (arguments->help) {
    print(verb_page(verb, page_width()));
    return 0;
  }
  if (Result<> count = check_count(program, arguments->words.size(), verb.least, verb.most); !count) {
    Error error = std::move(count).error();
    error.hint = "usage: " + usage_line(verb);
    return tell(globals, program, error, 1);
  }
  Call call{verb, found.noun, globals, environment, std::move(*arguments)};
  Result<int> status = verb.run(call);
  if (!status)
    return tell(globals, program, status.error(),
                exit_status(status.error().kind, status.error().kind == Kind::usage ? verb.misuse : verb.failure));
  return *status;
}

Result<Globals> read_globals(const Arguments& arguments) {
  Globals globals;
  globals.debug = arguments.on("debug");
  globals.root = arguments.last("root").value_or("");
  globals.state = arguments.last("state").value_or("");
  std::string_view format = arguments.last("log-format").value_or("text");
  if (format != "text" && format != "json")
    return fail(Kind::usage, "--log-format: \"" + std::string(format) + "\" is no format: text and json are");
  globals.json_errors = format == "json";
  for (std::string_view directory : {globals.root, globals.state})
    if (!directory.empty() && directory[0] != '/')
      return fail(Kind::usage, "--root and --state: \"" + std::string(directory) + "\" is not an absolute path");
  return globals;
}

} // namespace

int run_command_line(std::span<const std::string_view> words, char** environment_entries) {
  Globals globals;
  Environment environment(environment_entries);
  Result<Arguments> before = parse_arguments(global_options(), true, words);
  if (!before)
    return tell(globals, "phial", with_help(std::move(before).error(), "phial"), kFlagStatus);
  if (before->on("version")) {
    print("phial " + std::string(version_text()) + "\n");
    return 0;
  }
  Result<Globals> read = read_globals(*before);
  if (!read)
    return tell(globals, "phial", read.error(), kFlagStatus);
  globals = *read;
  if (before->words.empty() || before->help || before->on("help")) {
    print(first_page(page_width()));
    return 0;
  }
  Result<Found> found = find_verb(before->words);
  if (!found)
    return tell(globals, "phial", found.error(), 1);
  if (found->verb == nullptr) {
    print(noun_page(*find_noun(found->noun), page_width()));
    return 0;
  }
  return run_verb(*found, std::span(before->words).subspan(found->used), globals, environment);
}

} // namespace phial::cli
