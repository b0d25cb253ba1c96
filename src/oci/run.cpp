// run: create, start, wait for the end and delete in one, in the foreground.
#include "oci/make_options.hpp"
#include "oci/verbs.hpp"
#include "runtime/lifecycle/make.hpp"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace phial::oci {

namespace {

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

} // namespace

Result<int> run(const Call& call) {
  runtime::MakeOptions make = TRY(make_options(call));
  make.detach = call.arguments.on("detach");
  sigset_t all{};
  ::sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, nullptr);
  Fd signals(::signalfd(-1, &all, SFD_CLOEXEC));
  if (!signals)
    return fail_call("signalfd", "");
  runtime::Made made = TRY(runtime::make_container(make, false));
  if (Result<> running = runtime::await_program(made); !running) {
    runtime::abandon(made, make.root);
    return std::unexpected(std::move(running).error());
  }
  if (make.detach)
    return 0;
  int status = wait_for_end(made.process.get(), made.record.pid, signals.get());
  made.process.reset();
  if (!call.arguments.on("keep"))
    runtime::abandon(made, make.root);
  return status;
}

} // namespace phial::oci
