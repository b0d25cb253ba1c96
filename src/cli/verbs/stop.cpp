// `phial stop`: ask containers to end, then end them.
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "cli/values.hpp"
#include "cli/verbs/all.hpp"

namespace phial::cli {

namespace {

constexpr Option kOptions[] = {
    {.name = "timeout",
     .letter = 't',
     .value = "SECONDS",
     .help = "How long to wait before SIGKILL; -1 waits for ever",
     .fallback = "the container's own, or 10",
     .also = "time"},
    {.name = "signal",
     .letter = 's',
     .value = "SIGNAL",
     .help = "What to send first",
     .fallback = "the container's own, or SIGTERM"},
};

constexpr Example kExamples[] = {
    {"stop web", "SIGTERM, and SIGKILL after ten seconds"},
    {"stop -t 0 web", "SIGTERM and SIGKILL at once"},
};

Result<int> run(const Call& call) {
  std::optional<std::int64_t> timeout;
  if (std::optional<std::string_view> text = call.arguments.last("timeout"))
    timeout = TRY(parse_number(*text, -1, 1000000000), "--timeout");
  std::string signal;
  if (std::optional<std::string_view> text = call.arguments.last("signal"))
    signal = TRY(parse_stop_signal(*text), "--signal");
  engine::Engine engine = TRY(engine_as_root(call));
  return for_each_word(call, [&](std::string_view word) -> Result<> {
    TRY(engine::stop(engine, word, timeout, signal));
    print(std::string(word) + "\n");
    return {};
  });
}

} // namespace

constexpr Verb kStop = {
    .name = "stop",
    .group = Group::steer,
    .summary = "Stop containers: a signal, some time, then SIGKILL",
    .usage = "CONTAINER...",
    .least = 1,
    .words = Offer::running_container,
    .options = {.own = kOptions},
    .examples = kExamples,
    .noun = "container",
    .run = run,
};

} // namespace phial::cli
