// `phial rename`: another name for a container.
#include "cli/session.hpp"
#include "cli/verbs/all.hpp"

namespace phial::cli {

namespace {

Result<int> run(const Call& call) {
  engine::Engine engine = TRY(engine_as_root(call));
  TRY(engine::rename(engine, call.arguments.words[0], call.arguments.words[1]));
  return 0;
}

} // namespace

constexpr Verb kRename = {
    .name = "rename",
    .group = Group::steer,
    .summary = "Give a container another name",
    .usage = "CONTAINER NAME",
    .least = 2,
    .most = 2,
    .words = Offer::container,
    .noun = "container",
    .run = run,
};

} // namespace phial::cli
