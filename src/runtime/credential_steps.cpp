// What the process may do: limits, identity and bounding set (section init), no_new_privs and the final capabilities
// (section start), with the seccomp filter among them as late as can be: of the init's own calls only the last have to
// pass it.
// capabilities(7) "Transformation of capabilities during execve", seccomp(2).
#include "base/text.hpp"
#include "kernel/capabilities.hpp"
#include "kernel/rlimits.hpp"
#include "runtime/compiler.hpp"

#include <asm/unistd.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include <algorithm>

namespace phial::runtime {

namespace {

using kernel::CapabilitySet;

struct Sets {
  CapabilitySet bounding, effective, permitted, inheritable, ambient;
  std::vector<std::string> left_out; // names, each once
};

// What this kernel does not know, or the caller has not itself, cannot be given. The specification lets an engine ask
// for it all the same. config.md "Linux Process", capabilities.
CapabilitySet parse_set(const std::vector<std::string>& names, CapabilitySet known,
                        std::vector<std::string>& left_out) {
  CapabilitySet out;
  for (const std::string& name : names) {
    std::optional<int> number = kernel::find_capability(name);
    if (number && known.has(*number))
      out.add(*number);
    else if (std::ranges::find(left_out, name) == left_out.end())
      left_out.push_back(name);
  }
  return out;
}

Sets parse_sets(const spec::Capabilities& names, CapabilitySet known) {
  Sets out;
  out.bounding = parse_set(names.bounding, known, out.left_out);
  out.effective = parse_set(names.effective, known, out.left_out);
  out.permitted = parse_set(names.permitted, known, out.left_out);
  out.inheritable = parse_set(names.inheritable, known, out.left_out);
  // The kernel raises none that is not permitted and inheritable; older config.json templates ask for such, and every
  // runtime starts them without.
  out.ambient = parse_set(names.ambient, known, out.left_out) & out.permitted & out.inheritable;
  return out;
}

void set_capabilities(Compiler& c, CapabilitySet effective, CapabilitySet permitted, CapabilitySet inheritable) {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {
      {effective.low(), permitted.low(), inheritable.low()},
      {effective.high(), permitted.high(), inheritable.high()},
  };
  Data sets = c.b.bytes({reinterpret_cast<const unsigned char*>(data), sizeof data}, alignof(__user_cap_data_struct));
  c.b.call(SYS_capset, {c.b.object(header), sets});
}

} // namespace

namespace {

// What the init and its wait for start need of descriptors, with room to spare: a lower limit comes last.
constexpr std::uint64_t kInitFiles = 1024;

bool comes_last(const spec::Rlimit& limit) {
  return limit.number == RLIMIT_NOFILE && limit.soft < kInitFiles;
}

void add_limit(Compiler& c, const spec::Process& process, std::size_t index, Section section) {
  const spec::Rlimit& limit = process.rlimits[index];
  const kernel::RlimitFacts* facts = kernel::find_rlimit(limit.number);
  std::string name(facts != nullptr ? facts->name : "?");
  auto text = [](std::uint64_t value) {
    return value == kernel::kRlimitInfinity ? "unlimited" : std::to_string(value);
  };
  std::string soft = text(limit.soft);
  std::string hard = text(limit.hard);
  c.step(section, [&] {
    return StepText{"limit " + name + " to " + soft + (soft == hard ? "" : ", at most " + hard),
                    c.why("process.rlimits[" + std::to_string(index) + "]"), "",
                    "prlimit --" + name + "=" + soft + ":" + hard, ShellPlace::last};
  });
  rlimit64 value{limit.soft, limit.hard};
  c.b.call(SYS_prlimit64, {0, limit.number, c.b.object(value), 0});
}

} // namespace

void add_limit_steps(Compiler& c, const spec::Process& process) {
  for (std::size_t i = 0; i < process.rlimits.size(); ++i) {
    const spec::Rlimit& limit = process.rlimits[i];
    if (!comes_last(limit)) {
      add_limit(c, process, i, Section::init);
    } else if (limit.hard >= kInitFiles) { // which may take privileges that are gone later
      c.step(Section::init, [&] {
        return StepText{"limit the limit of open files to " + std::to_string(limit.hard),
                        c.why("process.rlimits[" + std::to_string(i) + "].hard")};
      });
      rlimit64 value{kInitFiles, limit.hard};
      c.b.call(SYS_prlimit64, {0, limit.number, c.b.object(value), 0});
    }
  }
}

void add_late_limit_steps(Compiler& c, const spec::Process& process) {
  for (std::size_t i = 0; i < process.rlimits.size(); ++i)
    if (comes_last(process.rlimits[i]))
      add_limit(c, process, i, Section::start);
}

void add_keyring_steps(Compiler& c) {
  c.step(Section::init, [&] {
    return StepText{"take a session keyring of its own", "the caller's keys are the caller's",
                    "the container cannot read keys of the host's session"};
  });
  // ENOSYS: a kernel without keys. EPERM: an outer container's filter forbids them. Then nobody can reach the caller's
  // either, which is asked, not believed.
  program::Label done;
  c.b.call(SYS_keyctl, {KEYCTL_JOIN_SESSION_KEYRING, c.b.text("phial")}).tolerate(ENOSYS, EPERM).then_skip(done);
  program::Label unreachable;
  c.b.call(SYS_keyctl, {KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0});
  c.b.otherwise(unreachable, ENOSYS, EPERM);
  c.b.add(Op::fail, {EPERM});
  c.b.place(unreachable);
  c.b.place(done);
}

namespace {

std::string cap_words(CapabilitySet set) {
  std::string out = "-all";
  for (const std::string& name : kernel::capability_names(set))
    out += ",+" + lower(name.substr(4));
  return out;
}

void add_bounding(Compiler& c, const Sets& sets) {
  CapabilitySet bounding = sets.bounding;
  if (!sets.left_out.empty()) // config.md "Linux Process": MUST log a warning
    c.b.warn("process.capabilities: left out, for the kernel or the caller lacks them: " + join(sets.left_out, ", "));
  int last = static_cast<int>(c.facts.last_capability);
  c.step(Section::init, [&] {
    return StepText{"give up for good the capabilities that are not in the bounding set" +
                        (sets.left_out.empty()
                             ? ""
                             : "; left out, for the kernel or the caller lacks them: " + join(sets.left_out, ", ")),
                    c.why("process.capabilities.bounding"),
                    "no program the container executes can gain others than " + kernel::format_capabilities(bounding),
                    "setpriv --bounding-set=" + cap_words(bounding), ShellPlace::last};
  });
  for (int number = 0; number <= last; ++number)
    if (!bounding.has(number))
      c.b.call(SYS_prctl, {PR_CAPBSET_DROP, number, 0, 0, 0});
}

void add_user(Compiler& c, const spec::User& user, bool keep) {
  std::string who = "user " + std::to_string(user.uid) + ", group " + std::to_string(user.gid);
  std::string groups;
  std::vector<std::uint32_t> list = user.additional_gids;
  for (std::uint32_t gid : list)
    groups += (groups.empty() ? "" : ",") + std::to_string(gid);
  c.step(Section::init, [&] {
    return StepText{"become " + who + (groups.empty() ? "" : ", groups " + groups), c.why("process.user"), "",
                    "setpriv --reuid=" + std::to_string(user.uid) + " --regid=" + std::to_string(user.gid) +
                        (groups.empty() ? " --clear-groups" : " --groups=" + groups),
                    ShellPlace::last};
  });
  if (keep)
    c.b.call(SYS_prctl, {PR_SET_KEEPCAPS, 1, 0, 0, 0});
  Data array = c.b.bytes({reinterpret_cast<const unsigned char*>(list.data()), list.size() * sizeof(std::uint32_t)}, 4);
  auto groups_set = c.b.call(SYS_setgroups, {list.size(), array});
  if (c.facts.rootless() && list.empty()) // a user's namespace may forbid it; then he keeps the groups he has
    groups_set.tolerate(EPERM);
  c.b.call(SYS_setresgid, {user.gid, user.gid, user.gid});
  c.b.call(SYS_setresuid, {user.uid, user.uid, user.uid});
  c.b.call(SYS_umask, {user.umask.value_or(0022)});
}

void add_final_sets(Compiler& c, const Sets& sets) {
  c.step(Section::start, [&] {
    return StepText{"keep only the container's capabilities", c.why("process.capabilities"),
                    "the container may: " + kernel::format_capabilities(sets.effective)};
  });
  set_capabilities(c, sets.effective, sets.permitted, sets.inheritable);
  for (int number = 0; number < kernel::kCapabilityCount; ++number)
    if (sets.ambient.has(number))
      c.b.call(SYS_prctl, {PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0});
}

Sets sets_of(const Compiler& c, const spec::Process& process) {
  CapabilitySet known((std::uint64_t{2} << c.facts.last_capability) - 1);
  if (!c.enters_user_namespace) // which gives all
    known = known & c.facts.grantable;
  if (!process.capabilities)
    return Sets{};
  return parse_sets(*process.capabilities, known);
}

} // namespace

void add_identity_steps(Compiler& c, const spec::Process& process) {
  Sets sets = sets_of(c, process);
  add_bounding(c, sets);
  add_user(c, process.user, process.user.uid != 0);
}

Result<> add_privilege_steps(Compiler& c, const spec::Process& process, const Filter& filter) {
  Sets sets = sets_of(c, process);
  add_label_steps(c, process);
  if (process.no_new_privileges) {
    c.step(Section::start, [&] {
      return StepText{"gain no privileges from here on", c.why("process.noNewPrivileges"),
                      "set-user-ID programs and file capabilities give the container nothing", "setpriv --no-new-privs",
                      ShellPlace::last};
    });
    c.b.call(SYS_prctl, {PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0});
    // Then a filter takes no privilege, and comes last: it need not allow what the init still had to do.
    add_final_sets(c, sets);
    return add_seccomp_steps(c, filter);
  }
  // Without no_new_privs loading a filter takes CAP_SYS_ADMIN, which a change of user has taken from the effective set.
  if (filter.profile != nullptr && process.user.uid != 0) {
    c.step(Section::start, [&] {
      return StepText{"take up CAP_SYS_ADMIN once more", "a filter is loaded with it, or with no_new_privs"};
    });
    CapabilitySet still = sets.permitted | sets.inheritable | CapabilitySet{CAP_SYS_ADMIN};
    set_capabilities(c, still, still, sets.inheritable);
  }
  TRY(add_seccomp_steps(c, filter));
  add_final_sets(c, sets);
  return {};
}

} // namespace phial::runtime
