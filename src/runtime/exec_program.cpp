// The program of `exec`: a further process in a running container. Its namespaces are joined through the pidfd of the
// container's first process; only the pid namespace needs a process that is born in it.
#include "kernel/kabi.hpp"
#include "runtime/compiler.hpp"

#include <csignal>

namespace phial::runtime {

namespace {

struct CgroupFiles {
  std::vector<Slot> procs; // v1: kJoinFile, inherited by the init
  Slot unified;            // v2: the directory, for CLONE_INTO_CGROUP
  bool has_unified = false;
};

CgroupFiles open_cgroups(Compiler& c, const ExecRequest& request) {
  CgroupFiles out;
  if (request.cgroups.empty())
    return out;
  c.step(Section::host, [&] {
    return StepText{"open the container's cgroups", "the new process is to be counted and limited with the others"};
  });
  for (const ExecCgroup& cgroup : request.cgroups) {
    if (cgroup.unified) {
      out.unified = c.b.slot("cgroup");
      c.open(out.unified, cgroup.directory, O_PATH | O_DIRECTORY | O_CLOEXEC);
      out.has_unified = true;
    } else {
      Slot procs = c.b.slot("procs");
      c.open(procs, cgroup.directory + "/" + std::string(kJoinFile), O_WRONLY);
      out.procs.push_back(procs);
    }
  }
  return out;
}

// What is born in the container's pid namespace is seen there from its first moment on, and a process with
// CAP_SYS_PTRACE looks at its root and its descriptors: so it is born with the container's. In a user namespace it
// could not, for the new process has the host's rights until it joins that; and time namespaces are joined by one who
// shares no memory.
std::uint64_t joined_before_birth(const Compiler& c, const ExecRequest& request) {
  bool needed = (request.join & CLONE_NEWPID) != 0 && (request.join & CLONE_NEWUSER) == 0 && !c.facts.unprivileged;
  return needed ? request.join & ~static_cast<std::uint64_t>(CLONE_NEWTIME) : 0;
}

void add_clone(Compiler& c, const ExecRequest& request, const CgroupFiles& cgroups) {
  clone_args arguments{};
  arguments.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | (cgroups.has_unified ? CLONE_INTO_CGROUP : 0);
  arguments.exit_signal = SIGCHLD;
  Data pidfd = c.b.room(sizeof(int), alignof(int));
  Data clone = c.b.object(arguments);
  c.b.point(clone + offsetof(clone_args, pidfd), pidfd);
  c.pid = c.b.slot("pid");
  c.pidfd = c.b.slot("pidfd");
  c.b.known().pid = c.pid.index;
  c.b.known().pidfd = c.pidfd.index;
  Slot init = c.b.slot("init");
  Slot own = c.b.slot("own_pid_ns");
  bool other_pids = (request.join & CLONE_NEWPID) != 0;
  std::uint64_t within = joined_before_birth(c, request);
  // Into a pid namespace that is the first user namespace's, others may not: we make no other child.
  bool may_return = !c.facts.rootless();
  c.step(Section::host, [&] {
    return StepText{"load phial-init into sealed memory", "the process that joins the container from outside",
                    "nothing of the host's programs can be reached or overwritten from the container"};
  });
  c.b.add(Op::load_init).into(init);
  c.step(Section::host, [&] {
    return StepText{
        "clone the process into the container's pid namespace", "only a child can be born there",
        within == 0 ? "" : "the container's processes see nothing of the host's by it, whatever they may look into"};
  });
  if (other_pids && within == 0) {
    if (may_return)
      c.open(own, "/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
    c.b.call(SYS_setns, {c.container, CLONE_NEWPID});
  }
  if (cgroups.has_unified)
    c.b.add(Op::store, {clone + offsetof(clone_args, cgroup), cgroups.unified, sizeof(std::uint64_t)});
  if (within == 0)
    c.b.add(Op::spawn, {clone, init}).into(c.pid);
  else
    c.b.add(Op::spawn, {clone, init, c.container, within, 4}).into(c.pid);
  c.b.add(Op::load, {pidfd, sizeof(int)}).into(c.pidfd);
  c.b.call(SYS_close, {init});
  if (other_pids && within == 0 && may_return)
    c.b.call(SYS_setns, {own, CLONE_NEWPID});
}

// What the init makes from here on belongs to that user, and what it may do it may as that. EINVAL: the namespace has
// no user 0.
void become_root_there(Compiler& c) {
  c.step(Section::init, [&] {
    return StepText{"become user 0 of the container's user namespace", "the host's root is nobody there"};
  });
  c.b.call(SYS_setresgid, {0, 0, 0}).tolerate(EINVAL);
  c.b.call(SYS_setresuid, {0, 0, 0}).tolerate(EINVAL);
}

void enter_root(Compiler& c, const ExecRequest& request) {
  if (request.root >= 0) {
    c.root = c.b.given("root", static_cast<std::uint64_t>(request.root));
    c.step(Section::init,
           [&] { return StepText{"take the container's root", "it has no mount namespace to find its root in"}; });
    c.b.call(SYS_fchdir, {c.root});
    c.b.call(SYS_chroot, {c.b.text(".")});
    return;
  }
  c.root = c.b.slot("root");
  c.step(Section::init, [&] { return StepText{"open the container's root", "paths are resolved below it"}; });
  c.b.call(SYS_openat, {AT_FDCWD, c.b.text("/"), O_PATH | O_DIRECTORY | O_CLOEXEC, 0}).into(c.root);
}

} // namespace

Result<program::Program> compile_exec(const ExecRequest& request, const HostFacts& facts) {
  const spec::Process& process = *request.process;
  Compiler c(facts, request.reasons, request.fallback_reason, request.words);
  c.enters_user_namespace = (request.join & CLONE_NEWUSER) != 0;
  c.b.known().program = c.b.slot("program").index;
  c.b.known().journal = c.b.slot("journal").index;
  c.container = c.b.given("container", static_cast<std::uint64_t>(request.pidfd));
  const spec::Spec none;
  const spec::Spec& spec = request.spec != nullptr ? *request.spec : none;
  TRY(check_labels(c, process, ""));

  CgroupFiles cgroups = open_cgroups(c, request);
  add_inherited_oom_steps(c, process);
  std::uint64_t join = request.join;
  if (facts.unprivileged && (join & CLONE_NEWUSER) != 0) {
    c.step(Section::host, [&] {
      return StepText{"join the container's user namespace", "the caller is not root, but may be root there"};
    });
    c.b.call(SYS_setns, {c.container, CLONE_NEWUSER});
    join &= ~static_cast<std::uint64_t>(CLONE_NEWUSER);
  }
  add_pipe_steps(c, request.stdio, process.terminal, request.open_stdin);
  add_sync_steps(c);
  TRY(add_listener_steps(c, request.filter));
  Data processors;
  TRY(add_initial_affinity_steps(c, process, processors));
  add_clone(c, request, cgroups);
  add_restore_affinity_steps(c, process, processors);
  add_oom_steps(c, process);
  TRY(add_schedule_steps(c, process));
  add_release_steps(c, {});
  add_receive_terminal_steps(c, process);

  begin_init(c);
  std::uint64_t joined = joined_before_birth(c, request);
  add_open_label_steps(c, process, joined != 0);
  add_listener_text_steps(c, spec, request.container, request.filter);
  if (!cgroups.procs.empty()) {
    c.step(Section::init,
           [&] { return StepText{"join the container's cgroups", "it is counted and limited with the others"}; });
    for (Slot procs : cgroups.procs)
      c.b.call(SYS_write, {procs, c.b.text("0"), 1});
  }
  TRY(add_final_affinity_steps(c, process));
  TRY(add_memory_policy_steps(c, spec.platform));
  if (std::uint64_t rest = join & ~(joined | CLONE_NEWPID); rest != 0) {
    c.step(Section::init,
           [&] { return StepText{"join the container's namespaces", "it sees what the container sees"}; });
    c.b.call(SYS_setns, {c.container, rest});
  }
  if ((request.join & CLONE_NEWUSER) != 0)
    become_root_there(c);
  enter_root(c, request);
  c.step(Section::init, [&] { return StepText{"open the working directory " + process.cwd, c.why("process.cwd")}; });
  c.cwd = c.directory(process.cwd);
  c.b.call(SYS_fchdir, {c.cwd});
  add_terminal_steps(c, process);
  add_stream_owner_steps(c, process, request.streams);
  add_limit_steps(c, process);
  add_personality_steps(c, spec.platform);
  add_keyring_steps(c);
  add_identity_steps(c, process);
  add_close_steps(c, request.preserved);
  add_late_limit_steps(c, process);
  TRY(add_privilege_steps(c, process, request.filter));
  TRY(add_exec_steps(c, process, false));
  return c.b.finish();
}

} // namespace phial::runtime
