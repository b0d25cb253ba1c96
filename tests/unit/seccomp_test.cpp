#include "kernel/seccomp.hpp"

#include "kernel/seccomp_default.hpp"
#include "kernel/seccomp_evaluate.hpp"
#include "kernel/seccomp_numbers.hpp"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cerrno>

namespace phial::kernel {
namespace {

using Bytes = std::vector<std::uint8_t>;

std::uint32_t answer(std::span<const std::uint8_t> filter, std::uint32_t number,
                     std::array<std::uint64_t, 6> arguments = {}, std::uint32_t architecture = kAuditX86_64) {
  Result<SeccompAnswer> out =
      evaluate_filter(filter, {.number = number, .architecture = architecture, .arguments = arguments});
  EXPECT_TRUE(out) << (out ? "" : out.error().text());
  return out ? out->word : 0;
}

Bytes compiled(const SeccompProfile& profile) {
  Result<Bytes> filter = compile_seccomp(profile);
  EXPECT_TRUE(filter) << (filter ? "" : filter.error().text());
  return filter ? *filter : Bytes();
}

constexpr std::uint32_t kAllow = SECCOMP_RET_ALLOW;
constexpr std::uint32_t error(std::uint32_t number) {
  return SECCOMP_RET_ERRNO | number;
}

SeccompProfile denying(std::vector<SeccompRule> rules) {
  SeccompProfile profile;
  profile.default_action = SeccompAction::error;
  profile.rules = std::move(rules);
  return profile;
}

#ifdef __x86_64__

TEST(Seccomp, RulesDecide) {
  Bytes filter = compiled(denying({{.names = {"read", "no_such_call", "openat2"}},
                                   {.names = {"write"}, .action = SeccompAction::error, .error_number = 5},
                                   {.names = {"kill"}, .action = SeccompAction::kill_process},
                                   {.names = {"getpid"}, .action = SeccompAction::trace, .error_number = 7},
                                   {.names = {"gettid"}, .action = SeccompAction::log},
                                   {.names = {"getuid"}, .action = SeccompAction::notify}}));
  EXPECT_EQ(answer(filter, SYS_read), kAllow);
  EXPECT_EQ(answer(filter, SYS_openat2), kAllow);
  EXPECT_EQ(answer(filter, SYS_write), error(5));
  EXPECT_EQ(answer(filter, SYS_kill), SECCOMP_RET_KILL_PROCESS);
  EXPECT_EQ(answer(filter, SYS_getpid), SECCOMP_RET_TRACE | 7U);
  EXPECT_EQ(answer(filter, SYS_gettid), SECCOMP_RET_LOG);
  EXPECT_EQ(answer(filter, SYS_getuid), SECCOMP_RET_USER_NOTIF);
  EXPECT_EQ(answer(filter, SYS_mount), error(EPERM));
  EXPECT_EQ(answer(filter, SYS_read, {}, kAuditI386), SECCOMP_RET_KILL_PROCESS);
  EXPECT_EQ(answer(filter, SYS_read | kX32Bit), SECCOMP_RET_KILL_PROCESS);
}

TEST(Seccomp, ConditionsOnSeveralArgumentsMustAllHold) {
  Bytes filter = compiled(
      denying({{.names = {"socket"},
                .arguments = {{0, SeccompOperator::equal, 2, 0}, {1, SeccompOperator::masked_equal, 0xf, 1}}}}));
  EXPECT_EQ(answer(filter, SYS_socket, {2, 1}), kAllow);
  EXPECT_EQ(answer(filter, SYS_socket, {2, 0x80001}), kAllow);
  EXPECT_EQ(answer(filter, SYS_socket, {2, 2}), error(EPERM));
  EXPECT_EQ(answer(filter, SYS_socket, {1, 1}), error(EPERM));
}

TEST(Seccomp, ConditionsOnOneArgumentAreAlternatives) {
  Bytes filter = compiled(denying(
      {{.names = {"socket"}, .arguments = {{0, SeccompOperator::equal, 2, 0}, {0, SeccompOperator::equal, 10, 0}}}}));
  EXPECT_EQ(answer(filter, SYS_socket, {2}), kAllow);
  EXPECT_EQ(answer(filter, SYS_socket, {10}), kAllow);
  EXPECT_EQ(answer(filter, SYS_socket, {1}), error(EPERM));
  EXPECT_EQ(answer(filter, SYS_socket, {2 | std::uint64_t{1} << 32}), error(EPERM));
}

TEST(Seccomp, CallsTheProfileIsTooOldForReturnEnosys) {
  Bytes filter = compiled(denying({{.names = {"read", "openat2"}}})); // openat2 is 437
  EXPECT_EQ(answer(filter, 436), error(EPERM));
  EXPECT_EQ(answer(filter, 438), error(ENOSYS));
  EXPECT_EQ(answer(filter, 100000), error(ENOSYS));
  SeccompProfile open;
  open.rules = {{.names = {"read"}, .action = SeccompAction::error}};
  EXPECT_EQ(answer(compiled(open), 100000), kAllow);
  EXPECT_EQ(answer(compiled(open), SYS_read), error(EPERM));
}

TEST(Seccomp, NewCalls) {
  SeccompProfile profile = denying({{.names = {"read", "uretprobe", "mseal", "setxattrat", "listxattrat"}},
                                    {.names = {"statmount"}, .action = SeccompAction::error, .error_number = 5},
                                    {.names = {"listmount"}, .arguments = {{0, SeccompOperator::equal, 0, 0}}}});
  profile.architectures = {"SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_X86_64", "SCMP_ARCH_LOONGARCH64"};
  Bytes filter = compiled(profile);
  for (std::uint32_t number : {0U, 335U, 462U, 463U, 465U})
    EXPECT_EQ(answer(filter, number), kAllow) << number;
  EXPECT_EQ(answer(filter, 462 | kX32Bit), kAllow);
  EXPECT_EQ(answer(filter, 462, {}, kAuditI386), kAllow);
  EXPECT_EQ(answer(filter, 335, {}, kAuditI386), error(EPERM));
  EXPECT_EQ(answer(filter, 335 | kX32Bit), error(EPERM));
  EXPECT_EQ(answer(filter, 457), error(5));
  EXPECT_EQ(answer(filter, 458), kAllow);
  EXPECT_EQ(answer(filter, 458, {1}), error(EPERM));
  EXPECT_EQ(answer(filter, 464), error(EPERM));
  EXPECT_EQ(answer(filter, 466), error(ENOSYS));
  EXPECT_EQ(answer(filter, 466, {}, kAuditI386), error(ENOSYS));
  EXPECT_EQ(answer(filter, 547 | kX32Bit), error(EPERM));
  EXPECT_EQ(answer(filter, 548 | kX32Bit), error(ENOSYS));
  EXPECT_EQ(answer(filter, 0, {}, kAuditAarch64), SECCOMP_RET_KILL_PROCESS);
}

#endif

TEST(Seccomp, OtherNativeMachine) {
  SeccompProfile profile = denying({{.names = {"openat", "socketcall", "set_tls"}},
                                    {.names = {"socket"}, .arguments = {{0, SeccompOperator::less, 38, 0}}}});
  profile.architectures = {"SCMP_ARCH_ARM", "SCMP_ARCH_X86"};
  Result<Bytes> filter = compile_seccomp(profile, Architecture::aarch64);
  ASSERT_TRUE(filter);
  EXPECT_EQ(answer(*filter, 56, {}, kAuditAarch64), kAllow);
  EXPECT_EQ(answer(*filter, 198, {37}, kAuditAarch64), kAllow);
  EXPECT_EQ(answer(*filter, 198, {std::uint64_t{1} << 32}, kAuditAarch64), error(EPERM));
  EXPECT_EQ(answer(*filter, 199, {}, kAuditAarch64), error(ENOSYS));
  EXPECT_EQ(answer(*filter, 322, {}, kAuditArm), kAllow);
  EXPECT_EQ(answer(*filter, 281, {std::uint64_t{1} << 32}, kAuditArm), kAllow); // the low half counts
  EXPECT_EQ(answer(*filter, 983045, {}, kAuditArm), kAllow);
  EXPECT_EQ(answer(*filter, 983046, {}, kAuditArm), error(ENOSYS));
  EXPECT_EQ(answer(*filter, 257, {}, kAuditX86_64), SECCOMP_RET_KILL_PROCESS);
  EXPECT_EQ(answer(*filter, 0, {}, kAuditI386), SECCOMP_RET_KILL_PROCESS);
}

TEST(Seccomp, NonsenseIsRefused) {
  auto refused = [](SeccompProfile profile) {
    Result<Bytes> filter = compile_seccomp(profile);
    EXPECT_FALSE(filter);
    EXPECT_EQ(filter.error().kind, Kind::input);
    return filter ? "" : filter.error().text();
  };
  EXPECT_NE(refused(denying({{.names = {"read"}, .arguments = {{6, SeccompOperator::equal, 0, 0}}}})).find("0 to 5"),
            std::string::npos);
  EXPECT_NE(refused(denying({{.names = {"write"}, .action = SeccompAction::notify}})).find("write"), std::string::npos);
  EXPECT_NE(refused(denying({{.names = {"read"}, .action = SeccompAction::error, .error_number = 5000}})).find("4095"),
            std::string::npos);
  SeccompProfile profile;
  profile.default_action = SeccompAction::notify;
  EXPECT_NE(refused(profile).find("default action"), std::string::npos);
  profile = denying({});
  profile.architectures = {"SCMP_ARCH_X86_65"};
  EXPECT_NE(refused(profile).find("did you mean SCMP_ARCH_X86_64"), std::string::npos);
}

TEST(Seccomp, FlagsToLoadWith) {
  SeccompProfile profile;
  EXPECT_EQ(load_flags(profile), SECCOMP_FILTER_FLAG_SPEC_ALLOW);
  profile.flags = 0;
  EXPECT_EQ(load_flags(profile), 0U);
  profile.rules = {{.names = {"mount"}, .action = SeccompAction::notify}};
  EXPECT_EQ(load_flags(profile), SECCOMP_FILTER_FLAG_NEW_LISTENER);
}

TEST(SeccompDefault, IsPrecompiledForUsualCapabilities) {
  CapabilitySet more = default_capabilities();
  more.add(CAP_NET_ADMIN);
  for (CapabilitySet set : {default_capabilities(), more, CapabilitySet(), CapabilitySet{CAP_KILL}}) {
    std::span<const std::uint8_t> built = precompiled_filter_for(set);
    EXPECT_EQ(compiled(default_seccomp_profile(set)), Bytes(built.begin(), built.end())) << format_capabilities(set);
  }
  more.add(CAP_SYS_TIME);
  EXPECT_TRUE(precompiled_filter_for(more).empty());
  EXPECT_TRUE(precompiled_filter_for(CapabilitySet::all()).empty());
}

TEST(SeccompDefault, NoCallIsInTwoGroups) {
  std::vector<std::string> seen;
  for (const SeccompRule& rule : default_seccomp_profile(CapabilitySet()).rules)
    if (rule.arguments.empty())
      seen.insert(seen.end(), rule.names.begin(), rule.names.end());
  std::ranges::sort(seen);
  EXPECT_EQ(std::ranges::adjacent_find(seen), seen.end());
}

TEST(SeccompDefault, CapabilitiesOpenCalls) {
  Bytes bare = compiled(default_seccomp_profile(CapabilitySet()));
  Bytes admin = compiled(default_seccomp_profile(CapabilitySet{CAP_SYS_ADMIN}));
  Bytes time = compiled(default_seccomp_profile(CapabilitySet{CAP_SYS_TIME}));
  for (std::uint32_t number : {SYS_mount, SYS_setns, SYS_unshare, SYS_bpf, SYS_syslog}) {
    EXPECT_EQ(answer(bare, number), error(EPERM)) << number;
    EXPECT_EQ(answer(admin, number), kAllow) << number;
  }
  EXPECT_EQ(answer(bare, SYS_clock_settime), error(EPERM));
  EXPECT_EQ(answer(time, SYS_clock_settime), kAllow);
  EXPECT_EQ(answer(bare, SYS_clone3), error(ENOSYS));
  EXPECT_EQ(answer(admin, SYS_clone3), kAllow);
  EXPECT_EQ(answer(bare, SYS_clone, {0x10000000}), error(EPERM)); // CLONE_NEWUSER
  EXPECT_EQ(answer(bare, SYS_clone, {17}), kAllow);
  EXPECT_EQ(answer(admin, SYS_clone, {0x10000000}), kAllow);
}

TEST(SeccompDefault, ClosesWhatHasNoNamespace) {
  std::span<const std::uint8_t> filter = precompiled_filter_for(default_capabilities());
  for (std::uint64_t family : {1U, 2U, 10U, 16U, 17U, 39U, 41U, 45U})
    EXPECT_EQ(answer(filter, SYS_socket, {family}), kAllow) << family;
  EXPECT_EQ(answer(filter, SYS_socket, {38}), error(EPERM));
  EXPECT_EQ(answer(filter, SYS_socket, {40}), error(EPERM));
  for (std::uint32_t number : {SYS_io_uring_setup, SYS_add_key, SYS_keyctl, SYS_userfaultfd, SYS_kexec_load})
    EXPECT_EQ(answer(filter, number), error(EPERM)) << number;
#ifdef __x86_64__
  EXPECT_EQ(answer(filter, 359, {38}, kAuditI386), error(EPERM));
  EXPECT_EQ(answer(filter, 359, {2}, kAuditI386), kAllow);
  EXPECT_EQ(answer(filter, 102, {1}, kAuditI386), error(EPERM)); // socketcall(SYS_SOCKET)
#endif
}

TEST(SeccompDefault, IsQuickToRun) {
  std::span<const std::uint8_t> filter = precompiled_filter_for(default_capabilities());
  EXPECT_LT(filter.size() / 8, 320U);
  for (std::uint32_t number : {SYS_read, SYS_write, SYS_futex, SYS_openat, SYS_epoll_wait, SYS_clock_gettime})
    EXPECT_LE(evaluate_filter(filter, {.number = number, .architecture = kAuditX86_64})->instructions, 20U) << number;
}

TEST(SeccompEvaluate, RefusesWhatIsNoFilter) {
  EXPECT_FALSE(evaluate_filter({}, {}));
  Bytes garbage(64, 0xff);
  EXPECT_FALSE(evaluate_filter(garbage, {}));
}

} // namespace
} // namespace phial::kernel
