// run: create, start, wait for the end and delete in one, in the foreground.
#include "oci/foreground.hpp"
#include "oci/make_options.hpp"
#include "oci/verbs.hpp"
#include "runtime/lifecycle/make.hpp"
#include "runtime/lifecycle/state_directory.hpp"

namespace phial::oci {

Result<int> run(const Call& call) {
  runtime::MakeOptions make = TRY(make_options(call));
  SignalDoor signals = TRY(open_signal_door());
  runtime::Made made = TRY(runtime::make_container(make, false));
  call.log.warnings(made.compiled.program.warnings);
  if (Result<> running = runtime::await_program(made); !running) {
    runtime::abandon(made, make.root);
    return std::unexpected(std::move(running).error());
  }
  if (make.detach)
    return 0;
  runtime::let_go(made.lock);
  Result<int> status = attend({made.process.get(), made.record.pid, std::move(made.terminal)}, signals);
  if (status)
    (void)made.process.release(); // it has been waited for
  if ((!status || !call.arguments.on("keep")) && runtime::take_back(made.lock))
    runtime::abandon(made, make.root);
  // Ours end with us, and faster.
  made.run.leave();
  (void)made.lock.release();
  signals.leave();
  return status;
}

} // namespace phial::oci
