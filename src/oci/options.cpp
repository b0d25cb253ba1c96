#include "oci/options.hpp"

#include "base/text.hpp"
#include "oci/option_tables.hpp"
#include "oci/verbs.hpp"

#include <algorithm>

namespace phial::oci {

namespace {

constexpr Options options(std::span<const Option> own, std::span<const Option> shared = {}) {
  return {.own = own, .shared = shared, .one_dash = true};
}

constexpr Example kCreateExamples[] = {
    {"create -b box web", "the container \"web\" of the bundle ./box, waiting for start"},
    {"start web", "its program runs"},
};

constexpr Verb kCreate = {
    .name = "create",
    .summary = "Make the container of a bundle, up to the moment before its program runs",
    .usage = "ID",
    .least = 1,
    .most = 1,
    .options = options(kCreateOptions),
    .examples = kCreateExamples,
    .run = create,
};

constexpr Verb kStart = {
    .name = "start",
    .summary = "Let the program of a created container run",
    .usage = "ID",
    .least = 1,
    .most = 1,
    .words = Offer::container,
    .run = start,
};

constexpr Verb kState = {
    .name = "state",
    .summary = "Print the state of a container as JSON",
    .usage = "ID",
    .least = 1,
    .most = 1,
    .words = Offer::container,
    .run = state,
};

constexpr Verb kKill = {
    .name = "kill",
    .summary = "Send a signal to the container's first process",
    .description = "SIGNAL is a name, with or without SIG, or a number. Without one it is SIGTERM.",
    .usage = "ID [SIGNAL]",
    .least = 1,
    .most = 2,
    .words = Offer::running_container,
    .options = options(kKillOptions),
    .run = kill,
};

constexpr Verb kDelete = {
    .name = "delete",
    .summary = "Take away what is left of a stopped container",
    .usage = "ID",
    .least = 1,
    .most = 1,
    .words = Offer::container,
    .options = options(kDeleteOptions),
    .run = remove,
};

constexpr Example kRunExamples[] = {
    {"spec -b box && phial-oci run -b box web", "a shell in the bundle ./box"},
};

constexpr Verb kRun = {
    .name = "run",
    .summary = "Make the container of a bundle, start it, wait for its end and delete it",
    .usage = "ID",
    .least = 1,
    .most = 1,
    .options = options(kRunOptions, kCreateOptions),
    .examples = kRunExamples,
    .run = run,
};

constexpr Example kExecExamples[] = {
    {"exec -t web sh", "a shell in a running container"},
    {"exec --process process.json web", "the process a file describes"},
};

constexpr Verb kExec = {
    .name = "exec",
    .summary = "Run a further process in a running container",
    .description = "The exit status is the process's; 255 where it could not be run.",
    .usage = "ID COMMAND [ARG...]",
    .least = 1,
    .most = Verb::kAny,
    .stop_at_word = true,
    .words = Offer::running_container,
    .options = options(kExecOptions),
    .examples = kExecExamples,
    .failure = 255,
    .run = exec,
};

constexpr Verb kPs = {
    .name = "ps",
    .summary = "Show the processes of a container",
    .description = "Words behind the id are options of ps(1), whose table is filtered; without any they are -ef. Its "
                   "table has to have a column PID.",
    .usage = "ID [PS-OPTION...]",
    .least = 1,
    .most = Verb::kAny,
    .stop_at_word = true,
    .words = Offer::running_container,
    .options = options(kPsOptions),
    .run = ps,
};

constexpr Verb kList = {
    .name = "list",
    .summary = "Show the containers below --root",
    .options = options(kListOptions),
    .run = list,
};

constexpr Verb kPause = {
    .name = "pause",
    .summary = "Let every process of a container stand still",
    .usage = "ID",
    .least = 1,
    .most = 1,
    .words = Offer::running_container,
    .run = pause,
};

constexpr Verb kResume = {
    .name = "resume",
    .summary = "Let the processes of a paused container go on",
    .usage = "ID",
    .least = 1,
    .most = 1,
    .words = Offer::running_container,
    .run = resume,
};

constexpr Example kUpdateExamples[] = {
    {"update --memory 64000000 --pids-limit 100 web", "other limits for a container that runs"},
    {R"(update -r - web <<<'{"cpu": {"quota": 50000, "period": 100000}}')", "the same from JSON"},
};

constexpr Verb kUpdate = {
    .name = "update",
    .summary = "Change the limits of a container",
    .description = "What is not named stays as it is. With --resources the JSON has the fields of linux.resources in "
                   "config.json.",
    .usage = "ID",
    .least = 1,
    .most = 1,
    .words = Offer::running_container,
    .options = options(kUpdateOptions),
    .examples = kUpdateExamples,
    .run = update,
};

constexpr Verb kEvents = {
    .name = "events",
    .summary = "Print a container's figures and its want of memory, a line of JSON each",
    .description = "Goes on until the container ends.",
    .usage = "ID",
    .least = 1,
    .most = 1,
    .words = Offer::running_container,
    .options = options(kEventsOptions),
    .run = events,
};

constexpr Verb kSpec = {
    .name = "spec",
    .summary = "Write a config.json to begin with",
    .options = options(kSpecOptions),
    .run = write_spec,
};

constexpr Verb kFeatures = {
    .name = "features",
    .summary = "Print as JSON what this build and this kernel can do",
    .run = features,
};

constexpr Verb kCheckpoint = {
    .name = "checkpoint",
    .summary = "Save a running container to files, by criu",
    .usage = "ID",
    .least = 1,
    .most = 1,
    .words = Offer::running_container,
    .options = options(kCheckpointOptions, kCriuOptions),
    .run = checkpoint,
};

constexpr Verb kRestore = {
    .name = "restore",
    .summary = "Go on with a container that was saved by checkpoint",
    .usage = "ID",
    .least = 1,
    .most = 1,
    .options = options(kRestoreOptions, kCriuOptions),
    .run = restore,
};

constexpr Example kExplainExamples[] = {
    {"explain box", "the system calls that would make the container of ./box"},
    {"explain --format shell box", "the same as a shell script"},
};

constexpr Verb kExplain = {
    .name = "explain",
    .summary = "Print the program of a bundle without running it",
    .usage = "[BUNDLE]",
    .most = 1,
    .words = Offer::directory,
    .options = options(kExplainOptions),
    .examples = kExplainExamples,
    .run = explain,
};

constexpr Verb kHelp = {
    .name = "help",
    .summary = "Explain a command",
    .usage = "[COMMAND]",
    .most = 1,
    .words = Offer::verb,
    .run = help,
};

constexpr Verb kVersion = {
    .name = "version",
    .summary = "Print the version",
    .run = version,
};

constexpr Option kManOptions[] = {
    {.name = "all", .value = "DIR", .help = "Write every page into a directory", .offer = Offer::directory},
};

constexpr Verb kMan = {
    .name = "__man",
    .summary = "Print a man page",
    .usage = "[COMMAND]",
    .most = 1,
    .options = options(kManOptions),
    .hidden = true,
    .run = print_manual,
};

constexpr Verb kCompletion = {
    .name = "__completion",
    .summary = "Print the completion script of a shell",
    .usage = "bash|zsh|fish",
    .least = 1,
    .most = 1,
    .hidden = true,
    .run = print_completion,
};

constexpr Verb kComplete = {
    .name = "__complete",
    .summary = "Print what could stand at the end of a command line",
    .usage = "-- [WORD...]",
    .most = Verb::kAny,
    .hidden = true,
    .run = print_candidates,
};

// A new verb: its row above, its line here.
// clang-format off
constexpr const Verb* kVerbs[] = {
    &kCreate, &kStart, &kState, &kKill, &kDelete, &kRun, &kExec,
    &kPs, &kList, &kPause, &kResume, &kUpdate, &kEvents, &kCheckpoint, &kRestore,
    &kSpec, &kExplain, &kFeatures, &kHelp, &kVersion,
    &kMan, &kCompletion, &kComplete,
};
// clang-format on

} // namespace

std::span<const Verb* const> all_verbs() {
  return kVerbs;
}

Options global_options() {
  return options(kGlobalOptions);
}

Result<const Verb*> find_verb(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Verb* verb : kVerbs) {
    if (verb->name == name)
      return verb;
    if (!verb->hidden)
      names.push_back(verb->name);
  }
  std::optional<std::string_view> near = nearest(name, names);
  return fail(Kind::usage, "unknown command: " + std::string(name),
              near ? "did you mean '" + std::string(*near) + "'?" : "'phial-oci --help' lists the commands");
}

namespace {

// A flag of choices takes one of them.
Result<> check_choices(const Arguments& arguments) {
  for (const commandline::Flag& flag : arguments.flags) {
    if (flag.option->choices.empty())
      continue;
    std::vector<std::string_view> choices = split(flag.option->choices, '|');
    if (std::ranges::find(choices, flag.value) != choices.end())
      continue;
    std::optional<std::string_view> near = nearest(flag.value, choices);
    std::string known;
    for (std::string_view choice : choices)
      known += (known.empty() ? "" : ", ") + std::string(choice);
    return fail(Kind::usage,
                "--" + std::string(flag.option->name) + ": \"" + std::string(flag.value) + "\" is none of " + known,
                near ? "did you mean " + std::string(*near) + "?" : std::string());
  }
  return {};
}

} // namespace

Result<Arguments> parse_verb(const Verb& verb, std::span<const std::string_view> words) {
  Arguments arguments = TRY(commandline::parse_arguments(verb.options, verb.stop_at_word, words));
  if (arguments.help)
    return arguments;
  TRY(check_choices(arguments));
  Result<> count =
      commandline::check_count("phial-oci " + std::string(verb.name), arguments.words.size(), verb.least, verb.most);
  if (!count) {
    Error error = std::move(count).error();
    error.hint = "usage: phial-oci " + std::string(verb.name) + (verb.options.size() != 0 ? " [OPTIONS]" : "") +
                 (verb.usage.empty() ? "" : " " + std::string(verb.usage));
    return std::unexpected(std::move(error));
  }
  return arguments;
}

Result<Arguments> parse_globals(std::span<const std::string_view> words) {
  Arguments arguments = TRY(commandline::parse_arguments(global_options(), true, words));
  TRY(check_choices(arguments));
  return arguments;
}

} // namespace phial::oci
