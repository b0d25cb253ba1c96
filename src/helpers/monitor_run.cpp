#include "helpers/monitor_run.hpp"

#include "base/file.hpp"
#include "base/removal.hpp"
#include "kernel/process.hpp"

#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

extern "C" const char __executable_start[]; // NOLINT: the linker's names
extern "C" const char __etext[];            // NOLINT

namespace phial::helpers {

namespace {

// From here on nothing but the container's end ends us.
void harden() {
  struct sigaction ignore{};
  ignore.sa_handler = SIG_IGN;
  for (int number : {SIGTERM, SIGINT, SIGHUP, SIGQUIT, SIGPIPE, SIGUSR1, SIGUSR2})
    ::sigaction(number, &ignore, nullptr);
  int adjust = ::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
  if (adjust >= 0) {
    (void)!::write(adjust, "-900", 4);
    ::close(adjust);
  }
}

// What starting needed of our own code and constants is not needed while we wait: the kernel brings back the pages that
// are.
void give_back_pages() {
  ::malloc_trim(0);
  const std::uintptr_t mask = ~static_cast<std::uintptr_t>(4095);
  auto begin = reinterpret_cast<std::uintptr_t>(__executable_start) & mask;
  auto end = (reinterpret_cast<std::uintptr_t>(__etext) + 4095) & mask;
  ::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
}

bool oom_killed(const std::string& path) {
  if (path.empty())
    return false;
  Result<std::string> text = read_file(path);
  if (!text)
    return false;
  std::string_view left = *text;
  constexpr std::string_view kKey = "oom_kill ";
  while (!left.empty()) {
    std::size_t end = left.find('\n');
    std::string_view line = left.substr(0, end);
    left.remove_prefix(end == std::string_view::npos ? left.size() : end + 1);
    if (line.starts_with(kKey))
      return line.substr(kKey.size()) != "0";
  }
  return false;
}

} // namespace

Result<> Run::prepare() {
  directory_ = TRY(open_at(AT_FDCWD, container_, O_RDONLY | O_DIRECTORY));
  order_ = TRY(engine::parse_order(TRY(read_file(state_ + "/order"))));
  std::string bytes = TRY(read_file(state_ + "/program"));
  Fd journal = TRY(open_at(AT_FDCWD, state_ + "/journal", O_RDWR | O_CREAT | O_TRUNC, 0600));
  program_.emplace(TRY(program::load_image(bytes, std::move(journal))));
  return {};
}

// Our ends of what the program made.
Relay::Streams Run::take_streams() {
  const program::ImageHeader* image = program_->machine().image;
  Relay::Streams ours;
  ours.input = program_->take(image->stdin_write_slot);
  ours.output = program_->take(image->stdout_read_slot);
  ours.errors = program_->take(image->stderr_read_slot);
  ours.terminal = program_->take(image->terminal_slot);
  if (ours.terminal) {
    ours.peer = Fd(::ioctl(ours.terminal.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
    winsize window{};
    window.ws_row = order_.rows;
    window.ws_col = order_.columns;
    if (order_.rows != 0)
      ::ioctl(ours.terminal.get(), TIOCSWINSZ, &window);
  }
  return ours;
}

Result<> Run::write_started() {
  engine::Running running;
  running.pid = static_cast<std::int32_t>(program_->slot(program_->machine().image->pid_slot));
  running.pid_start = TRY(kernel::start_time_of(running.pid));
  running.monitor = ::getpid();
  running.monitor_start = TRY(kernel::start_time_of(running.monitor));
  running.boot = TRY(kernel::boot_id());
  running.started = phial::now();
  return write_file_atomically(container_ + "/started", engine::running_text(running));
}

// The init's end of the socket closes by its exec of the container's program, or when it ends.
Result<> Run::await_exec() {
  Fd sync = program_->take(program_->machine().image->host_sync_slot);
  Result<> executed = program_->await_exec(sync);
  failed_ = program_->machine().journal->failed;
  return executed;
}

Result<Relay::Streams> Run::start() {
  const program::ImageHeader* image = program_->machine().image;
  failed_ = program_->run(program::Section::host);
  if (failed_ != 0)
    return fail(Kind::system, "the program failed");
  if (image->pidfd_slot == program::kNoSlot || image->pid_slot == program::kNoSlot)
    return fail(Kind::internal, "the program makes no process");
  process_ = program_->take(image->pidfd_slot);
  spawned_ = true;
  // Until `beside` releases it the init does nothing and ends with us; afterwards it is on record.
  if (!order_.exec)
    TRY(write_started());
  failed_ = program_->run(program::Section::beside);
  if (failed_ != 0)
    return fail(Kind::system, "the program failed");
  Relay::Streams streams = take_streams();
  TRY(await_exec());
  return streams;
}

// The starter holds the program's text and finds the words; all it needs is where and why.
void Run::report_failure(const Error& error) {
  engine::wire::Failure failure{~0U, error.number};
  if (failed_ != 0 && program_) {
    // The init may have failed first and the host have noticed by a broken pipe: then the journal has the init's.
    const program::Journal* journal = program_->machine().journal;
    failure = {journal->failed - 1, journal->failed_errno};
  }
  if (client_)
    (void)engine::wire::send(client_.get(), engine::wire::Type::failed, engine::wire::bytes_of(failure));
}

Result<engine::Exit> Run::collect() {
  siginfo_t info{};
  while (::waitid(P_PIDFD, static_cast<id_t>(process_.get()), &info, WEXITED) != 0)
    if (errno != EINTR)
      return fail_call("waitid", "");
  engine::Exit exit;
  exit.finished = phial::now();
  exit.code = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
  exit.oom_killed = oom_killed(order_.oom_file); // any process of it, as docker counts
  return exit;
}

// The container's directory goes last, and whole: until then `rm` finds it and can finish this, and afterwards it is a
// leftover that the next command knows as one.
void Run::remove_container() {
  for (const std::string& volume : order_.volumes)
    if (!remove_tree_at(AT_FDCWD, volume))
      return; // with the container's record it is still known whose it is
  if (Result<std::vector<std::string>> names = list_directory(order_.names); names)
    for (const std::string& name : *names) {
      std::string link = order_.names + "/" + name;
      if (Result<std::string> target = read_link(link); target && *target == order_.id)
        ::unlink(link.c_str());
    }
  (void)remove_whole(container_);
}

void Run::finish(const engine::Exit& exit) {
  if (order_.exec) {
    if (program_->undo())
      (void)remove_tree_at(AT_FDCWD, state_);
    return;
  }
  (void)write_file_atomically(container_ + "/exit", engine::exit_text(exit));
  if (!program_->undo()) // with the state it is the next command's to do
    return;
  if (order_.remove)
    remove_container();
  (void)remove_whole(state_);
}

Result<> Run::supervise(Relay::Streams streams) {
  static engine::LogWriter log;
  static std::optional<Relay> relay;
  bool logged = order_.log && log.open(directory_.get(), order_.log_max_size, order_.log_max_files);
  relay.emplace(std::move(streams), logged ? &log : nullptr, order_.input_once);
  Fd state = TRY(open_at(AT_FDCWD, state_, O_RDONLY | O_DIRECTORY));
  if (!order_.exec)
    if (Result<Fd> listener = engine::wire::listen_at(state.get(), "attach"); listener)
      relay->listen(std::move(*listener));
  auto pid = static_cast<std::int32_t>(program_->slot(program_->machine().image->pid_slot));
  if (!engine::wire::send(client_.get(), engine::wire::Type::started, engine::wire::bytes_of(pid)))
    client_.reset(); // so that it does not wait for a word that never comes
  std::uint8_t wants = engine::wire::kWantExit | engine::wire::kWantInput;
  if (order_.client_output)
    wants |= engine::wire::kWantOutput | engine::wire::kWantErrors;
  // A client that was killed meanwhile as well: the relay finds it gone, and ends the input that only it would give.
  relay->adopt(std::move(client_), wants);
  lock_.reset();
  state.reset();
  give_back_pages();
  relay->run(process_.get());
  Result<engine::Exit> exit = collect();
  if (exit)
    finish(*exit);
  relay->tell_exit(exit ? exit->code : 125);
  return {};
}

Result<> Run::all() {
  if (Result<> ready = prepare(); !ready) {
    report_failure(ready.error());
    return ready;
  }
  Result<Relay::Streams> streams = start();
  if (!streams) {
    if (spawned_) {
      // The init ends by itself when it failed, and by the end of its socket otherwise; the undo ends what does not.
      (void)::kill(static_cast<pid_t>(program_->slot(program_->machine().image->pid_slot)), SIGKILL);
      siginfo_t info{};
      ::waitid(P_PIDFD, static_cast<id_t>(process_.get()), &info, WEXITED);
      if (!order_.exec)
        ::unlink((container_ + "/started").c_str());
    }
    (void)program_->undo(); // the starter looks after what is left
    report_failure(streams.error());
    return {};
  }
  harden();
  return supervise(std::move(*streams));
}

} // namespace phial::helpers
