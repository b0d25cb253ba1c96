// `phial run`: create and start in one.
#include "base/file.hpp"
#include "cli/container_table.hpp"
#include "cli/errors.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "cli/streams.hpp"
#include "cli/verbs/all.hpp"

namespace phial::cli {

namespace {

constexpr Example kExamples[] = {
    {"run --rm busybox echo hello", "say hello from a container and leave nothing behind"},
    {"run --rm -it busybox", "a shell in a container"},
    {"run -d --name web -m 64m --cpus 0.5 busybox httpd -f", "in the background, within bounds"},
    {"run --rm -v \"$PWD:/src:ro\" -w /src busybox ls", "show it this directory"},
    {"run --rm --timings busybox true", "how long each step of the start took"},
};

// What is done between the making and the start.
struct Announcer {
  const Call& call;
  CidFile& file;
  std::string id = {};
};

void announce(void* context, const engine::Created& created) {
  auto& announcer = *static_cast<Announcer*>(context);
  announcer.id = created.id;
  for (const std::string& warning : created.warnings)
    warn(announcer.call, warning);
  if (Result<> written = announcer.file.write(created.id); !written)
    report(announcer.call, written.error());
}

Result<int> run(const Call& call) {
  Surroundings around = TRY(surroundings_of(call));
  engine::RunOptions options = TRY(read_run_options(call.arguments, around));
  engine::Engine engine = TRY(engine_as_root(call));
  TRY(check_terminal(options.tty && options.interactive && !options.detach));
  CidFile file = TRY(CidFile::open(options.cid_file));
  engine::Streams streams = streams_of(call, !options.detach, options.interactive);
  streams.timings = options.timings;
  Announcer announcer{call, file};
  engine::Ending ending = TRY(engine::run(engine, options, streams, announce, &announcer));
  if (options.detach)
    print(announcer.id + "\n");
  return tell_ending(call, ending);
}

} // namespace

constexpr Verb kRun = {
    .name = "run",
    .group = Group::start,
    .summary = "Run a command in a new container",
    .description =
        "Makes a container from an image and starts it. Without -d its output is yours and its exit status becomes "
        "phial's; without a command the image's own is run. Nothing of the network is there unless --network says so.\n"
        "\n"
        "Exit status: the command's own, or 128 and the number of the signal that ended it; 127 where the command does "
        "not exist in the container, 126 where it cannot be executed, 125 where phial could not run it.",
    .usage = "IMAGE [COMMAND [ARG...]]",
    .least = 1,
    .stop_at_word = true,
    .words = Offer::image,
    .options = {.own = kRunTable, .shared = kContainerTable, .absent = kAbsentTable},
    .examples = kExamples,
    .noun = "container",
    .failure = 125,
    .misuse = 125,
    .run = run,
};

} // namespace phial::cli
