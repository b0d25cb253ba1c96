// `phial rm`: take containers away.
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "cli/verbs/all.hpp"

namespace phial::cli {

namespace {

constexpr Option kOptions[] = {
    {.name = "force", .letter = 'f', .help = "End it first if it runs; one that is not there is no failure"},
    {.name = "volumes", .letter = 'v', .help = "Remove the volumes without a name that belong to it, too"},
};

constexpr std::string_view kNames[] = {"rm", "remove"};

constexpr Example kExamples[] = {
    {"rm web", "one that has ended"},
    {"rm -f $(phial ps -aq)", "every container there is"},
};

Result<int> run(const Call& call) {
  engine::Engine engine = TRY(engine_as_root(call));
  bool force = call.arguments.on("force");
  return for_each_word(call, [&](std::string_view word) -> Result<> {
    Result<std::string> removed = engine::remove(engine, word, force, call.arguments.on("volumes"));
    if (!removed && force && removed.error().kind == Kind::not_found) {
      report(call, removed.error());
      return {};
    }
    TRY(std::move(removed));
    print(std::string(word) + "\n");
    return {};
  });
}

} // namespace

constexpr Verb kRemove = {
    .name = "rm",
    .group = Group::steer,
    .summary = "Remove containers and all that is their own",
    .usage = "CONTAINER...",
    .least = 1,
    .words = Offer::container,
    .options = {.own = kOptions},
    .examples = kExamples,
    .noun = "container",
    .noun_names = kNames,
    .run = run,
};

} // namespace phial::cli
