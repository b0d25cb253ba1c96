#include "helpers/relay.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>

namespace phial::helpers {

namespace {

using engine::wire::Got;
using engine::wire::Message;
using engine::wire::Type;

// What a process can have left in a pipe or terminal when it ended, and more; a writer that lives on (it was handed the
// descriptor) may not keep us longer.
constexpr std::size_t kLeftOver = std::size_t{4} << 20;

constexpr int kProblems = 100; // reads that may fail before a stream is given up

std::int64_t milliseconds() {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<std::int64_t>(time.tv_sec) * 1000 + time.tv_nsec / 1'000'000;
}

void set_nonblocking(const Fd& fd) {
  if (fd)
    ::fcntl(fd.get(), F_SETFL, ::fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

} // namespace

void Relay::adopt(Fd client, std::uint8_t wants) {
  for (Client& slot : clients_)
    if (!slot.socket) {
      slot = {std::move(client), wants, true, true, false};
      return;
    }
}

void Relay::accept_clients() {
  for (;;) {
    Fd socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket)
      return;
    for (Client& slot : clients_)
      if (!slot.socket) {
        slot = {std::move(socket), 0, false, false, false};
        break;
      }
  }
}

void Relay::drop(Client& client) {
  bool wrote = (client.wants & engine::wire::kWantInput) != 0;
  client = {};
  if (wrote && input_once_)
    end_input();
}

// End of input comes behind the input that is still in hand.
void Relay::end_input() {
  if (input_begin_ < input_end_) {
    input_closing_ = true;
    return;
  }
  streams_.input.reset();
}

void Relay::push_input() {
  const Fd& to = streams_.terminal ? streams_.terminal : streams_.input;
  while (input_begin_ < input_end_) {
    ssize_t n = to ? ::write(to.get(), input_ + input_begin_, input_end_ - input_begin_) : -1;
    if (n < 0 && to && errno == EINTR)
      continue;
    if (n < 0 && to && errno == EAGAIN)
      return;
    if (n <= 0) { // nobody reads: what is written is lost, as in a pipe whose reader is gone
      input_begin_ = input_end_ = 0;
      streams_.input.reset();
      return;
    }
    input_begin_ += static_cast<std::size_t>(n);
  }
  input_begin_ = input_end_ = 0;
  if (input_closing_)
    streams_.input.reset();
  input_closing_ = false;
}

void Relay::resize(engine::wire::Size size) {
  if (!streams_.terminal)
    return;
  winsize window{};
  window.ws_row = size.rows;
  window.ws_col = size.columns;
  ::ioctl(streams_.terminal.get(), TIOCSWINSZ, &window);
}

void Relay::obey(Client& client, const Message& message) {
  switch (message.type) {
  case Type::hello:
    if (!client.greeted && message.bytes.size() == 1)
      client.wants = static_cast<std::uint8_t>(message.bytes[0]);
    client.greeted = true;
    break;
  case Type::input:
    if ((client.wants & engine::wire::kWantInput) == 0)
      break;
    // It lies in input_ already, behind its type; nobody else is heard until it has gone on.
    input_begin_ = 1;
    input_end_ = 1 + message.bytes.size();
    push_input();
    break;
  case Type::end:
    if ((client.wants & engine::wire::kWantInput) != 0 && input_once_)
      end_input();
    break;
  case Type::resize: resize(engine::wire::value_of<engine::wire::Size>(message.bytes)); break;
  default: break;
  }
}

void Relay::hear(Client& client) {
  while (client.socket && input_begin_ == input_end_) {
    Message message;
    Got got = engine::wire::receive(client.socket.get(), input_, message);
    if (got == Got::nothing)
      return;
    if (got == Got::end || got == Got::failed)
      drop(client);
    else
      obey(client, message);
  }
}

// Reads one chunk, writes it down and offers it round. False at the end of the stream.
bool Relay::take(Fd& source, engine::Stream stream) {
  ssize_t n = -1;
  do
    n = ::read(source.get(), chunk_, sizeof chunk_);
  while (n < 0 && errno == EINTR);
  if (n < 0 && errno == EAGAIN)
    return false;
  // The end of a terminal is EIO. Anything else may pass, and to close the pipe would end the container.
  if (n < 0 && errno != EIO && ++problems_ < kProblems)
    return false;
  if (n <= 0) {
    source.reset();
    return false;
  }
  chunk_size_ = static_cast<std::size_t>(n);
  chunk_type_ = stream == engine::Stream::output ? Type::output : Type::errors;
  chunk_since_ = milliseconds();
  if (log_ != nullptr)
    log_->write(stream, {chunk_, chunk_size_}, phial::now());
  std::uint8_t wanted = stream == engine::Stream::output ? engine::wire::kWantOutput : engine::wire::kWantErrors;
  for (Client& client : clients_)
    client.behind = client.socket && (client.wants & wanted) != 0;
  offer();
  return true;
}

void Relay::offer() {
  for (Client& client : clients_) {
    if (!client.behind)
      continue;
    Result<bool> sent = engine::wire::try_send(client.socket.get(), chunk_type_, {chunk_, chunk_size_});
    if (sent && *sent)
      client.behind = false;
    else if (!sent || (!client.owner && milliseconds() - chunk_since_ > kPatience))
      drop(client);
  }
}

bool Relay::anybody_behind() const {
  return std::ranges::any_of(clients_, &Client::behind);
}

// Waits until everybody has the chunk in hand or is given up; for the end, when there is nothing else to do.
void Relay::settle() {
  while (anybody_behind()) {
    pollfd polls[kClients];
    nfds_t count = 0;
    for (const Client& client : clients_)
      if (client.behind)
        polls[count++] = {client.socket.get(), POLLOUT, 0};
    ::poll(polls, count, static_cast<int>(kPatience));
    offer();
  }
}

// The order of the entries is what act() relies on: process, listener, input, terminal, output, errors, clients.
std::size_t Relay::gather(pollfd* polls, int process) {
  bool held = anybody_behind();
  bool more_input = input_begin_ < input_end_;
  auto input = static_cast<short>(more_input ? POLLOUT : 0);
  auto output = static_cast<short>(held ? 0 : POLLIN);
  polls[0] = {process, POLLIN, 0};
  polls[1] = {listener_ ? listener_.get() : -1, POLLIN, 0};
  polls[2] = {streams_.input && more_input ? streams_.input.get() : -1, input, 0};
  auto terminal = static_cast<short>(input | output);
  polls[3] = {terminal != 0 && streams_.terminal ? streams_.terminal.get() : -1, terminal, 0};
  polls[4] = {!held && streams_.output ? streams_.output.get() : -1, output, 0};
  polls[5] = {!held && streams_.errors ? streams_.errors.get() : -1, output, 0};
  std::size_t count = 6;
  for (const Client& client : clients_) {
    // While input is in hand nobody is heard: a client that hung up would be reported again and again.
    auto events = static_cast<short>((more_input ? 0 : POLLIN) | (client.behind ? POLLOUT : 0));
    polls[count++] = {client.socket && events != 0 ? client.socket.get() : -1, events, 0};
  }
  return count;
}

void Relay::act(const pollfd* polls, std::size_t count) {
  if (polls[2].revents != 0 || (polls[3].revents & POLLOUT) != 0)
    push_input();
  if (anybody_behind())
    offer();
  if (!anybody_behind() && (polls[3].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
    take(streams_.terminal, engine::Stream::output);
  if (!anybody_behind() && polls[4].revents != 0)
    take(streams_.output, engine::Stream::output);
  if (!anybody_behind() && polls[5].revents != 0)
    take(streams_.errors, engine::Stream::errors);
  for (std::size_t i = 6; i < count; ++i)
    if ((polls[i].revents & (POLLIN | POLLHUP | POLLERR)) != 0 && clients_[i - 6].socket)
      hear(clients_[i - 6]);
  if (polls[1].revents != 0)
    accept_clients();
}

void Relay::run(int process) {
  for (const Fd* fd : {&streams_.input, &streams_.output, &streams_.errors, &streams_.terminal})
    set_nonblocking(*fd);
  pollfd polls[6 + kClients];
  for (;;) {
    std::size_t count = gather(polls, process);
    if (::poll(polls, count, anybody_behind() ? static_cast<int>(kPatience) : -1) < 0)
      continue;
    if (polls[0].revents != 0)
      break;
    act(polls, count);
  }
  settle();
  struct {
    Fd* from;
    engine::Stream stream;
  } sources[] = {{&streams_.terminal, engine::Stream::output},
                 {&streams_.output, engine::Stream::output},
                 {&streams_.errors, engine::Stream::errors}};
  for (auto& source : sources)
    for (std::size_t left = kLeftOver; left > sizeof chunk_ && *source.from && take(*source.from, source.stream);
         left -= sizeof chunk_)
      settle();
}

void Relay::tell_exit(std::int32_t code) {
  // Whoever connected just now hears it as well.
  if (listener_)
    accept_clients();
  listener_.reset();
  for (Client& client : clients_) {
    if (!client.socket)
      continue;
    // The owner has read everything, or is gone; for others a full socket means that they do not read.
    if (client.owner)
      (void)engine::wire::send(client.socket.get(), Type::exited, engine::wire::bytes_of(code));
    else
      (void)engine::wire::try_send(client.socket.get(), Type::exited, engine::wire::bytes_of(code));
    client.socket.reset();
  }
}

} // namespace phial::helpers
