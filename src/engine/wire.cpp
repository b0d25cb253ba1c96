#include "engine/wire.hpp"

#include "base/file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>

namespace phial::engine::wire {

Result<bool> try_send(int socket, Type type, std::string_view bytes) {
  iovec parts[2] = {{&type, 1}, {const_cast<char*>(bytes.data()), bytes.size()}};
  msghdr header{};
  header.msg_iov = parts;
  header.msg_iovlen = bytes.empty() ? 1 : 2;
  for (;;) {
    if (::sendmsg(socket, &header, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0)
      return true;
    if (errno == EAGAIN || errno == ENOBUFS)
      return false;
    if (errno != EINTR)
      return fail_call("sendmsg", "");
  }
}

Result<> send(int socket, Type type, std::string_view bytes) {
  while (!TRY(try_send(socket, type, bytes))) {
    pollfd wait{socket, POLLOUT, 0};
    if (::poll(&wait, 1, -1) < 0 && errno != EINTR)
      return fail_call("poll", "");
  }
  return {};
}

Got receive(int socket, std::span<char> buffer, Message& message) {
  for (;;) {
    ssize_t n = ::recv(socket, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0 && errno == EAGAIN)
      return Got::nothing;
    if (n == 0 || (n < 0 && errno == ECONNRESET))
      return Got::end;
    if (n < 0)
      return Got::failed;
    message.type = static_cast<Type>(buffer[0]);
    message.bytes = std::string_view(buffer.data() + 1, static_cast<std::size_t>(n) - 1);
    return Got::message;
  }
}

namespace {

Result<sockaddr_un> address_in(int directory, const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::string path = "/proc/self/fd/" + std::to_string(directory) + "/" + name;
  if (path.size() >= sizeof address.sun_path)
    return fail(Kind::internal, "the socket's name is too long: " + name);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  return address;
}

Result<Fd> new_socket(int flags) {
  int fd = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0);
  if (fd < 0)
    return fail_call("socket", "AF_UNIX");
  return Fd(fd);
}

} // namespace

Result<Fd> listen_at(int directory, const std::string& name) {
  sockaddr_un address = TRY(address_in(directory, name));
  Fd listener = TRY(new_socket(SOCK_NONBLOCK));
  ::unlinkat(directory, name.c_str(), 0);
  if (::bind(listener.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return fail_call("bind", name);
  if (::listen(listener.get(), 128) != 0)
    return fail_call("listen", name);
  return listener;
}

Result<Fd> connect_to(const std::string& directory, const std::string& name) {
  Fd parent = TRY(open_at(AT_FDCWD, directory, O_PATH | O_DIRECTORY));
  sockaddr_un address = TRY(address_in(parent.get(), name));
  Fd socket = TRY(new_socket(0));
  if (::connect(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
    return fail_call("connect", directory + "/" + name);
  return socket;
}

Result<Pair> make_pair() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
    return fail_call("socketpair", "");
  return Pair{Fd(ends[0]), Fd(ends[1])};
}

} // namespace phial::engine::wire
