// `phial attach`: be in front of a running container again.
#include "cli/session.hpp"
#include "cli/streams.hpp"
#include "cli/verbs/all.hpp"

namespace phial::cli {

namespace {

constexpr Option kOptions[] = {
    {.name = "no-stdin", .help = "Do not pass standard input on"},
    {.name = "detach-keys",
     .value = "KEYS",
     .help = "Typed, these leave the container running",
     .fallback = "ctrl-p,ctrl-q"},
    {.name = "sig-proxy", .help = "Pass on the signals that phial gets", .fallback = "true"},
};

Result<int> run(const Call& call) {
  engine::Engine engine = TRY(engine_as_root(call));
  engine::Streams streams = streams_of(call, true, !call.arguments.on("no-stdin"));
  engine::Ending ending = TRY(engine::attach(engine, call.arguments.words[0], streams));
  return tell_ending(call, ending);
}

} // namespace

constexpr Verb kAttach = {
    .name = "attach",
    .group = Group::start,
    .summary = "Relay the streams of a running container",
    .description =
        "Output appears from now on; 'phial logs' has what came before. The detach keys (ctrl-p, then ctrl-q) "
        "end the attachment and leave a container with a terminal running.",
    .usage = "CONTAINER",
    .least = 1,
    .most = 1,
    .words = Offer::running_container,
    .options = {.own = kOptions},
    .noun = "container",
    .run = run,
};

} // namespace phial::cli
