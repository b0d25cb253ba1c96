// `phial create`: make a container, start nothing.
#include "cli/container_table.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "cli/streams.hpp"
#include "cli/verbs/all.hpp"

namespace phial::cli {

namespace {

constexpr Example kExamples[] = {
    {"create --name web busybox httpd -f", "prints the id; 'phial start web' starts it"},
};

Result<int> run(const Call& call) {
  Surroundings around = TRY(surroundings_of(call));
  engine::RunOptions options = TRY(read_run_options(call.arguments, around));
  engine::Engine engine = TRY(engine_as_root(call));
  CidFile file = TRY(CidFile::open(options.cid_file));
  engine::Created created = TRY(engine::create(engine, options));
  for (const std::string& warning : created.warnings)
    warn(call, warning);
  TRY(file.write(created.id));
  print(created.id + "\n");
  return 0;
}

} // namespace

constexpr Verb kCreate = {
    .name = "create",
    .group = Group::start,
    .summary = "Make a container without starting it",
    .description = "Takes the flags of run, prints the id of the container, and leaves the start to 'phial start'.",
    .usage = "IMAGE [COMMAND [ARG...]]",
    .least = 1,
    .stop_at_word = true,
    .words = Offer::image,
    .options = {.shared = kContainerTable, .absent = kAbsentTable},
    .examples = kExamples,
    .noun = "container",
    .misuse = 125,
    .run = run,
};

} // namespace phial::cli
