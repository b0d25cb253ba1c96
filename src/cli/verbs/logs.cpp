// `phial logs`: what a container wrote.
#include "base/clock.hpp"
#include "base/text.hpp"
#include "cli/session.hpp"
#include "cli/values.hpp"
#include "cli/verbs/all.hpp"

#include <unistd.h>

#include <limits>

namespace phial::cli {

namespace {

constexpr Option kOptions[] = {
    {.name = "follow", .letter = 'f', .help = "Go on until the container has ended"},
    {.name = "tail", .letter = 'n', .value = "LINES", .help = "Begin so many lines before the end", .fallback = "all"},
    {.name = "timestamps", .letter = 't', .help = "Say when each line was written"},
    {.name = "since",
     .value = "TIME",
     .help = "Leave out what is older: 10m, 2026-01-02T15:04:05Z or seconds since 1970"},
    {.name = "until", .value = "TIME", .help = "Leave out what is younger"},
};

constexpr Example kExamples[] = {
    {"logs -f web", "as it comes"},
    {"logs --tail 20 -t web", "the last twenty lines with their times"},
    {"logs --since 10m web", "of the last ten minutes"},
};

Result<std::int64_t> moment(const Call& call, std::string_view name) {
  std::optional<std::string_view> text = call.arguments.last(name);
  if (!text || text->empty())
    return 0;
  std::optional<std::int64_t> time = phial::parse_moment(*text, phial::now());
  if (!time)
    return fail(Kind::usage, "--" + std::string(name) + ": \"" + std::string(*text) +
                                 "\" is not a time: expected 10m, 2026-01-02T15:04:05Z or seconds since 1970");
  return *time;
}

Result<int> run(const Call& call) {
  engine::LogOptions options;
  options.follow = call.arguments.on("follow");
  options.timestamps = call.arguments.on("timestamps");
  options.since = TRY(moment(call, "since"));
  options.until = TRY(moment(call, "until"));
  std::string_view tail = call.arguments.last("tail").value_or("all");
  if (tail != "all") {
    std::optional<std::int64_t> lines = parse_int(tail);
    if (!lines)
      return fail(Kind::usage, "--tail: \"" + std::string(tail) + "\" is not a number of lines: expected one, or all");
    if (*lines >= 0) // docker takes a negative number for all
      options.tail = static_cast<std::uint64_t>(*lines);
  }
  engine::Engine engine = TRY(engine_as_root(call));
  TRY(engine::logs(engine, call.arguments.words[0], options, STDOUT_FILENO, STDERR_FILENO));
  return 0;
}

} // namespace

constexpr Verb kLogs = {
    .name = "logs",
    .group = Group::watch,
    .summary = "Print what a container wrote",
    .description = "Its standard output comes on standard output and its standard error on standard error.",
    .usage = "CONTAINER",
    .least = 1,
    .most = 1,
    .words = Offer::container,
    .options = {.own = kOptions},
    .examples = kExamples,
    .noun = "container",
    .run = run,
};

} // namespace phial::cli
