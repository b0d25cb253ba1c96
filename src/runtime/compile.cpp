// The order of a program, as a table of contents.
#include "runtime/compile.hpp"

#include "kernel/kabi.hpp"
#include "runtime/compiler.hpp"

namespace phial::runtime {

Result<program::Program> compile_run(const Request& request, const HostFacts& facts) {
  const spec::Spec& spec = *request.spec;
  const spec::Process empty;
  const spec::Process& process = spec.process ? *spec.process : empty;
  Compiler c(facts, request.reasons, request.fallback_reason, request.words);
  TRY(check_request(request, facts));
  TRY(read_mount_options(c, spec));
  Filter filter{spec.platform.seccomp ? &*spec.platform.seccomp : nullptr, request.seccomp_filter};
  TRY(check_labels(c, process, spec.platform.mount_label));
  c.enters_user_namespace = spec.platform.find(spec::NamespaceType::user) != nullptr;
  c.mount_label = spec.platform.mount_label;
  c.b.known().program = c.b.slot("program").index;
  c.b.known().journal = c.b.slot("journal").index;

  // The host, before the new process exists.
  add_inherited_oom_steps(c, process);
  add_rootless_steps(c, request);
  add_cgroup_steps(c, request);
  if (!request.systemd)
    TRY(add_cgroup_limit_steps(c, request));
  TRY(add_rdt_steps(c, request));
  TRY(add_root_steps(c, request));
  TRY(add_mount_source_steps(c, request));
  add_pipe_steps(c, request.stdio, process.terminal, request.open_stdin);
  add_start_socket_steps(c, request);
  add_open_cgroup_steps(c, request);
  TRY(add_listener_steps(c, filter));
  TRY(add_spawn_steps(c, request));

  // The host, beside it. What it does later, at the init's word, comes with the init's part.
  add_user_map_steps(c, spec.platform);
  add_oom_steps(c, process);
  TRY(add_schedule_steps(c, process));
  add_join_rdt_steps(c, request);
  TRY(add_net_device_steps(c, spec.platform));
  if (request.systemd) { // it puts a process that is there into the cgroup it makes
    TRY(add_systemd_steps(c, request));
    c.limits = Section::beside;
    TRY(add_cgroup_limit_steps(c, request));
  }
  add_release_steps(c, request.systemd ? "" : request.cgroup);

  // The init, until the container is created.
  add_open_label_steps(c, process);
  add_listener_text_steps(c, spec, {request.id, request.bundle}, filter);
  add_join_cgroup_steps(c, request);
  TRY(add_memory_policy_steps(c, spec.platform));
  add_time_steps(c, spec.platform);
  TRY(add_root_place_steps(c, request));
  TRY(add_mount_steps(c, request));
  TRY(add_device_steps(c, request));
  add_receive_terminal_steps(c, process);
  add_terminal_steps(c, process);
  add_stream_owner_steps(c, process, request.streams);
  add_directory_steps(c, process);
  TRY(add_late_mount_steps(c, request));
  // Before /proc/sys becomes read-only.
  TRY(add_kernel_settings_steps(c, request));
  add_path_steps(c, spec.platform);
  add_hooks_before_root(c, request);
  add_pivot_steps(c, request);
  add_limit_steps(c, process);
  add_personality_steps(c, spec.platform);
  if (request.new_keyring)
    add_keyring_steps(c);
  add_identity_steps(c, process);

  // The init, from start to the exec.
  add_created_steps(c, request);
  add_hooks_before_exec(c, request);
  add_close_steps(c, request.preserved);
  add_late_limit_steps(c, process);
  TRY(add_privilege_steps(c, process, filter));
  if (spec.process)
    TRY(add_exec_steps(c, process, request.reaper));
  else
    add_nothing_to_execute(c);

  // The host, afterwards.
  add_hooks_around(c, request);
  return c.b.finish();
}

} // namespace phial::runtime
