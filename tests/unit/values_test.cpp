#include "cli/values.hpp"

#include "cli/mount_values.hpp"
#include "cli/variables.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace phial::cli {
namespace {

using engine::MountRequest;
using engine::NamespaceRequest;
using testing::HasSubstr;

template <class T> std::string message(const Result<T>& result) {
  return result ? "none" : result.error().message;
}

TEST(Values, Sizes) {
  EXPECT_EQ(*parse_bytes("64m"), 64U << 20);
  EXPECT_EQ(message(parse_bytes("abc")), "\"abc\" is not a size: expected a number and b, k, m or g, as in 64m");
  EXPECT_EQ(*parse_bytes_or_unlimited("-1"), -1);
  EXPECT_FALSE(parse_bytes_or_unlimited("-2"));
}

TEST(Values, Numbers) {
  EXPECT_EQ(*parse_number("-1000", -1000, 1000), -1000);
  EXPECT_EQ(message(parse_number("1001", -1000, 1000)),
            "1001 is out of range: expected a whole number from -1000 to 1000");
  EXPECT_EQ(message(parse_number("x", 0, 5)), "\"x\" is not a number: expected a whole number from 0 to 5");
}

TEST(Values, Cpus) {
  EXPECT_EQ(*parse_cpus("0.5"), 500000000U);
  EXPECT_EQ(*parse_cpus("2"), 2000000000U);
  EXPECT_EQ(*parse_cpus(".25"), 250000000U);
  EXPECT_EQ(*parse_cpus("1.5000000000000"), 1500000000U);
  EXPECT_EQ(*parse_cpus("0"), 0U);
  for (std::string_view bad : {"", ".", "x", "-1", "1.5x", "1e3", "0.0000000001", "0.001"})
    EXPECT_FALSE(parse_cpus(bad)) << bad;
}

TEST(Values, CpuLists) {
  EXPECT_EQ(*parse_cpu_list("0-3,5"), "0-3,5");
  for (std::string_view bad : {"", "a", "3-1", "0,", "1-", "-1", "99999"})
    EXPECT_FALSE(parse_cpu_list(bad)) << bad;
}

TEST(Values, ContainerPathsAreCleaned) {
  EXPECT_EQ(*parse_container_path("/a//b/./c/../d/"), "/a/b/d");
  EXPECT_EQ(*parse_container_path("/../.."), "/");
  EXPECT_EQ(message(parse_container_path("data")), "\"data\" is not an absolute path: expected one that begins with /");
}

TEST(Values, Labels) {
  std::vector<engine::KeyValue> labels;
  put(labels, *parse_key_value("b=1"));
  put(labels, *parse_key_value("a"));
  put(labels, *parse_key_value("b=x=y"));
  ASSERT_EQ(labels.size(), 2U);
  EXPECT_EQ(labels[0].key + "=" + labels[0].value, "a=");
  EXPECT_EQ(labels[1].key + "=" + labels[1].value, "b=x=y");
  EXPECT_FALSE(parse_key_value("=x"));
}

TEST(Values, Users) {
  for (std::string_view good : {"root", "1000", "app:staff", "1000:1000"})
    EXPECT_TRUE(parse_user(good)) << good;
  for (std::string_view bad : {"", ":1", "a:", "a:b:c", "a b", "99999999999"})
    EXPECT_FALSE(parse_user(bad)) << bad;
}

TEST(Values, Hostnames) {
  EXPECT_TRUE(parse_hostname("web-1.example"));
  EXPECT_FALSE(parse_hostname("-web"));
  EXPECT_FALSE(parse_hostname("a b"));
  EXPECT_FALSE(parse_hostname(std::string(65, 'a')));
}

TEST(Values, Sysctls) {
  EXPECT_EQ(parse_sysctl("net/ipv4/ip_forward=1")->key, "net.ipv4.ip_forward");
  EXPECT_TRUE(parse_sysctl("kernel.shmmax=1"));
  EXPECT_THAT(message(parse_sysctl("kernel.core_pattern=|/x")), HasSubstr("would change the whole machine"));
  EXPECT_FALSE(parse_sysctl("net.x"));
}

TEST(Values, Ulimits) {
  engine::Ulimit limit = *parse_ulimit("nofile=1024:2048");
  EXPECT_EQ(limit.name, "nofile");
  EXPECT_EQ(limit.soft, 1024U);
  EXPECT_EQ(limit.hard, 2048U);
  EXPECT_EQ(parse_ulimit("core=-1")->hard, engine::kUnlimited);
  EXPECT_EQ(parse_ulimit("foo=1").error().kind, Kind::usage);
}

TEST(Values, StopSignals) {
  EXPECT_EQ(*parse_stop_signal("term"), "SIGTERM");
  EXPECT_EQ(*parse_stop_signal("9"), "SIGKILL");
  EXPECT_FALSE(parse_stop_signal("SIGFOO"));
}

TEST(Values, Namespaces) {
  constexpr NamespaceWords kWords = {.expected = "private, host or container:NAME", .container = true};
  EXPECT_EQ(parse_namespace("host", kWords)->from, NamespaceRequest::From::host);
  EXPECT_EQ(parse_namespace("", kWords)->from, NamespaceRequest::From::standard);
  EXPECT_EQ(parse_namespace("container:web", kWords)->container, "web");
  EXPECT_EQ(message(parse_namespace("container:", kWords)),
            "\"container:\" is not known here: expected private, host or container:NAME");
  EXPECT_FALSE(parse_namespace("none", kWords));
  EXPECT_EQ(parse_network("none")->from, NamespaceRequest::From::none);
  EXPECT_THAT(message(parse_network("bridge")), HasSubstr("no networks of its own"));
}

TEST(Values, Devices) {
  engine::DeviceRequest device = *parse_device("/dev/fuse");
  EXPECT_EQ(device.destination + " " + device.access, "/dev/fuse rwm");
  device = *parse_device("/dev/a:r");
  EXPECT_EQ(device.destination + " " + device.access, "/dev/a r");
  device = *parse_device("/dev/a:/dev/b:rw");
  EXPECT_EQ(device.source + " " + device.destination + " " + device.access, "/dev/a /dev/b rw");
  for (std::string_view bad : {"", "fuse", "/dev/a:b", "/dev/a:/dev/b:x", "/dev/a:/dev/b:rr", "/a:/b:r:w"})
    EXPECT_FALSE(parse_device(bad)) << bad;
}

TEST(Values, DeviceRules) {
  engine::DeviceRule rule = *parse_device_rule("b 8:* rm");
  EXPECT_EQ(rule.type, 'b');
  EXPECT_EQ(rule.major, 8);
  EXPECT_FALSE(rule.minor);
  EXPECT_EQ(rule.access, "rm");
  for (std::string_view bad : {"", "c", "x 1:2 r", "c 1 r", "c 1:x r", "c 1:2 q", "c 1:2", "c 99999999999:1 r"})
    EXPECT_FALSE(parse_device_rule(bad)) << bad;
}

TEST(Values, Throttles) {
  EXPECT_EQ(parse_throttle("/dev/sda:1mb", true)->rate, 1U << 20);
  EXPECT_EQ(parse_throttle("/dev/sda:1000", false)->rate, 1000U);
  for (std::string_view bad : {"", "sda:1", "/dev/sda", "/dev/sda:", "/dev/sda:0"})
    EXPECT_FALSE(parse_throttle(bad, true)) << bad;
  EXPECT_FALSE(parse_throttle("/dev/sda:1mb", false));
}

TEST(Values, ExtraHosts) {
  EXPECT_EQ(parse_extra_host("db:10.0.0.1")->value, "10.0.0.1");
  EXPECT_EQ(parse_extra_host("db=fd00::1")->value, "fd00::1");
  EXPECT_EQ(parse_extra_host("db:[fd00::1]")->value, "fd00::1");
  EXPECT_FALSE(parse_extra_host("db"));
  EXPECT_FALSE(parse_extra_host("db:nowhere"));
}

TEST(Volumes, ADirectoryOfTheHost) {
  MountRequest mount = *parse_volume("/a:/b:ro,rslave", "/cwd");
  EXPECT_EQ(mount.type, MountRequest::Type::bind);
  EXPECT_EQ(mount.source + " " + mount.destination + " " + mount.propagation, "/a /b rslave");
  EXPECT_TRUE(mount.read_only);
  EXPECT_TRUE(mount.create_source);
  EXPECT_EQ(mount.flag, "-v /a:/b:ro,rslave");
  EXPECT_EQ(parse_volume("./x:/b", "/cwd")->source, "/cwd/x");
  EXPECT_EQ(parse_volume(".:/b", "/cwd")->source, "/cwd");
}

TEST(Volumes, ANamedOneAndOneWithout) {
  MountRequest mount = *parse_volume("data:/b:nocopy", "/");
  EXPECT_EQ(mount.type, MountRequest::Type::volume);
  EXPECT_EQ(mount.source, "data");
  EXPECT_TRUE(mount.no_copy);
  EXPECT_EQ(parse_volume("/b", "/")->source, "");
}

TEST(Volumes, SaysWhatIsWrong) {
  EXPECT_THAT(message(parse_volume("a/b:/c", "/")), HasSubstr("a directory of the host begins with / or ./"));
  EXPECT_THAT(message(parse_volume("/a:b", "/")), HasSubstr("\"b\" is not an absolute path"));
  EXPECT_THAT(message(parse_volume("/a:/", "/")), HasSubstr("nothing can be mounted on /"));
  EXPECT_THAT(message(parse_volume("/a:/b:zz", "/")), HasSubstr("\"zz\" is not an option of -v"));
  for (std::string_view bad : {"", ":", "/a:", ":/b", "/a:/b:ro:x", "data:/b:shared"})
    EXPECT_FALSE(parse_volume(bad, "/")) << bad;
}

TEST(Mounts, Bind) {
  MountRequest mount = *parse_mount("type=bind,source=/a,target=/b,readonly,bind-propagation=rshared", "/");
  EXPECT_EQ(mount.source + " " + mount.destination + " " + mount.propagation, "/a /b rshared");
  EXPECT_TRUE(mount.read_only);
  EXPECT_FALSE(mount.create_source);
  EXPECT_FALSE(parse_mount("type=bind,src=/a,dst=/b,bind-recursive=disabled", "/")->recursive);
  EXPECT_FALSE(parse_mount("type=bind,src=/a,dst=/b,ro=false", "/")->read_only);
  EXPECT_TRUE(parse_mount("type=bind,src=/a,dst=/b,ro,bind-recursive=readonly,bind-propagation=rprivate", "/")
                  ->required_read_only);
}

TEST(Mounts, Tmpfs) {
  MountRequest mount = *parse_mount("type=tmpfs,dst=/b,tmpfs-size=64m,tmpfs-mode=1777", "/");
  EXPECT_EQ(mount.type, MountRequest::Type::tmpfs);
  EXPECT_EQ(mount.tmpfs_size, 64U << 20);
  EXPECT_EQ(mount.tmpfs_mode, 01777U);
}

TEST(Mounts, AQuotedFieldMayHoldCommas) {
  EXPECT_EQ(parse_mount("type=bind,\"src=/a,b\",dst=/c", "/")->source, "/a,b");
}

TEST(Mounts, SaysWhatIsWrong) {
  EXPECT_THAT(message(parse_mount("type=bind,src=/a", "/")), HasSubstr("dst=/PATH is missing"));
  EXPECT_THAT(message(parse_mount("type=bind,dst=/a", "/")), HasSubstr("src=/HOST-DIR is missing"));
  EXPECT_THAT(message(parse_mount("type=foo,dst=/a", "/")), HasSubstr("\"foo\" is not a type of mount"));
  EXPECT_THAT(message(parse_mount("type=bind,src=/a,dst=/b,foo=1", "/")), HasSubstr("\"foo\" is not a key of --mount"));
  for (std::string_view bad : {"", "foo", "type=tmpfs,src=/x,dst=/b", "type=tmpfs,dst=/b,bind-propagation=shared",
                               "type=bind,src=/a,dst=/b,tmpfs-size=1m", "type=tmpfs,dst=/b,tmpfs-mode=9",
                               "type=bind,src=/a,dst=/b,ro=x", "type=bind,src=a,dst=/b", "type=bind,src=/a,dst=b",
                               "type=bind,\"src=/a,dst=/b", "type=bind,src=/a,dst=/b,bind-recursive=readonly"})
    EXPECT_FALSE(parse_mount(bad, "/")) << bad;
}

TEST(Tmpfs, Options) {
  MountRequest mount = *parse_tmpfs("/run:size=64m,mode=755,uid=1000,exec,ro");
  EXPECT_EQ(mount.destination, "/run");
  EXPECT_EQ(mount.tmpfs_size, 64U << 20);
  EXPECT_EQ(mount.tmpfs_mode, 0755U);
  EXPECT_TRUE(mount.read_only);
  EXPECT_EQ(mount.tmpfs_options, (std::vector<std::string>{"uid=1000", "exec"}));
  EXPECT_EQ(parse_tmpfs("/x:size=10%")->tmpfs_options, (std::vector<std::string>{"size=10%"}));
  for (std::string_view bad : {"", "run", "/", "/a:foo", "/a:size=q", "/a:mode=8", "/a:bind"})
    EXPECT_FALSE(parse_tmpfs(bad)) << bad;
}

Lookup home() {
  return {[](const void*, std::string_view name) -> std::optional<std::string_view> {
            return name == "HOME" ? std::optional<std::string_view>("/root") : std::nullopt;
          },
          nullptr};
}

TEST(Variables, OneFlag) {
  EXPECT_EQ(*parse_variable("A=b=c", home()), "A=b=c");
  EXPECT_EQ(*parse_variable("A=", home()), "A=");
  EXPECT_EQ(*parse_variable("HOME", home()), "HOME=/root");
  EXPECT_EQ(*parse_variable("NOPE", home()), "NOPE");
  EXPECT_FALSE(parse_variable("=x", home()));
  EXPECT_FALSE(parse_variable("", home()));
}

TEST(Variables, AFile) {
  EXPECT_EQ(*parse_variable_file("\xEF\xBB\xBF# note\nA=1\r\n\n  B=2 # no comment\nHOME\nNOPE\nC=\n", "f", home()),
            (std::vector<std::string>{"A=1", "B=2 # no comment", "HOME=/root", "C="}));
  EXPECT_EQ(parse_variable_file("A=1\nB C=2\n", "vars.env", home()).error().text(),
            "vars.env:2: the name \"B C\" has a space in it");
  EXPECT_EQ(parse_variable_file("=2\n", "vars.env", home()).error().text(),
            "vars.env:1: a name is missing before the =");
}

} // namespace
} // namespace phial::cli
