#include "base/file.hpp"
#include "spec/reader.hpp"
#include "spec/writer.hpp"

#include <gtest/gtest.h>
#include <linux/mempolicy.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/resource.h>

#include <cstdlib>

namespace phial::spec {
namespace {

Spec parsed(std::string_view text) {
  Result<Spec> spec = read_spec(text, "config.json");
  EXPECT_TRUE(spec) << (spec ? "" : spec.error().text());
  return spec ? *spec : Spec();
}

std::string refused(std::string_view text) {
  Result<Spec> spec = read_spec(text, "config.json");
  EXPECT_FALSE(spec) << text;
  if (spec)
    return "";
  EXPECT_EQ(spec.error().kind, Kind::input);
  return spec.error().text();
}

// A whole document around one part.
std::string with_process(std::string_view members) {
  return R"({"ociVersion":"1.0.0","root":{"path":"r"},"process":{"cwd":"/",)" + std::string(members) + "}}";
}
std::string with_linux(std::string_view members) {
  return R"({"ociVersion":"1.0.0","root":{"path":"r"},"linux":{)" + std::string(members) + "}}";
}

Process full_process() {
  Process out;
  out.terminal = true;
  out.console_size = {.height = 24, .width = 80};
  out.user = {.uid = 1, .gid = 2, .umask = 022, .additional_gids = {3, 4}};
  out.args = {"sh", "-c", "true"};
  out.env = {"A=b"};
  out.cwd = "/tmp";
  out.capabilities = {{"CAP_KILL"}, {"CAP_CHOWN"}, {"CAP_FOWNER"}, {"CAP_SETUID"}, {"CAP_SETGID"}};
  out.rlimits = {{RLIMIT_NOFILE, 10, 20}, {RLIMIT_CORE, 0, ~std::uint64_t{0}}};
  out.no_new_privileges = true;
  out.apparmor_profile = "profile";
  out.oom_score_adj = -5;
  out.selinux_label = "label";
  out.scheduler = Scheduler{SCHED_DEADLINE, -3, 7, SCHED_FLAG_RECLAIM | SCHED_FLAG_KEEP_PARAMS, 1, 2, 3};
  out.io_priority = {.io_class = 2, .priority = 4};
  out.exec_cpu_affinity = {.initial_cpus = "0-1", .final_cpus = "2"};
  return out;
}

kernel::Resources full_resources() {
  kernel::Resources out;
  out.devices = {{.allow = false}, {.allow = true, .type = 'c', .major = 1, .minor = 3, .access = "rw"}};
  out.memory = {1, 2, -1, 4, 5, 60, true, false, true};
  out.cpu = {1024, -1, 3, 4, 5, 6, "0-3", "0", 1};
  out.pids = {.limit = 0};
  out.block_io = {.weight = 10,
                  .leaf_weight = 20,
                  .weight_devices = {{8, 0, 100, 200}},
                  .read_bps = {{8, 0, 1}},
                  .write_bps = {{8, 0, 2}},
                  .read_iops = {{8, 0, 3}},
                  .write_iops = {{8, 0, 4}}};
  out.hugepage_limits = {{"2MB", 9}};
  out.network = {.class_id = 7, .priorities = {{"eth0", 3}}};
  out.rdma = {{"mlx5_1", 3, std::nullopt}};
  out.unified = {{"memory.high", "100"}, {"io.max", "8:0 rbps=1"}};
  return out;
}

kernel::SeccompProfile full_seccomp() {
  using namespace kernel;
  SeccompProfile out;
  out.default_action = SeccompAction::error;
  out.default_error = 38;
  out.architectures = {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86"};
  out.flags = SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW;
  out.listener_path = "/run/listener";
  out.listener_metadata = "m";
  out.rules = {{{"read", "write"}, SeccompAction::allow, {}, {}},
               {{"clone"}, SeccompAction::trace, 5, {{0, SeccompOperator::masked_equal, ~std::uint64_t{0}, 2}}},
               {{"mount"}, SeccompAction::notify, {}, {{1, SeccompOperator::greater, 3, 0}}}};
  return out;
}

Spec full_spec() {
  Spec out;
  out.oci_version = "1.3.0";
  out.process = full_process();
  out.root = {.path = "rootfs", .readonly = true};
  out.hostname = "host";
  out.domainname = "domain";
  out.mounts = {{"/proc", "proc", "proc", {"nosuid"}, {}, {}}, {"/m", "", "/s", {"bind"}, {{0, 1, 2}}, {{3, 4, 5}}}};
  Hook hook{"/bin/hook", {"hook", "a"}, {"B=c"}, 5};
  out.hooks = {{hook}, {hook, hook}, {hook}, {{"/h", {}, {}, {}}}, {hook}, {hook}};
  out.annotations = {{"z", "1"}, {"a", "2"}};
  Linux& linux_part = out.platform;
  linux_part.uid_mappings = {{0, 1000, 1}, {1, 100000, 65536}};
  linux_part.gid_mappings = {{0, 1000, 1}};
  linux_part.sysctl = {{"net.ipv4.ip_forward", "1"}};
  linux_part.resources = full_resources();
  linux_part.cgroups_path = "/a/b";
  linux_part.namespaces = {{NamespaceType::pid, ""}, {NamespaceType::network, "/proc/1/ns/net"}};
  linux_part.devices = {{"/dev/fuse", 'c', 10, 229, 0666, 1, 2}, {"/dev/p", 'p', 0, 0, {}, {}, {}}};
  linux_part.net_devices = {{"eth0", "inside0"}, {"eth1", ""}};
  linux_part.seccomp = full_seccomp();
  linux_part.rootfs_propagation = "slave";
  linux_part.masked_paths = {"/proc/kcore"};
  linux_part.readonly_paths = {"/proc/sys"};
  linux_part.mount_label = "label";
  linux_part.intel_rdt = {"class", {"L3:0=f"}, "L3:0=1", "MB:0=20", true};
  linux_part.memory_policy = {MPOL_BIND, "0-1", MPOL_F_STATIC_NODES};
  linux_part.personality = 8;
  linux_part.boottime_offset = {.seconds = -5, .nanoseconds = 6};
  linux_part.monotonic_offset = {.seconds = 7, .nanoseconds = 999999999};
  return out;
}

TEST(Spec, EveryFieldIsWrittenAndReadBack) {
  Spec spec = full_spec();
  for (std::size_t indent : {0U, 2U}) {
    std::string text = to_text(to_json(spec), indent);
    Result<Spec> again = read_spec(text, "config.json");
    ASSERT_TRUE(again) << again.error().text();
    EXPECT_EQ(*again, spec) << text << "\n" << to_text(to_json(*again));
  }
  Result<Process> process = read_process(to_text(to_json(*spec.process)), "process.json");
  ASSERT_TRUE(process) << process.error().text();
  EXPECT_EQ(*process, *spec.process);
  Result<kernel::Resources> resources = read_resources(to_text(to_json(*spec.platform.resources)), "resources.json");
  ASSERT_TRUE(resources) << resources.error().text();
  EXPECT_EQ(*resources, *spec.platform.resources);
  Result<kernel::SeccompProfile> seccomp = read_seccomp(to_text(to_json(*spec.platform.seccomp)), "seccomp.json");
  ASSERT_TRUE(seccomp) << seccomp.error().text();
  EXPECT_EQ(*seccomp, *spec.platform.seccomp);
}

TEST(Spec, LeastDocument) {
  Spec spec = parsed(R"({"ociVersion":"1.0.0","root":{"path":"rootfs"},"unknown":{"x":[]},"linux":null})");
  EXPECT_FALSE(spec.process);
  EXPECT_FALSE(spec.platform.resources);
  EXPECT_EQ(to_text(to_json(spec)), R"({"ociVersion":"1.0.0","root":{"path":"rootfs"}})");
  EXPECT_NE(check_startable(spec, "config.json").error().text().find("process"), std::string::npos);
  spec.process.emplace();
  EXPECT_NE(check_startable(spec, "config.json").error().text().find("process.args"), std::string::npos);
  spec.process->args = {"sh"};
  EXPECT_TRUE(check_startable(spec, "config.json"));
}

TEST(Spec, ErrorsNameLineFieldAndWhatWasExpected) {
  EXPECT_EQ(refused("{\n\"ociVersion\": \"1.0.0\",\n\"root\": {\"path\": \"r\"},\n\"process\": {\n \"cwd\": \"/\",\n"
                    " \"rlimits\": [\n  {\"type\": \"RLIMIT_CORE\", \"soft\": 1, \"hard\": 1},\n"
                    "  {\"type\": \"RLIMIT_NOFILES\", \"soft\": 1, \"hard\": 1}]}}"),
            "config.json:8 process.rlimits[1].type: \"RLIMIT_NOFILES\" is not a limit; did you mean "
            "\"RLIMIT_NOFILE\"?");
  EXPECT_EQ(refused(with_process(R"("args":"sh")")), "config.json:1 process.args: expected an array, found a string");
  EXPECT_EQ(refused(with_process(R"("args":["a",1])")),
            "config.json:1 process.args[1]: expected a string, found an integer");
  EXPECT_EQ(refused(with_process(R"("user":{"uid":-1})")),
            "config.json:1 process.user.uid: -1 is not within 0 to 4294967294");
  EXPECT_EQ(refused(with_process(R"("terminal":1)")),
            "config.json:1 process.terminal: expected true or false, found an integer");
  EXPECT_EQ(refused(with_process(R"("env":["A=\u0000"])")), "config.json:1 process.env[0]: holds a zero byte");
  EXPECT_EQ(refused(with_linux(R"("rdma":{},"resources":{"unified":{"../cgroup.procs":"1"}})")),
            "config.json:1 linux.resources.unified.../cgroup.procs: is not a name of a cgroup file like "
            "\"memory.high\"");
  EXPECT_EQ(refused("[]"), "config.json:1: expected an object, found an array");
}

TEST(Spec, RequiredMembers) {
  EXPECT_EQ(refused("{}"), "config.json:1 ociVersion: is required and missing");
  EXPECT_EQ(refused(R"({"ociVersion":"1.0.0"})"), "config.json:1 root: is required and missing");
  EXPECT_EQ(refused(R"({"ociVersion":"1.0.0","root":{}})"), "config.json:1 root.path: is required and missing");
  EXPECT_NE(refused(R"({"ociVersion":"1.0.0","root":{"path":"r"},"process":{"args":["sh"]}})").find("process.cwd"),
            std::string::npos);
  EXPECT_NE(refused(R"({"ociVersion":"1.0.0","root":{"path":"r"},"process":{"cwd":"tmp"}})").find("absolute"),
            std::string::npos);
}

TEST(Spec, Versions) {
  for (std::string_view version : {"1.0.0", "1.0.2-dev", "1.1.0+x", "1.3.0-rc.1+dev", "1.99.0", "0.5.0-dev"})
    parsed(R"({"ociVersion":")" + std::string(version) + R"(","root":{"path":"r"}})");
  for (std::string_view version : {"", "1", "1.0", "2.0.0", "v1.0.0", "1.0.x", "01.0.0", "1.0.0.0"})
    EXPECT_NE(refused(R"({"ociVersion":")" + std::string(version) + R"(","root":{"path":"r"}})").find("ociVersion"),
              std::string::npos);
}

TEST(Spec, WrongValuesAreRefused) {
  struct Case {
    std::string text;
    std::string_view says;
  };
  const Case kCases[] = {
      {with_process(R"("rlimits":[{"type":"RLIMIT_CORE","soft":2,"hard":1}])"), "more than the hard limit"},
      {with_process(R"("rlimits":[{"type":"RLIMIT_CORE","soft":1,"hard":1},{"type":"RLIMIT_CORE","soft":1,"hard":1}])"),
       "process.rlimits[1].type: stands in the list a second time"},
      {with_process(R"("rlimits":[{"type":"RLIMIT_CORE","soft":1}])"), "process.rlimits[0].hard: is required"},
      {with_process(R"("oomScoreAdj":1001)"), "-1000 to 1000"},
      {with_process(R"("scheduler":{"policy":"SCHED_BACH"})"), "did you mean \"SCHED_BATCH\""},
      {with_process(R"("scheduler":{"policy":"SCHED_OTHER","nice":20})"), "-20 to 19"},
      {with_process(R"("ioPriority":{"class":"IOPRIO_CLASS_BE","priority":8})"), "0 to 7"},
      {with_process(R"("execCPUAffinity":{"initial":"a"})"), "process.execCPUAffinity.initial"},
      {with_process(R"("user":{"umask":512})"), "0 to 511"},
      {with_linux(R"("namespaces":[{"type":"mnt2"}])"), "is not a namespace"},
      {with_linux(R"("namespaces":[{"type":"pid"},{"type":"pid"}])"), "second time"},
      {with_linux(R"("namespaces":[{"type":"pid","path":"x"}])"), "absolute"},
      {with_linux(R"("devices":[{"path":"/dev/x","type":"x"}])"), "c, b, u or p"},
      {with_linux(R"("devices":[{"path":"/dev/x","type":"c"}])"), "linux.devices[0].major: is required"},
      {with_linux(R"("uidMappings":[{"containerID":0,"hostID":4294967295,"size":2}])"), "beyond the last id"},
      {with_linux(R"("uidMappings":[{"containerID":0,"hostID":0,"size":0}])"), "1 to 4294967295"},
      {with_linux(R"("rootfsPropagation":"privat")"), "did you mean \"private\""},
      {with_linux(R"("maskedPaths":["proc"])"), "linux.maskedPaths[0]"},
      {with_linux(R"("personality":{"domain":"LINUX64"})"), "personality"},
      {with_linux(R"("timeOffsets":{"boottime":{"nanosecs":1000000000}}})").substr(0, 100), "config.json:1"},
      {with_linux(R"("netDevices":{"a/b":{}})"), "not a name of a network device"},
      {with_linux(R"("netDevices":{"a":{"name":"x"},"b":{"name":"x"}})"), "same name"},
      {with_linux(R"("intelRdt":{"closID":"../x"})"), "closID"},
      {with_linux(R"("memoryPolicy":{"mode":"MPOL_BIN"})"), "did you mean \"MPOL_BIND\""},
      {with_linux(R"("sysctl":{"kernel/../x":"1"})"), "sysctl"},
      {with_linux(R"("seccomp":{"defaultAction":"SCMP_ACT_ALOW"})"), "did you mean \"SCMP_ACT_ALLOW\""},
      {with_linux(R"("seccomp":{"defaultAction":"SCMP_ACT_ALLOW","architectures":["X"]})"), "architecture"},
      {with_linux(R"("seccomp":{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":[],"action":"SCMP_ACT_LOG"}]})"),
       "linux.seccomp.syscalls[0].names"},
      {with_linux(R"("seccomp":{"defaultAction":"SCMP_ACT_NOTIFY"})"), "cannot be the default"},
      {with_linux(R"("resources":{"devices":[{"allow":true,"access":"x"}]})"), "r, w and m"},
      {with_linux(R"("resources":{"devices":[{"type":"a"}]})"), "allow: is required"},
      {with_linux(R"("resources":{"memory":{"swappiness":101}})"), "0 to 100"},
      {with_linux(R"("resources":{"memory":{"limit":-2}})"), "linux.resources.memory.limit"},
      {with_linux(R"("resources":{"memory":{"limit":"1g"}})"), "expected an integer, found a string"},
      {with_linux(R"("resources":{"memory":{"limit":1.5}})"), "found a fraction"},
      {with_linux(R"("resources":{"blockIO":{"weight":5}})"), "10 to 1000"},
      {with_linux(R"("resources":{"hugepageLimits":[{"pageSize":"64kB","limit":1}]})"), "pageSize"},
      {with_linux(R"("resources":{"unified":{"memory.high":"1\n2"}})"), "line break"},
      {R"({"ociVersion":"1.0.0","root":{"path":"r"},"hooks":{"poststop":[{"path":"x"}]}})", "hooks.poststop[0].path"},
      {R"({"ociVersion":"1.0.0","root":{"path":"r"},"hooks":{"poststop":[{"path":"/x","timeout":0}]}})", "timeout"},
      {R"({"ociVersion":"1.0.0","root":{"path":"r"},"mounts":[{"type":"proc"}]})", "mounts[0].destination"},
      {R"({"ociVersion":"1.0.0","root":{"path":"r"},"annotations":{"a":1}})", "annotations.a: expected a string"},
  };
  for (const Case& each : kCases)
    EXPECT_NE(refused(each.text).find(each.says), std::string::npos) << refused(each.text);
}

TEST(Spec, WhatEnginesWrite) {
  Spec spec = parsed(with_linux(R"("resources":{"devices":[{"allow":false,"access":"rwm"},
    {"allow":true,"type":"c","major":136,"minor":-1,"access":""}],"pids":{},"cpu":{"shares":0},"blockIO":{"weight":0}},
    "devices":[{"path":"/dev/x","type":"c","major":1,"minor":3,"fileMode":8630}])"));
  ASSERT_EQ(spec.platform.resources->devices.size(), 2U);
  EXPECT_EQ(spec.platform.resources->devices[0].type, 'a');
  EXPECT_EQ(spec.platform.resources->devices[1].minor, std::nullopt);
  EXPECT_EQ(spec.platform.resources->devices[1].access, "rwm");
  EXPECT_EQ(spec.platform.devices[0].file_mode, 0666U);
  EXPECT_FALSE(spec.platform.resources->pids->limit);
}

// The specification's own examples, where PHIAL_SPEC_SCHEMAS names the folder "schema" of its sources.
TEST(Spec, TheSpecificationsExamples) {
  const char* schemas = std::getenv("PHIAL_SPEC_SCHEMAS");
  if (schemas == nullptr)
    GTEST_SKIP() << "PHIAL_SPEC_SCHEMAS is not set";
  for (bool good : {true, false}) {
    std::string folder = std::string(schemas) + "/test/config/" + (good ? "good" : "bad");
    Result<std::vector<std::string>> names = list_directory(folder);
    ASSERT_TRUE(names) << names.error().text();
    EXPECT_FALSE(names->empty());
    for (const std::string& name : *names) {
      Result<Spec> spec = read_spec(*read_file(folder + "/" + name), name);
      EXPECT_EQ(spec.has_value(), good) << name << ": " << (spec ? "accepted" : spec.error().text());
      if (!spec)
        continue;
      Result<Spec> again = read_spec(to_text(to_json(*spec)), name);
      ASSERT_TRUE(again) << name << ": " << again.error().text();
      EXPECT_EQ(*again, *spec) << name;
    }
  }
}

} // namespace
} // namespace phial::spec
