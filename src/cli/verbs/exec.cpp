// `phial exec`: a further command in a running container.
#include "cli/container_options.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "cli/streams.hpp"
#include "cli/verbs/all.hpp"

namespace phial::cli {

namespace {

constexpr Option kOptions[] = {
    {.name = "detach", .letter = 'd', .help = "Let it run in the background"},
    {.name = "interactive", .letter = 'i', .help = "Keep standard input open and pass it on"},
    {.name = "tty", .letter = 't', .help = "Give it a terminal"},
    {.name = "env",
     .letter = 'e',
     .value = "NAME[=VALUE]",
     .help = "Set a variable; NAME alone passes yours on",
     .repeatable = true},
    {.name = "env-file",
     .value = "FILE",
     .help = "Set the variables of a file of NAME=VALUE lines",
     .repeatable = true,
     .offer = Offer::file},
    {.name = "user",
     .letter = 'u',
     .value = "USER[:GROUP]",
     .help = "Who it runs as",
     .fallback = "as the container's first process"},
    {.name = "workdir",
     .letter = 'w',
     .value = "DIR",
     .help = "Directory it begins in",
     .fallback = "as the container's first process"},
    {.name = "privileged", .help = "With all capabilities"},
    {.name = "detach-keys", .value = "KEYS", .help = "Typed, these leave it running", .fallback = "ctrl-p,ctrl-q"},
};

constexpr Example kExamples[] = {
    {"exec -it web sh", "a shell in it"},
    {"exec web cat /etc/hosts", "one command; its exit status becomes phial's"},
    {"exec -u 1000 -w /tmp web id", "as somebody else, somewhere else"},
};

Result<int> run(const Call& call) {
  Surroundings around = TRY(surroundings_of(call));
  engine::ExecOptions options = TRY(read_exec_options(call.arguments, around));
  engine::Engine engine = TRY(engine_as_root(call));
  TRY(check_terminal(options.tty && options.interactive && !options.detach));
  engine::Streams streams = streams_of(call, !options.detach, options.interactive);
  engine::Ending ending = TRY(engine::exec(engine, options, streams));
  return tell_ending(call, ending);
}

} // namespace

constexpr Verb kExec = {
    .name = "exec",
    .group = Group::start,
    .summary = "Run a further command in a running container",
    .usage = "CONTAINER COMMAND [ARG...]",
    .least = 2,
    .stop_at_word = true,
    .words = Offer::running_container,
    .options = {.own = kOptions},
    .examples = kExamples,
    .noun = "container",
    .misuse = 125,
    .run = run,
};

} // namespace phial::cli
