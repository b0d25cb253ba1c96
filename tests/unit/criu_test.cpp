// The command lines that criu is given.
#include "runtime/criu.hpp"
#include "runtime/restore_program.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace phial::runtime {
namespace {

using testing::Contains;
using testing::Not;

CriuOptions options() {
  CriuOptions out;
  out.program = "/usr/sbin/criu";
  out.images = "/i";
  out.work = "/w";
  return out;
}

spec::Spec with_mounts() {
  spec::Spec out;
  out.mounts = {{"/data", "bind", "/host/data", {"rbind"}, {}, {}}, {"/tmp", "tmpfs", "tmpfs", {}, {}, {}}};
  out.platform.masked_paths = {"/proc/kcore", "/proc/acpi"};
  return out;
}

std::string line(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words)
    out += (out.empty() ? "" : " ") + word;
  return out;
}

TEST(Criu, DumpNamesWhatLeadsOutside) {
  DumpFacts facts{7, {"file[1d:5]", "pipe:[9]", "file[1d:5]"}, {"/proc/kcore"}, 42};
  EXPECT_EQ(line(dump_command(options(), with_mounts(), facts)),
            "/usr/sbin/criu dump --tree 7 --images-dir /i --work-dir /w -v4 --log-file dump.log --manage-cgroups=soft "
            "--external file[1d:5] --external net[42]:extRootNetNS --external mnt[/data]:/data "
            "--external mnt[/proc/kcore]:/proc/kcore");
}

TEST(Criu, RestoreSaysWhatThatIsNow) {
  RestoreFacts facts{"/b/rootfs", "/s/pid", {"file[1d:5]", "pipe:[9]", "/in/the/container"}, {"/proc/kcore"}, 3};
  EXPECT_EQ(
      line(restore_command(options(), with_mounts(), facts)),
      "/usr/sbin/criu restore --restore-detached --pidfile /s/pid --root /b/rootfs --images-dir /i --work-dir /w -v4 "
      "--log-file restore.log --manage-cgroups=soft --inherit-fd fd[0]:file[1d:5] "
      "--inherit-fd fd[1]:pipe:[9] --inherit-fd fd[3]:extRootNetNS --external mnt[/data]:/host/data "
      "--external mnt[/proc/kcore]:/dev/null");
}

TEST(Criu, FlagsAreTranslated) {
  CriuOptions all = options();
  all.pre_dump = all.tcp_established = all.external_sockets = all.shell_job = all.file_locks = all.lazy_pages =
      all.link_remap = all.auto_dedup = all.tcp_skip_in_flight = true;
  all.page_server = "10.0.0.1:27277";
  all.status_fd = 9;
  all.parent = "../before";
  all.cgroups_mode = "full";
  all.empty_namespaces = {"network"};
  std::vector<std::string> words = dump_command(all, {}, {});
  EXPECT_EQ(words[1], "pre-dump");
  for (const char* flag : {"--tcp-established", "--ext-unix-sk", "--shell-job", "--file-locks", "--lazy-pages",
                           "--link-remap", "--auto-dedup", "--skip-in-flight", "--track-mem", "--page-server", "27277",
                           "--status-fd", "../before", "--manage-cgroups=full", "net"})
    EXPECT_THAT(words, Contains(flag));
  EXPECT_THAT(words, Not(Contains("--leave-running"))) << "a pre-dump leaves it running anyway";
}

TEST(Criu, AStreamThatNoMountOfTheContainerShowsIsNamedByItsFile) {
  constexpr std::string_view kMounts = "66 60 0:5 / / rw - tmpfs tmpfs rw\n";
  EXPECT_EQ(stream_name("/dev/null", "pos:\t0\nmnt_id:\t29\n", 5, kMounts), "file[1d:5]");
  EXPECT_EQ(stream_name("/dev/null", "pos:\t0\nmnt_id:\t66\n", 5, kMounts), "/dev/null");
  EXPECT_EQ(stream_name("pipe:[9]", "pos:\t0\nmnt_id:\t15\n", 9, kMounts), "pipe:[9]");
}

TEST(Criu, AConfigurationIsFoundAndMayNameTheLog) {
  auto none = [](const std::string&) { return false; };
  auto runcs = [](const std::string& path) { return path == "/etc/criu/runc.conf"; };
  EXPECT_EQ(criu_config({}, none), "");
  EXPECT_EQ(criu_config({}, runcs), "/etc/criu/runc.conf");
  EXPECT_EQ(criu_config({{"org.criu.config", "/x"}}, runcs), "/x");
  CriuOptions named = options();
  named.config = "/x";
  named.own_log = false;
  std::vector<std::string> words = dump_command(named, {}, {});
  EXPECT_THAT(words, Contains("/x"));
  EXPECT_THAT(words, Not(Contains("--log-file")));
}

TEST(Criu, ItsFirstErrorIsTheReason) {
  EXPECT_EQ(criu_complaint("(00.1) fine\n(00.2) Error (a.c:1): no\n(00.3) Error (b.c:2): Dumping FAILED.\n"),
            "(00.2) Error (a.c:1): no");
  EXPECT_EQ(criu_complaint("(00.1) fine\n"), "");
}

TEST(Criu, TheProgramOfARestoreMakesTheCgroupAndItsUndo) {
  HostFacts facts;
  facts.cgroups.mode = kernel::CgroupMode::v2;
  facts.cgroups.hierarchies = {{2, {"pids"}, "", "/sys/fs/cgroup", "/", "/"}};
  spec::Spec spec;
  spec.platform.resources.emplace().pids = kernel::PidsResources{5};
  Request request;
  request.id = "c";
  request.spec = &spec;
  request.cgroup = "/phial-oci/c";
  Result<program::Program> compiled = compile_restore(request, {"/usr/sbin/criu", "restore"}, facts);
  ASSERT_TRUE(compiled) << compiled.error().text();
  EXPECT_THAT(compiled->steps, Contains(testing::Field(&program::Step::text, testing::Field(&program::StepText::what,
                                                                                            "limit: pids.max = 5"))));
  EXPECT_GE(compiled->sections[static_cast<unsigned>(program::Section::undo)].count, 1U);
  EXPECT_EQ(compiled->sections[static_cast<unsigned>(program::Section::init)].count, 0U);
}

} // namespace
} // namespace phial::runtime
