// The compiler from spec to program: pure, so its expected output is the printed program. With PHIAL_GOLDEN=write in
// the environment the files below tests/data/compile are written anew.
#include "golden.hpp"
#include "kernel/capabilities.hpp"
#include "kernel/cgroup/layout.hpp"
#include "kernel/devices.hpp"
#include "program/link.hpp"
#include "program/print_calls.hpp"
#include "runtime/compile.hpp"
#include "runtime/default_spec.hpp"
#include "runtime/foreign_source.hpp"

#include <gtest/gtest.h>

#include <sched.h>
#include <sys/mount.h>
#include <sys/socket.h>

namespace phial::runtime {
namespace {

HostFacts facts_v2() {
  HostFacts facts;
  facts.kernel_major = 6;
  facts.kernel_minor = 18;
  facts.cgroups = kernel::parse_cgroup_layout("30 24 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n",
                                              "0::/user.slice\n", "cpuset cpu io memory hugetlb pids\n")
                      .value();
  return facts;
}

HostFacts facts_v1() {
  HostFacts facts = facts_v2();
  facts.cgroups =
      kernel::parse_cgroup_layout("30 24 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
                                  "31 24 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
                                  "32 24 0:28 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset\n"
                                  "33 24 0:29 / /sys/fs/cgroup/devices rw - cgroup cgroup rw,devices\n"
                                  "34 24 0:30 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,name=systemd\n",
                                  "5:name=systemd:/\n4:devices:/\n3:cpuset:/\n2:cpu,cpuacct:/\n1:memory:/\n", "")
          .value();
  facts.cpuset_cpus = "0-3";
  facts.cpuset_mems = "0";
  return facts;
}

struct Case {
  spec::Spec spec = default_spec();
  Request request;
  HostFacts facts = facts_v2();

  Case() {
    spec.process->terminal = false;
    spec.platform.resources->devices = kernel::default_device_rules();
    request.id = "c1";
    request.spec = &spec;
    request.root.directory = "/bundle/rootfs";
    request.cgroup = "/phial/c1";
  }
  Result<program::Program> compile() { return compile_run(request, facts); }
  void expect(const std::string& file) {
    Result<program::Program> program = compile();
    ASSERT_TRUE(program) << program.error().text();
    EXPECT_TRUE(program::link(*program));
    expect_golden(program::print_calls(*program, {.width = 0}), "compile/" + file);
  }
};

TEST(Compile, RuncsDefaultBundleOnCgroupV2) {
  Case().expect("default-v2");
}

TEST(Compile, RuncsDefaultBundleOnCgroupV1) {
  Case c;
  c.facts = facts_v1();
  c.expect("default-v1");
}

TEST(Compile, AnOverlayWithLimitsBindsUserAndTerminal) {
  Case c;
  c.request.root.layers = {"/layers/a/diff", "/layers/b/diff"};
  c.request.root.upper = "/containers/c1/upper";
  c.request.root.work = "/containers/c1/work";
  c.request.reaper = true;
  c.spec.process->terminal = true;
  c.spec.process->no_new_privileges = false;
  c.spec.process->user = {1000, 1000, {}, {1000, 44}};
  c.spec.process->cwd = "/home/user";
  c.spec.process->oom_score_adj = 100;
  c.spec.platform.resources->memory.emplace();
  c.spec.platform.resources->memory->limit = 64 << 20;
  c.spec.platform.resources->pids = kernel::PidsResources{32};
  c.spec.platform.sysctl = {{"net.ipv4.ip_forward", "1"}};
  c.spec.platform.seccomp.emplace();
  c.spec.mounts.push_back({"/data", "bind", "/srv/data", {"rbind", "ro"}, {}, {}});
  c.facts.sources = {{"/srv/data", SourceKind::directory}};
  c.request.reasons = {{"linux.resources.memory", "flag --memory 64m"}, {"mounts[7]", "flag -v /srv/data:/data:ro"}};
  c.expect("overlay-v2");
}

TEST(Compile, BeforeLowerdirPlusLayersGoByDescriptor) {
  Case c;
  c.request.root.layers = {"/layers/a/diff", "/layers/b/diff"};
  c.facts.kernel_minor = 1;
  std::string text = program::print_calls(c.compile().value(), {.width = 0});
  EXPECT_NE(text.find("\"lowerdir\", \"128:129\""), std::string::npos);
  EXPECT_EQ(text.find("lowerdir+"), std::string::npos);
}

TEST(Compile, AMountOfAnotherMountNamespaceIsClonedThere) {
  Case c;
  c.spec.mounts.push_back({"/shm", "bind", "/proc/77/root/dev/shm", {"bind"}, {}, {}});
  c.facts.sources = {{"/proc/77/root/dev/shm", SourceKind::directory}};
  std::string text = program::print_calls(c.compile().value(), {.width = 0});
  EXPECT_NE(text.find("take /dev/shm from the mount namespace of /proc/77"), std::string::npos);
  EXPECT_NE(text.find("clone the mount at \"/dev/shm\" of the mount namespace $mounts -> $bind"), std::string::npos);
  EXPECT_EQ(foreign_source("/proc/77/root/a/../b")->path, "/a/../b");
  for (const char* own : {"/proc/77/rootless/a", "/proc/self/root/a", "/proc/77/cwd/a", "/proc/77/root", "/srv/root/a"})
    EXPECT_FALSE(foreign_source(own)) << own;
}

TEST(Compile, WhatTheCallerIgnoresTheContainerDoesNot) {
  Case c;
  EXPECT_EQ(program::print_calls(c.compile().value(), {.width = 0}).find("rt_sigaction"), std::string::npos);
  c.facts.ignored_signals = 1U << 12 | 1; // SIGPIPE, SIGHUP
  std::string text = program::print_calls(c.compile().value(), {.width = 0});
  EXPECT_NE(text.find("the caller ignores SIGHUP, SIGPIPE"), std::string::npos);
  EXPECT_NE(text.find("rt_sigaction(SIGPIPE, "), std::string::npos);
}

TEST(Compile, UserNamespaceWaitsForItsMaps) {
  Case c;
  c.spec.platform.namespaces.push_back({spec::NamespaceType::user, ""});
  c.spec.platform.uid_mappings = {{0, 100000, 65536}};
  c.spec.platform.gid_mappings = {{0, 100000, 65536}};
  std::string text = program::print_calls(c.compile().value(), {.width = 0});
  EXPECT_EQ(text.find("CLONE_VFORK"), std::string::npos);
  EXPECT_LT(text.find("uid_map"), text.find("tell phial-init to go on"));
  EXPECT_EQ(text.find("mknodat($tmpfs, \"null\", S_IFCHR"), std::string::npos);
}

TEST(Compile, TheSameInputGivesTheSameProgram) {
  Case c;
  EXPECT_EQ(program::link(c.compile().value()).value(), program::link(c.compile().value()).value());
}

TEST(Compile, EveryStepSaysWhy) {
  Case c;
  c.facts = facts_v1();
  program::Program program = c.compile().value();
  for (const program::Step& step : program.steps) {
    EXPECT_FALSE(step.text.what.empty());
    EXPECT_FALSE(step.text.why.empty()) << step.text.what;
  }
}

TEST(Compile, WhatIsMadeOutsideBringsItsUndo) {
  Case c;
  c.facts = facts_v1();
  EXPECT_EQ(program::count(c.compile().value()).undo, 5U); // a cgroup in each hierarchy
}

TEST(Compile, WrongInputIsRefusedWithItsField) {
  Case missing;
  missing.spec.mounts.push_back({"/data", "bind", "/nowhere", {"bind"}, {}, {}});
  EXPECT_NE(missing.compile().error().text().find("mounts[7]"), std::string::npos);
  Case sysctl;
  sysctl.spec.platform.sysctl = {{"kernel.core_pattern", "x"}};
  EXPECT_FALSE(sysctl.compile());
  Case maps;
  maps.spec.platform.namespaces.push_back({spec::NamespaceType::user, ""});
  EXPECT_FALSE(maps.compile());
}

TEST(Compile, OnlyAmbientCapabilitiesThatCanBeRaisedAreRaised) {
  Case c;
  auto raised = [&c] { return program::print_calls(c.compile().value()).find("PR_CAP_AMBIENT_RAISE"); };
  c.spec.process->capabilities->permitted = {"CAP_KILL"};
  c.spec.process->capabilities->inheritable = {};
  c.spec.process->capabilities->ambient = {"CAP_KILL"};
  EXPECT_EQ(raised(), std::string::npos);
  c.spec.process->capabilities->inheritable = {"CAP_KILL"};
  EXPECT_NE(raised(), std::string::npos);
}

TEST(Compile, WhatTheMachineDoesForTheProcess) {
  Case c;
  spec::Process& process = *c.spec.process;
  process.scheduler.emplace();
  process.scheduler->policy = 1;
  process.scheduler->priority = 7;
  process.scheduler->flags = 1;
  process.io_priority = spec::IoPriority{2, 4};
  process.apparmor_profile = "acme";
  process.selinux_label = "system_u:system_r:svirt_t:s0";
  c.spec.platform.memory_policy = spec::MemoryPolicy{3, "0-1,3", 1U << 15};
  c.spec.platform.personality = 8;
  c.spec.platform.namespaces.push_back({spec::NamespaceType::time, ""});
  c.spec.platform.boottime_offset = spec::TimeOffset{100, 5};
  c.facts.apparmor = true;
  c.facts.selinux = true;
  c.expect("served-v2");
}

TEST(Compile, MountsOfEveryKind) {
  Case c;
  auto mount = [&](spec::Mount entry) { c.spec.mounts.push_back(std::move(entry)); };
  mount({"/copied", "tmpfs", "tmpfs", {"tmpcopyup", "size=1m", "ro"}, {}, {}});
  mount({"mapped", "bind", "/srv/data", {"rbind", "ridmap", "rro"}, {{0, 1000, 10}}, {{0, 2000, 10}}});
  mount({"/mapped2", "bind", "/srv/data", {"bind"}, {{0, 1000, 10}}, {{0, 2000, 10}}});
  mount({"/shared", "bind", "/srv/data", {"bind", "rshared"}, {}, {}});
  mount({"/dev/shm", "none", "", {"remount", "size=1m", "noexec"}, {}, {}});
  c.facts.sources = {{"/srv/data", SourceKind::directory}};
  c.facts.selinux = true;
  c.spec.platform.mount_label = "system_u:object_r:svirt_file_t:s0";
  c.spec.platform.rootfs_propagation = "shared";
  c.expect("mounts-v2");
}

TEST(Compile, DevicesOfEveryType) {
  Case c;
  c.spec.platform.devices = {{"/dev/char", 'c', 10, 200, 0640, 5, 6},
                             {"/dev/deep/block", 'b', 7, 3, {}, {}, {}},
                             {"/pipe", 'p', 0, 0, 0600, {}, {}}};
  c.expect("devices-v2");
  c.spec.platform.namespaces.push_back({spec::NamespaceType::user, ""});
  c.spec.platform.uid_mappings = c.spec.platform.gid_mappings = {{0, 100000, 65536}};
  std::string text = program::print_calls(c.compile().value(), {.width = 0});
  EXPECT_NE(text.find("open_tree(AT_FDCWD, \"/dev/char\""), std::string::npos);
  EXPECT_NE(text.find("S_IFIFO|0600"), std::string::npos);
}

TEST(Compile, ABoundDevIsLeftAsItIs) {
  Case c;
  c.spec.mounts[1] = {"/dev/", "bind", "/dev", {"rbind"}, {}, {}};
  c.facts.sources = {{"/dev", SourceKind::directory}};
  EXPECT_EQ(program::print_calls(c.compile().value(), {.width = 0}).find("mknodat"), std::string::npos);
}

TEST(Compile, NetworkDevicesAndCacheShares) {
  Case c;
  c.spec.platform.net_devices = {{"eth1", "net0"}};
  EXPECT_NE(c.compile().error().text().find("linux.netDevices.eth1"), std::string::npos);
  kernel::NetDeviceState state;
  state.index = 7;
  state.addresses.push_back({AF_INET, 24, {192, 0, 2, 7}, {}, {192, 0, 2, 255}});
  c.facts.net_devices = {{"eth1", state}};
  c.spec.platform.intel_rdt.emplace();
  c.spec.platform.intel_rdt->l3_cache_schema = "L3:0=f";
  c.spec.platform.intel_rdt->schemata = {"MB:0=50"};
  c.spec.platform.intel_rdt->enable_monitoring = true;
  EXPECT_NE(c.compile().error().text().find("resctrl is not mounted"), std::string::npos);
  c.facts.resctrl.point = "/sys/fs/resctrl";
  c.expect("devices-and-cache-v2");
  c.spec.platform.intel_rdt->clos_id = "gold";
  c.facts.resctrl.exists = true;
  c.facts.resctrl.schemata = "    L3:0=f\n    MB:0=10\n";
  EXPECT_NE(c.compile().error().text().find("MB:0=50"), std::string::npos);
  c.spec.platform.intel_rdt->schemata.clear();
  EXPECT_TRUE(c.compile());
  c.facts.resctrl.exists = false;
  c.spec.platform.intel_rdt->l3_cache_schema.clear();
  EXPECT_NE(c.compile().error().text().find("there is no group gold"), std::string::npos);
}

TEST(Compile, ASeccompListenerGetsTheDescriptorFromTheInit) {
  Case c;
  c.request.bundle = "/bundle";
  c.spec.platform.seccomp.emplace();
  c.spec.platform.seccomp->listener_path = "/run/agent";
  c.spec.platform.seccomp->listener_metadata = "words";
  c.spec.platform.seccomp->rules.push_back({{"mount"}, kernel::SeccompAction::notify, {}, {}});
  c.expect("listener-v2");
  c.spec.platform.seccomp->rules.push_back({{"sendmsg"}, kernel::SeccompAction::error, {}, {}});
  EXPECT_NE(c.compile().error().text().find("sendmsg"), std::string::npos);
}

TEST(Compile, WithoutAMountNamespaceTheRootIsLaidOverItself) {
  Case c;
  std::erase_if(c.spec.platform.namespaces, [](const auto& entry) { return entry.type == spec::NamespaceType::mount; });
  EXPECT_NE(c.compile().error().text().find("linux.maskedPaths"), std::string::npos);
  c.spec.platform.masked_paths.clear();
  c.spec.platform.readonly_paths.clear();
  program::Program program = c.compile().value();
  EXPECT_EQ(program::count(program).undo, 2U); // the cgroup, and the mount
  std::string text = program::print_calls(program, {.width = 0});
  EXPECT_EQ(text.find("pivot_root"), std::string::npos);
  EXPECT_NE(text.find("chroot(\".\")"), std::string::npos);
}

TEST(Compile, WhatIsTheHostsIsNotChanged) {
  auto refused = [](auto change) {
    Case c;
    change(c);
    Result<program::Program> program = c.compile();
    return program ? std::string() : program.error().text();
  };
  auto without = [](Case& c, spec::NamespaceType type) {
    std::erase_if(c.spec.platform.namespaces, [&](const auto& entry) { return entry.type == type; });
  };
  EXPECT_NE(refused([&](Case& c) { without(c, spec::NamespaceType::uts); }).find("hostname"), std::string::npos);
  EXPECT_NE(refused([&](Case& c) {
              without(c, spec::NamespaceType::network);
              c.spec.platform.namespaces.push_back({spec::NamespaceType::network, "/proc/1/ns/net"});
              c.facts.host_namespaces = CLONE_NEWNET;
              c.spec.platform.sysctl = {{"net.ipv4.ip_forward", "1"}};
            }).find("net.ipv4.ip_forward"),
            std::string::npos);
  EXPECT_NE(refused([](Case& c) { c.request.cgroup = "/a/../../b"; }).find("leads out"), std::string::npos);
  EXPECT_NE(refused([](Case& c) { c.spec.process->cwd = "/" + std::string(5000, 'x'); }).find("process.cwd"),
            std::string::npos);
  EXPECT_NE(refused([](Case& c) {
              c.spec.platform.masked_paths = {"/" + std::string(5000, 'x')};
            }).find("linux.maskedPaths[0]"),
            std::string::npos);
  EXPECT_NE(refused([](Case& c) { c.spec.platform.boottime_offset.emplace(); }).find("linux.timeOffsets"),
            std::string::npos);
  EXPECT_NE(refused([](Case& c) { c.spec.platform.uid_mappings = {{0, 1, 1}}; }).find("linux.uidMappings"),
            std::string::npos);
}

TEST(Compile, ExecJoinsAndNeverMakes) {
  spec::Process process = *default_spec().process;
  process.terminal = false;
  ExecRequest request;
  request.process = &process;
  request.pidfd = 6;
  request.join = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET;
  request.cgroups = {{"/sys/fs/cgroup/phial/c1", true}};
  Result<program::Program> program = compile_exec(request, facts_v2());
  ASSERT_TRUE(program) << program.error().text();
  expect_golden(program::print_calls(*program, {.width = 0}), "compile/exec-v2");
}

TEST(Compile, ExecOnGivenProcessors) {
  spec::Process process = *default_spec().process;
  process.terminal = false;
  process.exec_cpu_affinity = spec::CpuAffinity{"0-3,8", "1"};
  ExecRequest request;
  request.process = &process;
  request.pidfd = 6;
  request.join = CLONE_NEWNS;
  std::string text = program::print_calls(compile_exec(request, facts_v2()).value(), {.width = 0});
  std::size_t initial = text.find("sched_setaffinity(0, 8, {0-3,8})");
  std::size_t born = text.find("clone3(");
  std::size_t final = text.find("sched_setaffinity(0, 8, {1})");
  ASSERT_NE(final, std::string::npos);
  EXPECT_LT(initial, born);
  EXPECT_LT(born, final);
}

TEST(Compile, ExecIntoAUserNamespaceWithATerminal) {
  spec::Process process = *default_spec().process;
  process.terminal = true;
  process.user = {1000, 1000, {}, {5}};
  process.cwd = "/srv/www";
  ExecRequest request;
  request.process = &process;
  request.pidfd = 6;
  request.join = CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNS;
  request.cgroups = {{"/sys/fs/cgroup/pids/c1", false}, {"/sys/fs/cgroup/unified/c1", true}};
  request.preserved = 2;
  Result<program::Program> program = compile_exec(request, facts_v1());
  ASSERT_TRUE(program) << program.error().text();
  expect_golden(program::print_calls(*program, {.width = 0}), "compile/exec-user-v1");
}

TEST(Compile, StreamsAreGivenToTheUserWhoIsNotRoot) {
  Case c;
  auto given = [&c] { return program::print_calls(c.compile().value()).find("fchown(") != std::string::npos; };
  c.spec.process->terminal = false;
  c.request.streams = 7;
  EXPECT_FALSE(given());
  c.spec.process->user.uid = 1000;
  EXPECT_TRUE(given());
  c.request.streams = 0;
  EXPECT_FALSE(given());
}

TEST(Compile, CreateLooksForTheCommandFirst) {
  Case c;
  auto looks = [&c] { return program::print_calls(c.compile().value()).find("faccessat2(") != std::string::npos; };
  EXPECT_FALSE(looks());
  c.request.wait_for_start = true;
  c.request.state_directory = "/run/phial-oci/c1";
  EXPECT_TRUE(looks());
}

} // namespace
} // namespace phial::runtime
