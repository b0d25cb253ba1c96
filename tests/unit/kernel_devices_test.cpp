#include "kernel/device_filter.hpp"
#include "kernel/devices.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

namespace phial::kernel {
namespace {

using testing::ElementsAre;

DeviceRule rule(std::string_view text, bool allow) {
  auto parsed = parse_device_rule(text, allow);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(DeviceRule{});
}

// Runs the few instructions a filter is made of, as the kernel would; -1 where the program is malformed.
int run(const std::vector<bpf_insn>& program, const bpf_cgroup_dev_ctx& context) {
  std::uint64_t registers[11] = {};
  const std::uint32_t words[3] = {context.access_type, context.major, context.minor};
  for (std::size_t at = 0; at < program.size(); ++at) {
    const bpf_insn& i = program[at];
    std::uint64_t& to = registers[i.dst_reg];
    auto immediate = static_cast<std::uint64_t>(static_cast<std::int64_t>(i.imm));
    switch (i.code) {
    case BPF_LDX | BPF_MEM | BPF_W: to = words[i.off / 4]; break;
    case BPF_ALU | BPF_MOV | BPF_X: to = static_cast<std::uint32_t>(registers[i.src_reg]); break;
    case BPF_ALU | BPF_MOV | BPF_K: to = static_cast<std::uint32_t>(i.imm); break;
    case BPF_ALU | BPF_AND | BPF_K: to = static_cast<std::uint32_t>(to & immediate); break;
    case BPF_ALU | BPF_RSH | BPF_K: to = static_cast<std::uint32_t>(to) >> i.imm; break;
    case BPF_JMP | BPF_JNE | BPF_K: at += to != immediate ? static_cast<std::size_t>(i.off) : 0; break;
    case BPF_JMP | BPF_JEQ | BPF_K: at += to == immediate ? static_cast<std::size_t>(i.off) : 0; break;
    case BPF_JMP | BPF_EXIT: return static_cast<int>(registers[0]);
    default: return -1;
    }
  }
  return -1;
}

int ask(const std::vector<DeviceRule>& rules, const DeviceAccess& access) {
  std::uint32_t bits = 0;
  for (char letter : access.access)
    bits |= letter == 'r' ? BPF_DEVCG_ACC_READ : letter == 'w' ? BPF_DEVCG_ACC_WRITE : BPF_DEVCG_ACC_MKNOD;
  std::uint32_t type = access.type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;
  return run(device_filter(rules), {bits << 16 | type, access.major, access.minor});
}

TEST(Devices, RulesParse) {
  DeviceRule parsed = rule("c 1:3 rwm", true);
  EXPECT_EQ(parsed.type, 'c');
  EXPECT_EQ(parsed.major, 1);
  EXPECT_EQ(parsed.minor, 3);
  EXPECT_EQ(format_device_rule(parsed), "c 1:3 rwm");
  EXPECT_EQ(format_device_rule(rule("b 8:* r", true)), "b 8:* r");
  EXPECT_EQ(format_device_rule(rule("a", false)), "a *:* rwm");
  for (std::string_view wrong : {"", "d 1:3 r", "c 1 r", "c 1:3", "c 1:3 x", "c 1:3 rr", "c -1:3 r", "c 1:3 rwmr",
                                 "c 1:3 r w", "cc 1:3 r", "c 99999999999:1 r"})
    EXPECT_FALSE(parse_device_rule(wrong)) << wrong;
}

TEST(Devices, ListWrites) {
  std::vector<DeviceRule> rules = {rule("a", false), rule("c 1:3 rw", true), rule("a 7:* r", true)};
  std::vector<std::string> texts;
  for (const DeviceListWrite& write : device_list_writes(rules))
    texts.push_back((write.allow ? "allow " : "deny ") + write.text);
  EXPECT_THAT(texts, ElementsAre("deny a", "allow c 1:3 rw", "allow b 7:* r", "allow c 7:* r"));
}

TEST(Devices, Defaults) {
  auto rules = default_device_rules();
  EXPECT_TRUE(device_allowed(rules, {'c', 1, 3, "rw"}));
  EXPECT_TRUE(device_allowed(rules, {'c', 136, 7, "rw"}));
  EXPECT_TRUE(device_allowed(rules, {'b', 8, 0, "m"}));
  EXPECT_FALSE(device_allowed(rules, {'b', 8, 0, "r"}));
  EXPECT_FALSE(device_allowed(rules, {'c', 1, 1, "r"})); // /dev/mem
  EXPECT_FALSE(device_allowed({}, {'c', 1, 3, "r"}));
}

TEST(DeviceFilter, LastRuleWins) {
  std::vector<DeviceRule> rules = {rule("a", true), rule("c 1:3 w", false)};
  EXPECT_EQ(ask(rules, {'c', 1, 3, "r"}), 1);
  EXPECT_EQ(ask(rules, {'c', 1, 3, "w"}), 0);
  // Opened for both at once, the denied half decides.
  EXPECT_EQ(ask(rules, {'c', 1, 3, "rw"}), 0);
  EXPECT_EQ(ask(rules, {'c', 1, 5, "rw"}), 1);
  rules.push_back(rule("c 1:3 w", true));
  EXPECT_EQ(ask(rules, {'c', 1, 3, "rw"}), 1);
}

TEST(DeviceFilter, GrantsAddUp) {
  std::vector<DeviceRule> rules = {rule("c 1:3 r", true), rule("c *:* w", true)};
  EXPECT_EQ(ask(rules, {'c', 1, 3, "rw"}), 1);
  EXPECT_EQ(ask(rules, {'c', 1, 4, "rw"}), 0);
  EXPECT_EQ(ask({}, {'c', 1, 3, "r"}), 0);
}

TEST(DeviceFilter, Golden) {
  std::vector<DeviceRule> rules = {rule("a", false), rule("c 5:1 rw", true)};
  std::vector<bpf_insn> program = device_filter(rules);
  std::vector<std::uint8_t> codes;
  for (const bpf_insn& i : program)
    codes.push_back(i.code);
  EXPECT_THAT(codes, ElementsAre(0x61, 0xbc, 0x54, 0x74, 0x61, 0x61,       // the context
                                 0x55, 0x55, 0x55, 0x54, 0x55, 0xb4, 0x95, // c 5:1 rw
                                 0xb4, 0x95));                             // deny all
  EXPECT_EQ(program[6].off, 6);
  EXPECT_EQ(program[6].imm, BPF_DEVCG_DEV_CHAR);
  EXPECT_EQ(program[9].imm, BPF_DEVCG_ACC_MKNOD);
  EXPECT_THAT(describe_device_filter(rules), ElementsAre("allow c 5:1 rw", "deny a *:* rwm"));
}

TEST(DeviceFilter, AgreesWithTheRules) {
  std::mt19937 random(4711);
  auto pick = [&random](auto... choices) {
    std::array values{choices...};
    return values[random() % values.size()];
  };
  for (int round = 0; round < 2000; ++round) {
    std::vector<DeviceRule> rules;
    for (std::size_t count = random() % 7; rules.size() < count;) {
      DeviceRule one;
      one.allow = pick(true, false);
      one.type = pick('a', 'b', 'c');
      if (pick(true, false))
        one.major = pick(1, 8);
      if (pick(true, false))
        one.minor = pick(0, 3);
      one.access = pick("r", "w", "m", "rw", "rm", "wm", "rwm");
      rules.push_back(one);
    }
    DeviceAccess access{pick('b', 'c'), pick(1U, 8U), pick(0U, 3U), pick("r", "w", "m", "rw", "rwm")};
    ASSERT_EQ(ask(rules, access), device_allowed(rules, access) ? 1 : 0) << "round " << round;
  }
}

TEST(Devices, Probe) {
  auto null = probe_device("/dev/null");
  ASSERT_TRUE(null);
  EXPECT_EQ(null->type, 'c');
  EXPECT_EQ(null->major, 1U);
  EXPECT_EQ(null->minor, 3U);
  EXPECT_EQ(probe_device("/etc/passwd").error().kind, Kind::input);
  EXPECT_EQ(probe_device("/nonexistent").error().number, ENOENT);
}

} // namespace
} // namespace phial::kernel
