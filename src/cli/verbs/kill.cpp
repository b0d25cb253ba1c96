// `phial kill`: send a signal to containers' first processes.
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "cli/verbs/all.hpp"
#include "kernel/signals.hpp"

#include <csignal>

namespace phial::cli {

namespace {

constexpr Option kOptions[] = {
    {.name = "signal", .letter = 's', .value = "SIGNAL", .help = "Which signal, by name or number", .fallback = "KILL"},
};

constexpr Example kExamples[] = {
    {"kill web", "end it at once"},
    {"kill -s HUP web", "tell it to read its configuration again"},
};

Result<int> run(const Call& call) {
  int signal = SIGKILL;
  if (std::optional<std::string_view> text = call.arguments.last("signal"))
    signal = TRY(kernel::parse_signal(*text), "--signal");
  engine::Engine engine = TRY(engine_as_root(call));
  return for_each_word(call, [&](std::string_view word) -> Result<> {
    TRY(engine::kill(engine, word, signal));
    print(std::string(word) + "\n");
    return {};
  });
}

} // namespace

constexpr Verb kKill = {
    .name = "kill",
    .group = Group::steer,
    .summary = "Send a signal to containers; SIGKILL if none is named",
    .usage = "CONTAINER...",
    .least = 1,
    .words = Offer::running_container,
    .options = {.own = kOptions},
    .examples = kExamples,
    .noun = "container",
    .run = run,
};

} // namespace phial::cli
