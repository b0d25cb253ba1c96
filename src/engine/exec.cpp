// exec: a further process in a running container. A phial-monitor of its own is its parent and relays its streams, so
// that it needs nobody once it runs.
#include "base/file.hpp"
#include "engine/exec_failure.hpp"
#include "engine/ids.hpp"
#include "engine/launch.hpp"
#include "engine/process.hpp"
#include "engine/recovery.hpp"
#include "engine/specify.hpp"
#include "engine/start.hpp"
#include "kernel/capabilities.hpp"
#include "kernel/namespaces.hpp"
#include "kernel/seccomp_default.hpp"
#include "program/link.hpp"
#include "runtime/compile.hpp"
#include "runtime/facts.hpp"
#include "runtime/root_view.hpp"
#include "spec/reader.hpp"
#include "spec/users.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace phial::engine {

namespace {

// A small regular file of the running container, resolved below its root; empty where there is none.
Result<std::string> read_inside(const Fd& root, const char* path) {
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  Fd place(static_cast<int>(::syscall(SYS_openat2, root.get(), path, &how, sizeof how)));
  std::string name = "the container's /" + std::string(path);
  if (!place && runtime::means_nothing_there(errno))
    return std::string();
  struct stat status{};
  if (!place || ::fstat(place.get(), &status) != 0)
    return fail_call(place ? "fstat" : "openat2", name);
  if (!S_ISREG(status.st_mode) || static_cast<std::uint64_t>(status.st_size) > spec::kMaxUserFile)
    return std::string();
  Fd file = TRY(open_at(AT_FDCWD, "/proc/self/fd/" + std::to_string(place.get()), O_RDONLY | O_NONBLOCK), name);
  return TRY(read_all(file.get(), spec::kMaxUserFile), name);
}

Result<spec::ResolvedUser> find_user(const Container& container, const std::string& user) {
  Fd root = TRY(open_at(AT_FDCWD, "/proc/" + std::to_string(container.pid) + "/root", O_PATH | O_DIRECTORY));
  std::string users = TRY(read_inside(root, "etc/passwd"));
  return spec::resolve_user(user, users, TRY(read_inside(root, "etc/group")));
}

// The container's own process with the command, and what the flags change.
Result<spec::Process> make_process(const Container& container, const spec::Process& first, const ExecOptions& options) {
  spec::Process out = first;
  out.args = options.command;
  out.terminal = options.tty;
  out.console_size.reset();
  out.rlimits = first.rlimits;
  std::vector<std::string> environment = first.env;
  if (!options.user.empty()) {
    spec::ResolvedUser user = TRY(find_user(container, options.user));
    out.user.uid = user.uid;
    out.user.gid = user.gid;
    out.user.additional_gids = user.additional_gids;
    environment = merge_environment(environment, {"HOME=" + user.home});
  }
  if (options.tty)
    environment = merge_environment(environment, {"TERM=xterm"});
  out.env = merge_environment(environment, options.environment);
  if (options.working_directory)
    out.cwd = *options.working_directory;
  spec::Capabilities capabilities;
  if (options.privileged) {
    if (auto own = kernel::parse_status_capabilities(TRY(read_file("/proc/self/status"))))
      capabilities.bounding = kernel::capability_names(own->permitted & own->bounding);
  } else if (first.capabilities)
    capabilities.bounding = first.capabilities->bounding;
  if (out.user.uid == 0)
    capabilities.effective = capabilities.permitted = capabilities.bounding;
  out.capabilities = std::move(capabilities);
  return out;
}

Result<program::Program> compile_command(const Container& container, const spec::Spec& spec,
                                         const spec::Process& process, const ExecOptions& options) {
  runtime::HostFacts facts = TRY(runtime::gather_facts(container.record.cgroup));
  runtime::ExecRequest request;
  request.process = &process;
  request.spec = &spec;
  request.container = {container.record.id, {}, container.pid};
  runtime::gather_labels(facts, process);
  if (spec.platform.seccomp && !options.privileged) {
    request.filter.profile = &*spec.platform.seccomp;
    if (container.record.standard_seccomp)
      request.filter.compiled =
          kernel::precompiled_filter_for(TRY(kernel::parse_capabilities(process.capabilities->bounding)));
  }
  request.pidfd = kMonitorProcessFd;
  request.join = TRY(kernel::foreign_namespaces(container.pid));
  for (const std::string& directory : container.cgroup.directories)
    request.cgroups.push_back({directory, exists(directory + "/cgroup.controllers")});
  request.stdio = runtime::Stdio::pipes;
  request.open_stdin = options.interactive;
  request.fallback_reason = "phial exec";
  return runtime::compile_exec(request, facts);
}

MonitorOrder make_order(const Container& container, const ExecOptions& options, const Streams& streams) {
  MonitorOrder order;
  order.exec = true;
  order.tty = options.tty;
  order.input = options.interactive;
  order.input_once = true;
  order.client_output = streams.attach;
  order.log = false;
  order.id = container.record.id;
  if (options.tty && streams.attach)
    if (auto size = terminal_size(STDOUT_FILENO)) {
      order.rows = size->rows;
      order.columns = size->columns;
    }
  return order;
}

Result<Container> running_container(const Engine& engine, const std::string& reference) {
  Container out = TRY(find(engine, reference));
  if (out.status == Status::paused)
    return fail(Kind::state, "container " + out.name + " is paused", "unpause it first");
  if (!out.is_running())
    return fail(Kind::state, "container " + out.name + " is not running", "`phial start " + out.name + "` starts it");
  return out;
}

std::unexpected<Error> has_just_ended(const Container& container) {
  return fail(Kind::state, "container " + container.name + " has just ended");
}

// What goes wrong in a container that ends meanwhile goes wrong because of that.
std::unexpected<Error> unless_ended(const Container& container, const Fd& process, Error error) {
  if (has_ended(process.get()))
    return has_just_ended(container);
  return std::unexpected(std::move(error));
}

} // namespace

Result<Ending> exec(const Engine& engine, const ExecOptions& options, const Streams& streams) {
  TRY(check_descriptors());
  Container container = TRY(running_container(engine, options.container));
  if (streams.attach)
    TRY(check_terminal(options.tty, options.interactive));
  Fd process_fd = TRY(open_container_process(container.running));
  if (!process_fd)
    return has_just_ended(container);
  Places place = places(engine, container.record.id);
  std::string path = place.directory + "/config.json";
  spec::Spec spec = TRY(spec::read_spec(TRY(read_file(path)), path));
  if (!spec.process)
    return fail(Kind::internal, path + " has no process");
  spec::Process process = TRY(make_process(container, *spec.process, options));
  program::Program program = TRY(compile_command(container, spec, process, options));
  std::string image = TRY(program::link(program));
  Places own = place;
  own.state += "/exec-" + TRY(new_id()).substr(0, kShortIdLength);
  SignalDoor signals = TRY(SignalDoor::open(streams.attach && streams.signal_proxy));
  recover_execs(place.state);
  Result<Launched> tried =
      launch_monitor(engine, own, make_order(container, options, streams), image, Fd(), process_fd);
  if (!tried)
    return unless_ended(container, process_fd, std::move(tried).error());
  Launched launched = std::move(*tried);
  std::vector<char> buffer(wire::kPacket);
  Result<wire::Message> word = first_word(launched.socket.get(), buffer);
  if (!word || word->type == wire::Type::failed) {
    Error error;
    if (word) {
      error = failure_error(program, own.state, wire::value_of<wire::Failure>(word->bytes));
      explain_command(error, container.pid, spec, process);
    } else {
      error = std::move(word).error();
    }
    (void)remove_tree_at(AT_FDCWD, own.state);
    return unless_ended(container, process_fd, std::move(error));
  }
  if (!streams.attach)
    return Ending{.detached = true, .exit_code = 0, .known = true, .timings = {}, .explanation = {}};
  SessionSettings settings;
  settings.tty = options.tty;
  settings.input = options.interactive;
  settings.detach_keys = streams.detach_keys;
  auto pid = wire::value_of<std::int32_t>(word->bytes);
  Fd command(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  settings.pass_on = [&command](int signal) {
    if (command)
      (void)send_signal(command.get(), signal);
  };
  SessionEnd end = TRY(relay_session(launched.socket.get(), signals, settings));
  Ending out;
  out.detached = end.why == SessionEnd::Why::detached;
  out.known = out.detached || end.why == SessionEnd::Why::exited;
  out.exit_code = end.why == SessionEnd::Why::lost ? 125 : end.code;
  return out;
}

} // namespace phial::engine
