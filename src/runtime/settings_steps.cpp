// What the container's kernel shows and how it weighs the container: names, sysctls, the loopback device,
// oom_score_adj.
#include "base/text.hpp"
#include "kernel/kabi.hpp"
#include "kernel/namespaces.hpp"
#include "kernel/sysctls.hpp"
#include "runtime/mounts.hpp"

#include <cstring>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

namespace phial::runtime {

namespace {

void add_names(Compiler& c, const spec::Spec& spec) {
  if (!spec.hostname.empty()) {
    c.step(Section::init, [&] {
      return StepText{"call the host " + spec.hostname, c.why("hostname"), "",
                      "echo " + shell_quote(spec.hostname) + " > /proc/sys/kernel/hostname", ShellPlace::inside};
    });
    c.b.call(SYS_sethostname, {c.b.text(spec.hostname), spec.hostname.size()});
  }
  if (!spec.domainname.empty()) {
    c.step(Section::init, [&] {
      return StepText{"set the NIS domain name " + spec.domainname, c.why("domainname"), "",
                      "echo " + shell_quote(spec.domainname) + " > /proc/sys/kernel/domainname", ShellPlace::inside};
    });
    c.b.call(SYS_setdomainname, {c.b.text(spec.domainname), spec.domainname.size()});
  }
}

void add_loopback(Compiler& c, const spec::Linux& platform) {
  const spec::Namespace* network = platform.find(spec::NamespaceType::network);
  if (network == nullptr || !network->path.empty())
    return;
  c.step(Section::init, [&] {
    return StepText{"bring up the loopback device", c.why("linux.namespaces"),
                    "the container reaches itself, and nothing else yet", "ip link set lo up", ShellPlace::inside};
  });
  ifreq request;
  std::memset(&request, 0, sizeof request);
  std::memcpy(request.ifr_name, "lo", sizeof "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  Slot socket = c.b.slot("socket");
  c.b.call(SYS_socket, {AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0}).into(socket);
  c.b.call(SYS_ioctl, {socket, SIOCSIFFLAGS, c.b.cleared_object(request)});
}

// A proc that is never attached: writes go to the kernel, whatever the container's own /proc may be.
void need_proc(Compiler& c) {
  if (c.has_proc)
    return;
  c.proc = make_filesystem(c, "proc", "", {}, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NODEV);
  c.has_proc = true;
}

void write_proc(Compiler& c, const std::string& path, const std::string& value) {
  open_how how{};
  how.flags = O_WRONLY | O_CLOEXEC;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
  Slot file = c.b.slot("file");
  c.b.call(SYS_openat2, {c.proc, c.b.text(path), c.b.object(how), sizeof how}).into(file);
  c.b.call(SYS_write, {file, c.b.text(value), value.size()});
  c.b.call(SYS_close, {file});
}

Result<> add_sysctls(Compiler& c, const spec::Linux& platform) {
  std::uint64_t own = 0;
  for (const spec::Namespace& entry : platform.namespaces)
    own |= kernel::facts(entry.type).flag & ~c.facts.host_namespaces;
  for (const auto& [name, value] : platform.sysctl) {
    std::string path = TRY(kernel::check_sysctl(name, value, own), "linux.sysctl");
    c.step(Section::init, [&] {
      return StepText{"set " + name + " to " + value, c.why("linux.sysctl[" + name + "]"),
                      "the host's own setting stays as it is",
                      "printf %s " + shell_quote(value) + " > /proc/sys/" + path, ShellPlace::inside};
    });
    need_proc(c);
    write_proc(c, "sys/" + path, value);
  }
  return {};
}

void add_oom_score(Compiler& c, const spec::Process& process) {
  if (!process.oom_score_adj)
    return;
  std::string value = std::to_string(*process.oom_score_adj);
  c.step(Section::beside, [&] {
    return StepText{"set its oom_score_adj to " + value, c.why("process.oomScoreAdj"), "",
                    "echo " + value + " > /proc/$pid/oom_score_adj", ShellPlace::host};
  });
  Slot directory = c.b.slot("proc_pid");
  Slot file = c.b.slot("file");
  c.b.add(Op::process_dir, {c.pid}).into(directory);
  c.b.call(SYS_openat, {directory, c.b.text("oom_score_adj"), O_WRONLY | O_CLOEXEC, 0}).into(file);
  c.b.call(SYS_write, {file, c.b.text(value), value.size()});
  c.b.call(SYS_close, {file});
  c.b.call(SYS_close, {directory});
}

} // namespace

void add_oom_steps(Compiler& c, const spec::Process& process) {
  if (!c.facts.rootless())
    add_oom_score(c, process);
}

void add_inherited_oom_steps(Compiler& c, const spec::Process& process) {
  if (!c.facts.rootless() || !process.oom_score_adj)
    return;
  std::string value = std::to_string(*process.oom_score_adj);
  c.step(Section::host, [&] {
    return StepText{"set our oom_score_adj to " + value + ", for the process to inherit", c.why("process.oomScoreAdj"),
                    "", "echo " + value + " > /proc/self/oom_score_adj", ShellPlace::host};
  });
  // EACCES: to lower it takes a privilege that a user has not.
  c.write_file("/proc/self/oom_score_adj", value, EACCES);
}

Result<> add_kernel_settings_steps(Compiler& c, const Request& request) {
  add_names(c, *request.spec);
  add_loopback(c, request.spec->platform);
  return add_sysctls(c, request.spec->platform);
}

} // namespace phial::runtime
