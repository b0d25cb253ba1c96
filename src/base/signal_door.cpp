#include "base/signal_door.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

namespace phial {

namespace {

// Not those the kernel raises for faults of our own, nor those that job control and our children are about.
bool can_pass_on(int number) {
  switch (number) {
  case SIGKILL:
  case SIGSTOP:
  case SIGCHLD:
  case SIGPIPE:
  case SIGSEGV:
  case SIGBUS:
  case SIGFPE:
  case SIGILL:
  case SIGABRT:
  case SIGTRAP:
  case SIGSYS:
  case SIGWINCH:
  case SIGTSTP:
  case SIGTTIN:
  case SIGTTOU:
  case SIGURG: return false;
  default: return number < 32 || number >= SIGRTMIN;
  }
}

bool is_ignored(int number) {
  struct sigaction action{};
  return ::sigaction(number, nullptr, &action) == 0 && action.sa_handler == SIG_IGN;
}

} // namespace

Result<SignalDoor> SignalDoor::open(bool proxy) {
  sigset_t set;
  ::sigemptyset(&set);
  ::sigaddset(&set, SIGWINCH);
  if (proxy)
    for (int number = 1; number < NSIG; ++number)
      if (can_pass_on(number))
        ::sigaddset(&set, number);
  SignalDoor out;
  if (::sigprocmask(SIG_BLOCK, &set, &out.before_) != 0)
    return fail_call("sigprocmask", "");
  out.open_ = true;
  out.fd_ = Fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!out.fd_)
    return fail_call("signalfd", "");
  return out;
}

SignalDoor::SignalDoor(SignalDoor&& other) noexcept
    : fd_(std::move(other.fd_)), before_(other.before_), open_(std::exchange(other.open_, false)) {}

SignalDoor::~SignalDoor() {
  if (open_)
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

void SignalDoor::leave() {
  open_ = false;
  (void)fd_.release();
}

int SignalDoor::next() {
  signalfd_siginfo info{};
  while (fd_ && ::read(fd_.get(), &info, sizeof info) == sizeof info)
    if (auto number = static_cast<int>(info.ssi_signo); !is_ignored(number)) // asked of the one that came, not of all
      return number;
  return 0;
}

} // namespace phial
