// The labels of the security modules: AppArmor's profile and SELinux's context for the program that is executed. The
// kernel takes them through a file of the process's own in proc, which is opened while the host's proc is still in
// view. Sections init and start. proc_pid_attr(5).
#include "kernel/kabi.hpp"
#include "runtime/mounts.hpp"

namespace phial::runtime {

namespace {

constexpr std::string_view kUnconfined = "unconfined"; // what a process without AppArmor is

bool wants_profile(const Compiler& c, const spec::Process& process) {
  return !process.apparmor_profile.empty() && (c.facts.apparmor || process.apparmor_profile != kUnconfined);
}

void add_write(Compiler& c, Slot file, const std::string& text) {
  c.b.call(SYS_write, {file, c.b.text(text), text.size()});
  c.b.call(SYS_close, {file});
}

} // namespace

Result<> check_labels(const Compiler& c, const spec::Process& process, const std::string& mount_label) {
  if (wants_profile(c, process) && !c.facts.apparmor)
    return fail(Kind::unsupported,
                "process.apparmorProfile: AppArmor is not enabled on this host, so nothing would confine the process",
                "leave the profile out, or enable AppArmor on the kernel's command line");
  if (!process.selinux_label.empty() && !c.facts.selinux)
    return fail(Kind::unsupported, "process.selinuxLabel: SELinux is not enabled on this host",
                "leave the label out, or enable SELinux");
  if (!mount_label.empty() && !c.facts.selinux)
    return fail(Kind::unsupported, "linux.mountLabel: SELinux is not enabled on this host",
                "leave the label out, or enable SELinux");
  return {};
}

void add_open_label_steps(Compiler& c, const spec::Process& process, bool own_proc) {
  auto open_attribute = [&c, own_proc](Slot into, const std::string& name) {
    std::string path = "thread-self/attr/" + name;
    if (!own_proc)
      return c.open(into, "/proc/" + path, O_WRONLY | O_CLOEXEC);
    Slot proc = make_filesystem(c, "proc", "proc", {}, 0);
    c.b.call(SYS_openat, {proc, c.b.text(path), O_WRONLY | O_CLOEXEC, 0}).into(into);
  };
  if (wants_profile(c, process)) {
    c.step(Section::init,
           [&] { return StepText{"open what takes its AppArmor profile", c.why("process.apparmorProfile")}; });
    c.apparmor = c.b.slot("apparmor");
    program::Label found;
    open_attribute(c.apparmor, "apparmor/exec");
    c.b.then(found, ENOENT); // before 5.8 the modules shared one file
    open_attribute(c.apparmor, "exec");
    c.b.place(found);
  }
  if (!process.selinux_label.empty()) {
    c.step(Section::init, [&] { return StepText{"open what takes its SELinux label", c.why("process.selinuxLabel")}; });
    c.selinux = c.b.slot("selinux");
    open_attribute(c.selinux, "exec");
  }
}

void add_label_steps(Compiler& c, const spec::Process& process) {
  if (wants_profile(c, process)) {
    c.step(Section::start, [&] {
      return StepText{"take the AppArmor profile " + process.apparmor_profile + " with the exec",
                      c.why("process.apparmorProfile"), "AppArmor allows the program what the profile allows",
                      "# aa-exec(1) does this for the program it starts", ShellPlace::none};
    });
    add_write(c, c.apparmor, "exec " + process.apparmor_profile);
  }
  if (!process.selinux_label.empty()) {
    c.step(Section::start, [&] {
      return StepText{"take the SELinux label " + process.selinux_label + " with the exec",
                      c.why("process.selinuxLabel"), "SELinux allows the program what the label allows",
                      "# runcon(1) does this for the program it starts", ShellPlace::none};
    });
    add_write(c, c.selinux, process.selinux_label);
  }
}

} // namespace phial::runtime
