#include "kernel/kabi.hpp"
#include "kernel/mountinfo.hpp"
#include "kernel/mounts.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace phial::kernel {
namespace {

using testing::ElementsAre;

MountOptions parse(std::vector<std::string> words) {
  return parse_mount_options(words).value_or(MountOptions{});
}

TEST(MountOptions, ProcsUsualOnes) {
  MountOptions options = parse({"nosuid", "noexec", "nodev"});
  EXPECT_EQ(options.attr_set, std::uint64_t{MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NODEV});
  EXPECT_EQ(options.attr_clear, 0U);
  EXPECT_FALSE(options.bind);
  EXPECT_EQ(options.ms_flags(), std::uint64_t{MS_NOSUID | MS_NOEXEC | MS_NODEV});
  EXPECT_EQ(format_mount_attributes(options.attr_set), "nosuid,nodev,noexec");
}

TEST(MountOptions, LaterWordsWin) {
  MountOptions options = parse({"nosuid", "suid", "exec", "noexec", "ro", "rw"});
  EXPECT_EQ(options.attr_set, std::uint64_t{MOUNT_ATTR_NOEXEC});
  EXPECT_EQ(options.attr_clear, std::uint64_t{MOUNT_ATTR_NOSUID | MOUNT_ATTR_RDONLY});
  EXPECT_EQ(options.super_set, 0U);
  EXPECT_EQ(options.super_clear, std::uint64_t{MS_RDONLY});
}

TEST(MountOptions, AccessTimeIsAField) {
  MountOptions options = parse({"noatime"});
  EXPECT_EQ(options.attr_set, std::uint64_t{MOUNT_ATTR_NOATIME});
  EXPECT_EQ(options.attr_clear, std::uint64_t{MOUNT_ATTR__ATIME});
  options = parse({"noatime", "strictatime"});
  EXPECT_EQ(options.attr_set, std::uint64_t{MOUNT_ATTR_STRICTATIME});
  EXPECT_EQ(options.attr_clear, std::uint64_t{MOUNT_ATTR__ATIME});
  options = parse({"strictatime", "atime"});
  EXPECT_EQ(options.attr_set, std::uint64_t{MOUNT_ATTR_STRICTATIME});
  options = parse({"strictatime", "relatime"});
  EXPECT_EQ(options.attr_set, 0U);
  EXPECT_EQ(options.attr_clear, std::uint64_t{MOUNT_ATTR__ATIME});
  options = parse({"rnoatime", "nodiratime"});
  EXPECT_EQ(options.recursive_attr_set, std::uint64_t{MOUNT_ATTR_NOATIME});
  EXPECT_EQ(options.attr_set, std::uint64_t{MOUNT_ATTR_NODIRATIME});
}

TEST(MountOptions, BindPropagationAndData) {
  MountOptions options = parse({"rbind", "rro", "rslave", "size=64k", "mode=1777", "idmap"});
  EXPECT_TRUE(options.bind);
  EXPECT_TRUE(options.recursive_bind);
  EXPECT_EQ(options.recursive_attr_set, std::uint64_t{MOUNT_ATTR_RDONLY});
  EXPECT_EQ(options.attr_set, 0U);
  EXPECT_EQ(options.propagation, std::uint64_t{MS_SLAVE});
  EXPECT_TRUE(options.recursive_propagation);
  EXPECT_EQ(options.idmap, Idmap::plain);
  EXPECT_THAT(options.data, ElementsAre("size=64k", "mode=1777"));
  EXPECT_EQ(options.data_string(), "size=64k,mode=1777");
}

TEST(MountOptions, Super) {
  MountOptions options = parse({"ro", "sync", "dirsync", "lazytime", "mand", "nomand", "silent"});
  EXPECT_THAT(options.super_options(), ElementsAre("dirsync", "lazytime", "ro", "sync"));
  EXPECT_EQ(options.super_set & MS_SILENT, std::uint64_t{MS_SILENT});
}

TEST(MountOptions, BadOnes) {
  std::vector<std::string> contradiction = {"bind", "tmpcopyup"};
  EXPECT_FALSE(parse_mount_options(contradiction));
  std::vector<std::string> empty = {""};
  EXPECT_FALSE(parse_mount_options(empty));
  EXPECT_EQ(parse_propagation("rshared").value_or(0), std::uint64_t{MS_SHARED | MS_REC});
  EXPECT_FALSE(parse_propagation("ro"));
}

TEST(MountOptions, EveryOptionOfTheSpecification) {
  for (std::string_view name : {"async",
                                "atime",
                                "bind",
                                "defaults",
                                "dev",
                                "diratime",
                                "dirsync",
                                "exec",
                                "iversion",
                                "lazytime",
                                "loud",
                                "mand",
                                "noatime",
                                "nodev",
                                "nodiratime",
                                "noexec",
                                "noiversion",
                                "nolazytime",
                                "nomand",
                                "norelatime",
                                "nostrictatime",
                                "nosuid",
                                "nosymfollow",
                                "private",
                                "ratime",
                                "rbind",
                                "rdev",
                                "rdiratime",
                                "relatime",
                                "remount",
                                "rexec",
                                "rnoatime",
                                "rnodev",
                                "rnodiratime",
                                "rnoexec",
                                "rnorelatime",
                                "rnostrictatime",
                                "rnosuid",
                                "rnosymfollow",
                                "ro",
                                "rprivate",
                                "rrelatime",
                                "rro",
                                "rrw",
                                "rshared",
                                "rslave",
                                "rstrictatime",
                                "rsuid",
                                "rsymfollow",
                                "runbindable",
                                "rw",
                                "shared",
                                "silent",
                                "slave",
                                "strictatime",
                                "suid",
                                "symfollow",
                                "sync",
                                "tmpcopyup",
                                "unbindable",
                                "idmap",
                                "ridmap"})
    EXPECT_NE(find_mount_option(name), nullptr) << name;
  EXPECT_EQ(find_mount_option("size"), nullptr);
}

TEST(MountInfo, Lines) {
  auto rows =
      parse_mountinfo("36 35 98:0 /mnt1 /mnt\\0402 rw,noatime master:1 shared:7 - ext3 /dev/root rw,errors=continue\n"
                      "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
                      "32 31 0:29 / /a rw unbindable future:9 - fuse.x  rw\n");
  ASSERT_TRUE(rows);
  ASSERT_EQ(rows->size(), 3U);
  const MountInfo& first = rows->front();
  EXPECT_EQ(first.id, 36);
  EXPECT_EQ(first.parent, 35);
  EXPECT_EQ(first.major, 98U);
  EXPECT_EQ(first.root, "/mnt1");
  EXPECT_EQ(first.point, "/mnt 2");
  EXPECT_EQ(first.master, 1);
  EXPECT_EQ(first.shared, 7);
  EXPECT_EQ(first.type, "ext3");
  EXPECT_EQ(first.source, "/dev/root");
  EXPECT_TRUE(first.has_option("noatime"));
  EXPECT_TRUE(first.has_super_option("errors=continue"));
  EXPECT_FALSE((*rows)[1].shared);
  EXPECT_TRUE((*rows)[2].unbindable);
  EXPECT_EQ((*rows)[2].source, "");
}

TEST(MountInfo, BadLines) {
  EXPECT_FALSE(parse_mountinfo("36 35 98:0 / / rw - ext3\n"));
  EXPECT_FALSE(parse_mountinfo("x 35 98:0 / / rw - ext3 a rw\n"));
  EXPECT_FALSE(parse_mountinfo("36 35 98 / / rw - ext3 a rw\n"));
  auto wrong = parse_mountinfo("36 35 98:0 / / rw - ext3 a rw\nnonsense\n");
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message.find("line 2"), std::string::npos);
  EXPECT_TRUE(parse_mountinfo(""));
}

TEST(MountInfo, WhatCoversAPath) {
  auto rows =
      parse_mountinfo("1 0 8:1 / / rw - ext4 a rw\n2 1 8:2 / /var rw - ext4 b rw\n3 1 8:3 / /var/lib rw - ext4 c rw\n"
                      "4 2 8:4 / /var rw - ext4 d rw\n");
  ASSERT_TRUE(rows);
  EXPECT_EQ(find_mount(*rows, "/etc/passwd")->source, "a");
  EXPECT_EQ(find_mount(*rows, "/var/lib/x")->source, "c");
  EXPECT_EQ(find_mount(*rows, "/var/library")->source, "d");
  EXPECT_EQ(find_mount(*rows, "/variable")->source, "a");
}

TEST(MountInfo, Unescape) {
  EXPECT_EQ(unescape_octal("a\\040b\\011c\\134d"), "a b\tc\\d");
  EXPECT_EQ(unescape_octal("\\04"), "\\04");
  EXPECT_EQ(unescape_octal("\\099"), "\\099");
}

} // namespace
} // namespace phial::kernel
