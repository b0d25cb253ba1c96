// How the machine serves the process: scheduling policy, I/O priority, processors, memory policy, personality.
// Sections beside (what takes the host's rights) and init. sched(7), ioprio_set(2), set_mempolicy(2), personality(2).
#include "kernel/flag_tables.hpp"
#include "kernel/kabi.hpp"
#include "kernel/number_list.hpp"
#include "runtime/compiler.hpp"

#include <cstring>
#include <linux/mempolicy.h>
#include <linux/personality.h>
#include <sched.h>

#ifndef SCHED_DEADLINE
#define SCHED_DEADLINE 6
#endif

namespace phial::runtime {

namespace {

// sched_setattr(2). The two clamps came with Linux 5.3 and a larger size; they are told only where a flag asks.
struct SchedulingAttributes {
  std::uint32_t size = 48;
  std::uint32_t policy = 0;
  std::uint64_t flags = 0;
  std::int32_t nice = 0;
  std::uint32_t priority = 0;
  std::uint64_t runtime = 0;
  std::uint64_t deadline = 0;
  std::uint64_t period = 0;
  std::uint32_t clamp_min = 0;
  std::uint32_t clamp_max = 0;
};
constexpr std::uint64_t kClampFlags = 0x60;
constexpr std::uint32_t kClampSize = 56;
constexpr std::uint32_t kClampMost = 1024; // no clamp at all
constexpr int kOnProcess = 1;              // IOPRIO_WHO_PROCESS
constexpr int kClassShift = 13;
constexpr std::size_t kMaskBytes = 1024; // a mask of 8192 processors, the most a kernel can have

Result<> check_scheduler(const spec::Scheduler& scheduler) {
  bool real_time = scheduler.policy == SCHED_FIFO || scheduler.policy == SCHED_RR;
  if (scheduler.priority.value_or(0) != 0 && !real_time)
    return fail(Kind::input, "process.scheduler.priority: only SCHED_FIFO and SCHED_RR have a priority",
                "SCHED_OTHER and SCHED_BATCH have nice");
  bool times =
      scheduler.runtime.value_or(0) != 0 || scheduler.deadline.value_or(0) != 0 || scheduler.period.value_or(0) != 0;
  if (times && scheduler.policy != SCHED_DEADLINE)
    return fail(Kind::input, "process.scheduler: runtime, deadline and period are SCHED_DEADLINE's alone");
  return {};
}

std::string scheduler_shell(const spec::Scheduler& scheduler) {
  switch (scheduler.policy) {
  case SCHED_FIFO: return "chrt --fifo --pid " + std::to_string(scheduler.priority.value_or(0)) + " $pid";
  case SCHED_RR: return "chrt --rr --pid " + std::to_string(scheduler.priority.value_or(0)) + " $pid";
  case SCHED_BATCH: return "chrt --batch --pid 0 $pid";
  case SCHED_IDLE: return "chrt --idle --pid 0 $pid";
  case SCHED_DEADLINE:
    return "chrt --deadline --sched-runtime " + std::to_string(scheduler.runtime.value_or(0)) + " --sched-deadline " +
           std::to_string(scheduler.deadline.value_or(0)) + " --sched-period " +
           std::to_string(scheduler.period.value_or(0)) + " --pid 0 $pid";
  default: return "renice --priority " + std::to_string(scheduler.nice.value_or(0)) + " --pid $pid";
  }
}

Result<> add_scheduler(Compiler& c, const spec::Scheduler& scheduler) {
  TRY(check_scheduler(scheduler));
  c.step(Section::beside, [&] {
    return StepText{
        "schedule it by " + kernel::format_name(scheduler.policy, kernel::kSchedulerPolicies) +
            (scheduler.nice.value_or(0) != 0 ? ", nice " + std::to_string(*scheduler.nice) : "") +
            (scheduler.priority.value_or(0) != 0 ? ", priority " + std::to_string(*scheduler.priority) : ""),
        c.why("process.scheduler"), "", scheduler_shell(scheduler), ShellPlace::host};
  });
  SchedulingAttributes attributes;
  attributes.policy = scheduler.policy;
  attributes.flags = scheduler.flags;
  attributes.nice = scheduler.nice.value_or(0);
  attributes.priority = static_cast<std::uint32_t>(scheduler.priority.value_or(0));
  attributes.runtime = scheduler.runtime.value_or(0);
  attributes.deadline = scheduler.deadline.value_or(0);
  attributes.period = scheduler.period.value_or(0);
  if ((scheduler.flags & kClampFlags) != 0) {
    attributes.size = kClampSize;
    attributes.clamp_max = kClampMost;
  }
  c.b.call(SYS_sched_setattr, {c.pid, c.b.object(attributes), 0});
  return {};
}

void add_io_priority(Compiler& c, const spec::IoPriority& priority) {
  std::string name = kernel::format_name(static_cast<std::uint64_t>(priority.io_class), kernel::kIoPriorityClasses);
  std::string level = std::to_string(priority.priority);
  c.step(Section::beside, [&] {
    return StepText{"give it the I/O priority " + name + ", " + level, c.why("process.ioPriority"), "",
                    "ionice --class " + std::to_string(priority.io_class) + " --classdata " + level + " --pid $pid",
                    ShellPlace::host};
  });
  c.b.call(SYS_ioprio_set, {kOnProcess, c.pid, priority.io_class << kClassShift | priority.priority});
}

Data mask(Compiler& c, const std::vector<std::uint64_t>& words) {
  return c.b.bytes({reinterpret_cast<const unsigned char*>(words.data()), words.size() * sizeof(std::uint64_t)}, 8);
}

// What set_mempolicy(2) would refuse with a bare EINVAL.
Result<std::vector<std::uint64_t>> policy_nodes(const spec::MemoryPolicy& policy) {
  std::vector<std::uint64_t> nodes = TRY(kernel::parse_number_list(policy.nodes), "linux.memoryPolicy.nodes");
  std::string mode = kernel::format_name(static_cast<std::uint64_t>(policy.mode), kernel::kMemoryPolicyModes);
  bool none = policy.mode == MPOL_DEFAULT || policy.mode == MPOL_LOCAL;
  if (none && !nodes.empty())
    return fail(Kind::input, "linux.memoryPolicy.nodes: " + mode + " takes no nodes");
  if (!none && policy.mode != MPOL_PREFERRED && nodes.empty())
    return fail(Kind::input, "linux.memoryPolicy.nodes: " + mode + " needs at least one node");
  return nodes;
}

void set_affinity(Compiler& c, const std::vector<std::uint64_t>& words) {
  c.b.call(SYS_sched_setaffinity, {0, words.size() * sizeof(std::uint64_t), mask(c, words)});
}

} // namespace

Result<> add_schedule_steps(Compiler& c, const spec::Process& process) {
  if (process.scheduler)
    TRY(add_scheduler(c, *process.scheduler));
  if (process.io_priority)
    add_io_priority(c, *process.io_priority);
  return {};
}

Result<> add_memory_policy_steps(Compiler& c, const spec::Linux& platform) {
  if (!platform.memory_policy)
    return {};
  const spec::MemoryPolicy& policy = *platform.memory_policy;
  std::vector<std::uint64_t> nodes = TRY(policy_nodes(policy));
  std::string mode = kernel::format_name(static_cast<std::uint64_t>(policy.mode), kernel::kMemoryPolicyModes);
  c.step(Section::init, [&] {
    return StepText{"take memory by " + mode +
                        (nodes.empty() ? "" : " from the nodes " + kernel::format_number_list(nodes)),
                    c.why("linux.memoryPolicy"), "", "# a shell has no word for its own memory policy: see numactl(8)",
                    ShellPlace::none};
  });
  // The kernel reads one bit less than it is told.
  std::uint64_t bits = nodes.empty() ? 0 : nodes.size() * 64 + 1;
  std::uint64_t word = static_cast<std::uint32_t>(policy.mode) | policy.flags;
  if (nodes.empty())
    c.b.call(SYS_set_mempolicy, {word, 0, bits});
  else
    c.b.call(SYS_set_mempolicy, {word, mask(c, nodes), bits});
  return {};
}

void add_personality_steps(Compiler& c, const spec::Linux& platform) {
  if (!platform.personality)
    return;
  bool narrow = *platform.personality == PER_LINUX32;
  c.step(Section::init, [&] {
    return StepText{narrow ? "show itself a machine of 32 bits" : "show itself the machine as it is",
                    c.why("linux.personality"), narrow ? "uname tells of an i686 or its like" : "",
                    "# setarch(8) does this for the program it starts", ShellPlace::none};
  });
  c.b.call(SYS_personality, {*platform.personality});
}

Result<> add_initial_affinity_steps(Compiler& c, const spec::Process& process, Data& before) {
  if (!process.exec_cpu_affinity || process.exec_cpu_affinity->initial_cpus.empty())
    return {};
  const std::string& list = process.exec_cpu_affinity->initial_cpus;
  std::vector<std::uint64_t> words = TRY(kernel::parse_number_list(list), "process.execCPUAffinity.initial");
  c.step(Section::host, [&] {
    return StepText{"run on the processors " + list, c.why("process.execCPUAffinity.initial"),
                    "the new process is born there"};
  });
  before = c.b.room(kMaskBytes);
  c.b.call(SYS_sched_getaffinity, {0, kMaskBytes, before});
  set_affinity(c, words);
  return {};
}

void add_restore_affinity_steps(Compiler& c, const spec::Process& process, Data before) {
  if (!process.exec_cpu_affinity || process.exec_cpu_affinity->initial_cpus.empty())
    return;
  c.step(Section::host,
         [&] { return StepText{"run where it ran before", "the processors were for the new process alone"}; });
  c.b.call(SYS_sched_setaffinity, {0, kMaskBytes, before});
}

Result<> add_final_affinity_steps(Compiler& c, const spec::Process& process) {
  if (!process.exec_cpu_affinity || process.exec_cpu_affinity->final_cpus.empty())
    return {};
  const std::string& list = process.exec_cpu_affinity->final_cpus;
  std::vector<std::uint64_t> words = TRY(kernel::parse_number_list(list), "process.execCPUAffinity.final");
  c.step(Section::init, [&] {
    return StepText{"run on the processors " + list, c.why("process.execCPUAffinity.final"), "",
                    "taskset --cpu-list --pid " + list + " $pid", ShellPlace::host};
  });
  set_affinity(c, words);
  return {};
}

} // namespace phial::runtime
