#include "spec/users.hpp"

#include <gtest/gtest.h>

namespace phial::spec {
namespace {

constexpr std::string_view kPasswd = "root:x:0:0:root:/root:/bin/bash\n"
                                     "daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n"
                                     "app:x:1000:1001:An app:/home/app:/bin/sh\n";
constexpr std::string_view kGroup = "root:x:0:\n"
                                    "audio:x:29:app,root\n"
                                    "app:x:1001:\n"
                                    "video:x:44:app\n";

using Gids = std::vector<std::uint32_t>;

ResolvedUser resolved(std::string_view user, std::string_view passwd = kPasswd, std::string_view group = kGroup) {
  Result<ResolvedUser> out = resolve_user(user, passwd, group);
  EXPECT_TRUE(out) << user << ": " << (out ? "" : out.error().text());
  return out ? *out : ResolvedUser{.uid = 99999};
}

std::string refused(std::string_view user, std::string_view passwd = kPasswd, std::string_view group = kGroup) {
  Result<ResolvedUser> out = resolve_user(user, passwd, group);
  EXPECT_FALSE(out) << user << " is uid " << (out ? out->uid : 0);
  if (out)
    return "";
  EXPECT_EQ(out.error().kind, Kind::input);
  return out.error().text() + " / " + out.error().hint;
}

TEST(Users, NameWithItsGroups) {
  ResolvedUser user = resolved("app");
  EXPECT_EQ(user.uid, 1000U);
  EXPECT_EQ(user.gid, 1001U);
  EXPECT_EQ(user.home, "/home/app");
  EXPECT_EQ(user.name, "app");
  EXPECT_EQ(user.additional_gids, (Gids{29, 44, 1001}));
}

TEST(Users, NumberWithARowIsThatUser) {
  ResolvedUser user = resolved("1000");
  EXPECT_EQ(user.gid, 1001U);
  EXPECT_EQ(user.home, "/home/app");
  EXPECT_EQ(user.additional_gids, (Gids{29, 44, 1001}));
}

TEST(Users, NumberWithoutARow) {
  ResolvedUser user = resolved("4711");
  EXPECT_EQ(user.uid, 4711U);
  EXPECT_EQ(user.gid, 0U);
  EXPECT_EQ(user.home, "/");
  EXPECT_EQ(user.additional_gids, Gids{0});
}

TEST(Users, NothingIsRoot) {
  EXPECT_EQ(resolved("").uid, 0U);
  EXPECT_EQ(resolved("").home, "/root");
  EXPECT_EQ(resolved("", "", "").home, "/");
}

TEST(Users, AGroupReplacesTheUsersOwn) {
  EXPECT_EQ(resolved("app:audio").gid, 29U);
  EXPECT_EQ(resolved("app:audio").additional_gids, Gids{29});
  EXPECT_EQ(resolved("app:77").gid, 77U);
  EXPECT_EQ(resolved("4711:4712").additional_gids, Gids{4712});
  EXPECT_EQ(resolved(":audio").uid, 0U);
  EXPECT_EQ(resolved("app:").gid, 1001U);
}

TEST(Users, FurtherGroups) {
  Result<ResolvedUser> user = resolve_user("app", kPasswd, kGroup, {"5", "root", "29"});
  ASSERT_TRUE(user);
  EXPECT_EQ(user->additional_gids, (Gids{0, 5, 29, 44, 1001}));
  EXPECT_FALSE(resolve_user("app", kPasswd, kGroup, {"nosuch"}));
}

TEST(Users, UnknownNamesAreRefusedWithTheNearest) {
  EXPECT_NE(refused("ap").find("no user \"ap\""), std::string::npos);
  EXPECT_NE(refused("ap").find("did you mean \"app\""), std::string::npos);
  EXPECT_NE(refused("app:audo").find("did you mean \"audio\""), std::string::npos);
}

// Rows named like numbers, the classic way to turn `-u 1` into root.
TEST(Users, ANumberIsNeverAName) {
  constexpr std::string_view kHostile = "1:x:0:0::/:/bin/sh\n01:x:0:0::/:/bin/sh\n-1:x:0:0::/:/bin/sh\n"
                                        "2147483648:x:0:0::/:/bin/sh\n4294967296:x:0:0::/:/bin/sh\n"
                                        "daemon:x:1:1::/:/bin/sh\n";
  constexpr std::string_view kHostileGroup = "1:x:0:\n65536999:x:0:\n4294967296:x:0:\n";
  EXPECT_EQ(resolved("1", kHostile, kHostileGroup).uid, 1U);
  EXPECT_EQ(resolved("01", kHostile, kHostileGroup).uid, 1U);
  EXPECT_EQ(resolved("1:1", kHostile, kHostileGroup).gid, 1U);
  EXPECT_EQ(resolved("1:65536999", kHostile, kHostileGroup).gid, 65536999U);
  for (std::string_view user : {"2147483647", "2147483648", "4294967295", "4294967296", "18446744073709551616",
                                "99999999999999999999999", "1:4294967296", "1:4294967295"})
    EXPECT_NE(refused(user, kHostile, kHostileGroup).find("is no id"), std::string::npos) << user;
  for (std::string_view user : {"-1", "0x0", "+1", " 1", "1 ", "1.0", "1e0"})
    refused(user, kHostile, kHostileGroup);
}

TEST(Users, HostileRowsAreSkipped) {
  constexpr std::string_view kHostile = "\n:x:0:0::/:\napp\napp:x\napp:x:zero:0::/:\napp:x:-1:0::/:\n"
                                        "app:x:4294967296:0::/:\napp:x:0:4294967295::/:\n+app:x:0:0::/:\n"
                                        "  app:x:7:7::relative:/bin/sh\r\n#app2:x:0:0::/:\n";
  EXPECT_EQ(parse_passwd(kHostile).size(), 1U);
  EXPECT_EQ(resolved("app", kHostile).uid, 7U);
  EXPECT_EQ(resolved("app", kHostile).home, "/");
  refused("#app2", kHostile);
  refused("+app", kHostile);
  std::string zero("a\0pp:x:0:0::/:\n", 15);
  EXPECT_TRUE(parse_passwd(zero).empty());
}

TEST(Users, TheFirstRowOfANameCounts) {
  EXPECT_EQ(resolved("app", "app:x:5:5::/a:\napp:x:0:0::/b:\n").uid, 5U);
}

TEST(Users, HugeFilesEnd) {
  std::string row = "app:x:5:5:" + std::string(kMaxUserRow, 'x') + ":/a:\n";
  EXPECT_TRUE(parse_passwd(row).empty());
  std::string many;
  for (int i = 0; i < 100000; ++i)
    many += "u" + std::to_string(i) + ":x:" + std::to_string(i) + ":0::/:\n";
  EXPECT_LT(parse_passwd(many).size(), 100000U); // cut at kMaxUserFile
  std::string members = "big:x:5:";
  for (int i = 0; i < 20000; ++i)
    members += "m" + std::to_string(i) + ",";
  EXPECT_TRUE(parse_group(members).empty());
}

} // namespace
} // namespace phial::spec
