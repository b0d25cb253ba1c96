// run: the container of a bundle, in the foreground. The state directory holds the program and its journal while it
// runs, so that whoever comes after a crash can undo it.
#include "base/file.hpp"
#include "oci/bundle.hpp"
#include "oci/verbs.hpp"
#include "program/failure.hpp"
#include "program/host.hpp"
#include "program/journal_report.hpp"
#include "program/link.hpp"
#include "runtime/exec_diagnosis.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace phial::oci {

namespace {

bool is_name(std::string_view id) {
  constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_+-.";
  return !id.empty() && id.size() <= 255 && id != "." && id != ".." &&
         id.find_first_not_of(kAllowed) == std::string_view::npos;
}

// The state directory of a running container; gone when this is.
struct State {
  std::string path;
  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (!path.empty())
      (void)remove_tree_at(AT_FDCWD, path);
  }
};

// What a run that was killed has left: undone now. A run that still goes on holds the lock.
Result<> heal(const std::string& path) {
  Fd lock = TRY(try_lock_file(path + "/lock"));
  if (!lock)
    return fail(Kind::exists, "container with given ID already exists");
  Result<std::string> image = read_file(path + "/program");
  Result<std::string> journal = read_file(path + "/journal");
  if (image)
    TRY(program::undo_image(*image, journal ? *journal : std::string()));
  return remove_tree_at(AT_FDCWD, path);
}

Result<Fd> make_state(const std::string& root, const std::string& id, State& state) {
  TRY(make_directories(root, 0700));
  std::string path = root + "/" + id;
  if (::mkdir(path.c_str(), 0700) != 0) {
    if (errno != EEXIST)
      return fail_call("mkdir", path);
    TRY(heal(path));
    if (::mkdir(path.c_str(), 0700) != 0)
      return fail_call("mkdir", path);
  }
  state.path = path;
  return lock_file(path + "/lock");
}

void forward(int signals, int pidfd) {
  signalfd_siginfo info{};
  if (::read(signals, &info, sizeof info) == sizeof info && info.ssi_signo != SIGCHLD)
    (void)::syscall(SYS_pidfd_send_signal, pidfd, static_cast<int>(info.ssi_signo), nullptr, 0);
}

// Passes signals on until the container has ended; its status as a shell gives it.
int wait_for_end(int pidfd, pid_t pid, int signals) {
  pollfd ready[2] = {{pidfd, POLLIN, 0}, {signals, POLLIN, 0}};
  while ((ready[0].revents & POLLIN) == 0) {
    if (::poll(ready, 2, -1) > 0 && (ready[1].revents & POLLIN) != 0)
      forward(signals, pidfd);
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

Error failure_of(const program::Program& program, program::Loaded& run) {
  const program::Journal* journal = run.machine().journal;
  std::string_view bytes(reinterpret_cast<const char*>(journal), program::journal_size(journal->count));
  Result<program::JournalReport> report = program::read_journal(program, bytes);
  return report ? program::failure(program, *report) : report.error();
}

Result<int> run_program(const program::Program& program, const std::string& state, int signals) {
  std::string image = TRY(program::link(program));
  TRY(write_file_atomically(state + "/program", image));
  Fd journal = TRY(open_at(AT_FDCWD, state + "/journal", O_RDWR | O_CREAT | O_EXCL, 0600));
  program::Loaded run = TRY(program::load_image(image, std::move(journal)));
  int status = 0;
  bool failed = run.run(program::Section::host) != 0;
  if (!failed) {
    failed = run.run(program::Section::beside) != 0;
    auto pid = static_cast<pid_t>(run.slot(program.known.pid));
    auto pidfd = static_cast<int>(run.slot(program.known.pidfd));
    if (failed) // its end of the socket is ours to close: the init ends by it
      (void)::syscall(SYS_pidfd_send_signal, pidfd, SIGKILL, nullptr, 0);
    status = wait_for_end(pidfd, pid, signals);
  }
  failed = failed || run.machine().journal->failed != 0;
  run.undo();
  if (failed)
    return std::unexpected(failure_of(program, run));
  return status;
}

void explain(Error& error, const Bundle& bundle) {
  if (Result<Fd> root = open_at(AT_FDCWD, bundle.root, O_PATH | O_DIRECTORY); root)
    runtime::explain_exec(error, runtime::RootView(std::move(*root), runtime::root_mounts(bundle.spec)),
                          runtime::attempt_of(bundle.spec, *bundle.spec.process));
}

} // namespace

Result<int> run(const Call& call) {
  const std::string id = call.id();
  if (!is_name(id))
    return fail(Kind::usage, "invalid container id: \"" + id + "\"", "letters, digits, '_', '+', '-' and '.'");
  Bundle bundle = TRY(compile_bundle(call.text("bundle", "."), id));
  if (bundle.spec.process->terminal)
    return fail(Kind::unsupported, "process.terminal is true, and this version has no --console-socket",
                "set process.terminal to false in config.json");
  sigset_t all{};
  ::sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, nullptr);
  Fd signals(::signalfd(-1, &all, SFD_CLOEXEC));
  if (!signals)
    return fail_call("signalfd", "");
  State state;
  Fd lock = TRY(make_state(call.globals.root, id, state));
  Result<int> status = run_program(bundle.program, state.path, signals.get());
  if (!status)
    explain(status.error(), bundle);
  return status;
}

} // namespace phial::oci
