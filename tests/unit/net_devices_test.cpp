#include "kernel/net_devices.hpp"

#include <gtest/gtest.h>

#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cstring>

namespace phial::kernel {
namespace {

using Bytes = std::vector<std::uint8_t>;

void append(Bytes& to, const void* data, std::size_t size) {
  const auto* from = static_cast<const std::uint8_t*>(data);
  to.insert(to.end(), from, from + size);
  to.resize((to.size() + 3) / 4 * 4);
}

Bytes message(std::uint32_t index, std::uint8_t scope, std::uint32_t flags, Bytes local, Bytes address) {
  ifaddrmsg body{};
  body.ifa_family = local.size() == 4 ? AF_INET : AF_INET6;
  body.ifa_prefixlen = 24;
  body.ifa_index = index;
  body.ifa_scope = scope;
  Bytes rest;
  append(rest, &body, sizeof body);
  auto attribute = [&](std::uint16_t type, const void* value, std::size_t size) {
    rtattr head{static_cast<unsigned short>(sizeof(rtattr) + size), type};
    append(rest, &head, sizeof head);
    append(rest, value, size);
  };
  attribute(IFA_LOCAL, local.data(), local.size());
  attribute(IFA_ADDRESS, address.data(), address.size());
  attribute(IFA_FLAGS, &flags, sizeof flags);
  nlmsghdr head{};
  head.nlmsg_len = static_cast<std::uint32_t>(sizeof head + rest.size());
  head.nlmsg_type = RTM_NEWADDR;
  Bytes out;
  append(out, &head, sizeof head);
  out.insert(out.end(), rest.begin(), rest.end());
  return out;
}

TEST(NetDevices, KeepsPermanentAddressesOfGlobalScopeOfThatDevice) {
  Bytes all;
  for (const Bytes& part : {message(7, RT_SCOPE_UNIVERSE, IFA_F_PERMANENT, {192, 0, 2, 7}, {192, 0, 2, 7}),
                            message(8, RT_SCOPE_UNIVERSE, IFA_F_PERMANENT, {192, 0, 2, 8}, {192, 0, 2, 8}),
                            message(7, RT_SCOPE_LINK, IFA_F_PERMANENT, {192, 0, 2, 9}, {192, 0, 2, 9}),
                            message(7, RT_SCOPE_UNIVERSE, 0, {192, 0, 2, 10}, {192, 0, 2, 10}),
                            message(7, RT_SCOPE_UNIVERSE, IFA_F_PERMANENT, {192, 0, 2, 11}, {192, 0, 2, 12})})
    all.insert(all.end(), part.begin(), part.end());
  std::vector<NetAddress> found = parse_addresses(all, 7).value();
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(format_address(found[0]), "192.0.2.7/24");
  EXPECT_TRUE(found[0].peer.empty());
  EXPECT_EQ(found[1].peer, (Bytes{192, 0, 2, 12}));
}

TEST(NetDevices, RefusesWhatIsCutOff) {
  Bytes whole = message(7, RT_SCOPE_UNIVERSE, IFA_F_PERMANENT, {192, 0, 2, 7}, {192, 0, 2, 7});
  whole.resize(whole.size() - 4);
  EXPECT_FALSE(parse_addresses(whole, 7));
  EXPECT_TRUE(parse_addresses({}, 7).value().empty());
}

} // namespace
} // namespace phial::kernel
