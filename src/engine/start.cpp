// Starting: the spec becomes a program, the monitor runs it, and what it says is passed on. create() is in create.cpp.
#include "engine/start.hpp"

#include "base/clock.hpp"
#include "base/file.hpp"
#include "engine/exec_failure.hpp"
#include "engine/ids.hpp"
#include "engine/launch.hpp"
#include "engine/process.hpp"
#include "engine/session.hpp"
#include "engine/wire.hpp"
#include "kernel/capabilities.hpp"
#include "kernel/seccomp_default.hpp"
#include "program/failure.hpp"
#include "program/journal_report.hpp"
#include "program/link.hpp"
#include "runtime/compile.hpp"
#include "runtime/facts.hpp"
#include "runtime/freezer.hpp"
#include "spec/reader.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

namespace phial::engine {

namespace {

// Before all others, without an instruction: the engine has done it when it created the container.
void add_first_step(program::Program& program, const Preparing* preparing) {
  program::Step step;
  step.text.what = "make the container's directory, with its writable layer and its files of /etc";
  step.text.why = "what the container keeps; done when it is created";
  if (preparing != nullptr) {
    step.text.shell = preparing->shell;
    step.text.place = program::ShellPlace::host;
  }
  program.steps.insert(program.steps.begin(), std::move(step));
  for (program::Instruction& instruction : program.code)
    ++instruction.step;
  if (preparing == nullptr)
    return;
  program::Step undo;
  undo.section = program::Section::undo;
  undo.text.what = "remove the container's directory";
  undo.text.why = "what rm does";
  undo.text.shell = preparing->undo;
  undo.text.place = program::ShellPlace::host;
  undo.code.first = static_cast<std::uint32_t>(program.code.size());
  program.steps.push_back(std::move(undo));
}

// What a container will have, once it is created, that is only planned now.
void add_planned_sources(const Engine& engine, const Places& place, const Preparing& preparing,
                         runtime::HostFacts& facts) {
  for (auto& [path, kind] : facts.sources)
    if (kind == runtime::SourceKind::missing) {
      if (path.starts_with(place.directory + "/"))
        kind = runtime::SourceKind::file;
      else if (path.starts_with(engine.root + "/volumes/") ||
               std::ranges::find(preparing.directories, path) != preparing.directories.end())
        kind = runtime::SourceKind::directory;
    }
}

} // namespace

// Removing what a failed start has made takes some as well; the init keeps those of its mounts open, some 70 without
// any flag.
constexpr rlim_t kDescriptors = 256;

Result<> check_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= kDescriptors)
    return {};
  return fail(Kind::system,
              "the limit of open files is " + std::to_string(limit.rlim_cur) + "; a container takes " +
                  std::to_string(kDescriptors),
              "raise it: `ulimit -n 1024`");
}

Result<Compiled> compile(const Engine& engine, const Record& record, const spec::Spec& spec,
                         const Preparing* preparing) {
  Places place = places(engine, record.id);
  runtime::HostFacts facts = TRY(runtime::gather_facts(record.cgroup));
  runtime::gather_sources(facts, spec);
  if (preparing != nullptr)
    add_planned_sources(engine, place, *preparing, facts);
  runtime::Request request;
  request.id = record.id;
  request.spec = &spec;
  request.root.layers = record.layers;
  request.root.upper = place.directory + "/upper";
  request.root.work = place.directory + "/work";
  request.cgroup = record.cgroup;
  request.stdio = runtime::Stdio::pipes;
  request.open_stdin = record.interactive;
  request.reaper = record.init;
  for (const auto& [field, text] : record.reasons)
    request.reasons.push_back({field, text});
  request.fallback_reason = "default";
  if (record.standard_seccomp && spec.process && spec.process->capabilities)
    request.seccomp_filter =
        kernel::precompiled_filter_for(TRY(kernel::parse_capabilities(spec.process->capabilities->bounding)));
  Compiled out;
  out.program = TRY(runtime::compile_run(request, facts));
  add_first_step(out.program, preparing);
  out.cgroup = runtime::cgroup_paths(facts.cgroups, record.cgroup);
  if (!out.cgroup.memory.empty())
    out.oom_file = out.cgroup.memory + (out.cgroup.memory_v1 ? "/memory.oom_control" : "/memory.events");
  return out;
}

namespace {

MonitorOrder make_order(const Engine& engine, const Record& record, const Compiled& compiled, const Streams& streams) {
  MonitorOrder order;
  order.tty = record.tty;
  order.input = record.interactive;
  order.input_once = record.interactive && streams.attach && streams.input;
  order.client_output = streams.attach;
  order.log = record.log_driver != "none";
  order.log_max_size = record.log_max_size;
  order.log_max_files = record.log_max_files;
  if (record.tty && streams.attach)
    if (auto size = terminal_size(STDOUT_FILENO)) {
      order.rows = size->rows;
      order.columns = size->columns;
    }
  order.remove = record.remove;
  order.names = names_directory(engine);
  order.id = record.id;
  order.oom_file = compiled.oom_file;
  order.cgroup = compiled.cgroup;
  for (const RecordMount& mount : record.mounts)
    if (mount.anonymous)
      order.volumes.push_back(engine.root + "/volumes/" + mount.name);
  return order;
}

} // namespace

Result<wire::Message> first_word(int socket, std::vector<char>& buffer) {
  for (;;) {
    pollfd wait{socket, POLLIN, 0};
    if (::poll(&wait, 1, -1) < 0 && errno != EINTR)
      return fail_call("poll", "");
    wire::Message message;
    switch (wire::receive(socket, buffer, message)) {
    case wire::Got::nothing: continue;
    case wire::Got::failed: return fail_call("recv", "the container's monitor");
    case wire::Got::end:
      return fail(Kind::system, "phial-monitor ended before it had started the container",
                  "it was killed, or could not read what it was given; start the container again");
    case wire::Got::message: return message;
    }
  }
}

namespace {

// A program that ends so soon after it was executed has hardly run: nanoseconds.
constexpr std::int64_t kAtOnce = 1'000'000'000;

void write_exit(const Places& place, int code, const Error& error) {
  Exit exit;
  exit.code = code;
  exit.error = error.text();
  (void)write_file_atomically(place.directory + "/exit", exit_text(exit));
}

int status_of(const Error& error) {
  return error.kind == Kind::command_missing ? 127 : error.kind == Kind::command_invalid ? 126 : 128;
}

// Signals of the caller go to the container's first process.
std::function<void(int)> pass_to(const Running& running) {
  return [running](int signal) {
    if (Result<Fd> process = open_container_process(running); process && *process)
      (void)send_signal(process->get(), signal);
  };
}

SessionSettings session_settings(const Record& record, const Streams& streams, const Running& running) {
  SessionSettings out;
  out.tty = record.tty;
  out.input = streams.input && record.interactive;
  out.detach_keys = streams.detach_keys;
  out.pass_on = pass_to(running);
  return out;
}

} // namespace

Result<Ending> session(const Engine& engine, int socket, SignalDoor& signals, const SessionSettings& settings,
                       const std::string& id) {
  SessionEnd end = TRY(relay_session(socket, signals, settings));
  Ending out;
  out.detached = end.why == SessionEnd::Why::detached;
  out.exit_code = end.code;
  if (end.why != SessionEnd::Why::lost)
    return out;
  // The monitor was killed, or dropped us for being slow: the records may know more.
  Result<Container> now = load(engine, id);
  out.detached = now && now->is_running();
  out.known = now && now->exit_code;
  out.exit_code = out.known ? *now->exit_code : 125;
  return out;
}

Error failure_error(const program::Program& program, const std::string& state, const wire::Failure& failure) {
  if (Result<std::string> bytes = read_file(state + "/journal"))
    if (Result<program::JournalReport> report = program::read_journal(program, *bytes); report && report->failed)
      return program::failure(program, *report);
  if (failure.instruction < program.code.size())
    return program::failure(program, failure.instruction, failure.number);
  Error error = fail(Kind::system, "phial-monitor could not start the container").error();
  error.number = failure.number;
  return error;
}

Result<Started> start_container(const Engine& engine, const Container& container, const spec::Spec& spec,
                                const Streams& streams, Fd lock) {
  const Record& record = container.record;
  Places place = places(engine, record.id);
  TRY(heal(engine, record.id));
  if (!exists(place.directory)) // --rm: until now a monitor was on its way out
    return fail(Kind::not_found, "container " + container.name + " has just ended and was removed");
  Compiled compiled = TRY(compile(engine, record, spec));
  std::string image = TRY(program::link(compiled.program));
  ::unlink((place.directory + "/exit").c_str());
  ::unlink((place.directory + "/started").c_str());
  MonitorOrder order = make_order(engine, record, compiled, streams);
  Started out;
  out.begun = now();
  Launched launched = TRY(launch_monitor(engine, place, order, image, lock));
  std::vector<char> buffer(wire::kPacket);
  wire::Message word = TRY(first_word(launched.socket.get(), buffer));
  if (streams.timings)
    if (Result<Fd> journal = open_at(AT_FDCWD, place.state + "/journal", O_RDONLY))
      out.journal = std::move(*journal);
  if (word.type == wire::Type::failed) {
    Error error = failure_error(compiled.program, place.state, wire::value_of<wire::Failure>(word.bytes));
    explain_start(error, record, place.directory + "/upper", spec);
    write_exit(place, status_of(error), error);
    (void)heal(engine, record.id);
    return std::unexpected(std::move(error));
  }
  out.socket = std::move(launched.socket);
  out.program = std::move(compiled.program);
  if (Result<std::string> text = read_file(place.directory + "/started"))
    if (Result<Running> running = parse_running(*text))
      out.running = std::move(*running);
  return out;
}

Result<Ending> follow_started(const Engine& engine, const Record& record, const spec::Spec& spec, Started started,
                              SignalDoor& signals, const Streams& streams) {
  Ending out;
  out.detached = true;
  if (streams.attach)
    out = TRY(
        session(engine, started.socket.get(), signals, session_settings(record, streams, started.running), record.id));
  if (!out.detached && out.known && out.exit_code == 127 && now() - started.begun < kAtOnce)
    out.explanation = explain_127(record, places(engine, record.id).directory + "/upper", spec);
  if (streams.timings && started.journal)
    out.timings = program::print_timings(
        started.program, TRY(program::read_journal(started.program, TRY(read_all(started.journal.get())))));
  return out;
}

Result<Ending> start(const Engine& engine, std::string_view reference, const Streams& streams) {
  TRY(check_descriptors());
  Container found = TRY(find(engine, reference));
  Fd lock = TRY(lock_container(engine, found.record.id));
  Container container = TRY(load(engine, found.record.id, found.name));
  if (streams.attach)
    TRY(check_terminal(container.record.tty, streams.input && container.record.interactive));
  if (container.is_running()) {
    lock.reset();
    if (streams.attach)
      return attach(engine, container.record.id, streams);
    Ending out;
    out.detached = true;
    return out;
  }
  std::string path = places(engine, container.record.id).directory + "/config.json";
  spec::Spec spec = TRY(spec::read_spec(TRY(read_file(path)), path));
  SignalDoor signals = TRY(SignalDoor::open(streams.attach && streams.signal_proxy));
  Started started = TRY(start_container(engine, container, spec, streams, std::move(lock)));
  return follow_started(engine, container.record, spec, std::move(started), signals, streams);
}

Result<Ending> attach(const Engine& engine, std::string_view reference, const Streams& streams) {
  Container container = TRY(find(engine, reference));
  const std::string& id = container.record.id;
  // While somebody starts it he holds the lock: behind that the monitor listens.
  {
    Fd lock = TRY(lock_container(engine, id));
  }
  container = TRY(load(engine, id, container.name));
  if (!container.is_running())
    return fail(Kind::state, "container " + container.name + " does not run", "start it with `phial start -a`");
  if (container.status == Status::paused)
    return fail(Kind::state, "container " + container.name + " is paused", "unpause it first");
  TRY(check_terminal(container.record.tty, streams.input && container.record.interactive));
  SignalDoor signals = TRY(SignalDoor::open(streams.signal_proxy));
  Fd socket = TRY(wire::connect_to(places(engine, id).state, "attach"), "reach the container's monitor");
  std::uint8_t wants = wire::kWantOutput | wire::kWantErrors | wire::kWantExit;
  if (streams.input && container.record.interactive)
    wants |= wire::kWantInput;
  TRY(wire::send(socket.get(), wire::Type::hello, wire::bytes_of(wants)));
  return session(engine, socket.get(), signals, session_settings(container.record, streams, container.running), id);
}

} // namespace phial::engine
