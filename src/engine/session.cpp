#include "engine/session.hpp"

#include "base/file.hpp"

#include <poll.h>
#include <unistd.h>

#include <vector>

namespace phial::engine {

Result<> check_terminal(bool tty, bool input) {
  if (tty && input && !is_terminal(STDIN_FILENO))
    return fail(Kind::usage, "the input device is not a TTY",
                "leave out -t where input comes from a pipe or a file, or leave out -i");
  return {};
}

namespace {

// Messages in a row before signals and input have their turn.
constexpr int kAtOnce = 16;

class Session {
public:
  Session(int socket, SignalDoor& signals, const SessionSettings& settings)
      : socket_(socket), signals_(signals), settings_(settings), buffer_(wire::kPacket) {}

  Result<SessionEnd> run();

private:
  Result<> set_up();
  Result<> send_size();
  Result<> read_input();
  Result<bool> read_socket();
  Result<> take_signals();
  Result<> wait();

  int socket_;
  SignalDoor& signals_;
  const SessionSettings& settings_;
  std::vector<char> buffer_;
  DetachKeys keys_{""};
  RawMode raw_;
  bool reading_ = false;
  bool held_ = false; // the monitor's socket is full: input waits in `held_text_`
  std::string held_text_;
  SessionEnd end_;
  bool done_ = false;
};

Result<> Session::set_up() {
  bool terminal = settings_.tty && is_terminal(STDIN_FILENO);
  keys_ = DetachKeys(settings_.tty ? TRY(parse_detach_keys(settings_.detach_keys)) : std::string());
  reading_ = settings_.input;
  if (settings_.tty)
    TRY(send_size());
  if (terminal && settings_.input)
    raw_ = TRY(RawMode::enter(STDIN_FILENO));
  return {};
}

Result<> Session::send_size() {
  if (auto size = own_terminal_size())
    (void)wire::try_send(socket_, wire::Type::resize, wire::bytes_of(*size));
  return {};
}

Result<> Session::read_input() {
  ssize_t n = ::read(STDIN_FILENO, buffer_.data(), wire::kPayload);
  if (n < 0 && (errno == EINTR || errno == EAGAIN))
    return {};
  if (n <= 0) {
    reading_ = false;
    (void)wire::send(socket_, wire::Type::end, {});
    return {};
  }
  bool detached = false;
  held_text_ = keys_.filter({buffer_.data(), static_cast<std::size_t>(n)}, detached);
  if (detached) {
    end_.why = SessionEnd::Why::detached;
    done_ = true;
  }
  if (held_text_.empty())
    return {};
  Result<bool> sent = wire::try_send(socket_, wire::Type::input, held_text_);
  held_ = sent && !*sent;
  return {};
}

Result<bool> Session::read_socket() {
  wire::Message message;
  switch (wire::receive(socket_, buffer_, message)) {
  case wire::Got::nothing: return false;
  case wire::Got::end: done_ = true; return false;
  case wire::Got::failed: return fail_call("recv", "the container's monitor");
  case wire::Got::message: break;
  }
  switch (message.type) {
  case wire::Type::output:
  case wire::Type::errors:
    if (!settings_.output)
      break;
    TRY(write_all(message.type == wire::Type::output ? STDOUT_FILENO : STDERR_FILENO, message.bytes),
        "pass on the container's output");
    break;
  case wire::Type::exited:
    end_.why = SessionEnd::Why::exited;
    end_.code = wire::value_of<std::int32_t>(message.bytes);
    done_ = true;
    break;
  case wire::Type::failed:
    end_.why = SessionEnd::Why::failed;
    end_.failure = wire::value_of<wire::Failure>(message.bytes);
    done_ = true;
    break;
  default: break;
  }
  return true;
}

Result<> Session::take_signals() {
  while (int number = signals_.next()) {
    if (number == SIGWINCH) {
      if (settings_.tty)
        TRY(send_size());
    } else if (settings_.pass_on) {
      settings_.pass_on(number);
    }
  }
  return {};
}

Result<> Session::wait() {
  pollfd polls[3] = {{socket_, static_cast<short>(POLLIN | (held_ ? POLLOUT : 0)), 0},
                     {signals_.get(), POLLIN, 0},
                     {reading_ && !held_ ? STDIN_FILENO : -1, POLLIN, 0}};
  if (::poll(polls, 3, -1) < 0 && errno != EINTR)
    return fail_call("poll", "");
  if (polls[1].revents != 0)
    TRY(take_signals());
  if (held_ && (polls[0].revents & POLLOUT) != 0) {
    Result<bool> sent = wire::try_send(socket_, wire::Type::input, held_text_);
    held_ = sent && !*sent;
  }
  if ((polls[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
    for (int i = 0; i < kAtOnce && !done_ && TRY(read_socket()); ++i) {
    }
  if (!done_ && polls[2].revents != 0)
    TRY(read_input());
  return {};
}

Result<SessionEnd> Session::run() {
  TRY(set_up());
  while (!done_)
    TRY(wait());
  return end_;
}

} // namespace

Result<SessionEnd> relay_session(int socket, SignalDoor& signals, const SessionSettings& settings) {
  return Session(socket, signals, settings).run();
}

} // namespace phial::engine
