#include "kernel/net_devices.hpp"

#include "base/fd.hpp"

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <optional>

namespace phial::kernel {

namespace {

using Bytes = std::span<const std::uint8_t>;

std::size_t aligned(std::size_t size) {
  return (size + 3) & ~std::size_t{3};
}

// The next of a chain of attributes: its type and what is in it; nullopt at the end.
struct Attribute {
  std::uint16_t type = 0;
  std::vector<std::uint8_t> value;
};
std::optional<Attribute> take_attribute(Bytes& rest) {
  rtattr head{};
  if (rest.size() < sizeof head)
    return std::nullopt;
  std::memcpy(&head, rest.data(), sizeof head);
  if (head.rta_len < sizeof head || head.rta_len > rest.size())
    return std::nullopt;
  Bytes value = rest.subspan(sizeof head, head.rta_len - sizeof head);
  rest = rest.subspan(std::min(aligned(head.rta_len), rest.size()));
  return Attribute{head.rta_type, {value.begin(), value.end()}};
}

std::optional<NetAddress> read_address(Bytes payload, std::uint32_t index) {
  ifaddrmsg head{};
  if (payload.size() < sizeof head)
    return std::nullopt;
  std::memcpy(&head, payload.data(), sizeof head);
  NetAddress out;
  out.family = head.ifa_family;
  out.prefix = head.ifa_prefixlen;
  std::uint32_t flags = head.ifa_flags;
  std::vector<std::uint8_t> address;
  Bytes rest = payload.subspan(sizeof head);
  while (std::optional<Attribute> attribute = take_attribute(rest)) {
    switch (attribute->type) {
    case IFA_LOCAL: out.local = attribute->value; break;
    case IFA_ADDRESS: address = attribute->value; break;
    case IFA_BROADCAST: out.broadcast = attribute->value; break;
    case IFA_FLAGS:
      if (attribute->value.size() == sizeof flags)
        std::memcpy(&flags, attribute->value.data(), sizeof flags);
      break;
    default: break;
    }
  }
  if (out.local.empty())
    out.local = address;
  else if (address != out.local)
    out.peer = address;
  bool wanted = head.ifa_index == index && head.ifa_scope == RT_SCOPE_UNIVERSE && (flags & IFA_F_PERMANENT) != 0;
  return wanted && !out.local.empty() ? std::optional(out) : std::nullopt;
}

Result<std::vector<std::uint8_t>> ask_addresses() {
  Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket)
    return fail_call("socket", "rtnetlink");
  struct {
    nlmsghdr head;
    ifaddrmsg body;
  } request{};
  request.head.nlmsg_len = sizeof request;
  request.head.nlmsg_type = RTM_GETADDR;
  request.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
  if (::send(socket.get(), &request, sizeof request, MSG_NOSIGNAL) < 0)
    return fail_call("send", "rtnetlink");
  std::vector<std::uint8_t> out;
  for (;;) {
    std::uint8_t piece[32768];
    ssize_t n = ::recv(socket.get(), piece, sizeof piece, 0);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return fail_call("recv", "rtnetlink");
    out.insert(out.end(), piece, piece + n);
    for (std::size_t at = 0; at + sizeof(nlmsghdr) <= static_cast<std::size_t>(n);) {
      nlmsghdr head{};
      std::memcpy(&head, piece + at, sizeof head);
      if (head.nlmsg_type == NLMSG_DONE || head.nlmsg_type == NLMSG_ERROR || head.nlmsg_len < sizeof head)
        return out;
      at += aligned(head.nlmsg_len);
    }
  }
}

} // namespace

std::string format_address(const NetAddress& address) {
  char text[INET6_ADDRSTRLEN] = "?";
  if (address.local.size() == (address.family == AF_INET ? 4U : 16U))
    ::inet_ntop(address.family, address.local.data(), text, sizeof text);
  return text + ("/" + std::to_string(address.prefix));
}

Result<std::vector<NetAddress>> parse_addresses(Bytes answer, std::uint32_t index) {
  std::vector<NetAddress> out;
  while (answer.size() >= sizeof(nlmsghdr)) {
    nlmsghdr head{};
    std::memcpy(&head, answer.data(), sizeof head);
    if (head.nlmsg_len < sizeof head || head.nlmsg_len > answer.size())
      return fail(Kind::input, "rtnetlink's answer is cut off");
    if (head.nlmsg_type == RTM_NEWADDR)
      if (auto address = read_address(answer.subspan(sizeof head, head.nlmsg_len - sizeof head), index))
        out.push_back(std::move(*address));
    answer = answer.subspan(std::min(aligned(head.nlmsg_len), answer.size()));
  }
  return out;
}

Result<NetDeviceState> probe_net_device(const std::string& name) {
  NetDeviceState out;
  out.index = ::if_nametoindex(name.c_str());
  if (out.index != 0)
    out.addresses = TRY(parse_addresses(TRY(ask_addresses()), out.index));
  return out;
}

} // namespace phial::kernel
