#include "spec/seccomp_profile.hpp"

#include "base/file.hpp"
#include "kernel/seccomp_default.hpp"
#include "kernel/seccomp_evaluate.hpp"
#include "kernel/seccomp_numbers.hpp"

#include <gtest/gtest.h>
#include <linux/capability.h>
#include <linux/seccomp.h>

#include <cerrno>
#include <cstdlib>

namespace phial::spec {
namespace {

using namespace kernel;
using Bytes = std::vector<std::uint8_t>;

SeccompProfile parsed(std::string_view text, ProfileConditions conditions) {
  Result<SeccompProfile> profile = read_seccomp_profile(text, "p.json", conditions);
  EXPECT_TRUE(profile) << (profile ? "" : profile.error().text());
  return profile ? *profile : SeccompProfile();
}

constexpr std::string_view kProfile = R"({"defaultAction":"SCMP_ACT_ERRNO","defaultErrnoRet":1,
  "archMap":[{"architecture":"SCMP_ARCH_X86_64","subArchitectures":["SCMP_ARCH_X86"]},
             {"architecture":"SCMP_ARCH_AARCH64","subArchitectures":null}],
  "syscalls":[{"names":["read"],"action":"SCMP_ACT_ALLOW","args":[],"comment":"","includes":{},"excludes":{}},
    {"name":"ptrace","action":"SCMP_ACT_ALLOW","includes":{"minKernel":"4.8"}},
    {"names":["mount"],"action":"SCMP_ACT_ALLOW","includes":{"caps":["CAP_SYS_ADMIN"]}},
    {"names":["clone3"],"action":"SCMP_ACT_ERRNO","errnoRet":38,"excludes":{"caps":["CAP_SYS_ADMIN"]}},
    {"names":["s390"],"action":"SCMP_ACT_ALLOW","includes":{"arches":["s390x"]}},
    {"names":["here"],"action":"SCMP_ACT_ALLOW","includes":{"arches":["amd64","arm64"]},
     "excludes":{"arches":["arm"]}}]})";

std::string names(const SeccompProfile& profile) {
  std::string out;
  for (const SeccompRule& rule : profile.rules)
    out += rule.names[0] + " ";
  return out;
}

TEST(SeccompProfileFile, ConditionsChooseRules) {
  EXPECT_EQ(names(parsed(kProfile, {{}, 6, 1})), "read ptrace clone3 here ");
  EXPECT_EQ(names(parsed(kProfile, {CapabilitySet{CAP_SYS_ADMIN}, 4, 8})), "read ptrace mount here ");
  EXPECT_EQ(names(parsed(kProfile, {{}, 4, 7})), "read clone3 here ");
  EXPECT_EQ(names(parsed(kProfile, {{}, 3, 19})), "read clone3 here ");
#ifdef __x86_64__
  EXPECT_EQ(parsed(kProfile, {}).architectures, (std::vector<std::string>{"SCMP_ARCH_X86_64", "SCMP_ARCH_X86"}));
#endif
}

TEST(SeccompProfileFile, MistakesNameTheirPlace) {
  Result<SeccompProfile> profile = read_seccomp_profile(
      "{\"defaultAction\":\"SCMP_ACT_ALLOW\",\n\"syscalls\":[{\"names\":[\"read\"],\n\"action\":\"ALLOW\"}]}", "p.json",
      {});
  ASSERT_FALSE(profile);
  EXPECT_EQ(profile.error().text().substr(0, 28), "p.json:3 syscalls[0].action:");
  EXPECT_FALSE(read_seccomp_profile("{}", "p.json", {}));
  EXPECT_FALSE(read_seccomp_profile(R"({"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["x"],
    "action":"SCMP_ACT_LOG","includes":{"minKernel":"new"}}]})",
                                    "p.json", {}));
}

#ifdef __x86_64__

// Arguments that conditions of the profile look at, at and beside each border.
std::vector<std::uint64_t> interesting_values() {
  std::vector<std::uint64_t> out = {0,
                                    1,
                                    2,
                                    7,
                                    8,
                                    9,
                                    10,
                                    16,
                                    37,
                                    38,
                                    39,
                                    40,
                                    41,
                                    45,
                                    0x1ffff,
                                    0x20000,
                                    0x20008,
                                    0x20009,
                                    0xffffffff,
                                    0x100000000,
                                    0x1200011,
                                    0x3d0f00,
                                    ~std::uint64_t{0}};
  for (unsigned n = 0; n < 64; ++n)
    out.push_back(std::uint64_t{1} << n);
  return out;
}

// Where our default profile is another than docker's on purpose.
bool is_documented(std::uint32_t architecture, std::uint32_t number, std::uint64_t first, std::uint32_t ours,
                   std::uint32_t dockers) {
  constexpr std::uint32_t kLastNamed = 466;
  std::uint32_t plain = number & ~kX32Bit;
  if (ours == (SECCOMP_RET_ERRNO | ENOSYS) && dockers != SECCOMP_RET_ALLOW && plain > kLastNamed)
    return true; // a call newer than the profile
  constexpr std::uint32_t kSocketcall = 102;
  return architecture == kAuditI386 && number == kSocketcall && dockers == SECCOMP_RET_ALLOW &&
         (first == 1 || first > 20 || first == 0) && ours == (SECCOMP_RET_ERRNO | EPERM);
}

int differences(std::span<const std::uint8_t> ours, std::span<const std::uint8_t> dockers, std::uint32_t architecture,
                std::uint32_t base) {
  int found = 0;
  const std::vector<std::uint64_t> values = interesting_values();
  for (std::uint32_t number = 0; number < 600; ++number)
    for (std::uint64_t value : values) {
      SeccompCall call{.number = base | number, .architecture = architecture, .arguments = {value, value}};
      std::uint32_t a = evaluate_filter(ours, call)->word;
      std::uint32_t b = evaluate_filter(dockers, call)->word;
      if (a == b || is_documented(architecture, call.number, value, a, b))
        continue;
      if (++found < 20)
        ADD_FAILURE() << std::hex << architecture << std::dec << " call " << number << " with " << value << ": ours "
                      << std::hex << a << ", docker's " << b;
    }
  return found;
}

// Docker's own default profile has the same effect as ours, where PHIAL_DOCKER_SECCOMP names its file.
TEST(SeccompProfileFile, OurDefaultHasTheEffectOfDockers) {
  const char* path = std::getenv("PHIAL_DOCKER_SECCOMP");
  if (path == nullptr)
    GTEST_SKIP() << "PHIAL_DOCKER_SECCOMP is not set";
  std::string text = *read_file(path);
  const CapabilitySet kSets[] = {default_capabilities(), CapabilitySet(), CapabilitySet::all(),
                                 CapabilitySet{CAP_SYS_ADMIN}, CapabilitySet{CAP_SYS_PTRACE, CAP_BPF, CAP_SYSLOG}};
  for (CapabilitySet set : kSets) {
    SCOPED_TRACE(format_capabilities(set));
    Result<Bytes> dockers = compile_seccomp(parsed(text, {set, 6, 1}));
    ASSERT_TRUE(dockers) << dockers.error().text();
    Result<Bytes> ours = compile_seccomp(default_seccomp_profile(set));
    ASSERT_TRUE(ours) << ours.error().text();
    EXPECT_EQ(differences(*ours, *dockers, kAuditX86_64, 0), 0);
    EXPECT_EQ(differences(*ours, *dockers, kAuditX86_64, kX32Bit), 0);
    EXPECT_EQ(differences(*ours, *dockers, kAuditI386, 0), 0);
  }
}

#endif

} // namespace
} // namespace phial::spec
