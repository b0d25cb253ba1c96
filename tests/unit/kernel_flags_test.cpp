#include "kernel/errnos.hpp"
#include "kernel/flag_tables.hpp"
#include "kernel/flags.hpp"
#include "kernel/syscalls.hpp"

#include <sys/stat.h>

#include <gtest/gtest.h>

#include <set>

namespace phial::kernel {
namespace {

TEST(Flags, NamesAndRest) {
  EXPECT_EQ(format_flags(CLONE_NEWNS | CLONE_NEWPID, kCloneFlags), "CLONE_NEWPID|CLONE_NEWNS");
  EXPECT_EQ(format_flags(0, kCloneFlags), "0");
  EXPECT_EQ(format_flags(MS_BIND | (1ULL << 40), kMountFlags), "MS_BIND|0x10000000000");
}

TEST(Flags, Fields) {
  EXPECT_EQ(format_flags(O_RDONLY | O_CLOEXEC, kOpenFlags), "O_RDONLY|O_CLOEXEC");
  EXPECT_EQ(format_flags(O_WRONLY | O_CREAT | O_TRUNC, kOpenFlags), "O_WRONLY|O_CREAT|O_TRUNC");
  EXPECT_EQ(format_flags(O_PATH | O_DIRECTORY, kOpenFlags), "O_PATH|O_DIRECTORY");
  EXPECT_EQ(format_flags(O_RDWR | O_TMPFILE, kOpenFlags), "O_RDWR|O_TMPFILE");
  EXPECT_EQ(format_flags(MOUNT_ATTR__ATIME, kMountAttrFlags), "MOUNT_ATTR__ATIME");
  EXPECT_EQ(format_flags(MOUNT_ATTR_NOATIME | MOUNT_ATTR_NODEV, kMountAttrFlags),
            "MOUNT_ATTR_NODEV|MOUNT_ATTR_NOATIME");
  EXPECT_EQ(format_flags(PROT_NONE, kProtFlags), "PROT_NONE");
  EXPECT_EQ(format_flags(PROT_READ | PROT_WRITE, kProtFlags), "PROT_READ|PROT_WRITE");
  EXPECT_EQ(format_flags(MAP_PRIVATE | MAP_FIXED, kMapFlags), "MAP_PRIVATE|MAP_FIXED");
  EXPECT_EQ(format_flags(SOCK_SEQPACKET | SOCK_CLOEXEC, kSocketTypes), "SOCK_SEQPACKET|SOCK_CLOEXEC");
}

TEST(Flags, ParseIsTheInverse) {
  for (std::uint64_t value : {0ULL, 0x20000ULL, 0x7c020000ULL, 0x300001000ULL, 1ULL << 50})
    EXPECT_EQ(parse_flags(format_flags(value, kCloneFlags), kCloneFlags), value);
  EXPECT_FALSE(parse_flags("CLONE_NEWNS|CLONE_NO", kCloneFlags));
}

TEST(Flags, Modes) {
  EXPECT_EQ(format_mode(S_IFCHR | 0666), "S_IFCHR|0666");
  EXPECT_EQ(format_mode(0755), "0755");
  EXPECT_EQ(format_mode(01777), "1777");
  EXPECT_EQ(format_mode(0), "0000");
}

TEST(Flags, Enumerations) {
  EXPECT_EQ(format_name(PR_SET_NO_NEW_PRIVS, kPrctlOptions), "PR_SET_NO_NEW_PRIVS");
  EXPECT_EQ(format_name(99999, kPrctlOptions), "99999");
}

TEST(SystemCalls, AgreeWithTheHeaders) {
#if defined(__x86_64__)
  EXPECT_EQ(system_call_number("openat2"), __NR_openat2);
  EXPECT_EQ(system_call_number("execveat"), __NR_execveat);
  EXPECT_EQ(system_call_number("newfstatat"), __NR_newfstatat);
#endif
  EXPECT_EQ(system_call_name(__NR_mount_setattr), "mount_setattr");
  EXPECT_EQ(system_call_name(__NR_statmount), "statmount");
  EXPECT_EQ(system_call_name(__NR_open_tree_attr), "open_tree_attr");
  EXPECT_EQ(system_call_number("execve", Architecture::aarch64), 221);
  EXPECT_EQ(system_call_number("clone", Architecture::aarch64), 220);
  EXPECT_FALSE(system_call_number("open", Architecture::aarch64));
  EXPECT_FALSE(system_call_number("no_such_call"));
  EXPECT_EQ(system_call_name(-1), "");
  EXPECT_EQ(system_call_name(100000), "");
}

TEST(SystemCalls, NumbersAreUnique) {
  for (Architecture architecture :
       {Architecture::x86_64, Architecture::x32, Architecture::i386, Architecture::aarch64, Architecture::arm}) {
    std::set<int> seen;
    for (const SystemCall& call : system_calls()) {
      int number = call.number(architecture);
      EXPECT_TRUE(number < 0 || seen.insert(number).second) << call.name.view();
    }
    EXPECT_GT(seen.size(), 300U);
  }
}

TEST(Errnos, NamesAndTexts) {
  EXPECT_EQ(errno_name(ENOENT), "ENOENT");
  EXPECT_EQ(errno_name(EAGAIN), "EAGAIN");
  EXPECT_EQ(errno_name(EOPNOTSUPP), "EOPNOTSUPP");
  EXPECT_EQ(errno_name(4711), "errno 4711");
  EXPECT_EQ(errno_number("ENOSYS"), ENOSYS);
  EXPECT_EQ(errno_number("EWOULDBLOCK"), EAGAIN);
  EXPECT_FALSE(errno_number("ENOPE"));
  EXPECT_EQ(errno_text(EPERM), "Operation not permitted");
}

} // namespace
} // namespace phial::kernel
