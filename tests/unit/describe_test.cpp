// One instruction as one line.
#include "program/describe.hpp"

#include "kernel/kabi.hpp"
#include "program/builder.hpp"
#include "program/data_view.hpp"
#include "program/system_calls.hpp"

#include <gtest/gtest.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>

namespace phial::program {
namespace {

// What add() adds, described.
template <class F> std::string described(F add, const DescribeOptions& options = {}, std::size_t index = 0) {
  Builder b;
  b.step(Section::host, {});
  add(b);
  Program p = b.finish();
  return describe(p, p.code[index], options);
}

TEST(Describe, Arguments) {
  EXPECT_EQ(described([](Builder& b) { b.call(SYS_mknodat, {5, b.text("null"), S_IFCHR | 0666, makedev(1, 3)}); }),
            "mknodat(5, \"null\", S_IFCHR|0666, makedev(1, 3))");
  EXPECT_EQ(described([](Builder& b) { b.call(SYS_fchownat, {5, b.text(""), 0, -1, AT_EMPTY_PATH}); }),
            "fchownat(5, \"\", 0, -1, AT_EMPTY_PATH)");
  EXPECT_EQ(described([](Builder& b) { b.call(SYS_openat, {AT_FDCWD, b.text("f"), O_WRONLY | O_CREAT, 0600}); }),
            "openat(AT_FDCWD, \"f\", O_WRONLY|O_CREAT, 0600)");
  EXPECT_EQ(described([](Builder& b) { b.call(SYS_setns, {b.slot("net"), CLONE_NEWNET}); }),
            "setns($net, CLONE_NEWNET)");
  EXPECT_EQ(described([](Builder& b) { b.call(SYS_kill, {-1, SIGKILL}); }), "kill(-1, SIGKILL)");
  EXPECT_EQ(described([](Builder& b) { b.call(SYS_umask, {022}); }), "umask(0022)");
  EXPECT_EQ(described([](Builder& b) { b.call(SYS_setsid); }), "setsid()");
  EXPECT_EQ(described([](Builder& b) { b.call(SYS_close_range, {3, ~0U, CLOSE_RANGE_CLOEXEC}); }),
            "close_range(3, 4294967295, CLOSE_RANGE_CLOEXEC)");
}

TEST(Describe, BeyondTheEndOfTheDataIsNothing) {
  Program program; // of a damaged image
  EXPECT_EQ(DataView(program).number(5, 8), 0U);
  program.data = "abc";
  EXPECT_EQ(DataView(program).number(2, 8), 'c');
  EXPECT_EQ(DataView(program).text(9), "");
}

TEST(Describe, ArgumentsThatDependOnACommand) {
  EXPECT_EQ(described([](Builder& b) { b.call(SYS_prctl, {PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0}); }),
            "prctl(PR_SET_NO_NEW_PRIVS, 1)");
  EXPECT_EQ(described([](Builder& b) { b.call(SYS_prctl, {PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 10, 0, 0}); }),
            "prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_NET_BIND_SERVICE)");
  EXPECT_EQ(described([](Builder& b) {
              b.call(SYS_fsconfig, {b.slot("fs"), FSCONFIG_SET_STRING, b.text("size"), b.text("64m"), 0});
            }),
            "fsconfig($fs, FSCONFIG_SET_STRING, \"size\", \"64m\", 0)");
  EXPECT_EQ(described([](Builder& b) {
              b.call(SYS_fsconfig, {b.slot("fs"), FSCONFIG_SET_FD, b.text("lowerdir+"), 0, b.slot("layer")});
            }),
            "fsconfig($fs, FSCONFIG_SET_FD, \"lowerdir+\", NULL, $layer)");
  EXPECT_EQ(described([](Builder& b) { b.call(SYS_fcntl, {3, F_SETFD, FD_CLOEXEC}); }),
            "fcntl(3, F_SETFD, FD_CLOEXEC)");
}

TEST(Describe, Structures) {
  EXPECT_EQ(described([](Builder& b) {
              mount_attr attr{};
              attr.attr_set = MOUNT_ATTR_RDONLY;
              attr.propagation = MS_PRIVATE;
              b.call(SYS_mount_setattr,
                     {b.slot("root"), b.text(""), AT_EMPTY_PATH | AT_RECURSIVE, b.object(attr), sizeof attr});
            }),
            "mount_setattr($root, \"\", AT_EMPTY_PATH|AT_RECURSIVE, "
            "{attr_set=MOUNT_ATTR_RDONLY, propagation=MS_PRIVATE}, 32)");
  EXPECT_EQ(described([](Builder& b) {
              sockaddr_un address{AF_UNIX, "/run/x"};
              b.call(SYS_bind, {4, b.object(address), sizeof address});
            }),
            "bind(4, {AF_UNIX, \"/run/x\"}, 110)");
  EXPECT_EQ(described([](Builder& b) {
              struct {
                nlmsghdr header;
                ifinfomsg link;
              } message{};
              message.header = {sizeof message, RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK, 1, 0};
              b.call(SYS_sendto, {4, b.object(message), sizeof message, 0, 0, 0});
            }),
            "sendto(4, {RTM_NEWLINK, NLM_F_REQUEST|NLM_F_ACK, 32 bytes}, 32, 0, NULL, 0)");
}

TEST(Describe, AnswersOfTheKernelGoByTheSlotsThatTakeThem) {
  EXPECT_EQ(described([](Builder& b) {
              Data pair = b.room(8);
              b.call(SYS_socketpair, {AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair});
              b.add(Op::load, {pair, 4}).into(b.slot("ours"));
              b.add(Op::load, {pair + 4, 4}).into(b.slot("theirs"));
            }),
            "socketpair(AF_UNIX, SOCK_STREAM|SOCK_CLOEXEC, 0, [$ours, $theirs])");
}

TEST(Describe, ADescriptorInAMessage) {
  auto send = [](Builder& b) {
    Slot terminal = b.slot("terminal");
    Data message = b.room(sizeof(msghdr));
    Data part = b.object(iovec{nullptr, 1});
    alignas(cmsghdr) unsigned char control[CMSG_SPACE(sizeof(int))] = {};
    cmsghdr header{CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
    std::memcpy(control, &header, sizeof header);
    Data control_at = b.bytes(control);
    b.point(message + offsetof(msghdr, msg_iov), part);
    b.point(part, b.text("t"));
    b.point(message + offsetof(msghdr, msg_control), control_at);
    b.add(Op::store, {control_at + CMSG_LEN(0), terminal, 4});
    b.call(SYS_sendmsg, {3, message, MSG_NOSIGNAL});
  };
  EXPECT_EQ(described(send, {}, 1), "sendmsg(3, {\"t\", SCM_RIGHTS [$terminal]}, MSG_NOSIGNAL)");
  EXPECT_EQ(described(send), "put $terminal into what sendmsg takes");
}

TEST(Describe, ANumberWrittenIntoAPath) {
  EXPECT_EQ(described([](Builder& b) {
              Data path = b.bytes({reinterpret_cast<const unsigned char*>("/proc/self/fd/\0\0\0\0\0\0\0\0"), 22});
              b.call(SYS_mount, {path, b.text("x"), 0, MS_BIND, 0});
              b.add(Op::store_decimal, {path + 14, b.slot("source")});
            }),
            "mount(\"/proc/self/fd/{$source}\", \"x\", NULL, MS_BIND, NULL)");
}

TEST(Describe, NotesSayWhatFollows) {
  auto jumps = [](Builder& b) {
    Label there, end;
    b.call(SYS_rmdir, {b.text("a")}).tolerate(ENOENT).then_skip(there);
    b.call(SYS_rmdir, {b.text("b")}).or_else(end);
    b.place(there);
    b.call(SYS_rmdir, {b.text("c")}).tolerate(ENOENT, ENOTDIR);
    b.place(end);
    b.step(Section::host, {});
    b.call(SYS_getpid);
  };
  EXPECT_EQ(described(jumps), "rmdir(\"a\") (on success skip the next call; on ENOENT go on)");
  EXPECT_EQ(described(jumps, {}, 1), "rmdir(\"b\") (on failure this step is done)");
  EXPECT_EQ(described(jumps, {}, 2), "rmdir(\"c\") (ENOENT and ENOTDIR are fine)");
}

TEST(Describe, AJumpSaysWhereItLeads) {
  EXPECT_EQ(described([](Builder& b) {
              Label there;
              b.jump(there);
              b.call(SYS_getpid);
              b.place(there);
              b.call(SYS_getppid);
            }),
            "skip the next call");
}

TEST(Describe, LongTextAndSecretsAreLeftOut) {
  auto run = [](Builder& b) {
    std::string argv[] = {"sh", std::string(100, 'x')};
    std::string variables[] = {"TOKEN=secret"};
    b.call(SYS_execve, {b.text("/bin/sh"), b.strings(argv), b.strings(variables)});
  };
  DescribeOptions options;
  options.text = 4;
  options.items = 1;
  options.variables = false;
  EXPECT_EQ(described(run, options), "execve(\"/bin\"..., [\"sh\", ... 1 more], [1 variable])");
  EXPECT_NE(described(run).find("TOKEN=secret"), std::string::npos);
}

TEST(Describe, CallsThatTheTableDoesNotKnow) {
  EXPECT_EQ(described([](Builder& b) { b.call(SYS_io_setup, {16, b.text("x")}); }), "io_setup(0x10, {...})");
}

TEST(CallShapes, KnowsWhatInstructionsAreMadeOf) {
  for (long number : {SYS_clone3, SYS_openat2, SYS_mount_setattr, SYS_move_mount, SYS_fsconfig, SYS_pivot_root,
                      SYS_capset, SYS_seccomp, SYS_prlimit64, SYS_execve, SYS_keyctl, SYS_bpf})
    EXPECT_NE(shape_of(static_cast<int>(number)), nullptr) << number;
}

} // namespace
} // namespace phial::program
