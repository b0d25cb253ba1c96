// config.json: "process".
#include "spec/reader_parts.hpp"

#include <algorithm>

namespace phial::spec {

namespace {

constexpr std::uint32_t kMaxUmask = 0777;
constexpr std::uint32_t kNoId = 0xfffffffe; // the one above is the kernel's "unchanged"

void read(const Cursor& at, User& out) {
  at.read("uid", out.uid, 0U, kNoId);
  at.read("gid", out.gid, 0U, kNoId);
  at.read("umask", out.umask, 0U, kMaxUmask);
  at.read("additionalGids", out.additional_gids);
}

void read(const Cursor& at, Capabilities& out) {
  at.read("bounding", out.bounding);
  at.read("effective", out.effective);
  at.read("inheritable", out.inheritable);
  at.read("permitted", out.permitted);
  at.read("ambient", out.ambient);
}

void read(const Cursor& at, Rlimit& out) {
  at.require({"type", "soft", "hard"});
  std::string type;
  at.read("type", type);
  at.read("soft", out.soft);
  at.read("hard", out.hard);
  std::vector<std::string_view> known;
  const kernel::RlimitFacts* found = nullptr;
  for (const kernel::RlimitFacts& facts : kernel::rlimits()) {
    known.push_back(facts.oci_name);
    if (facts.oci_name == type)
      found = &facts;
  }
  if (found == nullptr)
    return at.fail_word("type", type, "a limit", known);
  out.number = found->number;
  if (out.soft > out.hard)
    at.fail("soft", std::to_string(out.soft) + " is more than the hard limit, " + std::to_string(out.hard));
}

void read_rlimits(const Cursor& at, std::vector<Rlimit>& out) {
  at.list("rlimits", out, [&](const Cursor& place, Rlimit& limit) {
    read(place, limit);
    if (std::ranges::count(out, limit.number, &Rlimit::number) > 1)
      place.fail("type", "stands in the list a second time");
  });
}

void read(const Cursor& at, Scheduler& out) {
  at.require({"policy"});
  at.read_word("policy", out.policy, kSchedulerPolicies, "a scheduling policy");
  at.read("nice", out.nice, -20, 19);
  at.read("priority", out.priority, 0, 99);
  at.read_flags("flags", out.flags, kSchedulerFlags, "a scheduling flag");
  at.read("runtime", out.runtime);
  at.read("deadline", out.deadline);
  at.read("period", out.period);
}

void read(const Cursor& at, IoPriority& out) {
  at.require({"class"});
  at.read_word("class", out.io_class, kIoPriorityClasses, "an I/O priority class");
  at.read("priority", out.priority, 0, 7);
}

void read_cpu_list(const Cursor& at, std::string_view key, std::string& out) {
  at.read(key, out);
  if (out.find_first_not_of("0123456789, -") != std::string::npos)
    at.fail(key, "\"" + out + "\" is not a list of CPUs like \"0-3,7\"");
}

void read(const Cursor& at, CpuAffinity& out) {
  read_cpu_list(at, "initial", out.initial_cpus);
  read_cpu_list(at, "final", out.final_cpus);
}

void read(const Cursor& at, ConsoleSize& out) {
  at.require({"height", "width"});
  at.read("height", out.height);
  at.read("width", out.width);
}

} // namespace

void read(const Cursor& at, Process& out) {
  at.require({"cwd"});
  at.read("terminal", out.terminal);
  at.inside("consoleSize", out.console_size, [](const Cursor& place, ConsoleSize& part) { read(place, part); });
  at.inside("user", [&](const Cursor& place) { read(place, out.user); });
  at.read("args", out.args);
  at.read("env", out.env);
  at.read("cwd", out.cwd);
  check_absolute(at, "cwd", out.cwd);
  at.inside("capabilities", out.capabilities, [](const Cursor& place, Capabilities& part) { read(place, part); });
  read_rlimits(at, out.rlimits);
  at.read("noNewPrivileges", out.no_new_privileges);
  at.read("apparmorProfile", out.apparmor_profile);
  at.read("oomScoreAdj", out.oom_score_adj, -1000, 1000);
  at.read("selinuxLabel", out.selinux_label);
  at.inside("scheduler", out.scheduler, [](const Cursor& place, Scheduler& part) { read(place, part); });
  at.inside("ioPriority", out.io_priority, [](const Cursor& place, IoPriority& part) { read(place, part); });
  at.inside("execCPUAffinity", out.exec_cpu_affinity,
            [](const Cursor& place, CpuAffinity& part) { read(place, part); });
}

} // namespace phial::spec
