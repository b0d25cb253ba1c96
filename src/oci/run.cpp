// run: create, start, wait for the end and delete in one, in the foreground.
#include "oci/foreground.hpp"
#include "oci/make_options.hpp"
#include "oci/verbs.hpp"
#include "runtime/lifecycle/make.hpp"
#include "runtime/lifecycle/state_directory.hpp"

namespace phial::oci {

namespace {

// The end of the container's process, whose signals ours are until then.
Result<int> see_to_its_end(runtime::Made& made, SignalDoor& signals) {
  if (!runtime::only_end_matters(made))
    TRY(runtime::await_program(made));
  runtime::let_go(made.lock);
  int status =
      TRY(attend({made.process.get(), made.record.pid, std::move(made.terminal), std::move(made.sync)}, signals));
  (void)made.process.release(); // it has been waited for
  TRY(runtime::check_program(made));
  return status;
}

} // namespace

namespace {

// Unless somebody has removed it meanwhile.
Result<> forget(const Call& call, runtime::Made& made, const std::string& root) {
  if (!TRY(runtime::take_back(made.lock)))
    return {};
  Result<> gone = runtime::abandon(made, root);
  call.log.warnings(runtime::stopped_problems(made));
  return gone;
}

} // namespace

Result<int> run(const Call& call) {
  runtime::MakeOptions make = TRY(make_options(call));
  SignalDoor signals = TRY(open_signal_door());
  runtime::Made made = TRY(runtime::make_container(make, false));
  call.log.warnings(made.compiled.program.warnings);
  if (make.detach) {
    Result<> running = runtime::await_program(made);
    if (running)
      return 0;
    Error error = std::move(running).error();
    if (Result<> gone = runtime::abandon(made, make.root); !gone)
      error = runtime::also_left(std::move(error), gone.error(), make.id);
    return std::unexpected(std::move(error));
  }
  Result<int> status = see_to_its_end(made, signals);
  if (!status || !call.arguments.on("keep"))
    if (Result<> gone = forget(call, made, make.root); !gone)
      tell_remains(call.log, gone.error(), make.id);
  // Ours end with us, and faster.
  made.run.leave();
  (void)made.lock.release();
  signals.leave();
  return status;
}

} // namespace phial::oci
