// The protocol between phial-monitor and those who watch a container: a SOCK_SEQPACKET socket, one message a packet,
// its first byte the type. No lengths, no framing, no state beyond the socket itself. The monitor links this file.
#pragma once

#include "base/fd.hpp"
#include "base/terminal.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace phial::engine::wire {

// Nothing on the wire is longer than this, type byte included.
inline constexpr std::size_t kPayload = 32768;
inline constexpr std::size_t kPacket = kPayload + 1;

enum class Type : std::uint8_t {
  // To the monitor.
  hello = 'H',  // one byte, the sum of Want; the first message of whoever connects
  input = 'i',  // bytes for standard input
  end = 'e',    // standard input has ended
  resize = 'w', // Size
  // From the monitor.
  output = 'o',  // standard output, or the terminal
  errors = 'r',  // standard error
  started = 's', // the container's process runs: i32 pid
  failed = 'f',  // it could not be started: u32 index of the instruction, i32 errno
  exited = 'x',  // i32 exit status; everything is recorded and cleaned up. The last message.
};

enum Want : std::uint8_t {
  kWantOutput = 1,
  kWantErrors = 2,
  kWantInput = 4, // this one may write to standard input
  kWantExit = 8,
};

using Size = TerminalSize;

struct Failure {
  std::uint32_t instruction = 0;
  std::int32_t number = 0; // errno
};

// One packet out of a type and its bytes, not waiting. False where the socket is full; an error where the peer is gone.
[[nodiscard]] Result<bool> try_send(int socket, Type type, std::string_view bytes);
// The same, waiting until there is room.
[[nodiscard]] Result<> send(int socket, Type type, std::string_view bytes);

struct Message {
  Type type = Type::hello;
  std::string_view bytes; // lies in the caller's buffer
};
enum class Got : std::uint8_t { message, nothing, end, failed };

// The next packet into `buffer` of kPacket bytes, not waiting. `end`: the peer is gone. `failed`: errno says why.
[[nodiscard]] Got receive(int socket, std::span<char> buffer, Message& message);

template <class T> [[nodiscard]] std::string_view bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}
// The value in a message's bytes; a default one where the length is wrong.
template <class T> [[nodiscard]] T value_of(std::string_view bytes) {
  T out{};
  if (bytes.size() == sizeof out)
    __builtin_memcpy(&out, bytes.data(), sizeof out);
  return out;
}

// A listening socket at `name` in the directory `directory` (the path may be longer than a socket's name can be: it
// goes by /proc/self/fd). Replaces what lies there.
[[nodiscard]] Result<Fd> listen_at(int directory, const std::string& name);
[[nodiscard]] Result<Fd> connect_to(const std::string& directory, const std::string& name);

struct Pair {
  Fd ours;
  Fd theirs;
};
[[nodiscard]] Result<Pair> make_pair();

} // namespace phial::engine::wire
