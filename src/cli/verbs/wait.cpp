// `phial wait`: wait until containers have ended.
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "cli/verbs/all.hpp"

namespace phial::cli {

namespace {

Result<int> run(const Call& call) {
  engine::Engine engine = TRY(engine_as_root(call));
  return for_each_word(call, [&](std::string_view word) -> Result<> {
    std::optional<int> code = TRY(engine::wait(engine, word));
    print((code ? std::to_string(*code) : std::string("unknown")) + "\n");
    return {};
  });
}

} // namespace

constexpr Verb kWait = {
    .name = "wait",
    .group = Group::watch,
    .summary = "Wait until containers have ended and print their exit statuses",
    .usage = "CONTAINER...",
    .least = 1,
    .words = Offer::running_container,
    .noun = "container",
    .run = run,
};

} // namespace phial::cli
