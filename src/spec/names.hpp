// The words of the runtime-spec for the kernel's numbers, both ways. Namespaces and rlimits have tables of their own in
// the kernel room. Facts only: a new word is one row here.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace phial::spec {

struct Word {
  std::string_view name;
  std::uint64_t value;
};
using Words = std::span<const Word>;

extern const Words kSchedulerPolicies; // SCHED_*
extern const Words kSchedulerFlags;    // SCHED_FLAG_*
extern const Words kIoPriorityClasses; // IOPRIO_CLASS_*
extern const Words kMemoryPolicyModes; // MPOL_*
extern const Words kMemoryPolicyFlags; // MPOL_F_*
extern const Words kPersonalities;     // LINUX, LINUX32
extern const Words kSeccompActions;    // kernel::SeccompAction
extern const Words kSeccompOperators;  // kernel::SeccompOperator
extern const Words kSeccompFlags;      // SECCOMP_FILTER_FLAG_*
extern const Words kPropagations;      // of the root; values are indexes only

// Other names for the same value stand behind the one that is written.
[[nodiscard]] std::optional<std::uint64_t> value_of(Words words, std::string_view name);
[[nodiscard]] std::string_view word_for(Words words, std::uint64_t value);
// The names whose bits are set.
[[nodiscard]] std::vector<std::string_view> words_for_flags(Words words, std::uint64_t flags);
[[nodiscard]] std::vector<std::string_view> names_of(Words words);

} // namespace phial::spec
