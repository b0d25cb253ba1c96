// `phial top`: the processes of a container.
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "cli/verbs/all.hpp"
#include "commandline/table.hpp"

namespace phial::cli {

namespace {

Result<int> run(const Call& call) {
  engine::Engine engine = TRY(engine_as_root(call));
  commandline::Table table;
  table.add({"UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"});
  for (engine::ProcessRow& row : TRY(engine::top(engine, call.arguments.words[0])))
    table.add({row.user, row.pid, row.parent, row.cpu, row.started, row.terminal, row.time, row.command});
  print(table.text());
  return 0;
}

} // namespace

constexpr Verb kTop = {
    .name = "top",
    .group = Group::watch,
    .summary = "List the processes of a container",
    .description = "Users and process ids are the host's.",
    .usage = "CONTAINER",
    .least = 1,
    .most = 1,
    .words = Offer::running_container,
    .noun = "container",
    .run = run,
};

} // namespace phial::cli
