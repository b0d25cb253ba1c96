// `phial start`: start containers that were made or have ended.
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "cli/streams.hpp"
#include "cli/verbs/all.hpp"

namespace phial::cli {

namespace {

constexpr Option kOptions[] = {
    {.name = "attach", .letter = 'a', .help = "Relay its output and end with its exit status"},
    {.name = "interactive", .letter = 'i', .help = "Pass standard input on, with --attach"},
    {.name = "detach-keys",
     .value = "KEYS",
     .help = "Typed, these leave the container running",
     .fallback = "ctrl-p,ctrl-q"},
    {.name = "sig-proxy", .help = "Pass on the signals that phial gets", .fallback = "true"},
};

constexpr Example kExamples[] = {
    {"start web", "in the background"},
    {"start -ai shell", "and be in it"},
};

Result<int> run(const Call& call) {
  engine::Engine engine = TRY(engine_as_root(call));
  bool attach = call.arguments.on("attach") || call.arguments.on("interactive");
  if (attach && call.arguments.words.size() > 1)
    return fail(Kind::usage, "only one container at a time can be attached to");
  engine::Streams streams = streams_of(call, attach, call.arguments.on("interactive"));
  if (attach) {
    engine::Ending ending = TRY(engine::start(engine, call.arguments.words[0], streams));
    return tell_ending(call, ending);
  }
  return for_each_word(call, [&](std::string_view word) -> Result<> {
    TRY(engine::start(engine, word, streams));
    print(std::string(word) + "\n");
    return {};
  });
}

} // namespace

constexpr Verb kStart = {
    .name = "start",
    .group = Group::start,
    .summary = "Start containers that do not run",
    .usage = "CONTAINER...",
    .least = 1,
    .words = Offer::container,
    .options = {.own = kOptions},
    .examples = kExamples,
    .noun = "container",
    .run = run,
};

} // namespace phial::cli
