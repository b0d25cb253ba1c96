// What phial-oci's verbs print and read, without a container.
#include "oci/list.hpp"
#include "oci/options.hpp"
#include "oci/ps.hpp"
#include "oci/update.hpp"
#include "oci/values.hpp"
#include "runtime/update_resources.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace phial::oci {
namespace {

std::vector<runtime::Container> one_stopped() {
  std::vector<runtime::Container> out(1);
  runtime::Record& record = out[0].record;
  record.oci_version = "1.3.0";
  record.id = "a-rather-long-id";
  record.bundle = "/b";
  record.rootfs = "/b/rootfs";
  record.created = 1'700'000'000'120'000'000;
  record.owner = "root";
  record.annotations = {{"z", "1"}, {"a", "2"}};
  record.pid = 7;
  return out;
}

TEST(OciList, TheTableHasRuncsColumns) {
  EXPECT_EQ(list_table(one_stopped()),
            "ID                 PID         STATUS      BUNDLE      CREATED                   OWNER\n"
            "a-rather-long-id   0           stopped     /b          2023-11-14T22:13:20.12Z   root\n");
  EXPECT_EQ(list_table({}), "ID          PID         STATUS      BUNDLE      CREATED     OWNER\n");
}

TEST(OciList, JsonHasRuncsFields) {
  EXPECT_EQ(to_text(list_json(one_stopped())),
            R"([{"ociVersion":"1.3.0","id":"a-rather-long-id","pid":0,"status":"stopped","bundle":"/b",)"
            R"("rootfs":"/b/rootfs","created":"2023-11-14T22:13:20.12Z","annotations":{"a":"2","z":"1"},)"
            R"("owner":"root"}])");
  EXPECT_EQ(to_text(list_json({})), "null");
}

TEST(OciList, TimesHaveNoZerosAtTheirEnd) {
  EXPECT_EQ(go_time(1'700'000'000'000'000'000), "2023-11-14T22:13:20Z");
  EXPECT_EQ(go_time(1'700'000'000'000'000'001), "2023-11-14T22:13:20.000000001Z");
}

TEST(OciPs, TheTableIsFilteredByItsColumnPid) {
  std::string_view table = "UID   PID  PPID CMD\nroot    1     0 init 12\nroot   12     1 sh\n 1000  13    12 ps -ef\n";
  EXPECT_EQ(*processes_table(table, std::vector<pid_t>{12, 13}),
            "UID   PID  PPID CMD\nroot   12     1 sh\n 1000  13    12 ps -ef\n");
  EXPECT_EQ(processes_table("USER CMD\n", {}).error().message, "couldn't find PID field in ps output");
}

Result<kernel::Resources> from_flags(std::vector<std::string_view> words) {
  words.push_back("id");
  return resources_of(*parse_verb(**find_verb("update"), words));
}

TEST(OciUpdate, FlagsAreResources) {
  kernel::Resources r = *from_flags({"--memory", "64m", "--memory-swap=-1", "--cpu-quota", "-1", "--cpu-share", "512",
                                     "--cpuset-cpus", "0-1", "--pids-limit", "10", "--blkio-weight", "20", "--cpu-idle",
                                     "1", "--cpu-burst", "0", "--kernel-memory", "5"});
  EXPECT_EQ(r.memory->limit, 64 << 20);
  EXPECT_EQ(r.memory->swap, -1);
  EXPECT_EQ(r.memory->kernel, std::nullopt);
  EXPECT_EQ(r.cpu->quota, -1);
  EXPECT_EQ(r.cpu->shares, 512U);
  EXPECT_EQ(r.cpu->cpus, "0-1");
  EXPECT_EQ(r.cpu->idle, 1);
  EXPECT_EQ(r.cpu->burst, 0U);
  EXPECT_EQ(r.pids->limit, 10);
  EXPECT_EQ(r.block_io->weight, 20);
}

TEST(OciUpdate, WhatIsNotNamedIsNotThere) {
  EXPECT_EQ(*from_flags({}), kernel::Resources{});
  EXPECT_EQ(*from_flags({"--pids-limit", "0", "--blkio-weight", "0"}), kernel::Resources{});
}

TEST(OciUpdate, BadValuesAreRefused) {
  EXPECT_EQ(from_flags({"--memory", "lots"}).error().message, "--memory: \"lots\" is no size");
  EXPECT_EQ(from_flags({"--cpu-share", "-3"}).error().kind, Kind::usage);
  EXPECT_EQ(from_flags({"--cpu-idle", "2"}).error().message, "--cpu-idle: \"2\" is not a number from 0 to 1");
  EXPECT_EQ(from_flags({"--cpuset-mems", "x"}).error().message, "--cpuset-mems: \"x\" is not a list like 0-3,7");
  EXPECT_EQ(from_flags({"--blkio-weight", "5"}).error().message, "--blkio-weight: 5 is not from 10 to 1000");
}

TEST(OciUpdate, WhatIsStoredTakesWhatIsWanted) {
  kernel::Resources stored;
  stored.memory.emplace().limit = 100;
  stored.memory->swap = 300;
  stored.cpu.emplace().shares = 7;
  stored.unified = {{"memory.high", "1"}};
  kernel::Resources wanted;
  wanted.memory.emplace().swap = 400;
  wanted.cpu.emplace().quota = 5000;
  wanted.unified = {{"memory.high", "2"}, {"cpu.idle", "1"}};
  EXPECT_EQ(runtime::written_for(wanted, stored).memory->limit, 100) << "swap is counted on top of it";
  kernel::Resources out = runtime::updated(stored, wanted);
  EXPECT_EQ(out.memory->limit, 100);
  EXPECT_EQ(out.memory->swap, 400);
  EXPECT_EQ(out.cpu->shares, 7U);
  EXPECT_EQ(out.cpu->quota, 5000);
  EXPECT_EQ(out.unified.size(), 2U);
  EXPECT_EQ(out.unified[0].second, "2");
}

TEST(OciUpdate, UnlimitedMemoryTakesTheLimitOfSwapAlong) {
  kernel::Resources stored;
  stored.memory.emplace().limit = 100;
  stored.memory->swap = 300;
  kernel::Resources wanted;
  wanted.memory.emplace().limit = -1;
  EXPECT_EQ(runtime::updated(stored, wanted).memory->swap, -1);
}

TEST(OciValues, Durations) {
  auto read = [](std::string_view text) {
    std::vector<std::string_view> words = {"--interval", text, "id"};
    return duration_of(*parse_verb(**find_verb("events"), words), "interval");
  };
  EXPECT_EQ(*read("500ms"), 500'000'000);
  EXPECT_EQ(*read("1m"), 60'000'000'000);
  EXPECT_FALSE(read("0s"));
  EXPECT_FALSE(read("soon"));
}

} // namespace
} // namespace phial::oci
