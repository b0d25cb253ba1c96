#include "engine/network_files.hpp"
#include "engine/specify.hpp"
#include "kernel/capabilities.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace phial::engine {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

class Specify : public testing::Test {
protected:
  Specify() {
    image_.env = {"PATH=/bin", "LANG=C"};
    image_.cmd = {"sh"};
    world_.id = std::string(64, 'a');
    world_.directory = "/var/lib/phial/containers/" + world_.id;
    world_.host_name = "machine";
    world_.user.home = "/root";
    options_.image = "busybox";
  }
  Specified made() {
    auto out = specify(options_, image_, world_);
    EXPECT_TRUE(out) << out.error().text();
    return std::move(*out);
  }
  Kind refused() {
    auto out = specify(options_, image_, world_);
    EXPECT_FALSE(out);
    return out ? Kind::internal : out.error().kind;
  }
  static const spec::Mount* mount(const Specified& made, std::string_view destination) {
    for (const spec::Mount& mount : made.spec.mounts)
      if (mount.destination == destination)
        return &mount;
    return nullptr;
  }
  static std::string why(const Specified& made, std::string_view field) {
    for (const Reason& reason : made.reasons)
      if (reason.field == field)
        return reason.text;
    return "";
  }

  RunOptions options_;
  image::ImageConfig image_;
  World world_;
};

TEST(Environment, LastValueInTheFirstPlace) {
  EXPECT_THAT(merge_environment({"A=1", "B=2"}, {"A=3", "C=4"}), ElementsAre("A=3", "B=2", "C=4"));
  EXPECT_THAT(merge_environment({"A=1", "B=2"}, {"A"}), ElementsAre("B=2"));
  EXPECT_THAT(merge_environment({"AB=1"}, {"A=2"}), ElementsAre("AB=1", "A=2"));
}

TEST_F(Specify, DockersDefaults) {
  Specified made = this->made();
  const spec::Process& process = *made.spec.process;
  EXPECT_THAT(process.args, ElementsAre("sh"));
  EXPECT_THAT(process.env, ElementsAre("PATH=/bin", "HOSTNAME=aaaaaaaaaaaa", "LANG=C", "HOME=/root"));
  EXPECT_EQ(process.cwd, "/");
  EXPECT_EQ(made.spec.hostname, "aaaaaaaaaaaa");
  EXPECT_EQ(process.capabilities->bounding.size(), 14U);
  EXPECT_EQ(process.capabilities->effective, process.capabilities->bounding);
  EXPECT_TRUE(process.capabilities->inheritable.empty());
  EXPECT_TRUE(made.spec.platform.seccomp);
  EXPECT_EQ(made.spec.platform.namespaces.size(), 6U);
  EXPECT_THAT(made.spec.platform.masked_paths, Contains("/proc/kcore"));
  EXPECT_THAT(made.spec.platform.readonly_paths, Contains("/proc/sys"));
  EXPECT_THAT(mount(made, "/sys")->options, Contains("ro"));
  EXPECT_THAT(mount(made, "/dev/shm")->options, Contains("size=67108864"));
  EXPECT_EQ(mount(made, "/etc/hosts")->source, world_.directory + "/hosts");
  EXPECT_EQ(made.stop_signal, "SIGTERM");
  EXPECT_EQ(made.network_mode, "none");
}

TEST_F(Specify, EntrypointAndCommand) {
  image_.entrypoint = {"/entry"};
  EXPECT_THAT(made().spec.process->args, ElementsAre("/entry", "sh"));
  options_.command = {"ls", "-l"};
  EXPECT_THAT(made().spec.process->args, ElementsAre("/entry", "ls", "-l"));
  options_.entrypoint = {"/other"};
  EXPECT_THAT(made().spec.process->args, ElementsAre("/other", "ls", "-l"));
  options_.command.clear();
  EXPECT_THAT(made().spec.process->args, ElementsAre("/other")); // the image's command goes with its entrypoint
  options_.entrypoint = std::vector<std::string>();
  EXPECT_EQ(refused(), Kind::usage);
}

TEST_F(Specify, CapabilitiesOfFlags) {
  options_.security.cap_drop = {"ALL"};
  options_.security.cap_add = {"NET_ADMIN"};
  EXPECT_THAT(made().spec.process->capabilities->bounding, ElementsAre("CAP_NET_ADMIN"));
  options_.security.cap_drop = {"KILL"};
  options_.security.cap_add = {"ALL"};
  EXPECT_EQ(made().spec.process->capabilities->bounding.size(), 40U);
  options_.security.cap_add.clear();
  world_.user.uid = 1000;
  Specified made = this->made();
  EXPECT_EQ(made.spec.process->capabilities->bounding.size(), 13U);
  EXPECT_TRUE(made.spec.process->capabilities->effective.empty());
  options_.security.cap_add = {"NONSENSE"};
  EXPECT_EQ(refused(), Kind::input);
}

TEST_F(Specify, Privileged) {
  options_.security.privileged = true;
  world_.all_devices = {{"/dev/sda", 'b', 8, 0, 0660, 0, 6}};
  Specified made = this->made();
  EXPECT_EQ(made.spec.process->capabilities->bounding.size(), 41U);
  EXPECT_FALSE(made.spec.platform.seccomp);
  EXPECT_TRUE(made.spec.platform.masked_paths.empty());
  EXPECT_THAT(mount(made, "/sys")->options, Not(Contains("ro")));
  EXPECT_EQ(made.spec.platform.devices.at(0).path, "/dev/sda");
  EXPECT_EQ(made.spec.platform.resources->devices.at(0).allow, true);
}

TEST_F(Specify, MountsStandInDepthOrderAndReplaceStandardOnes) {
  options_.mounts.resize(3);
  options_.mounts[0] = {
      .source = "/b", .destination = "/data/deep", .propagation = {}, .tmpfs_options = {}, .flag = "-v /b:/data/deep"};
  options_.mounts[1] = {.source = "/a",
                        .destination = "/data",
                        .read_only = true,
                        .propagation = {},
                        .tmpfs_options = {},
                        .flag = "-v /a:/data:ro"};
  options_.mounts[2].type = MountRequest::Type::tmpfs;
  options_.mounts[2].destination = "/dev/shm";
  options_.mounts[2].tmpfs_options = {"exec"};
  options_.mounts[2].tmpfs_mode = 01777;
  options_.mounts[2].flag = "--tmpfs /dev/shm:exec";
  Specified made = this->made();
  std::size_t data = 0;
  std::size_t deep = 0;
  int shm = 0;
  for (std::size_t i = 0; i < made.spec.mounts.size(); ++i) {
    const spec::Mount& mount = made.spec.mounts[i];
    if (mount.destination == "/data")
      data = i;
    if (mount.destination == "/data/deep")
      deep = i;
    shm += mount.destination == "/dev/shm" ? 1 : 0;
  }
  EXPECT_LT(data, deep);
  EXPECT_EQ(shm, 1);
  EXPECT_EQ(why(made, "mounts[" + std::to_string(deep) + "]"), "flag -v /b:/data/deep");
  EXPECT_THAT(mount(made, "/data")->options, ElementsAre("rbind", "rprivate", "ro", "rro"));
  EXPECT_THAT(mount(made, "/dev/shm")->options, ElementsAre("nosuid", "nodev", "exec", "mode=1777"));
  EXPECT_EQ(made.mounts.size(), 3U);
}

TEST_F(Specify, ImageVolumesGetPlaces) {
  image_.volumes = {"/cache", "/data"};
  options_.mounts.resize(1);
  options_.mounts[0].source = "/a";
  options_.mounts[0].destination = "/data";
  EXPECT_THAT(uncovered_volumes(options_, image_), ElementsAre("/cache"));
  world_.volumes = {{"abc", "/volumes/abc/_data", true}};
  Specified made = this->made();
  EXPECT_EQ(mount(made, "/cache")->source, "/volumes/abc/_data");
  EXPECT_TRUE(made.mounts.back().anonymous);
  EXPECT_EQ(made.mounts.back().name, "abc");
}

TEST_F(Specify, Limits) {
  options_.limits.memory = 64U << 20;
  options_.limits.nano_cpus = 500'000'000;
  options_.limits.pids = 32;
  options_.given = {{"memory", "64m"}};
  Specified made = this->made();
  const kernel::Resources& resources = *made.spec.platform.resources;
  EXPECT_EQ(resources.memory->limit, 64 << 20);
  EXPECT_EQ(resources.memory->swap, 128 << 20);
  EXPECT_EQ(resources.cpu->quota, 50'000);
  EXPECT_EQ(resources.cpu->period, 100'000U);
  EXPECT_EQ(resources.pids->limit, 32);
  EXPECT_EQ(why(made, "linux.resources.memory.limit"), "flag --memory 64m");
  options_.limits.memory_swap = -1;
  EXPECT_EQ(this->made().spec.platform.resources->memory->swap, -1);
  options_.limits.memory_high = 1000;
  EXPECT_EQ(this->made().warnings.size(), 1U);
  world_.cgroup_v2 = true;
  EXPECT_TRUE(this->made().warnings.empty());
}

TEST_F(Specify, AForkBombEndsAtItsContainer) {
  EXPECT_EQ(this->made().spec.platform.resources->pids->limit, 2048);
  options_.limits.pids = -1;
  EXPECT_EQ(this->made().spec.platform.resources->pids->limit, -1);
  options_.limits.pids.reset();
  options_.security.privileged = true;
  EXPECT_FALSE(this->made().spec.platform.resources->pids);
}

TEST_F(Specify, NamespacesOfOthers) {
  options_.network.from = NamespaceRequest::From::container;
  options_.network.container = "web";
  world_.joined = {{"web", std::string(64, 'b'), 77, "/other"}};
  Specified made = this->made();
  EXPECT_EQ(made.spec.platform.find(spec::NamespaceType::network)->path, "/proc/77/ns/net");
  EXPECT_EQ(mount(made, "/etc/resolv.conf")->source, "/other/resolv.conf");
  EXPECT_EQ(made.network_mode, "container:" + std::string(64, 'b'));
  world_.joined[0].pid = 0;
  EXPECT_EQ(refused(), Kind::state);
}

TEST_F(Specify, TheSharedMemoryOfAnotherIsThatOfItsIpcNamespace) {
  options_.ipc.from = NamespaceRequest::From::container;
  options_.ipc.container = "web";
  world_.joined = {{"web", std::string(64, 'b'), 77, "/other"}};
  EXPECT_EQ(mount(this->made(), "/dev/shm")->source, "/proc/77/root/dev/shm");
  world_.joined[0].has_shm = false;
  EXPECT_EQ(mount(this->made(), "/dev/shm"), nullptr);
}

TEST_F(Specify, HostNamespacesAreLeftOut) {
  options_.network.from = NamespaceRequest::From::host;
  options_.pid.from = NamespaceRequest::From::host;
  Specified made = this->made();
  EXPECT_EQ(made.spec.platform.find(spec::NamespaceType::network), nullptr);
  EXPECT_EQ(made.spec.platform.find(spec::NamespaceType::pid), nullptr);
  EXPECT_EQ(made.spec.hostname, "machine");
  EXPECT_TRUE(made.spec.platform.sysctl.empty());
  options_.uts.from = NamespaceRequest::From::host;
  options_.hostname = "x";
  EXPECT_EQ(refused(), Kind::usage);
}

TEST_F(Specify, DevicesMustExist) {
  options_.devices = {{"/dev/fuse", "/dev/myfuse", "rw"}};
  EXPECT_EQ(refused(), Kind::not_found);
  world_.devices = {{"/dev/fuse", 'c', 10, 229, 0666, 0, 0}};
  Specified made = this->made();
  EXPECT_EQ(made.spec.platform.devices.at(0).path, "/dev/myfuse");
  EXPECT_EQ(made.spec.platform.resources->devices.back().minor, 229);
  EXPECT_EQ(made.spec.platform.resources->devices.back().access, "rw");
}

TEST(NetworkFiles, ResolvConf) {
  RunOptions options;
  std::string host = "nameserver 127.0.0.53\nnameserver 10.0.0.1\nsearch example.org\noptions edns0\n";
  EXPECT_EQ(resolv_text(options, host, true), "nameserver 10.0.0.1\nsearch example.org\noptions edns0\n");
  EXPECT_EQ(resolv_text(options, host, false),
            "nameserver 127.0.0.53\nnameserver 10.0.0.1\nsearch example.org\noptions edns0\n");
  options.dns = {"1.1.1.1"};
  options.dns_search = {"."};
  EXPECT_EQ(resolv_text(options, host, true), "nameserver 1.1.1.1\noptions edns0\n");
}

TEST(NetworkFiles, Hosts) {
  std::string text = hosts_text({{"db", "10.0.0.2"}});
  EXPECT_NE(text.find("127.0.0.1\tlocalhost\n"), std::string::npos);
  EXPECT_TRUE(text.ends_with("10.0.0.2\tdb\n"));
}

} // namespace
} // namespace phial::engine
