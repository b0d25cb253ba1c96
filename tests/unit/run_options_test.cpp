#include "cli/container_options.hpp"
#include "cli/container_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace phial::cli {
namespace {

using engine::RunOptions;
using testing::ElementsAre;
using testing::HasSubstr;

Result<std::string> read(const std::string& path) {
  if (path == "vars")
    return std::string("A=file\nB=file\n");
  if (path == "labels")
    return std::string("x=1\ny\n");
  if (path == "seccomp.json")
    return std::string(R"({"defaultAction":"SCMP_ACT_ALLOW"})");
  if (path == "broken.json")
    return std::string("{");
  return fail_call("openat", path, ENOENT);
}

Result<RunOptions> parse(std::vector<std::string_view> words) {
  Arguments arguments = *parse_arguments({.own = kRunTable, .shared = kContainerTable}, true, words);
  return read_run_options(arguments, {.variables = {}, .directory = "/here", .read = read});
}

std::string problem(std::vector<std::string_view> words) {
  words.emplace_back("busybox");
  Result<RunOptions> options = parse(std::move(words));
  return options ? "none" : options.error().text();
}

TEST(RunOptionsReader, EveryFlagIsRead) {
  for (const Option& option : kContainerTable)
    EXPECT_TRUE(is_read(option.name)) << option.name;
  for (const Option& option : kRunTable)
    EXPECT_TRUE(is_read(option.name)) << option.name;
}

TEST(RunOptionsReader, ImageAndCommand) {
  RunOptions options = *parse({"-it", "--rm", "busybox", "sh", "-c", "true"});
  EXPECT_EQ(options.image, "busybox");
  EXPECT_THAT(options.command, ElementsAre("sh", "-c", "true"));
  EXPECT_TRUE(options.interactive && options.tty && options.remove);
  EXPECT_FALSE(options.detach);
}

TEST(RunOptionsReader, FlagsAreRememberedAsTheyWereWritten) {
  RunOptions options = *parse({"-m64m", "--cpus", "0.5", "busybox"});
  EXPECT_EQ(options.text_of("memory"), "64m");
  EXPECT_EQ(options.limits.memory, 64U << 20);
  EXPECT_EQ(options.text_of("pids-limit"), std::nullopt);
}

TEST(RunOptionsReader, VariablesOfFilesComeFirst) {
  EXPECT_THAT(parse({"-e", "A=flag", "--env-file", "vars", "busybox"})->environment,
              ElementsAre("A=file", "B=file", "A=flag"));
}

TEST(RunOptionsReader, EntrypointMayBeEmpty) {
  EXPECT_EQ(parse({"busybox"})->entrypoint, std::nullopt);
  EXPECT_TRUE(parse({"--entrypoint=", "busybox"})->entrypoint->empty());
  EXPECT_THAT(*parse({"--entrypoint", "/bin/x", "busybox"})->entrypoint, ElementsAre("/bin/x"));
}

TEST(RunOptionsReader, ZeroMeansNoLimit) {
  RunOptions options = *parse({"-m0", "--cpus=0", "--pids-limit=0", "busybox"});
  EXPECT_EQ(options.limits.memory, std::nullopt);
  EXPECT_EQ(options.limits.nano_cpus, std::nullopt);
  EXPECT_EQ(options.limits.pids, -1);
}

TEST(RunOptionsReader, Capabilities) {
  RunOptions options = *parse({"--cap-drop", "all", "--cap-add", "net_admin,CAP_CHOWN", "busybox"});
  EXPECT_THAT(options.security.cap_drop, ElementsAre("ALL"));
  EXPECT_THAT(options.security.cap_add, ElementsAre("CAP_NET_ADMIN", "CAP_CHOWN"));
  EXPECT_THAT(problem({"--cap-add", "NET_ADMN"}), HasSubstr("--cap-add: \"NET_ADMN\" is not a capability"));
}

TEST(RunOptionsReader, SecurityOptions) {
  RunOptions options = *parse({"--security-opt", "no-new-privileges", "--security-opt=seccomp=unconfined",
                               "--security-opt=systempaths=unconfined", "--security-opt", "mask=/a:/b", "busybox"});
  EXPECT_TRUE(options.security.no_new_privileges);
  EXPECT_EQ(options.security.seccomp, engine::SecurityRequest::Seccomp::unconfined);
  EXPECT_TRUE(options.security.system_paths_unconfined);
  EXPECT_THAT(options.security.mask, ElementsAre("/a", "/b"));
  EXPECT_FALSE(parse({"--security-opt", "no-new-privileges:false", "busybox"})->security.no_new_privileges);
  EXPECT_EQ(parse({"--security-opt", "seccomp=seccomp.json", "busybox"})->security.seccomp,
            engine::SecurityRequest::Seccomp::profile);
  EXPECT_THAT(problem({"--security-opt", "foo"}), HasSubstr("--security-opt: \"foo\" is not a security option"));
  EXPECT_THAT(problem({"--security-opt", "seccomp=nowhere"}), HasSubstr("nowhere: No such file or directory"));
  EXPECT_THAT(problem({"--security-opt", "seccomp=broken.json"}), HasSubstr("broken.json:1"));
}

TEST(RunOptionsReader, LabelsAndLogs) {
  RunOptions options =
      *parse({"-l", "b=2", "--label-file", "labels", "--log-opt", "max-size=1m", "--log-opt=max-file=2", "busybox"});
  ASSERT_EQ(options.labels.size(), 3U);
  EXPECT_EQ(options.labels[2].key, "y");
  EXPECT_EQ(options.log.max_size, 1U << 20);
  EXPECT_EQ(options.log.max_file, 2U);
  EXPECT_THAT(problem({"--log-driver", "syslog"}), HasSubstr("--log-driver: \"syslog\" is not a log driver"));
}

TEST(RunOptionsReader, FlagsThatDoNotGoTogether) {
  EXPECT_THAT(problem({"--memory-swap", "1g"}), HasSubstr("it needs --memory beside it"));
  EXPECT_THAT(problem({"-m64m", "--memory-swap", "32m"}), HasSubstr("cannot be less than --memory"));
  EXPECT_EQ(problem({"-m64m", "--memory-swap", "-1"}), "none");
  EXPECT_THAT(problem({"--cpus", "1", "--cpu-quota", "5000"}), HasSubstr("give the one or the others"));
  EXPECT_THAT(problem({"--uts", "host", "-h", "x"}), HasSubstr("--hostname: with --uts host"));
  EXPECT_THAT(problem({"--network", "host", "--sysctl", "net.ipv4.ip_forward=1"}), HasSubstr("would be the machine's"));
  EXPECT_THAT(problem({"-v", "/a:/x", "--tmpfs", "/x"}), HasSubstr("/x is already taken by -v /a:/x"));
}

TEST(RunOptionsReader, SaysWhichFlagWasWrong) {
  EXPECT_EQ(problem({"-m", "abc"}), "--memory: \"abc\" is not a size: expected a number and b, k, m or g, as in 64m");
  EXPECT_EQ(problem({"-m", "100k"}), "--memory: \"100k\" is less than a container can start in: 512k is the least");
  EXPECT_THAT(problem({"--restart", "always"}), HasSubstr("--restart: \"always\" is not in this version"));
  EXPECT_THAT(problem({"--name", "-x"}), HasSubstr("--name: "));
  EXPECT_THAT(problem({"--env-file", "nowhere"}), HasSubstr("--env-file: openat nowhere"));
  EXPECT_THAT(problem({"--cpu-shares", "1"}), HasSubstr("2 to 262144"));
  EXPECT_THAT(problem({"--blkio-weight", "5"}), HasSubstr("10 to 1000"));
  EXPECT_EQ(parse({"-m", "x", "busybox"}).error().kind, Kind::usage);
}

TEST(ExecOptionsReader, Reads) {
  constexpr Option kOptions[] = {{.name = "interactive", .letter = 'i'},
                                 {.name = "env", .letter = 'e', .value = "V"},
                                 {.name = "user", .letter = 'u', .value = "U"},
                                 {.name = "privileged"},
                                 {.name = "workdir", .letter = 'w', .value = "D"}};
  std::vector<std::string_view> words = {"-i", "-e", "A=1", "-u", "1:2", "-w", "/tmp/", "web", "ls", "-l"};
  Arguments arguments = *parse_arguments({.own = kOptions}, true, words);
  engine::ExecOptions options = *read_exec_options(arguments, {.variables = {}, .directory = "/", .read = read});
  EXPECT_EQ(options.container + " " + options.user + " " + *options.working_directory, "web 1:2 /tmp");
  EXPECT_THAT(options.command, ElementsAre("ls", "-l"));
  EXPECT_THAT(options.environment, ElementsAre("A=1"));
  EXPECT_TRUE(options.interactive);
}

} // namespace
} // namespace phial::cli
