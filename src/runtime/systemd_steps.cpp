// The container's scope: systemd is asked to make it with the new process in it. Sections beside and undo.
#include "base/text.hpp"
#include "kernel/kabi.hpp"
#include "runtime/compiler.hpp"

namespace phial::runtime {

namespace {

constexpr std::size_t kPidSize = 24;

// The command line, with the pid where a word is empty.
Data arguments(Compiler& c, const std::vector<std::string>& words, Data pid) {
  Data out = c.b.room((words.size() + 1) * sizeof(std::uint64_t));
  for (std::size_t i = 0; i < words.size(); ++i)
    c.b.point(out + i * sizeof(std::uint64_t), words[i].empty() ? pid : c.b.text(words[i]));
  return out;
}

std::string systemctl(const SystemdScope& scope) {
  return scope.manager.user ? "systemctl --user" : "systemctl";
}

// busctl(1); a job is asked for, not awaited, so the shell looks for the process in its cgroup.
std::string start_shell(const SystemdScope& scope, const std::vector<SystemdProperty>& properties,
                        const std::string& directory) {
  std::string out = std::string(scope.manager.user ? "busctl --user" : "busctl") +
                    " call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager"
                    " StartTransientUnit 'ssa(sv)a(sa(sv))' " +
                    shell_quote(scope.unit) + " fail " + std::to_string(properties.size() + (scope.is_slice() ? 0 : 1));
  for (const SystemdProperty& property : properties) {
    out += " \\\n  " + property.name;
    for (const std::string& word : busctl_words(property.value))
      out += " " + shell_quote(word);
  }
  if (!scope.is_slice())
    out += " \\\n  PIDs au 1 $pid";
  out += " \\\n  0\nuntil [ -e " + directory + "/cgroup.procs ]; do sleep 0.01; done\n";
  return out + (scope.is_slice() ? "echo $pid > " + directory + "/cgroup.procs"
                                 : "until grep -qx $pid " + directory + "/cgroup.procs; do sleep 0.01; done");
}

// A slice takes no processes from systemd.
void join_slice(Compiler& c, const SystemdScope& scope, const std::string& directory, Data pid) {
  c.step(Section::beside, [&] { return StepText{"put the process into " + scope.unit, c.why("linux.cgroupsPath")}; });
  Slot file = c.b.slot("procs");
  c.open(file, directory + "/cgroup.procs", O_WRONLY | O_CLOEXEC);
  c.b.call(SYS_write, {file, pid, kPidSize});
  c.b.call(SYS_close, {file});
}

} // namespace

Result<> add_systemd_steps(Compiler& c, const Request& request) {
  if (!request.systemd)
    return {};
  const SystemdScope& scope = *request.systemd;
  if (c.facts.cgroups.mode != kernel::CgroupMode::v2)
    return fail(Kind::unsupported,
                "the systemd cgroup driver needs cgroup v2 alone, and this host has version 1 mounted",
                "boot with systemd.unified_cgroup_hierarchy=1, leave --systemd-cgroup out, or say --cgroup-manager "
                "cgroupfs");
  kernel::Resources none;
  const kernel::Resources& resources = request.spec->platform.resources ? *request.spec->platform.resources : none;
  std::vector<SystemdProperty> properties = TRY(start_properties(scope, "phial container " + request.id, resources));
  std::string directory = c.facts.cgroups.unified()->directory(scope.cgroup);
  c.step(Section::beside, [&] {
    return StepText{scope.is_slice() ? "let systemd start the slice " + scope.unit
                                     : "let systemd start the scope " + scope.unit + " in " + scope.slice +
                                           " with the process in it",
                    c.why("linux.cgroupsPath"), "systemd knows the container and its limits, and takes neither back",
                    start_shell(scope, properties, directory), ShellPlace::host};
  });
  Data pid = c.b.room(kPidSize);
  Data environment = c.b.strings({});
  c.b.add(Op::store_decimal, {pid, c.pid});
  // Whatever is left in it is ended first: systemd would ask politely, and wait.
  c.b.add(Op::run_helper, {arguments(c, start_command(scope, properties), pid), environment})
      .undone_by(Op::run_helper, {arguments(c, stop_command(scope), pid), environment},
                 [&] {
                   return StepText{"let systemd forget " + scope.unit, "the container is gone", "",
                                   systemctl(scope) + " stop " + shell_quote(scope.unit), ShellPlace::host};
                 })
      .undone_by(Op::remove_cgroup, {c.b.text(directory)}, [&] {
        return StepText{"remove the cgroup " + directory, "the container is gone", "", "rmdir " + directory,
                        ShellPlace::host};
      });
  if (scope.is_slice())
    join_slice(c, scope, directory, pid);
  return {};
}

} // namespace phial::runtime
