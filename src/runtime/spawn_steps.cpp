// The new process: its namespaces, the socket between it and the host, the joining of namespaces that exist already.
// Sections host, beside and init.
#include "kernel/kabi.hpp"
#include "kernel/namespaces.hpp"
#include "kernel/signals.hpp"
#include "runtime/compiler.hpp"

#include <csignal>
#include <linux/prctl.h>
#include <sys/socket.h>

namespace phial::runtime {

namespace {

const kernel::NamespaceFacts& facts_of(spec::NamespaceType type) {
  using kernel::NamespaceKind;
  switch (type) {
  case spec::NamespaceType::mount: return kernel::facts(NamespaceKind::mount);
  case spec::NamespaceType::cgroup: return kernel::facts(NamespaceKind::cgroup);
  case spec::NamespaceType::uts: return kernel::facts(NamespaceKind::uts);
  case spec::NamespaceType::ipc: return kernel::facts(NamespaceKind::ipc);
  case spec::NamespaceType::user: return kernel::facts(NamespaceKind::user);
  case spec::NamespaceType::pid: return kernel::facts(NamespaceKind::pid);
  case spec::NamespaceType::network: return kernel::facts(NamespaceKind::network);
  case spec::NamespaceType::time: return kernel::facts(NamespaceKind::time);
  }
  return kernel::facts(NamespaceKind::mount);
}

std::string field_of(const spec::Linux& platform, const spec::Namespace& entry) {
  return "linux.namespaces[" + std::to_string(&entry - platform.namespaces.data()) + "]";
}

} // namespace

void add_sync_steps(Compiler& c) {
  c.step(Section::host, [&] {
    return StepText{"make the socket between host and init", "the init does nothing until the host releases it"};
  });
  Data pair = c.b.room(2 * sizeof(int), alignof(int));
  c.host_sync = c.b.slot("host_sync");
  c.sync = c.b.slot("sync");
  c.b.call(SYS_socketpair, {AF_UNIX, SOCK_SEQPACKET, 0, pair});
  c.b.add(Op::load, {pair, sizeof(int)}).into(c.host_sync);
  c.b.add(Op::load, {pair + sizeof(int), sizeof(int)}).into(c.sync);
  c.b.call(SYS_fcntl, {c.host_sync, F_SETFD, FD_CLOEXEC});
  c.b.known().sync = c.sync.index;
  c.b.known().host_sync = c.host_sync.index;
}

namespace {

struct Joined {
  Slot descriptor;
  std::uint64_t flag;
};

// Namespaces with a path are opened on the host, where the path means something.
std::vector<Joined> open_joined(Compiler& c, const spec::Linux& platform) {
  std::vector<Joined> out;
  for (const spec::Namespace& entry : platform.namespaces) {
    if (entry.path.empty())
      continue;
    const kernel::NamespaceFacts& facts = facts_of(entry.type);
    c.step(Section::host, [&] {
      return StepText{"open the " + std::string(facts.oci_name) + " namespace " + entry.path,
                      c.why(field_of(platform, entry))};
    });
    Slot descriptor = c.b.slot(std::string(facts.proc_name) + "_ns");
    c.open(descriptor, entry.path, O_RDONLY | O_NONBLOCK); // a FIFO would wait for a writer
    // The user namespace first: it gives the right to join the others.
    out.insert(facts.flag == CLONE_NEWUSER ? out.begin() : out.end(), {descriptor, facts.flag});
  }
  return out;
}

std::string namespace_list(const spec::Linux& platform) {
  std::string out;
  for (const spec::Namespace& entry : platform.namespaces)
    if (entry.path.empty())
      out += (out.empty() ? "" : ", ") + std::string(facts_of(entry.type).oci_name);
  return out;
}

std::string guarantee_list(const spec::Linux& platform) {
  std::string out;
  for (const spec::Namespace& entry : platform.namespaces)
    if (entry.path.empty())
      out += (out.empty() ? "the container " : "; it ") + std::string(facts_of(entry.type).guarantee);
  return out;
}

// Those the clone itself makes. The cgroup namespace's root is the cgroup its maker is in: on v1 it is made after
// joining.
std::uint64_t clone_namespaces(const spec::Linux& platform) {
  std::uint64_t flags = 0;
  for (const spec::Namespace& entry : platform.namespaces)
    if (entry.path.empty() && entry.type != spec::NamespaceType::cgroup && entry.type != spec::NamespaceType::time)
      flags |= facts_of(entry.type).flag;
  return flags;
}

void add_clone(Compiler& c, const Request& request, const std::vector<Joined>& joined) {
  const spec::Linux& platform = request.spec->platform;
  clone_args arguments{};
  const kernel::CgroupHierarchy* unified =
      request.cgroup.empty() || request.systemd ? nullptr : c.facts.cgroups.unified();
  arguments.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | clone_namespaces(platform);
  if (unified != nullptr)
    arguments.flags |= CLONE_INTO_CGROUP;
  if (has_own_user_namespace(platform)) // it waits for its id maps, so we must go on beside it
    arguments.flags &= ~static_cast<std::uint64_t>(CLONE_VFORK);
  arguments.exit_signal = SIGCHLD;
  Data pidfd = c.b.room(sizeof(int), alignof(int));
  c.pid = c.b.slot("pid");
  c.pidfd = c.b.slot("pidfd");
  c.b.known().pid = c.pid.index;
  c.b.known().pidfd = c.pidfd.index;
  Slot init = c.b.slot("init");
  c.step(Section::host, [&] {
    return StepText{"load phial-init into sealed memory", "the process that sets the container up from inside",
                    "nothing of the host's programs can be reached or overwritten from the container"};
  });
  c.b.add(Op::load_init).into(init);
  Slot own_pid_ns = c.b.slot("own_pid_ns");
  const Joined* pid_ns = nullptr;
  const Joined* user_ns = nullptr;
  for (const Joined& entry : joined) {
    if (entry.flag == CLONE_NEWPID)
      pid_ns = &entry;
    if (entry.flag == CLONE_NEWUSER)
      user_ns = &entry;
  }
  // Who is root of a user namespace may enter a pid namespace of it, and not come back: a helper goes.
  bool by_helper = user_ns != nullptr || (pid_ns != nullptr && c.facts.rootless());
  if (pid_ns != nullptr && !by_helper) {
    c.step(Section::host, [&] {
      return StepText{"let the next child be born in the other pid namespace", "linux.namespaces: pid by path"};
    });
    c.open(own_pid_ns, "/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
    c.b.call(SYS_setns, {pid_ns->descriptor, CLONE_NEWPID});
  }
  std::string made = namespace_list(platform);
  c.step(Section::host, [&] {
    return StepText{made.empty() ? "clone the container's process"
                                 : "clone the container's process with new namespaces: " + made,
                    c.why("linux.namespaces"), guarantee_list(platform)};
  });
  Data clone = c.b.object(arguments);
  c.b.point(clone + offsetof(clone_args, pidfd), pidfd);
  if (unified != nullptr) {
    Slot cgroup = c.b.slot("cgroup");
    c.open(cgroup, unified->directory(request.cgroup), O_PATH | O_DIRECTORY | O_CLOEXEC);
    c.b.add(Op::store, {clone + offsetof(clone_args, cgroup), cgroup, sizeof(std::uint64_t)});
  }
  if (!by_helper)
    c.b.add(Op::spawn, {clone, init}).into(c.pid);
  else if (pid_ns == nullptr)
    c.b.add(Op::spawn, {clone, init, user_ns->descriptor, 0, 1}).into(c.pid);
  else if (user_ns == nullptr)
    c.b.add(Op::spawn, {clone, init, 0, pid_ns->descriptor, 2}).into(c.pid);
  else
    c.b.add(Op::spawn, {clone, init, user_ns->descriptor, pid_ns->descriptor, 3}).into(c.pid);
  c.b.add(Op::load, {pidfd, sizeof(int)}).into(c.pidfd);
  c.b.call(SYS_close, {init});
  if (pid_ns != nullptr && !by_helper)
    c.b.call(SYS_setns, {own_pid_ns, CLONE_NEWPID});
}

} // namespace

Result<> add_spawn_steps(Compiler& c, const Request& request) {
  const spec::Linux& platform = request.spec->platform;
  add_sync_steps(c);
  std::vector<Joined> joined = open_joined(c, platform);
  add_clone(c, request, joined);

  begin_init(c);
  for (const Joined& entry : joined) {
    if (entry.flag == CLONE_NEWPID || entry.flag == CLONE_NEWUSER)
      continue; // joined by being born in it
    const kernel::NamespaceFacts* facts = kernel::find_namespace(entry.flag);
    c.step(Section::init, [&] {
      return StepText{"join the " + std::string(facts->oci_name) + " namespace", c.why("linux.namespaces")};
    });
    c.b.call(SYS_setns, {entry.descriptor, entry.flag});
  }
  return {};
}

namespace {

// What its maker ignores a process ignores too, and so does what it executes: an engine's SIGPIPE is no container's.
void add_signal_steps(Compiler& c) {
  std::vector<int> numbers;
  for (int number = 1; number <= 64; ++number)
    if ((c.facts.ignored_signals >> (number - 1) & 1) != 0)
      numbers.push_back(number);
  if (numbers.empty())
    return;
  c.step(Section::init, [&] {
    std::string names;
    for (int number : numbers)
      names += (names.empty() ? "" : ", ") + kernel::signal_name(number);
    return StepText{"take every signal as the kernel makes it", "the caller ignores " + names};
  });
  Data standard = c.b.room(4 * sizeof(std::uint64_t)); // the kernel's structure: handler, flags, restorer, mask
  for (int number : numbers)
    c.b.call(SYS_rt_sigaction, {number, standard, 0, sizeof(std::uint64_t)});
}

} // namespace

void begin_init(Compiler& c) {
  c.step(Section::init,
         [&] { return StepText{"wait until the host releases it", "a host that dies first ends it by end of file"}; });
  c.b.add(Op::wait, {c.sync, 'r'});
  c.step(Section::init, [&] {
    return StepText{"begin a session of its own, hidden from debuggers", "what the init holds open is the host's",
                    "no process of the container can look into the init"};
  });
  c.b.call(SYS_prctl, {PR_SET_DUMPABLE, 0, 0, 0, 0});
  c.b.call(SYS_rt_sigprocmask, {SIG_SETMASK, c.b.room(8), 0, 8});
  c.b.call(SYS_prctl, {PR_SET_NAME, c.b.text("phial-init"), 0, 0, 0});
  c.b.call(SYS_setsid);
  c.b.call(SYS_umask, {0});
  add_signal_steps(c);
}

void add_release_steps(Compiler& c, const std::string& cgroup) {
  c.step(Section::beside, [&] { return StepText{"release the init", "everything it needs from the host is there"}; });
  if (c.facts.cgroups.mode == kernel::CgroupMode::v2 && !cgroup.empty()) // a shell cannot clone into a cgroup
    c.b.shell([&] { return "echo $pid > " + c.facts.cgroups.unified()->directory(cgroup) + "/cgroup.procs"; },
              ShellPlace::host);
  c.b.call(SYS_close, {c.sync}); // only the init holds its end now: its end of file tells that it became the program
  c.b.add(Op::post, {c.host_sync, 'r'});
}

} // namespace phial::runtime
