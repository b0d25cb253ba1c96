// What belongs to a host and its processes: sysctls, id maps, identities, huge pages.
#include "kernel/hugepages.hpp"
#include "kernel/id_maps.hpp"
#include "kernel/kabi.hpp"
#include "kernel/process.hpp"
#include "kernel/sysctls.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>

namespace phial::kernel {
namespace {

using testing::ElementsAre;

constexpr std::uint64_t kAll = CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWPID;

TEST(Sysctls, PathsOfBothSpellings) {
  EXPECT_EQ(check_sysctl("net.ipv4.ip_forward", "1", kAll).value_or(""), "net/ipv4/ip_forward");
  EXPECT_EQ(check_sysctl("net/ipv4/ip_forward", "1", kAll).value_or(""), "net/ipv4/ip_forward");
  EXPECT_EQ(check_sysctl("net.ipv4.conf.eth0/1.rp_filter", "1", kAll).value_or(""), "net/ipv4/conf/eth0.1/rp_filter");
  EXPECT_EQ(check_sysctl("net/ipv4/conf/eth0.1/rp_filter", "1", kAll).value_or(""), "net/ipv4/conf/eth0.1/rp_filter");
  EXPECT_EQ(normal_sysctl("kernel/shmmax").value_or(""), "kernel.shmmax");
  EXPECT_EQ(check_sysctl("fs.mqueue.msg_max", "5", kAll).value_or(""), "fs/mqueue/msg_max");
}

TEST(Sysctls, OnlyOfOwnNamespaces) {
  EXPECT_TRUE(check_sysctl("kernel.shmmax", "1", CLONE_NEWIPC));
  auto shared = check_sysctl("kernel.shmmax", "1", CLONE_NEWNET);
  ASSERT_FALSE(shared);
  EXPECT_NE(shared.error().message.find("ipc namespace"), std::string::npos);
  for (std::string_view host : {"kernel.core_pattern", "vm.overcommit_memory", "kernel.modprobe", "fs.mqueue",
                                "network.x", "kernel.shmmaxx", "fs.file-max"})
    EXPECT_FALSE(check_sysctl(host, "1", kAll)) << host;
}

TEST(Sysctls, Smuggling) {
  for (std::string_view wrong : {"", "net", "net.", ".net.x", "net..x", "net/../kernel/core_pattern", "/net/x",
                                 "net.a b", "net/./x", "net.x\n", "net.ipv4.conf.//.x", "net.ipv4.+x"})
    EXPECT_FALSE(check_sysctl(wrong, "1", kAll)) << wrong;
  EXPECT_FALSE(check_sysctl("net.ipv4.ip_forward", "1\nkernel.core_pattern=x", kAll));
  EXPECT_FALSE(check_sysctl("net.ipv4.ip_forward", std::string_view("1\0", 2), kAll));
}

TEST(IdMaps, TextAndBack) {
  std::vector<IdRange> map = {{0, 1000, 1}, {1, 100000, 65535}};
  EXPECT_TRUE(check_id_map(map));
  EXPECT_EQ(id_map_text(map), "0 1000 1\n1 100000 65535\n");
  EXPECT_EQ(parse_id_map("         0       1000          1\n         1     100000      65535\n")
                .value_or(std::vector<IdRange>{}),
            map);
  EXPECT_EQ(to_outside(map, 0), 1000U);
  EXPECT_EQ(to_outside(map, 2), 100001U);
  EXPECT_EQ(to_inside(map, 1000), 0U);
  EXPECT_FALSE(to_outside(map, 65536));
  EXPECT_FALSE(to_inside(map, 0));
  EXPECT_FALSE(parse_id_map("0 1000\n"));
  EXPECT_FALSE(parse_id_map("0 1000 x\n"));
}

TEST(IdMaps, WhatTheKernelRefuses) {
  auto check = [](std::vector<IdRange> map) { return check_id_map(map).has_value(); };
  EXPECT_FALSE(check({}));
  EXPECT_FALSE(check({{0, 0, 0}}));
  EXPECT_FALSE(check({{0, 1000, 10}, {9, 2000, 1}}));
  EXPECT_FALSE(check({{0, 1000, 10}, {10, 1009, 1}}));
  EXPECT_FALSE(check({{0, 4294967290U, 10}}));
  EXPECT_TRUE(check({{0, 0, 4294967295U}}));
  EXPECT_FALSE(check(std::vector<IdRange>(341)));
}

TEST(IdMaps, SubordinateIds) {
  constexpr std::string_view kText =
      "root:100000:65536\n# a comment\nuser:165536:65536\n1000:300000:10\nuser:x:1\nuser:1:0\n"
      "user:4294967290:100\n";
  EXPECT_THAT(parse_subordinate_ids(kText, "user", 1000),
              ElementsAre(SubordinateRange{165536, 65536}, SubordinateRange{300000, 10}));
  EXPECT_TRUE(parse_subordinate_ids(kText, "nobody", 65534).empty());
}

TEST(ProcStat, AnyCommandName) {
  auto stat = parse_stat("42 (a) b) (c) S 1 42 42 34816 42 4194304 1 2 3 4 50 7 0 0 20 0 1 0 98765 1000 10 0 0 0\n");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->command, "a) b) (c");
  EXPECT_EQ(stat->state, 'S');
  EXPECT_EQ(stat->parent, 1);
  EXPECT_EQ(stat->terminal, 34816);
  EXPECT_EQ(stat->ticks, 57U);
  EXPECT_EQ(stat->start, 98765U);
  EXPECT_FALSE(parse_stat(""));
  EXPECT_FALSE(parse_stat("42 (x) S"));
}

TEST(Process, APidfdIsOfTheRightProcess) {
  auto start = start_time_of(getpid());
  ASSERT_TRUE(start);
  EXPECT_TRUE(*open_process(getpid(), *start));
  EXPECT_FALSE(*open_process(getpid(), *start + 1));
  EXPECT_FALSE(*open_process(4194305, 1));
  EXPECT_FALSE(has_ended(open_process(getpid(), *start)->get()));
  EXPECT_EQ(boot_id().value_or("").size(), 36U);
}

TEST(HugePages, Sizes) {
  EXPECT_EQ(huge_page_size("hugepages-2048kB"), "2MB");
  EXPECT_EQ(huge_page_size("hugepages-1048576kB"), "1GB");
  EXPECT_EQ(huge_page_size("hugepages-64kB"), "64KB");
  EXPECT_FALSE(huge_page_size("hugepages-kB"));
  EXPECT_FALSE(huge_page_size("other"));
}

} // namespace
} // namespace phial::kernel
