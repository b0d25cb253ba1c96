// `phial explain run …`: the program a run would execute, without executing it.
#include "cli/container_options.hpp"
#include "cli/container_table.hpp"
#include "cli/help.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "cli/verbs.hpp"
#include "cli/verbs/all.hpp"
#include "program/print_calls.hpp"
#include "program/print_json.hpp"
#include "program/print_shell.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>

namespace phial::cli {

namespace {

constexpr Option kOptions[] = {
    {.name = "format",
     .letter = 'f',
     .value = "FORM",
     .help = "calls: steps and system calls; shell: a script for bash; json",
     .fallback = "calls",
     .choices = "calls|shell|json"},
};

constexpr Example kExamples[] = {
    {"explain run --rm -m 64m busybox true", "every step, why it is there, and its system calls"},
    {"explain --format shell run busybox sh > c.sh", "a script that makes the same container"},
    {"explain --format json run busybox true", "for other programs"},
};

// The flags of run, and --format among them for whoever puts it there.
constexpr auto kRunOptions = [] {
  std::array<Option, std::size(kOptions) + std::size(kRunTable)> out{};
  std::ranges::copy(kRunTable, std::ranges::copy(kOptions, out.begin()).out);
  return out;
}();

program::Layout layout_of(const Call& call) {
  program::Layout layout;
  if (::isatty(STDOUT_FILENO) != 1)
    return layout;
  layout.width = terminal_width(STDOUT_FILENO, layout.width);
  if (!call.environment.get("NO_COLOR") && call.environment.get("TERM").value_or("dumb") != "dumb")
    layout.colour = program::Colour::ansi;
  return layout;
}

std::string printed(const program::Program& program, std::string_view format, const program::Layout& layout) {
  if (format == "calls")
    return program::print_calls(program, layout);
  if (format == "shell")
    return program::print_shell(program);
  return program::print_json(program);
}

// Takes --format out of the flags, which the engine's options know nothing of.
Result<std::string_view> take_format(const Call& call, Arguments& arguments) {
  std::string_view format = arguments.last("format").value_or(call.arguments.last("format").value_or("calls"));
  std::erase_if(arguments.flags, [](const Flag& flag) { return flag.option->name == "format"; });
  if (format != "calls" && format != "shell" && format != "json")
    return fail(Kind::usage, "--format: \"" + std::string(format) + "\" is no form: expected calls, shell or json");
  return format;
}

Result<int> run(const Call& call) {
  Found found = TRY(find_verb(call.arguments.words));
  if (found.verb != &kRun && found.verb != &kCreate)
    return fail(Kind::usage,
                "only run and create can be explained, not \"" + std::string(call.arguments.words[0]) + "\"",
                "usage: " + usage_line(call.verb));
  std::span<const std::string_view> words(call.arguments.words);
  Options flags{.own = kRunOptions, .shared = kContainerTable, .absent = kAbsentTable};
  Arguments arguments = TRY(parse_arguments(flags, true, words.subspan(found.used)));
  if (arguments.help) {
    print(verb_page(call.verb, terminal_width(STDOUT_FILENO, 100)));
    return 0;
  }
  std::string_view format = TRY(take_format(call, arguments));
  TRY(check_count("phial explain run", arguments.words.size(), 1, Verb::kAny));
  Surroundings around = TRY(surroundings_of(call));
  engine::RunOptions options = TRY(read_run_options(arguments, around));
  engine::Engine engine = TRY(engine_of(call));
  engine::Plan plan = TRY(engine::plan(engine, options));
  for (const std::string& warning : plan.warnings)
    warn(call, warning);
  print(printed(*plan.program, format, layout_of(call)));
  return 0;
}

} // namespace

constexpr Verb kExplain = {
    .name = "explain",
    .group = Group::start,
    .summary = "Print the program a run would execute, without executing it",
    .description =
        "Every container is a list of system calls, grouped into steps. This prints them for a run that does "
        "not take place: what each step does, where it comes from, what it guarantees. Nothing is changed.",
    .usage = "run [RUN-OPTIONS] IMAGE [COMMAND [ARG...]]",
    .least = 1,
    .stop_at_word = true,
    .words = Offer::verb,
    .options = {.own = kOptions},
    .examples = kExamples,
    .failure = 125,
    .misuse = 125,
    .run = run,
};

} // namespace phial::cli
