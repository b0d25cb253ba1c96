// Making a container: a bundle's program run as far as its process is released, with everything about it on record.
// `create` and `run` begin with it.
#pragma once

#include "base/fd.hpp"
#include "program/host.hpp"
#include "runtime/lifecycle/bundle.hpp"

namespace phial::runtime {

// A container whose process has been released: created, where it waits for start, else on its way to its program.
struct Made {
  Bundle bundle;
  Record record;
  Compiled compiled;
  program::Loaded run;
  Fd lock;
  Fd process;  // pidfd
  Fd sync;     // the init's end closes by its exec, or when it ends
  Fd terminal; // the master, where the container has a terminal and no console socket took it
};

// Fails with nothing left of it. The descriptors from 3 to 2 + preserve_fds stay what they are.
[[nodiscard]] Result<Made> make_container(const MakeOptions& options, bool waits);

// Waits until the container's program runs, then runs the poststart hooks. On failure the container is ended; it is the
// caller's to remove.
[[nodiscard]] Result<> await_program(Made& made);
// Whether nothing is left to do between the container's program and its end, so that nobody has to wait for the former.
[[nodiscard]] bool only_end_matters(const Made& made);
// Whether it failed on the way to its program: known once its process has ended.
[[nodiscard]] Result<> check_program(Made& made);

// Ends the process, undoes and removes everything: for a container that could not be made or started, or has ended.
// Where something cannot be undone, its state stays, and with it `delete`, which tries again.
[[nodiscard]] Result<> abandon(Made& made, const std::string& root);
// What went wrong with its poststop hooks, once it has been abandoned: told, and no failure.
[[nodiscard]] std::vector<std::string> stopped_problems(Made& made);

// `error`, with what could not be undone after it in its hint.
[[nodiscard]] Error also_left(Error error, const Error& left, const std::string& id);

// What the journal says went wrong, in words, with what is known of the program's files where its exec failed.
[[nodiscard]] Error failure_of(const program::Program& program, program::Loaded& run, const spec::Spec& spec,
                               const std::string& root);

} // namespace phial::runtime
