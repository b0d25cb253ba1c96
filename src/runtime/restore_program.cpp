// The program of a container that criu brings back: its cgroups with their limits, its hooks, the undo. The processes
// are criu's to make; where it comes in has a step that does nothing.
#include "runtime/restore_program.hpp"
#include "base/text.hpp"
#include "kernel/kabi.hpp"
#include "runtime/compiler.hpp"

namespace phial::runtime {

namespace {

// Nobody else sees what is mounted here, and it goes with us.
void add_root_mount(Compiler& c, const std::string& root) {
  c.step(Section::host, [&] {
    return StepText{"make the root a mount, in a mount namespace of our own", c.why("root.path"),
                    "nothing of it is left on the host", "mount --rbind " + shell_quote(root) + " " + shell_quote(root),
                    ShellPlace::host};
  });
  c.b.call(SYS_unshare, {CLONE_NEWNS});
  c.b.call(SYS_mount, {0, c.b.text("/"), 0, MS_REC | MS_SLAVE, 0});
  c.b.call(SYS_mount, {c.b.text(root), c.b.text(root), 0, MS_BIND | MS_REC, 0});
}

} // namespace

Result<program::Program> compile_restore(const Request& request, const std::vector<std::string>& criu,
                                         const HostFacts& facts) {
  Compiler c(facts, request.reasons, request.fallback_reason, request.words);
  c.pid = c.b.slot("pid");
  c.b.known().pid = c.pid.index;
  add_cgroup_steps(c, request);
  TRY(add_cgroup_limit_steps(c, request));
  add_root_mount(c, request.root.directory);
  std::string shell;
  for (const std::string& word : criu)
    shell += (shell.empty() ? "" : " ") + shell_quote(word);
  c.step(Section::host, [&] {
    return StepText{"let criu bring the processes back", "restore", "they go on where checkpoint saved them", shell,
                    ShellPlace::host};
  });
  c.b.add(Op::skip);
  add_hooks_around(c, request);
  return c.b.finish();
}

} // namespace phial::runtime
