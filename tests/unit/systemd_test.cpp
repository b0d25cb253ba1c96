// The systemd cgroup driver: names and places of units, limits as properties, the program.
#include "runtime/systemd.hpp"

#include "golden.hpp"
#include "program/failure.hpp"
#include "program/journal.hpp"
#include "program/journal_report.hpp"
#include "program/link.hpp"
#include "program/print_calls.hpp"
#include "program/print_shell.hpp"
#include "runtime/compile.hpp"
#include "runtime/default_spec.hpp"

#include <gmock/gmock.h>

namespace phial::runtime {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

SystemdManager system_manager() {
  return {"/libexec/phial-systemd", false, {}, ""};
}

SystemdManager user_manager() {
  return {"/libexec/phial-systemd",
          true,
          {"unix:path=/run/user/1000/bus"},
          "/user.slice/user-1000.slice/user@1000.service"};
}

Result<SystemdScope> scope_of(const std::string& path, SystemdManager manager = system_manager()) {
  spec::Spec spec = default_spec();
  spec.platform.cgroups_path = path;
  return systemd_scope(spec, "c1", std::move(manager));
}

TEST(SystemdScope, SlicesLieWhereTheirNamesSay) {
  EXPECT_EQ(slice_path("system.slice").value(), "/system.slice");
  EXPECT_EQ(slice_path("a-b-c.slice").value(), "/a.slice/a-b.slice/a-b-c.slice");
  EXPECT_EQ(slice_path("-.slice").value(), "");
  for (const char* bad : {"", ".slice", "system", "a--b.slice", "-a.slice", "a-.slice", "a/b.slice", "a b.slice"})
    EXPECT_FALSE(slice_path(bad)) << bad;
}

TEST(SystemdScope, TheFormsOfCgroupsPath) {
  SystemdScope usual = scope_of("machine-a.slice:libpod:123").value();
  EXPECT_EQ(usual.unit, "libpod-123.scope");
  EXPECT_EQ(usual.slice, "machine-a.slice");
  EXPECT_EQ(usual.cgroup, "/machine.slice/machine-a.slice/libpod-123.scope");
  EXPECT_EQ(scope_of("").value().cgroup, "/system.slice/phial-c1.scope");
  EXPECT_EQ(scope_of(":docker:123").value().cgroup, "/system.slice/docker-123.scope");
  EXPECT_EQ(scope_of("-.slice::123").value().cgroup, "/123.scope");
  EXPECT_EQ(scope_of(":docker:123", user_manager()).value().cgroup,
            "/user.slice/user-1000.slice/user@1000.service/user.slice/docker-123.scope");
}

TEST(SystemdScope, ANameThatIsASliceIsTheUnit) {
  SystemdScope slice = scope_of("a.slice:ignored:a-b.slice").value();
  EXPECT_TRUE(slice.is_slice());
  EXPECT_EQ(slice.unit, "a-b.slice");
  EXPECT_EQ(slice.cgroup, "/a.slice/a-b.slice");
}

TEST(SystemdScope, RefusesOtherForms) {
  for (const char* bad : {"/phial/c1", "a:b", "a:b:c:d", "system.slice:p:", "system.slice:p:x/y", "system.slice:p:x y",
                          "nope:p:x", "a.slice:p:-b.slice"}) {
    Result<SystemdScope> scope = scope_of(bad);
    ASSERT_FALSE(scope) << bad;
    EXPECT_EQ(scope.error().position, "linux.cgroupsPath") << bad;
  }
  EXPECT_THAT(scope_of("/phial/c1").error().message,
              HasSubstr("expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups"));
  EXPECT_FALSE(scope_of("system.slice:p:" + std::string(300, 'x')));
}

std::string annotated(const std::string& name, const std::string& value) {
  auto properties = annotated_properties({{"other", "x"}, {"org.systemd.property." + name, value}});
  return properties ? properties->at(0).name + "=" + to_text(properties->at(0).value)
                    : "error: " + properties.error().message;
}

TEST(SystemdAnnotations, AreProperties) {
  EXPECT_EQ(annotated("CollectMode", "'inactive-or-failed'"), "CollectMode='inactive-or-failed'");
  EXPECT_EQ(annotated("TimeoutStopUSec", "uint64 5"), "TimeoutStopUSec=uint64 5");
  EXPECT_EQ(annotated("After", "['a.service', 'b.service']"), "After=@as ['a.service', 'b.service']");
  EXPECT_EQ(annotated("DefaultDependencies", "true"), "DefaultDependencies=true");
}

TEST(SystemdAnnotations, SecondsBecomeMicroseconds) {
  EXPECT_EQ(annotated("TimeoutStopSec", "5"), "TimeoutStopUSec=uint64 5000000");
  EXPECT_EQ(annotated("TimeoutStopSec", "1.25"), "TimeoutStopUSec=uint64 1250000");
  EXPECT_EQ(annotated("TimeoutStopSec", "uint64 7"), "TimeoutStopUSec=uint64 7000000");
  EXPECT_EQ(annotated("TimeoutStopUSec", "7"), "TimeoutStopUSec=7");
}

TEST(SystemdAnnotations, RefusesOthers) {
  for (auto [name, value] : {std::pair{"No", "1"},
                             {"With-Dash", "1"},
                             {"", "1"},
                             {"TimeoutStopSec", "'5'"},
                             {"TimeoutStopSec", "-5"},
                             {"CollectMode", "inactive"},
                             {"CollectMode", ""}})
    EXPECT_THAT(annotated(name, value), HasSubstr("error: ")) << name << " " << value;
}

std::string properties_of(const kernel::Resources& resources) {
  auto properties = systemd_properties(resources);
  if (!properties)
    return "error: " + properties.error().position;
  std::string out;
  for (const SystemdProperty& property : *properties)
    out += property.name + "=" + to_text(property.value) + "\n";
  return out;
}

TEST(SystemdProperties, NothingOfNothing) {
  EXPECT_EQ(properties_of({}), "");
}

TEST(SystemdProperties, Memory) {
  kernel::Resources resources;
  resources.memory.emplace();
  resources.memory->limit = 100;
  resources.memory->reservation = 50;
  resources.memory->swap = 150;
  EXPECT_EQ(properties_of(resources), "MemoryMax=uint64 100\nMemoryLow=uint64 50\nMemorySwapMax=uint64 50\n");
  resources.memory->limit = -1;
  resources.memory->reservation = 0;
  resources.memory->swap = {};
  EXPECT_EQ(properties_of(resources),
            "MemoryMax=uint64 18446744073709551615\nMemorySwapMax=uint64 18446744073709551615\n");
}

TEST(SystemdProperties, Processors) {
  kernel::Resources resources;
  resources.cpu.emplace();
  resources.cpu->shares = 1024;
  resources.cpu->quota = 50000;
  resources.cpu->cpus = "0-3,9";
  resources.cpu->mems = "0";
  EXPECT_EQ(properties_of(resources), "CPUWeight=uint64 100\nCPUQuotaPerSecUSec=uint64 500000\n"
                                      "AllowedCPUs=@ay [15, 2]\nAllowedMemoryNodes=@ay [1]\n");
  for (const char* bad : {"a", "3-1", "0-", "99999", ",", "-1"}) {
    resources.cpu->cpus = bad;
    EXPECT_EQ(properties_of(resources), "error: linux.resources.cpu.cpus") << bad;
  }
}

std::string quota(std::int64_t quota, std::uint64_t period) {
  kernel::Resources resources;
  resources.cpu.emplace();
  resources.cpu->quota = quota;
  resources.cpu->period = period;
  return properties_of(resources);
}

TEST(SystemdProperties, AQuotaIsRoundedUpToPercents) {
  EXPECT_EQ(quota(12345, 100000), "CPUQuotaPeriodUSec=uint64 100000\nCPUQuotaPerSecUSec=uint64 130000\n");
  EXPECT_EQ(quota(400000, 100000), "CPUQuotaPeriodUSec=uint64 100000\nCPUQuotaPerSecUSec=uint64 4000000\n");
  EXPECT_EQ(quota(-1, 0), "CPUQuotaPerSecUSec=uint64 18446744073709551615\n");
  EXPECT_EQ(quota(INT64_MAX, 1000), "CPUQuotaPeriodUSec=uint64 1000\nCPUQuotaPerSecUSec=uint64 18446744073709551615\n");
  EXPECT_EQ(quota(0, 50000), "CPUQuotaPeriodUSec=uint64 50000\n");
}

TEST(SystemdProperties, TasksAndBlockDevices) {
  kernel::Resources resources;
  resources.pids = kernel::PidsResources{0};
  resources.block_io.emplace();
  resources.block_io->weight = 1000;
  EXPECT_EQ(properties_of(resources), "TasksMax=uint64 1\nIOWeight=uint64 10000\n");
  resources.pids->limit = -1;
  resources.block_io.reset();
  EXPECT_EQ(properties_of(resources), "TasksMax=uint64 18446744073709551615\n");
}

TEST(SystemdProperties, FilesByNameHaveTheLastWord) {
  kernel::Resources resources;
  resources.memory.emplace();
  resources.memory->limit = 100;
  resources.unified = {{"memory.max", "200\n"},  {"memory.high", "max"},   {"pids.max", "9"},
                       {"cpu.max", "max 50000"}, {"cpuset.cpus", "1"},     {"memory.oom.group", "1"},
                       {"cpu.weight", "7"},      {"hugetlb.2MB.max", "5"}, {"memory.low", "unclear"}};
  EXPECT_EQ(properties_of(resources),
            "MemoryMax=uint64 200\nMemoryHigh=uint64 18446744073709551615\nTasksMax=uint64 9\n"
            "CPUQuotaPeriodUSec=uint64 50000\nCPUQuotaPerSecUSec=uint64 18446744073709551615\n"
            "AllowedCPUs=@ay [2]\nCPUWeight=uint64 7\n");
}

struct Case {
  spec::Spec spec = default_spec();
  Request request;
  HostFacts facts;

  Case() {
    facts.kernel_major = 6;
    facts.kernel_minor = 1;
    facts.cgroups = kernel::parse_cgroup_layout("30 24 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n",
                                                "0::/user.slice\n", "cpuset cpu io memory hugetlb pids\n")
                        .value();
    spec.process->terminal = false;
    spec.platform.cgroups_path = "a-b.slice:phial:c1";
    spec.platform.resources->memory.emplace();
    spec.platform.resources->memory->limit = 64 << 20;
    spec.platform.resources->hugepage_limits = {{"2MB", 1 << 21}};
    spec.annotations = {{"org.systemd.property.TimeoutStopSec", "5"}};
    request.id = "c1";
    request.spec = &spec;
    request.root.directory = "/bundle/rootfs";
  }
  Result<program::Program> compile(SystemdManager manager = system_manager()) {
    request.systemd = systemd_scope(spec, "c1", std::move(manager)).value();
    request.cgroup = request.systemd->cgroup;
    return compile_run(request, facts);
  }
};

// The text from the step with these words on, up to the section's end.
std::string from(const std::string& text, const std::string& words) {
  std::size_t at = text.find(words);
  return at == std::string::npos ? "" : text.substr(at);
}

TEST(SystemdProgram, TheScopeComesBetweenCloneAndRelease) {
  Case c;
  Result<program::Program> program = c.compile();
  ASSERT_TRUE(program) << program.error().text();
  EXPECT_TRUE(program::link(*program));
  std::string text = program::print_calls(*program, {.width = 0});
  EXPECT_THAT(text, Not(HasSubstr("CLONE_INTO_CGROUP")));
  EXPECT_THAT(text, Not(HasSubstr("mkdir(\"/sys/fs/cgroup")));
  std::size_t clone = text.find("clone3(");
  std::size_t scope = text.find("let systemd start the scope");
  std::size_t limit = text.find("limit: memory.max");
  std::size_t devices = text.find("allow devices by a BPF program");
  std::size_t release = text.find("tell phial-init to go on");
  EXPECT_LT(clone, scope);
  EXPECT_LT(scope, limit);
  EXPECT_LT(limit, devices);
  EXPECT_LT(devices, release);
  EXPECT_NE(release, std::string::npos);
  std::size_t beside = text.find("The host, beside the new process");
  expect_golden(text.substr(beside, text.find("phial-init, as the container's first process") - beside) +
                    from(text, "Undo: "),
                "compile/systemd-v2");
}

TEST(SystemdProgram, AsAShellWouldDoIt) {
  std::string text = program::print_shell(Case().compile().value());
  EXPECT_THAT(text, HasSubstr("org.freedesktop.systemd1.Manager StartTransientUnit 'ssa(sv)a(sa(sv))' phial-c1.scope "
                              "fail 12 \\\n  Description s 'phial container c1' \\\n  Slice s a-b.slice \\\n"));
  EXPECT_THAT(text, HasSubstr("  MemoryMax t 67108864 \\\n  TimeoutStopUSec t 5000000 \\\n  PIDs au 1 $pid \\\n  0\n"));
  EXPECT_THAT(text, HasSubstr("systemctl stop phial-c1.scope"));
  EXPECT_THAT(text, HasSubstr("remove_cgroup /sys/fs/cgroup/a.slice/a-b.slice/phial-c1.scope"));
  EXPECT_THAT(program::print_shell(Case().compile(user_manager()).value()), HasSubstr("busctl --user call"));
}

TEST(SystemdProgram, ASliceIsJoinedByItsFile) {
  Case c;
  c.spec.platform.cgroups_path = "a.slice::a-c1.slice";
  std::string text = program::print_calls(c.compile().value(), {.width = 0});
  EXPECT_THAT(text, HasSubstr("\"/sys/fs/cgroup/a.slice/a-c1.slice/cgroup.procs\""));
  EXPECT_THAT(text, Not(HasSubstr("--pid")));
  EXPECT_THAT(text, Not(HasSubstr("Delegate")));
}

TEST(SystemdProgram, WhoIsNotRootHasNoDeviceFilter) {
  Case c;
  c.facts.in_user_namespace = true;
  std::string text = program::print_calls(c.compile(user_manager()).value(), {.width = 0});
  EXPECT_THAT(text, Not(HasSubstr("bpf(")));
  EXPECT_THAT(text, HasSubstr("limit: memory.max"));
}

TEST(SystemdProgram, VersionOneIsRefused) {
  Case c;
  c.facts.cgroups = kernel::parse_cgroup_layout("30 24 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n",
                                                "1:memory:/\n", "")
                        .value();
  Result<program::Program> program = c.compile();
  ASSERT_FALSE(program);
  EXPECT_EQ(program.error().kind, Kind::unsupported);
  EXPECT_THAT(program.error().hint, HasSubstr("--cgroup-manager cgroupfs"));
}

TEST(SystemdProgram, TheHelpersWordsAreTheError) {
  program::Program program = Case().compile().value();
  auto count = static_cast<std::uint32_t>(program.code.size());
  std::string bytes(program::journal_size(count), '\0');
  auto& journal = *reinterpret_cast<program::Journal*>(bytes.data());
  journal.magic = program::kJournalMagic;
  journal.count = count;
  journal.failed_errno = 10001;
  for (std::uint32_t i = 0; i < count && journal.failed == 0; ++i)
    if (program.code[i].op == program::Op::run_helper)
      journal.failed = i + 1;
  std::string_view said = "systemd has a unit phial-c1.scope already\nhint: choose another name\n";
  said.copy(journal.said, said.size());
  Error error = program::failure(program, program::read_journal(program, bytes).value());
  EXPECT_THAT(error.text(), HasSubstr("let systemd start the scope phial-c1.scope in a-b.slice with the process in it "
                                      "(config.json: linux.cgroupsPath): systemd has a unit phial-c1.scope already"));
  EXPECT_THAT(error.text(), Not(HasSubstr("hint")));
  EXPECT_EQ(error.hint, "choose another name");
  said = "";
  journal.said[0] = '\0';
  error = program::failure(program, program::read_journal(program, bytes).value());
  EXPECT_THAT(error.text(), HasSubstr("to its end: exit status 1"));
}

TEST(SystemdCommands, OfALaterChange) {
  SystemdScope scope = scope_of("system.slice:phial:c1", user_manager()).value();
  kernel::Resources resources;
  EXPECT_TRUE(set_command(scope, resources).value().empty());
  resources.pids = kernel::PidsResources{7};
  EXPECT_THAT(set_command(scope, resources).value(),
              ElementsAre("/libexec/phial-systemd", "set", "phial-c1.scope", "--address",
                          "unix:path=/run/user/1000/bus", "TasksMax=uint64 7"));
  EXPECT_THAT(stop_command(scope), ElementsAre("/libexec/phial-systemd", "stop", "phial-c1.scope", "--address",
                                               "unix:path=/run/user/1000/bus"));
}

} // namespace
} // namespace phial::runtime
