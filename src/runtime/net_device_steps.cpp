// Network devices of the host that move into the container: the host gives each away by its index, and sets it up there
// as it was. Nothing is to be undone: the kernel gives devices back when their namespace goes. Section beside.
// rtnetlink(7); runtime-spec config-linux.md "Network Devices".
#include "base/text.hpp"
#include "kernel/kabi.hpp"
#include "runtime/compiler.hpp"

#include <cerrno>
#include <cstring>
#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#ifndef IFLA_NEW_IFINDEX
#define IFLA_NEW_IFINDEX 49
#endif

namespace phial::runtime {

namespace {

// An rtnetlink message: a head, a fixed part, attributes.
class Message {
public:
  template <class Body> Message(std::uint16_t type, std::uint16_t flags, const Body& body) {
    head_.nlmsg_type = type;
    head_.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
    bytes_.resize(sizeof head_);
    append(&body, sizeof body);
  }
  // Where the attribute's value begins.
  std::size_t attribute(std::uint16_t type, const void* value, std::size_t size) {
    rtattr head{static_cast<unsigned short>(sizeof(rtattr) + size), type};
    append(&head, sizeof head);
    std::size_t at = bytes_.size();
    append(value, size);
    return at;
  }
  [[nodiscard]] std::span<const unsigned char> bytes() {
    head_.nlmsg_len = static_cast<std::uint32_t>(bytes_.size());
    std::memcpy(bytes_.data(), &head_, sizeof head_);
    return bytes_;
  }

private:
  void append(const void* data, std::size_t size) {
    const auto* from = static_cast<const unsigned char*>(data);
    bytes_.insert(bytes_.end(), from, from + size);
    bytes_.resize((bytes_.size() + 3) & ~std::size_t{3}); // attributes stand on words
  }
  nlmsghdr head_{};
  std::vector<unsigned char> bytes_;
};

Data request(Compiler& c, Slot socket, Message& message) {
  std::span<const unsigned char> bytes = message.bytes();
  Data at = c.b.bytes(bytes, alignof(nlmsghdr));
  c.b.add(Op::netlink, {socket, at, bytes.size()});
  return at;
}

struct Sockets {
  Slot here;  // in the host's network namespace
  Slot there; // in the container's
  Slot space; // that namespace
};

Sockets open_sockets(Compiler& c, const spec::Linux& platform) {
  c.step(Section::beside, [&] {
    return StepText{"reach into the container's network namespace", c.why("linux.netDevices"),
                    "the devices are set up from here, with the host's rights"};
  });
  Sockets out{c.b.slot("rtnetlink"), c.b.slot("rtnetlink_inside"), c.b.slot("net_space")};
  const spec::Namespace* network = platform.find(spec::NamespaceType::network);
  if (network != nullptr && !network->path.empty()) {
    c.open(out.space, network->path, O_RDONLY | O_CLOEXEC);
  } else {
    Slot directory = c.b.slot("proc_pid");
    c.b.add(Op::process_dir, {c.pid}).into(directory);
    c.b.call(SYS_openat, {directory, c.b.text("ns/net"), O_RDONLY | O_CLOEXEC, 0}).into(out.space);
    c.b.call(SYS_close, {directory});
  }
  Slot own = c.b.slot("own_net_ns");
  c.open(own, "/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
  c.b.call(SYS_socket, {AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE}).into(out.here);
  c.b.call(SYS_setns, {out.space, CLONE_NEWNET});
  c.b.call(SYS_socket, {AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE}).into(out.there);
  c.b.call(SYS_setns, {own, CLONE_NEWNET});
  c.b.call(SYS_close, {own});
  return out;
}

// The kernel keeps the index where it is free. Told, it refuses to give another, by which the device would be lost.
void move_device(Compiler& c, const Sockets& sockets, std::uint32_t index, const std::string& name) {
  ifinfomsg body{};
  body.ifi_index = static_cast<int>(index);
  Message message(RTM_NEWLINK, 0, body);
  int none = -1;
  std::size_t space = message.attribute(IFLA_NET_NS_FD, &none, sizeof none);
  message.attribute(IFLA_IFNAME, name.c_str(), name.size() + 1);
  if (c.facts.kernel_at_least(5, 13))
    message.attribute(IFLA_NEW_IFINDEX, &index, sizeof index);
  std::span<const unsigned char> bytes = message.bytes();
  Data at = c.b.bytes(bytes, alignof(nlmsghdr));
  c.b.add(Op::store, {at + space, sockets.space, sizeof(int)});
  c.b.add(Op::netlink, {sockets.here, at, bytes.size()});
}

// The kernel would move the device first and then fail to rename it, and a device without hardware would be lost.
void check_name(Compiler& c, const Sockets& sockets, const std::string& name) {
  if (name.find('%') != std::string::npos) // the kernel finds a number that is free
    return;
  ifreq request;
  std::memset(&request, 0, sizeof request);
  std::memcpy(request.ifr_name, name.data(), name.size());
  program::Label free;
  c.b.call(SYS_ioctl, {sockets.there, SIOCGIFINDEX, c.b.cleared_object(request)});
  c.b.otherwise(free, ENODEV);
  c.b.add(Op::fail, {EEXIST});
  c.b.place(free);
}

void add_address(Compiler& c, const Sockets& sockets, std::uint32_t index, const kernel::NetAddress& address) {
  ifaddrmsg body{};
  body.ifa_family = address.family;
  body.ifa_prefixlen = address.prefix;
  body.ifa_index = index;
  body.ifa_scope = RT_SCOPE_UNIVERSE;
  // It was tried for duplicates on the host.
  body.ifa_flags = address.family == AF_INET6 ? IFA_F_NODAD : 0;
  Message message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE, body);
  message.attribute(IFA_LOCAL, address.local.data(), address.local.size());
  const std::vector<std::uint8_t>& peer = address.peer.empty() ? address.local : address.peer;
  message.attribute(IFA_ADDRESS, peer.data(), peer.size());
  if (!address.broadcast.empty())
    message.attribute(IFA_BROADCAST, address.broadcast.data(), address.broadcast.size());
  request(c, sockets.there, message);
}

void bring_up(Compiler& c, const Sockets& sockets, std::uint32_t index) {
  ifinfomsg body{};
  body.ifi_index = static_cast<int>(index);
  body.ifi_flags = IFF_UP;
  body.ifi_change = IFF_UP;
  Message message(RTM_NEWLINK, 0, body);
  request(c, sockets.there, message);
}

std::string move_shell(const std::string& from, const std::string& to, const kernel::NetDeviceState& state) {
  std::string out = "ip link set " + shell_quote(from) + " netns $pid name " + shell_quote(to);
  std::string inside = "nsenter --net --target $pid ip ";
  for (const kernel::NetAddress& address : state.addresses)
    out += "\n" + inside + "address add " + kernel::format_address(address) + " dev " + shell_quote(to);
  return out + "\n" + inside + "link set " + shell_quote(to) + " up";
}

} // namespace

Result<> add_net_device_steps(Compiler& c, const spec::Linux& platform) {
  if (platform.net_devices.empty())
    return {};
  for (const spec::NetDevice& device : platform.net_devices)
    if (c.facts.net_device(device.host_name).index == 0)
      return fail(Kind::not_found,
                  "linux.netDevices." + device.host_name + ": this host has no network device of that name",
                  "`ip link` shows those it has");
  Sockets sockets = open_sockets(c, platform);
  for (const spec::NetDevice& device : platform.net_devices) {
    const kernel::NetDeviceState& state = c.facts.net_device(device.host_name);
    const std::string& name = device.name.empty() ? device.host_name : device.name;
    c.step(Section::beside, [&] {
      return StepText{"move the network device " + device.host_name + " into the container" +
                          (name == device.host_name ? "" : " as " + name),
                      c.why("linux.netDevices." + device.host_name), "it keeps its addresses and comes up there",
                      move_shell(device.host_name, name, state), ShellPlace::host};
    });
    check_name(c, sockets, name);
    move_device(c, sockets, state.index, name);
    for (const kernel::NetAddress& address : state.addresses)
      add_address(c, sockets, state.index, address);
    bring_up(c, sockets, state.index);
  }
  for (Slot done : {sockets.here, sockets.there, sockets.space})
    c.b.call(SYS_close, {done});
  return {};
}

} // namespace phial::runtime
