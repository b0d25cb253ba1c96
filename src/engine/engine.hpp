// The engine: what the verbs of the command line call. One function a verb; each takes the Engine (where things lie)
// and says in its comment what it does, in docker's meaning. Nothing here prints, but for the streams it is told to
// relay.
//
// There is no daemon and no database: a container is a directory (docs/architecture.md, "State"), and whether it runs
// is asked of the kernel every time. Every function that changes a container takes its lock first and mends what a
// killed process of ours left behind.
#pragma once

#include "base/error.hpp"
#include "engine/monitor_order.hpp"
#include "engine/record.hpp"
#include "engine/run_options.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace phial::program {
struct Program;
}
namespace phial::spec {
struct Spec;
}

namespace phial::engine {

// Where things lie. All three are absolute paths.
struct Engine {
  std::string root;    // images, containers, volumes; survives a reboot: /var/lib/phial
  std::string state;   // what lives as long as the processes: /run/phial
  std::string libexec; // phial-monitor and the other helpers
};

enum class Status : std::uint8_t { created, running, paused, exited, dead };

// "created", "running" … as docker's inspect has it.
[[nodiscard]] std::string_view status_name(Status status);

// A container as it is now: what was written when it was made, and what the kernel and the records say of it.
struct Container {
  Record record;
  std::string name; // its present name; record.name is the one it was made with
  Status status = Status::created;
  std::int32_t pid = 0; // while it runs
  // Of the last run. An exit status that died with its monitor is not known: nullopt although it has exited.
  std::optional<int> exit_code;
  bool oom_killed = false;
  std::string error;            // why the last start failed, or empty
  std::int64_t started_at = 0;  // nanoseconds since 1970; 0: never
  std::int64_t finished_at = 0; // nanoseconds since 1970; 0: not yet
  Running running;              // of the last run
  runtime::CgroupPaths cgroup;  // while it runs

  [[nodiscard]] bool is_running() const { return status == Status::running || status == Status::paused; }
  // "Up 3 seconds (Paused)", "Exited (137) 2 minutes ago", "Created"; `now` in nanoseconds since 1970.
  [[nodiscard]] std::string status_text(std::int64_t now) const;
};

// The container with this name, id, or beginning of an id that only one has.
// Kind::not_found: "no such container: x"; Kind::usage: the beginning is not unambiguous.
[[nodiscard]] Result<Container> find(const Engine& engine, std::string_view reference);

// Every container, youngest first. Records that cannot be read are left out and named in `problems` where given.
[[nodiscard]] Result<std::vector<Container>> list(const Engine& engine, std::vector<std::string>* problems = nullptr);

// ---- making and starting --------------------------------------------------------------------------------------------

struct Created {
  std::string id;
  std::string name;
  std::vector<std::string> warnings; // sentences for stderr: a flag this kernel cannot honour …
};

// Makes the container's directory, name, writable layer and records; starts nothing.
// Kind::exists where the name is in use; Kind::not_found where the image is unknown.
[[nodiscard]] Result<Created> create(const Engine& engine, const RunOptions& options);

// What a run would do, without doing it: no side effects at all. For `explain`.
struct Plan {
  std::string id;
  std::string name;
  std::unique_ptr<spec::Spec> spec;
  std::unique_ptr<program::Program> program;
  std::vector<std::string> warnings;
  Plan();
  Plan(Plan&&) noexcept;
  Plan& operator=(Plan&&) noexcept;
  ~Plan();
};
[[nodiscard]] Result<Plan> plan(const Engine& engine, const RunOptions& options);

// How the caller's terminal and streams meet the container's.
struct Streams {
  bool attach = false;                       // relay output until the container ends; else return once it has started
  bool input = false;                        // pass on standard input (-i)
  bool signal_proxy = true;                  // pass on the signals we get (--sig-proxy)
  std::string detach_keys = "ctrl-p,ctrl-q"; // docker's notation; empty: none
  bool timings = false;                      // leave the journal for `timings_text`
};

struct Ending {
  bool detached = false;   // by the detach keys, or never attached: the container goes on
  int exit_code = 0;       // of the container; 128+n where signal n ended it
  bool known = true;       // false: the exit status died with its monitor
  std::string timings;     // the program's steps with their microseconds, where asked for
  std::string explanation; // why it ended with 127 at once, where the engine knows: a sentence and a line "hint: …"
};

// Starts a container that does not run. Kind::command_missing and command_invalid where its program cannot be executed
// (exit statuses 127 and 126); any other error is 125. With `streams.attach` this returns when the container has ended.
// Starting a running container is no error (it attaches if asked to).
[[nodiscard]] Result<Ending> start(const Engine& engine, std::string_view reference, const Streams& streams);

// create() and start() in one. `on_created` is called between the two (for --cidfile and warnings).
// When the start fails the container of a `--rm` is removed again.
[[nodiscard]] Result<Ending> run(const Engine& engine, const RunOptions& options, const Streams& streams,
                                 void (*on_created)(void* context, const Created& created), void* context);

// Relays a running container's streams until it ends or the detach keys are typed.
[[nodiscard]] Result<Ending> attach(const Engine& engine, std::string_view reference, const Streams& streams);

// Runs a further command in a running container. Ending as for start(); detached: returns once the command runs.
[[nodiscard]] Result<Ending> exec(const Engine& engine, const ExecOptions& options, const Streams& streams);

// ---- while it runs --------------------------------------------------------------------------------------------------

// The container's stop signal, then SIGKILL after `timeout` seconds (nullopt: the container's own, or 10; -1: never).
// Returns when it has ended. Not running is no error.
[[nodiscard]] Result<> stop(const Engine& engine, std::string_view reference, std::optional<std::int64_t> timeout,
                            std::string_view signal = {});

// Sends a signal to the container's first process. Kind::state where it does not run.
// SIGKILL of a paused container ends it.
[[nodiscard]] Result<> kill(const Engine& engine, std::string_view reference, int signal);

// Freezes and thaws every process of the container. Kind::state where that is not possible now.
[[nodiscard]] Result<> pause(const Engine& engine, std::string_view reference);
[[nodiscard]] Result<> unpause(const Engine& engine, std::string_view reference);

// Waits until it does not run; its exit status, or nullopt where that is unknown.
[[nodiscard]] Result<std::optional<int>> wait(const Engine& engine, std::string_view reference);

// Gives it another name. Kind::exists where that is in use.
[[nodiscard]] Result<> rename(const Engine& engine, std::string_view reference, std::string_view name);

// Removes a container and all that is its own; `force` ends it first, `volumes` removes its anonymous volumes too.
// Kind::state where it runs and `force` is not given. Returns its id.
[[nodiscard]] Result<std::string> remove(const Engine& engine, std::string_view reference, bool force, bool volumes);

// One row of `top`: the columns of `ps -ef`.
struct ProcessRow {
  std::string user, pid, parent, cpu, started, terminal, time, command;
};
[[nodiscard]] Result<std::vector<ProcessRow>> top(const Engine& engine, std::string_view reference);

// ---- looking at it --------------------------------------------------------------------------------------------------

// Docker's inspect document of one container, as JSON text (an object, not the array around it).
[[nodiscard]] Result<std::string> inspect(const Engine& engine, std::string_view reference);

struct LogOptions {
  bool follow = false;
  bool timestamps = false;
  std::optional<std::uint64_t> tail; // lines; nullopt: all
  std::int64_t since = 0;            // nanoseconds since 1970; 0: from the beginning
  std::int64_t until = 0;            // nanoseconds since 1970; 0: to the end
};
// Writes what the container wrote: its standard output to descriptor `out`, its standard error to `err`.
[[nodiscard]] Result<> logs(const Engine& engine, std::string_view reference, const LogOptions& options, int out,
                            int err);

} // namespace phial::engine
