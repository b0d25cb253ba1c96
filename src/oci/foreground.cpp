#include "oci/foreground.hpp"

#include "base/file.hpp"
#include "base/terminal.hpp"
#include "kernel/process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <string_view>

namespace phial::oci {

namespace {

// What a process can have left in its terminal when it ended, and more; a writer that lives on may not keep us longer.
constexpr std::size_t kLeftOver = std::size_t{1} << 20;

class Watch {
public:
  Watch(Foreground foreground, SignalDoor& signals) : of_(std::move(foreground)), signals_(signals) {}
  Result<int> run();

private:
  Result<> set_up();
  void resize();
  void pass_on(int number);
  void take_signals();
  void read_input();
  void push_input();
  bool show_output();
  Result<> turn();

  Foreground of_;
  SignalDoor& signals_;
  Fd peer_; // the terminal's other end: while we hold it, its master does not hang up because nobody else does
  RawMode raw_;
  bool reading_ = false;
  bool done_ = false;
  std::size_t begin_ = 0; // of the input in hand
  std::size_t end_ = 0;
  char input_[4096];
  char output_[32768];
};

Result<> Watch::set_up() {
  int master = of_.terminal.get();
  ::fcntl(master, F_SETFL, ::fcntl(master, F_GETFL) | O_NONBLOCK);
  peer_ = Fd(::ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!peer_)
    return fail_call("ioctl(TIOCGPTPEER)", "the container's terminal");
  resize(); // it may have changed since the container got it
  reading_ = true;
  if (is_terminal(STDIN_FILENO))
    raw_ = TRY(RawMode::enter(STDIN_FILENO));
  return {};
}

void Watch::resize() {
  std::optional<TerminalSize> own = own_terminal_size();
  winsize size{};
  if (!own || ::ioctl(of_.terminal.get(), TIOCGWINSZ, &size) != 0)
    return;
  if (size.ws_row == own->rows && size.ws_col == own->columns)
    return;
  size.ws_row = own->rows;
  size.ws_col = own->columns;
  ::ioctl(of_.terminal.get(), TIOCSWINSZ, &size);
}

void Watch::pass_on(int number) {
  char byte = 0;
  while (of_.until_program && ::read(of_.until_program.get(), &byte, 1) != 0 && errno == EINTR) {
  }
  of_.until_program.reset();
  (void)kernel::send_signal(of_.process, number);
}

void Watch::take_signals() {
  while (int number = signals_.next()) {
    if (number == SIGWINCH && of_.terminal)
      resize();
    else
      pass_on(number);
  }
}

void Watch::read_input() {
  ssize_t n = ::read(STDIN_FILENO, input_, sizeof input_);
  if (n > 0) {
    begin_ = 0;
    end_ = static_cast<std::size_t>(n);
    push_input();
  } else if (n == 0 || (errno != EINTR && errno != EAGAIN)) {
    reading_ = false;
  }
}

void Watch::push_input() {
  while (begin_ < end_) {
    ssize_t n = ::write(of_.terminal.get(), input_ + begin_, end_ - begin_);
    if (n < 0 && errno == EAGAIN)
      return;
    if (n > 0)
      begin_ += static_cast<std::size_t>(n);
    else if (n == 0 || errno != EINTR)
      begin_ = end_; // nobody reads any more
  }
}

// All of it, also where whoever shares our standard output has made it non-blocking.
bool show(std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t n = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (n > 0)
      bytes.remove_prefix(static_cast<std::size_t>(n));
    else if (n < 0 && errno == EAGAIN) {
      pollfd room{STDOUT_FILENO, POLLOUT, 0};
      ::poll(&room, 1, -1);
    } else if (n == 0 || errno != EINTR)
      return false;
  }
  return true;
}

// One piece. False where there is nothing to be had now, or nobody we could show it to.
bool Watch::show_output() {
  ssize_t n = ::read(of_.terminal.get(), output_, sizeof output_);
  if (n < 0 && errno == EINTR)
    return true;
  return n > 0 && show({output_, static_cast<std::size_t>(n)});
}

Result<> Watch::turn() {
  int master = of_.terminal ? of_.terminal.get() : -1;
  bool held = begin_ < end_;
  pollfd polls[4] = {{of_.process, POLLIN, 0},
                     {signals_.get(), POLLIN, 0},
                     {master, static_cast<short>(POLLIN | (held ? POLLOUT : 0)), 0},
                     {reading_ && !held ? STDIN_FILENO : -1, POLLIN, 0}};
  if (::poll(polls, 4, -1) < 0)
    return errno == EINTR ? Result<>() : fail_call("poll", "");
  if (polls[1].revents != 0)
    take_signals();
  if ((polls[2].revents & POLLOUT) != 0)
    push_input();
  if ((polls[2].revents & POLLIN) != 0)
    (void)show_output();
  if (polls[3].revents != 0)
    read_input();
  done_ = polls[0].revents != 0;
  return {};
}

Result<int> Watch::run() {
  if (of_.terminal)
    TRY(set_up());
  while (!done_)
    TRY(turn());
  for (std::size_t left = kLeftOver; of_.terminal && left > 0 && show_output();
       left -= std::min(left, sizeof output_)) {
  }
  int status = 0;
  while (::waitpid(of_.pid, &status, 0) < 0)
    if (errno != EINTR)
      return fail_call("waitpid", "");
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

} // namespace

Result<SignalDoor> open_signal_door() {
  sigset_t pipe;
  ::sigemptyset(&pipe);
  ::sigaddset(&pipe, SIGPIPE);
  if (::sigprocmask(SIG_BLOCK, &pipe, nullptr) != 0)
    return fail_call("sigprocmask", "");
  return SignalDoor::open(true);
}

Result<int> attend(Foreground foreground, SignalDoor& signals) {
  return Watch(std::move(foreground), signals).run();
}

void tell_remains(Log& log, const Error& problem, const std::string& id) {
  std::string text = problem.text() + ": `phial-oci delete --force " + id + "` removes what is left";
  log.warning(text);
  (void)write_all(STDERR_FILENO, "phial-oci: " + text + "\n");
}

} // namespace phial::oci
