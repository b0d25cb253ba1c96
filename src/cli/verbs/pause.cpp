// `phial pause` and `phial unpause`: the freezer.
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "cli/verbs/all.hpp"

namespace phial::cli {

namespace {

Result<int> pause(const Call& call) {
  engine::Engine engine = TRY(engine_as_root(call));
  return for_each_word(call, [&](std::string_view word) -> Result<> {
    TRY(engine::pause(engine, word));
    print(std::string(word) + "\n");
    return {};
  });
}

Result<int> unpause(const Call& call) {
  engine::Engine engine = TRY(engine_as_root(call));
  return for_each_word(call, [&](std::string_view word) -> Result<> {
    TRY(engine::unpause(engine, word));
    print(std::string(word) + "\n");
    return {};
  });
}

} // namespace

constexpr Verb kPause = {
    .name = "pause",
    .group = Group::steer,
    .summary = "Freeze every process of containers",
    .description = "The processes stay where they are and get no CPU until 'phial unpause'; they cannot tell that time "
                   "has passed. SIGKILL ends them all the same.",
    .usage = "CONTAINER...",
    .least = 1,
    .words = Offer::running_container,
    .noun = "container",
    .run = pause,
};

constexpr Verb kUnpause = {
    .name = "unpause",
    .group = Group::steer,
    .summary = "Let paused containers go on",
    .usage = "CONTAINER...",
    .least = 1,
    .words = Offer::running_container,
    .noun = "container",
    .run = unpause,
};

} // namespace phial::cli
