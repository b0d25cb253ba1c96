// Relay: what passes between a container's streams, its log, and those who watch it. One thread, one poll(2), bounded
// memory: one chunk of output and one of input are in hand at any time.
//
// Whoever started the container in the foreground holds its output up when it does not read, as a pipe would. Others
// may hold it up for kPatience; then they are dropped, and can read on in the log.
#pragma once

#include "base/fd.hpp"
#include "engine/log_writer.hpp"
#include "engine/wire.hpp"

#include <poll.h>
#include <sys/types.h>

#include <array>
#include <cstdint>

namespace phial::helpers {

class Relay {
public:
  struct Streams {
    Fd input;    // the write end of the pipe to standard input; empty where there is none
    Fd output;   // the read end of the pipe from standard output; empty with a terminal
    Fd errors;   // the read end of the pipe from standard error; empty with a terminal
    Fd terminal; // the terminal's master
    Fd peer;     // its other end, held so that reads do not fail while nobody else has it open
  };

  Relay(Streams streams, engine::LogWriter* log, bool input_once)
      : streams_(std::move(streams)), log_(log), input_once_(input_once) {}

  void listen(Fd listener) { listener_ = std::move(listener); }
  // The starter's end of the socketpair; wants as in wire::Want.
  void adopt(Fd client, std::uint8_t wants);

  // Relays until `process`, a pidfd, is readable; then passes on what is left in the streams.
  void run(int process);

  // Tells everybody how it ended.
  void tell_exit(std::int32_t code);

private:
  static constexpr std::size_t kClients = 64;
  static constexpr std::int64_t kPatience = 5'000; // milliseconds

  struct Client {
    Fd socket;
    std::uint8_t wants = 0;
    bool owner = false;   // held in awe: its slowness is the container's
    bool greeted = false; // said hello
    bool behind = false;  // has not got the chunk in hand
  };

  void accept_clients();
  void drop(Client& client);
  void hear(Client& client);
  void obey(Client& client, const engine::wire::Message& message);
  void end_input();
  void push_input();
  bool take(Fd& source, engine::Stream stream);
  void offer();
  bool anybody_behind() const;
  void settle();
  void resize(engine::wire::Size size);
  std::size_t gather(pollfd* polls, int process);
  void act(const pollfd* polls, std::size_t count);

  Streams streams_;
  engine::LogWriter* log_;
  bool input_once_;
  Fd listener_;
  std::array<Client, kClients> clients_;

  engine::wire::Type chunk_type_ = engine::wire::Type::output;
  std::size_t chunk_size_ = 0;
  std::int64_t chunk_since_ = 0; // milliseconds
  std::size_t input_begin_ = 0;
  std::size_t input_end_ = 0;
  bool input_closing_ = false;
  int problems_ = 0; // reads that failed
  char chunk_[engine::wire::kPayload];
  char input_[engine::wire::kPacket];
};

} // namespace phial::helpers
