#include "runtime/lifecycle/exec.hpp"

#include "base/file.hpp"
#include "kernel/namespaces.hpp"
#include "kernel/process.hpp"
#include "program/link.hpp"
#include "runtime/exec_diagnosis.hpp"
#include "runtime/facts.hpp"
#include "runtime/lifecycle/command_failure.hpp"
#include "runtime/lifecycle/exec_process.hpp"
#include "runtime/lifecycle/home.hpp"

#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

namespace phial::runtime {

namespace {

std::unexpected<Error> is_stopped() {
  return fail(Kind::state, "cannot exec in a stopped container");
}

std::string root_path(const Container& container) {
  return "/proc/" + std::to_string(container.record.pid) + "/root";
}

Result<RootView> live_root(const Container& container) {
  return RootView(TRY(open_at(AT_FDCWD, root_path(container), O_PATH | O_DIRECTORY)));
}

// Descriptors that phial-init inherits.
struct Inherited {
  Fd pidfd;
  Fd root; // where the container shares our mount namespace
};

Result<Inherited> inherit(const Container& container, std::uint64_t join) {
  Inherited out;
  out.pidfd = Fd(::fcntl(container.process.get(), F_DUPFD, 3));
  if (!out.pidfd)
    return fail_call("fcntl(F_DUPFD)", "pidfd");
  if ((join & CLONE_NEWNS) != 0)
    return out;
  Fd root = TRY(open_at(AT_FDCWD, root_path(container), O_PATH | O_DIRECTORY));
  out.root = Fd(::fcntl(root.get(), F_DUPFD, 3));
  if (!out.root)
    return fail_call("fcntl(F_DUPFD)", "root");
  return out;
}

Result<program::Program> compile(const Container& container, const spec::Spec& spec, const ExecOrder& order,
                                 std::uint64_t join, const Inherited& inherited, program::Words words) {
  HostFacts facts = TRY(gather_facts(container.record.cgroup));
  TRY(gather_ignored_signals(facts));
  ExecRequest request;
  request.process = &order.process;
  request.spec = &spec;
  request.container = {container.record.id, container.record.bundle, container.record.pid};
  gather_labels(facts, order.process);
  if (spec.platform.seccomp)
    request.filter.profile = &*spec.platform.seccomp;
  request.pidfd = inherited.pidfd.get();
  request.root = inherited.root.get();
  request.join = join;
  request.cgroups = TRY(exec_cgroups(container.record, facts.cgroups, order.cgroups));
  request.streams = streams_to_give();
  request.preserved = order.preserve_fds;
  request.fallback_reason = "exec";
  request.words = words;
  return compile_exec(request, facts);
}

bool failed(program::Loaded& run) {
  return run.machine().journal->failed != 0;
}

Result<> start(program::Loaded& run, const program::WellKnownSlots& known, const ExecOrder& order, Executed& out) {
  if (run.run(program::Section::host) != 0)
    return fail(Kind::system, "the program failed");
  out.process = run.take(known.pidfd);
  out.pid = static_cast<pid_t>(run.slot(known.pid));
  std::uint32_t stopped = run.run(program::Section::beside);
  Fd sync = run.take(known.host_sync);
  if (stopped != 0) {
    sync.reset(); // the init that waits for us ends by it
    return fail(Kind::system, "the program failed");
  }
  out.terminal = run.take(known.terminal);
  TRY(run.await_exec(sync));
  return hand_over(order, out.pid, out.process, out.terminal);
}

void end(const Executed& process) {
  if (!process.process)
    return;
  (void)kernel::send_signal(process.process.get(), SIGKILL);
  siginfo_t info{};
  while (::waitid(P_PIDFD, static_cast<id_t>(process.process.get()), &info, WEXITED) != 0 && errno == EINTR) {
  }
}

Error explained(Error error, const Container& container, const spec::Spec& spec, const spec::Process& process) {
  if (Result<RootView> root = live_root(container); root)
    explain_exec(error, *root, attempt_of(spec, process));
  name_command(error, process);
  return while_doing(std::move(error), "exec failed");
}

} // namespace

Result<Container> container_for_exec(const std::string& root, const std::string& id, bool ignore_paused) {
  Container container = TRY(find_container(root, id));
  switch (container.status) {
  case Status::stopped: return is_stopped();
  case Status::creating: return fail(Kind::state, "cannot exec in a container that is still being created");
  case Status::paused:
    if (!ignore_paused)
      return fail(Kind::state, "cannot exec in a paused container",
                  "`phial-oci resume " + id + "`, or --ignore-paused");
    break;
  default: break;
  }
  return container;
}

Result<Executed> execute(const Container& container, const spec::Spec& spec, ExecOrder order) {
  TRY(check_handover(order, order.process.terminal));
  tell_process(order.process, order);
  unite_environment(order.process.env);
  if (lacks_home(order.process)) {
    Result<RootView> root = live_root(container);
    if (root)
      TRY(give_home(order.process, *root));
    else if (!means_nothing_there(root.error().number) &&
             root.error().number != ESRCH) // those: it ends, as is told below
      return std::unexpected(std::move(root).error());
  }
  Result<std::uint64_t> foreign = kernel::foreign_namespaces(container.record.pid);
  if (!foreign)
    return foreign.error().number == ENOENT || kernel::has_ended(container.process.get()) // the namespaces go first
               ? is_stopped()
               : std::unexpected(std::move(foreign).error());
  std::uint64_t join = *foreign;
  Inherited inherited = TRY(inherit(container, join));
  program::Program program = TRY(compile(container, spec, order, join, inherited, program::Words::no));
  // What was read of its number so far was its own, and nobody else's.
  if (kernel::has_ended(container.process.get()))
    return is_stopped();
  program::Loaded run = TRY(program::load_image(TRY(program::link(program)), Fd()));
  Executed out;
  out.warnings = std::move(program.warnings);
  Result<> started = start(run, program.known, order, out);
  if (started)
    return out;
  Error error = std::move(started).error();
  if (failed(run)) { // the words are made now that somebody reads them
    Result<program::Program> worded = compile(container, spec, order, join, inherited, program::Words::yes);
    error = journal_failure(worded ? *worded : program, run);
  }
  end(out);
  if (kernel::has_ended(container.process.get()))
    return is_stopped();
  return std::unexpected(explained(std::move(error), container, spec, order.process));
}

} // namespace phial::runtime
