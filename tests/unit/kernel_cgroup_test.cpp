#include "kernel/cgroup/controller.hpp"
#include "kernel/cgroup/layout.hpp"
#include "kernel/cgroup/stats.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace phial::kernel {
namespace {

using testing::ElementsAre;

constexpr std::string_view kHybridMounts =
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu rw,relatime - cgroup cgroup rw,cpu\n"
    "33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct\n"
    "34 31 0:31 / /sys/fs/cgroup/cpuset rw,relatime - cgroup cgroup rw,cpuset\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
    "36 31 0:33 / /sys/fs/cgroup/devices rw,relatime - cgroup cgroup rw,devices\n"
    "37 31 0:34 / /sys/fs/cgroup/freezer rw,relatime - cgroup cgroup rw,freezer\n"
    "38 31 0:35 / /sys/fs/cgroup/blkio rw,relatime - cgroup cgroup rw,blkio\n"
    "39 31 0:36 / /sys/fs/cgroup/pids rw,relatime - cgroup cgroup rw,pids\n"
    "40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,name=systemd\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n";
constexpr std::string_view kHybridSelf = "9:name=systemd:/\n8:pids:/\n7:blkio:/\n6:freezer:/\n5:devices:/\n"
                                         "4:memory:/service/a:b\n3:cpuset:/\n2:cpuacct:/\n1:cpu:/\n0::/\n";
constexpr std::string_view kV2Mounts = "29 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";
constexpr std::string_view kSystemdV1Mounts =
    "30 25 0:26 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755\n"
    "31 30 0:27 / /sys/fs/cgroup/unified rw shared:5 - cgroup2 cgroup2 rw,nsdelegate\n"
    "32 30 0:28 / /sys/fs/cgroup/systemd rw shared:6 - cgroup cgroup rw,xattr,name=systemd\n"
    "36 30 0:32 / /sys/fs/cgroup/cpu,cpuacct rw shared:11 - cgroup cgroup rw,cpu,cpuacct\n";

CgroupLayout hybrid() {
  return parse_cgroup_layout(kHybridMounts, kHybridSelf, "hugetlb\n").value_or(CgroupLayout{});
}
CgroupLayout v2() {
  return parse_cgroup_layout(kV2Mounts, "0::/user.slice/x\n", "cpuset cpu io memory hugetlb pids rdma misc\n")
      .value_or(CgroupLayout{});
}

// "cpu.max=50000 100000" a write, with "|" before a fallback.
std::vector<std::string> lines(const CgroupLayout& layout, const CgroupRequest& request) {
  auto writes = cgroup_writes(layout, request);
  if (!writes)
    return {"error: " + writes.error().text()};
  std::vector<std::string> result;
  for (const FileWrite& write : *writes) {
    result.push_back(write.file + "=" + write.value);
    if (!write.fallback_file.empty())
      result.back() += "|" + write.fallback_file + "=" + write.fallback_value;
  }
  return result;
}
CgroupRequest with(auto&& fill, bool update = false) {
  CgroupRequest request;
  request.update = update;
  fill(request.resources);
  return request;
}

TEST(CgroupLayout, Hybrid) {
  CgroupLayout layout = hybrid();
  EXPECT_EQ(layout.mode, CgroupMode::hybrid);
  ASSERT_EQ(layout.hierarchies.size(), 10U);
  EXPECT_EQ(layout.hierarchies.front().label(), "cpu");
  EXPECT_EQ(layout.hierarchies.back().label(), "unified");
  ASSERT_NE(layout.holding("memory"), nullptr);
  EXPECT_EQ(layout.holding("memory")->own, "/service/a:b");
  EXPECT_EQ(layout.holding("memory")->own_directory(), "/sys/fs/cgroup/memory/service/a:b");
  EXPECT_EQ(layout.holding("hugetlb")->version, 2);
  EXPECT_EQ(layout.holding("io")->point, "/sys/fs/cgroup/blkio");
  EXPECT_EQ(layout.holding("rdma"), nullptr);
  EXPECT_EQ(layout.named("systemd")->directory("/phial/x"), "/sys/fs/cgroup/systemd/phial/x");
  EXPECT_EQ(layout.unified()->directory("/"), "/sys/fs/cgroup/unified");
}

TEST(CgroupLayout, Unified) {
  CgroupLayout layout = v2();
  EXPECT_EQ(layout.mode, CgroupMode::v2);
  ASSERT_EQ(layout.hierarchies.size(), 1U);
  EXPECT_EQ(layout.holding("blkio"), layout.unified());
  EXPECT_EQ(layout.unified()->own_directory(), "/sys/fs/cgroup/user.slice/x");
  EXPECT_EQ(subtree_control_text({"cpu", "memory"}), "+cpu +memory");
}

TEST(CgroupLayout, SystemdsHybridAndBindMounts) {
  auto layout =
      parse_cgroup_layout(kSystemdV1Mounts, "2:cpu,cpuacct:/\n1:name=systemd:/init.scope\n0::/init.scope\n", "");
  ASSERT_TRUE(layout);
  EXPECT_EQ(layout->mode, CgroupMode::hybrid);
  EXPECT_EQ(layout->holding("cpuacct")->point, "/sys/fs/cgroup/cpu,cpuacct");
  EXPECT_EQ(layout->named("systemd")->own, "/init.scope");
  auto inner = parse_cgroup_layout("9 8 0:1 /docker/x /sys/fs/cgroup/memory ro - cgroup c rw,memory\n",
                                   "3:memory:/docker/x\n", "");
  ASSERT_TRUE(inner);
  EXPECT_EQ(inner->mode, CgroupMode::v1);
  EXPECT_EQ(inner->hierarchies.front().own_directory(), "/sys/fs/cgroup/memory");
  EXPECT_EQ(inner->hierarchies.front().directory("/docker/x/y"), "/sys/fs/cgroup/memory/y");
  auto nothing = parse_cgroup_layout("", "", "");
  ASSERT_TRUE(nothing);
  EXPECT_EQ(nothing->mode, CgroupMode::none);
  EXPECT_FALSE(parse_cgroup_layout("", "nonsense\n", ""));
}

TEST(CgroupWrites, MemoryOnCreation) {
  auto request = with([](Resources& r) { r.memory = {.limit = 64 << 20, .reservation = 1 << 20, .swap = 128 << 20}; });
  EXPECT_THAT(lines(v2(), request),
              ElementsAre("memory.max=67108864", "memory.swap.max=67108864", "memory.low=1048576"));
  EXPECT_THAT(lines(hybrid(), request),
              ElementsAre("memory.limit_in_bytes=67108864", "memory.memsw.limit_in_bytes=134217728",
                          "memory.soft_limit_in_bytes=1048576"));
}

TEST(CgroupWrites, MemoryUnlimited) {
  auto request = with([](Resources& r) { r.memory = {.limit = -1}; }, true);
  EXPECT_THAT(lines(v2(), request), ElementsAre("memory.max=max", "memory.swap.max=max"));
  EXPECT_THAT(lines(hybrid(), request), ElementsAre("memory.memsw.limit_in_bytes=-1", "memory.limit_in_bytes=-1"));
  request = with([](Resources& r) { r.memory = {.limit = 100, .swap = -1}; });
  EXPECT_THAT(lines(v2(), request), ElementsAre("memory.max=100", "memory.swap.max=max"));
}

TEST(CgroupWrites, MemoryUpdateOrder) {
  auto request = with([](Resources& r) { r.memory = {.limit = 200, .swap = 400}; }, true);
  request.current.memory_swap = 100; // both grow
  EXPECT_THAT(lines(hybrid(), request), ElementsAre("memory.memsw.limit_in_bytes=400", "memory.limit_in_bytes=200"));
  request.current.memory_swap = 1000; // both shrink
  EXPECT_THAT(lines(hybrid(), request), ElementsAre("memory.limit_in_bytes=200", "memory.memsw.limit_in_bytes=400"));
}

TEST(CgroupWrites, MemoryImpossible) {
  auto error = [](const CgroupLayout& layout, MemoryResources memory) {
    auto writes = cgroup_writes(layout, with([&](Resources& r) { r.memory = memory; }));
    return writes ? std::string() : writes.error().text();
  };
  EXPECT_NE(error(v2(), {.limit = 200, .swap = 100}), "");
  EXPECT_NE(error(hybrid(), {.limit = 200, .swap = 100}), "");
  EXPECT_NE(error(v2(), {.swap = 100}), "");
  EXPECT_NE(error(v2(), {.limit = -5}), "");
  EXPECT_NE(error(hybrid(), {.swappiness = 101}), "");
  EXPECT_EQ(error(v2(), {.swappiness = 10}), ""); // version 1's alone, and passed over
  EXPECT_EQ(error(hybrid(), {.swappiness = 10}), "");
  EXPECT_EQ(error(v2(), {.disable_oom_killer = true}), "");
  EXPECT_EQ(error(v2(), {.disable_oom_killer = false}), "");
  EXPECT_NE(error(v2(), {.limit = 200, .swap = 100}).find("linux.resources.memory.swap"), std::string::npos);
  EXPECT_FALSE(check_memory_update({.limit = 10, .check_before_update = true}, 20));
  EXPECT_TRUE(check_memory_update({.limit = 10}, 20));
  EXPECT_EQ(check_memory_update({.limit = 10, .swap = 15, .check_before_update = true}, 20).error().message,
            "rejecting memory+swap limit 15 <= usage 20");
}

TEST(CgroupWrites, Cpu) {
  auto request = with([](Resources& r) { r.cpu = {.shares = 1024, .quota = 50000, .burst = 1000, .period = 100000}; });
  EXPECT_THAT(lines(v2(), request), ElementsAre("cpu.weight=100", "cpu.max=50000 100000", "cpu.max.burst=1000"));
  EXPECT_THAT(lines(hybrid(), request), ElementsAre("cpu.shares=1024", "cpu.cfs_period_us=100000",
                                                    "cpu.cfs_quota_us=50000", "cpu.cfs_burst_us=1000"));
  request.update = true;
  EXPECT_THAT(lines(v2(), request),
              ElementsAre("cpu.weight=100", "cpu.max=max", "cpu.max.burst=1000", "cpu.max=50000 100000"));
  EXPECT_THAT(lines(hybrid(), request),
              ElementsAre("cpu.shares=1024", "cpu.cfs_quota_us=-1", "cpu.cfs_period_us=100000", "cpu.cfs_burst_us=1000",
                          "cpu.cfs_quota_us=50000"));
}

TEST(CgroupWrites, CpuPartsKeepTheOther) {
  auto quota = with([](Resources& r) { r.cpu = {.quota = 20000}; }, true);
  quota.current.cpu_max = "50000 200000\n";
  EXPECT_THAT(lines(v2(), quota), ElementsAre("cpu.max=20000 200000"));
  auto period = with([](Resources& r) { r.cpu = {.period = 150000}; }, true);
  period.current.cpu_max = "50000 200000\n";
  EXPECT_THAT(lines(v2(), period), ElementsAre("cpu.max=50000 150000"));
  auto unlimited = with([](Resources& r) { r.cpu = {.quota = -1}; });
  EXPECT_THAT(lines(v2(), unlimited), ElementsAre("cpu.max=max 100000"));
}

TEST(CgroupWrites, CpuIdleAndBadOnes) {
  EXPECT_THAT(lines(v2(), with([](Resources& r) { r.cpu = {.shares = 2, .idle = 1}; })),
              ElementsAre("cpu.weight=1", "cpu.idle=1"));
  EXPECT_THAT(lines(v2(), with([](Resources& r) { r.cpu = {.shares = 2, .idle = 0}; })),
              ElementsAre("cpu.idle=0", "cpu.weight=1"));
  EXPECT_FALSE(cgroup_writes(v2(), with([](Resources& r) { r.cpu = {.realtime_runtime = 1}; })));
  EXPECT_FALSE(cgroup_writes(hybrid(), with([](Resources& r) { r.cpu = {.quota = 500}; })));
  EXPECT_FALSE(cgroup_writes(v2(), with([](Resources& r) { r.cpu = {.quota = 5000, .burst = 6000}; })));
}

TEST(CgroupWrites, WeightOfShares) {
  EXPECT_EQ(weight_of_shares(0), 0U);
  EXPECT_EQ(weight_of_shares(1), 1U);
  EXPECT_EQ(weight_of_shares(2), 1U);
  EXPECT_EQ(weight_of_shares(512), 59U);
  EXPECT_EQ(weight_of_shares(1024), 100U);
  EXPECT_EQ(weight_of_shares(2048), 174U);
  EXPECT_EQ(weight_of_shares(262144), 10000U);
  EXPECT_EQ(weight_of_shares(1000000), 10000U);
  for (std::uint64_t shares = 3, last = 1; shares < 262144; shares += 97) {
    EXPECT_GE(weight_of_shares(shares), last);
    last = weight_of_shares(shares);
  }
}

TEST(CgroupWrites, Cpuset) {
  auto request = with([](Resources& r) { r.cpu = {.cpus = "0-1"}; });
  request.parent_cpus = "0-7";
  request.parent_mems = "0";
  EXPECT_THAT(lines(hybrid(), request), ElementsAre("cpuset.cpus=0-1", "cpuset.mems=0"));
  EXPECT_THAT(lines(v2(), request), ElementsAre("cpuset.cpus=0-1"));
  request.resources.cpu.reset();
  EXPECT_THAT(lines(hybrid(), request), ElementsAre("cpuset.cpus=0-7", "cpuset.mems=0"));
  EXPECT_EQ(inherited_cpuset("0-7", "0").size(), 2U);
}

TEST(CgroupWrites, Io) {
  auto request = with([](Resources& r) {
    r.block_io.emplace();
    r.block_io->weight = 500;
    r.block_io->weight_devices = {{8, 0, 10, {}}};
    r.block_io->read_bps = {{8, 0, 1048576}};
    r.block_io->write_iops = {{8, 16, 0}};
  });
  EXPECT_THAT(lines(v2(), request),
              ElementsAre("io.bfq.weight=500|io.weight=default 4950", "io.bfq.weight=8:0 10|io.weight=8:0 1",
                          "io.max=8:0 rbps=1048576", "io.max=8:16 wiops=max"));
  EXPECT_THAT(lines(hybrid(), request),
              ElementsAre("blkio.weight=500|blkio.bfq.weight=500",
                          "blkio.weight_device=8:0 10|blkio.bfq.weight_device=8:0 10",
                          "blkio.throttle.read_bps_device=8:0 1048576", "blkio.throttle.write_iops_device=8:16 0"));
  EXPECT_EQ(io_weight_of_blkio(10), 1U);
  EXPECT_EQ(io_weight_of_blkio(1000), 10000U);
  request.resources.block_io->weight = 5;
  EXPECT_FALSE(cgroup_writes(v2(), request));
}

TEST(CgroupWrites, TheSmallOnes) {
  auto request = with([](Resources& r) {
    r.pids = {.limit = 32};
    r.hugepage_limits = {{"2MB", 4 << 20}};
  });
  // On the hybrid machine hugetlb is the one controller that version 2 holds.
  EXPECT_THAT(lines(hybrid(), request),
              ElementsAre("pids.max=32", "hugetlb.2MB.max=4194304", "hugetlb.2MB.rsvd.max=4194304"));
  EXPECT_THAT(lines(v2(), with([](Resources& r) { r.pids = {.limit = -1}; })), ElementsAre("pids.max=max"));
  EXPECT_THAT(lines(v2(), with([](Resources& r) { r.pids = {.limit = 0}; })), ElementsAre("pids.max=1"));
  EXPECT_THAT(lines(v2(), with([](Resources& r) { r.rdma = {{"mlx5_1", 3, 100}}; })),
              ElementsAre("rdma.max=mlx5_1 hca_handle=3 hca_object=100"));
  EXPECT_FALSE(cgroup_writes(hybrid(), with([](Resources& r) { r.rdma = {{"mlx5_1", 3, {}}}; })));
  EXPECT_FALSE(cgroup_writes(v2(), with([](Resources& r) { r.network.emplace().class_id = 1; })));
  for (std::string_view wrong : {"2mb", "../2MB", "MB", "0MB", "2 MB"})
    EXPECT_FALSE(cgroup_writes(v2(), with([&](Resources& r) { r.hugepage_limits = {{std::string(wrong), 1}}; })))
        << wrong;
}

TEST(CgroupWrites, Unified) {
  auto one = [](std::string key, std::string value) { return with([&](Resources& r) { r.unified = {{key, value}}; }); };
  EXPECT_THAT(lines(v2(), one("memory.high", "1000")), ElementsAre("memory.high=1000"));
  EXPECT_THAT(lines(v2(), one("io.max", "8:0 rbps=1\n8:16 rbps=2")),
              ElementsAre("io.max=8:0 rbps=1", "io.max=8:16 rbps=2"));
  EXPECT_THAT(lines(hybrid(), one("hugetlb.2MB.max", "0")), ElementsAre("hugetlb.2MB.max=0"));
  EXPECT_FALSE(cgroup_writes(hybrid(), one("memory.high", "1000")));
  EXPECT_FALSE(cgroup_writes(v2(), one("dmem.max", "1")));
  for (std::string_view wrong :
       {"", "memory", "memory.", ".high", "../x.y", "memory.a/b", "cgroup.procs", "cgroup.kill", "mem ory.high"})
    EXPECT_FALSE(cgroup_writes(v2(), one(std::string(wrong), "1"))) << wrong;
}

TEST(CgroupWrites, DevicesOfVersionOne) {
  auto request = with([](Resources& r) { r.devices = {{false, 'a', {}, {}, "rwm"}, {true, 'c', 1, 3, "rw"}}; });
  EXPECT_THAT(lines(hybrid(), request), ElementsAre("devices.deny=a", "devices.allow=c 1:3 rw"));
  EXPECT_THAT(lines(v2(), request), ElementsAre());
}

TEST(CgroupWrites, NothingAskedNothingDone) {
  EXPECT_THAT(lines(v2(), {}), ElementsAre());
  EXPECT_THAT(lines(hybrid(), {}), ElementsAre());
  EXPECT_THAT(lines({}, {}), ElementsAre());
  EXPECT_EQ(find_controller("io"), find_controller("blkio"));
  EXPECT_EQ(find_controller("nonsense"), nullptr);
  EXPECT_EQ(find_controller(""), nullptr);
}

TEST(CgroupStats, OutOfMemory) {
  EXPECT_EQ(oom_kills("oom_kill_disable 0\nunder_oom 0\noom_kill 2\n"), 2U);
  EXPECT_EQ(oom_kills("low 0\nhigh 0\nmax 5\noom 4\noom_kill 3\noom_group_kill 1\n"), 3U);
  EXPECT_FALSE(oom_kills("oom_kill_disable 0\nunder_oom 0\n"));
  EXPECT_FALSE(oom_kills(""));
  EXPECT_EQ(memory_events("low 0\nhigh 0\nmax 5\noom 4\noom_kill 3\noom_group_kill 1\n").oom_group_kill, 1U);
}

TEST(CgroupStats, Values) {
  EXPECT_TRUE(populated("populated 1\nfrozen 0\n"));
  EXPECT_FALSE(frozen("populated 1\nfrozen 0\n"));
  EXPECT_TRUE(frozen_v1("FROZEN\n"));
  EXPECT_FALSE(frozen_v1("FREEZING\n"));
  EXPECT_EQ(single_value("42\n"), 42U);
  EXPECT_FALSE(single_value("max\n"));
  EXPECT_FALSE(limit_value("9223372036854771712\n"));
  EXPECT_EQ(limit_value("1048576\n"), 1048576U);
  EXPECT_EQ(cpu_usage_v2("usage_usec 15\nuser_usec 10\n"), 15000U);
  EXPECT_EQ(throttling("nr_periods 5\nnr_throttled 3\nthrottled_usec 7\n").throttled_nanoseconds, 7000U);
  EXPECT_EQ(throttling("nr_periods 5\nnr_throttled 3\nthrottled_time 7\n").throttled_nanoseconds, 7U);
}

TEST(CgroupStats, PressureAndIo) {
  auto pressure = parse_pressure(
      "some avg10=1.25 avg60=0.00 avg300=12.00 total=99\nfull avg10=0.50 avg60=0.00 avg300=0.00 total=7\n");
  ASSERT_TRUE(pressure);
  EXPECT_EQ(pressure->some.avg10, 125U);
  EXPECT_EQ(pressure->some.avg300, 1200U);
  EXPECT_EQ(pressure->full->total, 7U);
  EXPECT_FALSE(parse_pressure(""));
  EXPECT_EQ(
      io_totals_v2("8:0 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=0 dios=0\n8:16 rbytes=5 wbytes=0 rios=1 wios=0\n")
          .read_bytes,
      15U);
  EXPECT_EQ(io_totals_v1("8:0 Read 4096\n8:0 Write 1\nTotal 4097\n", "8:0 Read 1\n").read_bytes, 4096U);
}

} // namespace
} // namespace phial::kernel
