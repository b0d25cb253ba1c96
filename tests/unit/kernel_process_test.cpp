// What a process is given: namespaces, capabilities, signals, limits.
#include "kernel/capabilities.hpp"
#include "kernel/kabi.hpp"
#include "kernel/namespaces.hpp"
#include "kernel/rlimits.hpp"
#include "kernel/signals.hpp"

#include <linux/capability.h>
#include <sys/resource.h>

#include <csignal>

#include <gtest/gtest.h>

namespace phial::kernel {
namespace {

TEST(Namespaces, BothNames) {
  EXPECT_EQ(find_namespace("network"), find_namespace("net"));
  EXPECT_EQ(find_namespace("mount")->flag, CLONE_NEWNS);
  EXPECT_EQ(find_namespace("mnt")->oci_name, "mount");
  EXPECT_EQ(find_namespace("nonsense"), nullptr);
  EXPECT_EQ(find_namespace(std::uint64_t{CLONE_NEWTIME})->kind, NamespaceKind::time);
  constexpr NamespaceKind kTwo[] = {NamespaceKind::pid, NamespaceKind::uts};
  EXPECT_EQ(namespace_flags(kTwo), std::uint64_t{CLONE_NEWPID | CLONE_NEWUTS});
}

TEST(Namespaces, Links) {
  auto link = parse_namespace_link("net:[4026531840]");
  ASSERT_TRUE(link);
  EXPECT_EQ(link->facts->kind, NamespaceKind::network);
  EXPECT_EQ(link->inode, 4026531840U);
  EXPECT_FALSE(parse_namespace_link("net:4026531840"));
  EXPECT_FALSE(parse_namespace_link("net:[x]"));
  EXPECT_FALSE(parse_namespace_link("socket:[12]"));
  EXPECT_FALSE(parse_namespace_link(""));
}

TEST(Namespaces, OwnInodes) {
  auto mine = namespace_inode(0, NamespaceKind::mount);
  ASSERT_TRUE(mine);
  EXPECT_NE(*mine, 0U);
  auto gone = namespace_inode(0x3fffffff, NamespaceKind::mount);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().number, ENOENT);
}

TEST(Capabilities, NamesInEverySpelling) {
  EXPECT_EQ(find_capability("CAP_NET_ADMIN"), CAP_NET_ADMIN);
  EXPECT_EQ(find_capability("net_admin"), CAP_NET_ADMIN);
  EXPECT_EQ(find_capability("Net_Admin"), CAP_NET_ADMIN);
  EXPECT_EQ(find_capability("CAP_CHECKPOINT_RESTORE"), CAP_CHECKPOINT_RESTORE);
  EXPECT_FALSE(find_capability("CAP_"));
  EXPECT_FALSE(find_capability("ALL"));
}

TEST(Capabilities, Lists) {
  auto parse = [](std::vector<std::string> names) { return parse_capabilities(names); };
  EXPECT_EQ(parse({"chown", "CAP_KILL"}), (CapabilitySet{CAP_CHOWN, CAP_KILL}));
  EXPECT_EQ(parse({"ALL"}), CapabilitySet::all());
  EXPECT_EQ(parse({}), CapabilitySet());
  auto wrong = parse({"NET_ADMN"});
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().kind, Kind::input);
  EXPECT_NE(wrong.error().hint.find("NET_ADMIN"), std::string::npos);
}

TEST(Capabilities, DockersDefaults) {
  // The mask every container of docker's shows in /proc/1/status.
  EXPECT_EQ(default_capabilities().bits(), 0xa80425fbU);
  EXPECT_EQ(format_capabilities({CAP_CHOWN, CAP_KILL}), "CAP_CHOWN,CAP_KILL");
  EXPECT_EQ(format_capabilities({}), "none");
  EXPECT_EQ(capability_name(63), "capability 63");
}

TEST(Capabilities, Status) {
  auto sets =
      parse_status_capabilities("Name:\tsh\nCapInh:\t0000000000000000\nCapPrm:\t00000000a80425fb\n"
                                "CapEff:\t00000000a80425fb\nCapBnd:\t000001ffffffffff\nCapAmb:\t0000000000000400\n"
                                "NoNewPrivs:\t1\n");
  ASSERT_TRUE(sets);
  EXPECT_EQ(sets->effective, default_capabilities());
  EXPECT_EQ(sets->bounding, CapabilitySet::all());
  EXPECT_EQ(sets->ambient, CapabilitySet{CAP_NET_BIND_SERVICE});
  EXPECT_FALSE(parse_status_capabilities("CapInh:\t0\n"));
  EXPECT_GE(last_capability().value_or(-1), CAP_AUDIT_READ);
}

TEST(Signals, IgnoredOnes) {
  EXPECT_EQ(
      parse_ignored_signals("Name:\tSigIgn:\nSigBlk:\t00000000000000ff\nSigIgn:\t0000008000001001\nSigCgt:\t01\n"),
      0x8000001001U);
  EXPECT_EQ(parse_ignored_signals("Name:\tx\n"), 0U);
}

TEST(Signals, Parse) {
  EXPECT_EQ(parse_signal("SIGTERM").value_or(0), SIGTERM);
  EXPECT_EQ(parse_signal("TERM").value_or(0), SIGTERM);
  EXPECT_EQ(parse_signal("term").value_or(0), SIGTERM);
  EXPECT_EQ(parse_signal("15").value_or(0), SIGTERM);
  EXPECT_EQ(parse_signal("RTMIN+3").value_or(0), 37);
  EXPECT_EQ(parse_signal("SIGRTMAX-1").value_or(0), 63);
  EXPECT_EQ(parse_signal("SIGRTMIN").value_or(0), 34);
  EXPECT_EQ(parse_signal("POLL").value_or(0), SIGIO);
  for (std::string_view wrong : {"", "0", "65", "SIG", "SIGTERMS", "RTMIN+31", "RTMIN-1", "RTMIN+", "-9", "9 "})
    EXPECT_FALSE(parse_signal(wrong)) << wrong;
  EXPECT_NE(parse_signal("SIGTERN").error().hint.find("SIGTERM"), std::string::npos);
}

TEST(Signals, NamesRoundTrip) {
  for (int number = 1; number <= 64; ++number) {
    if (number == 32 || number == 33)
      continue;
    EXPECT_EQ(parse_signal(signal_name(number)).value_or(0), number) << signal_name(number);
  }
  EXPECT_EQ(signal_name(99), "signal 99");
  ASSERT_EQ(signals().size(), 31U);
  for (int number = 1; number <= 31; ++number)
    EXPECT_EQ(signals()[static_cast<std::size_t>(number - 1)].number, number);
}

TEST(Rlimits, Ulimits) {
  auto limit = parse_ulimit("nofile=1024:2048");
  ASSERT_TRUE(limit);
  EXPECT_EQ(limit->number, RLIMIT_NOFILE);
  EXPECT_EQ(limit->soft, 1024U);
  EXPECT_EQ(limit->hard, 2048U);
  EXPECT_EQ(parse_ulimit("core=-1")->hard, kRlimitInfinity);
  EXPECT_EQ(parse_ulimit("nproc=5")->hard, 5U);
  EXPECT_EQ(parse_ulimit("memlock=1:unlimited")->hard, kRlimitInfinity);
  for (std::string_view wrong : {"nofile", "nofile=", "=5", "nofile=2:1", "nofile=1:2:3", "nofile=x", "files=1"})
    EXPECT_FALSE(parse_ulimit(wrong)) << wrong;
  EXPECT_NE(parse_ulimit("nofiles=1").error().hint.find("nofile"), std::string::npos);
  EXPECT_EQ(format_ulimit({RLIMIT_CORE, 0, kRlimitInfinity}), "core=0:-1");
  EXPECT_EQ(rlimits().size(), std::size_t{RLIMIT_NLIMITS});
  EXPECT_EQ(find_rlimit("RLIMIT_AS")->number, RLIMIT_AS);
}

} // namespace
} // namespace phial::kernel
