#include "spec/names.hpp"

#include "kernel/seccomp.hpp"

#include <linux/mempolicy.h>
#include <linux/personality.h>
#include <linux/sched.h>
#include <linux/seccomp.h>

#include <utility>

namespace phial::spec {

namespace {

using kernel::SeccompAction;
using kernel::SeccompOperator;

// Values that newer kernel headers have.
constexpr std::uint64_t kSchedIso = 4;
constexpr std::uint64_t kMpolWeightedInterleave = 6;
constexpr std::uint64_t kMpolPreferredMany = 5;
constexpr std::uint64_t kWaitKillableRecv = 1U << 5;

constexpr Word kPolicyRows[] = {
    {"SCHED_OTHER", SCHED_NORMAL},      {"SCHED_FIFO", SCHED_FIFO}, {"SCHED_RR", SCHED_RR},
    {"SCHED_BATCH", SCHED_BATCH},       {"SCHED_ISO", kSchedIso},   {"SCHED_IDLE", SCHED_IDLE},
    {"SCHED_DEADLINE", SCHED_DEADLINE},
};
constexpr Word kSchedulerFlagRows[] = {
    {"SCHED_FLAG_RESET_ON_FORK", SCHED_FLAG_RESET_ON_FORK},   {"SCHED_FLAG_RECLAIM", SCHED_FLAG_RECLAIM},
    {"SCHED_FLAG_DL_OVERRUN", SCHED_FLAG_DL_OVERRUN},         {"SCHED_FLAG_KEEP_POLICY", SCHED_FLAG_KEEP_POLICY},
    {"SCHED_FLAG_KEEP_PARAMS", SCHED_FLAG_KEEP_PARAMS},       {"SCHED_FLAG_UTIL_CLAMP_MIN", SCHED_FLAG_UTIL_CLAMP_MIN},
    {"SCHED_FLAG_UTIL_CLAMP_MAX", SCHED_FLAG_UTIL_CLAMP_MAX},
};
constexpr Word kIoClassRows[] = {{"IOPRIO_CLASS_RT", 1}, {"IOPRIO_CLASS_BE", 2}, {"IOPRIO_CLASS_IDLE", 3}};
constexpr Word kModeRows[] = {
    {"MPOL_DEFAULT", MPOL_DEFAULT},       {"MPOL_BIND", MPOL_BIND},
    {"MPOL_INTERLEAVE", MPOL_INTERLEAVE}, {"MPOL_WEIGHTED_INTERLEAVE", kMpolWeightedInterleave},
    {"MPOL_PREFERRED", MPOL_PREFERRED},   {"MPOL_PREFERRED_MANY", kMpolPreferredMany},
    {"MPOL_LOCAL", MPOL_LOCAL},
};
constexpr Word kModeFlagRows[] = {
    {"MPOL_F_NUMA_BALANCING", MPOL_F_NUMA_BALANCING},
    {"MPOL_F_RELATIVE_NODES", MPOL_F_RELATIVE_NODES},
    {"MPOL_F_STATIC_NODES", MPOL_F_STATIC_NODES},
};
constexpr Word kPersonalityRows[] = {{"LINUX", PER_LINUX}, {"LINUX32", PER_LINUX32}};
constexpr Word kActionRows[] = {
    {"SCMP_ACT_KILL_THREAD", std::to_underlying(SeccompAction::kill_thread)},
    {"SCMP_ACT_KILL", std::to_underlying(SeccompAction::kill_thread)},
    {"SCMP_ACT_KILL_PROCESS", std::to_underlying(SeccompAction::kill_process)},
    {"SCMP_ACT_TRAP", std::to_underlying(SeccompAction::trap)},
    {"SCMP_ACT_ERRNO", std::to_underlying(SeccompAction::error)},
    {"SCMP_ACT_TRACE", std::to_underlying(SeccompAction::trace)},
    {"SCMP_ACT_ALLOW", std::to_underlying(SeccompAction::allow)},
    {"SCMP_ACT_LOG", std::to_underlying(SeccompAction::log)},
    {"SCMP_ACT_NOTIFY", std::to_underlying(SeccompAction::notify)},
};
constexpr Word kOperatorRows[] = {
    {"SCMP_CMP_NE", std::to_underlying(SeccompOperator::not_equal)},
    {"SCMP_CMP_LT", std::to_underlying(SeccompOperator::less)},
    {"SCMP_CMP_LE", std::to_underlying(SeccompOperator::less_or_equal)},
    {"SCMP_CMP_EQ", std::to_underlying(SeccompOperator::equal)},
    {"SCMP_CMP_GE", std::to_underlying(SeccompOperator::greater_or_equal)},
    {"SCMP_CMP_GT", std::to_underlying(SeccompOperator::greater)},
    {"SCMP_CMP_MASKED_EQ", std::to_underlying(SeccompOperator::masked_equal)},
};
constexpr Word kSeccompFlagRows[] = {
    {"SECCOMP_FILTER_FLAG_TSYNC", SECCOMP_FILTER_FLAG_TSYNC},
    {"SECCOMP_FILTER_FLAG_LOG", SECCOMP_FILTER_FLAG_LOG},
    {"SECCOMP_FILTER_FLAG_SPEC_ALLOW", SECCOMP_FILTER_FLAG_SPEC_ALLOW},
    {"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", kWaitKillableRecv},
};
constexpr Word kPropagationRows[] = {
    {"private", 0}, {"rprivate", 1}, {"shared", 2},     {"rshared", 3},
    {"slave", 4},   {"rslave", 5},   {"unbindable", 6}, {"runbindable", 7},
};

} // namespace

constinit const Words kSchedulerPolicies = kPolicyRows;
constinit const Words kSchedulerFlags = kSchedulerFlagRows;
constinit const Words kIoPriorityClasses = kIoClassRows;
constinit const Words kMemoryPolicyModes = kModeRows;
constinit const Words kMemoryPolicyFlags = kModeFlagRows;
constinit const Words kPersonalities = kPersonalityRows;
constinit const Words kSeccompActions = kActionRows;
constinit const Words kSeccompOperators = kOperatorRows;
constinit const Words kSeccompFlags = kSeccompFlagRows;
constinit const Words kPropagations = kPropagationRows;

std::optional<std::uint64_t> value_of(Words words, std::string_view name) {
  for (const Word& word : words)
    if (word.name == name)
      return word.value;
  return std::nullopt;
}

std::string_view word_for(Words words, std::uint64_t value) {
  for (const Word& word : words)
    if (word.value == value)
      return word.name;
  return {};
}

std::vector<std::string_view> words_for_flags(Words words, std::uint64_t flags) {
  std::vector<std::string_view> out;
  for (const Word& word : words)
    if ((flags & word.value) != 0)
      out.push_back(word.name);
  return out;
}

std::vector<std::string_view> names_of(Words words) {
  std::vector<std::string_view> out;
  for (const Word& word : words)
    out.push_back(word.name);
  return out;
}

} // namespace phial::spec
