#include "program/netlink.hpp"

#include <linux/netlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace phial::program {

long netlink_request(int socket, const void* message, std::size_t size) {
  if (::send(socket, message, size, MSG_NOSIGNAL) < 0)
    return -errno;
  for (;;) {
    alignas(nlmsghdr) char answer[8192];
    ssize_t n = ::recv(socket, answer, sizeof answer, 0);
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return -errno;
    nlmsghdr header{};
    nlmsgerr told{};
    if (static_cast<std::size_t>(n) < sizeof header + sizeof told.error)
      return -EPROTO;
    std::memcpy(&header, answer, sizeof header);
    if (header.nlmsg_type != NLMSG_ERROR)
      continue;
    std::memcpy(&told.error, answer + sizeof header, sizeof told.error);
    return told.error;
  }
}

} // namespace phial::program
