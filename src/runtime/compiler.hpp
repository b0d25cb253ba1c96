// Compiler: the state shared by the parts of the compiler while one program is built. Internal to runtime/; each part
// is a function in a file of its own (…_steps.cpp) that appends its steps.
#pragma once

#include "kernel/mounts.hpp"
#include "program/builder.hpp"
#include "runtime/compile.hpp"

#include <string>
#include <string_view>

namespace phial::runtime {

using program::Builder;
using program::Data;
using program::Op;
using program::Section;
using program::ShellPlace;
using program::Slot;
using program::StepText;

// The kinds of thing a mount can be put on.
enum class TargetKind : std::uint8_t { directory, file };

// How a process of one thread joins a v1 cgroup: it writes "0" to this file. To join by cgroup.procs the kernel stops
// every fork and exit of the machine first (cgroup_threadgroup_rwsem), which waits for grace periods of RCU: ten times
// the cost.
inline constexpr std::string_view kJoinFile = "tasks";

struct Compiler {
  const HostFacts& facts;
  const std::vector<Reason>& reasons;
  std::string fallback_reason;
  Builder b;

  // Slots that several parts use.
  Slot root;   // the container's root, a mount
  Slot proc;   // a proc of the container's pid namespace
  Slot dev;    // the container's /dev, where it is a file system of our own
  Slot devpts; // its /dev/pts
  Slot sync;   // the init's end of the socket to the host
  Slot host_sync;
  Slot pid;
  Slot pidfd;
  Slot cwd;
  Slot listener;             // create: where the init waits for start
  Slot container;            // exec: the pidfd of the container's first process
  std::vector<Slot> streams; // the container's ends of the pipes: 0, 1, 2
  std::vector<Slot> procs;   // kJoinFile of v1 hierarchies, opened by the host for a user namespace's init
  std::vector<kernel::MountOptions> options; // of the spec's mounts, by their index
  std::vector<Slot> mounts;                  // the sources of bind mounts, by the mount's index
  Section limits = Section::host;            // where limits are written: once the cgroup is there
  bool slave_tree = false;                   // shell form: a mount is to stay the host's slave
  Slot apparmor;                             // where the profile is written
  Slot selinux;
  Slot listener_socket; // to the seccomp listener
  Data listener_text;   // what it is told
  std::size_t listener_text_size = 0;
  bool enters_user_namespace = false;
  std::string mount_label;                                   // SELinux's, for mounts that take one
  std::vector<std::pair<std::string, Slot>> user_namespaces; // of idmapped mounts, by their maps
  bool has_proc = false;
  bool has_dev = false;
  bool dev_is_fresh = false; // nothing of the image has been copied into it
  bool has_devpts = false;
  bool stands_in_dev = false; // the init's working directory

  Compiler(const HostFacts& host_facts, const std::vector<Reason>& why, std::string fallback, program::Words words)
      : facts(host_facts), reasons(why), fallback_reason(std::move(fallback)), b(words) {}

  // "flag --memory 64m", or "config.json: linux.resources.memory.limit".
  [[nodiscard]] std::string why(std::string_view field) const;

  // Opens a step; `text` returns what is said of it, and is called only where somebody wants to read that.
  template <std::invocable Text> void step(Section section, Text&& text) { b.step(section, std::forward<Text>(text)); }

  // openat(2) of a host path; open for the init to inherit unless `flags` has O_CLOEXEC.
  void open(Slot into, std::string_view path, int flags);
  // open, write, close: three calls. `tolerated`: errnos of the write that are no failure.
  void write_file(std::string_view path, std::string_view value, int tolerated = 0);

  // Resolves a path of the container below its root, making what is missing of it, into an O_PATH descriptor. Emits
  // into the open step. openat2(2) with RESOLVE_IN_ROOT; never a path looked up twice by name.
  Slot target(std::string_view path, TargetKind kind);
  // The same for a path that must exist: jumps to `missing` where it does not.
  Slot existing(std::string_view path, program::Label& missing, int more_flags = 0);
  // The same for a directory without which the program fails.
  Slot directory(std::string_view path);
  // The directory a path lies in, made where it is missing, and the last component.
  struct Place {
    Slot directory;
    std::string name;
  };
  Place place(std::string_view path);

  // The same for a path that must exist, or the program fails.
  Slot resolve(std::string_view path, std::uint64_t flags);

  // Attaches the mount in `mount` onto the object in `onto`. move_mount(2).
  void attach(Slot mount, Slot onto);
  // The same onto an entry of a file system that is ours alone: nobody else could have put a link there.
  void attach(Slot mount, Slot directory, std::string_view name);
  // The same onto a path of the container, made where it is missing.
  void attach(Slot mount, std::string_view path, TargetKind kind);
  // mount_setattr(2) on a mount.
  void set_attributes(Slot mount, std::uint64_t set, std::uint64_t clear, std::uint64_t propagation, bool recursive);

private:
  void make_in_dev(std::string_view name, TargetKind kind);
};

// "/a//b/./c/" -> "a/b/c"; ".." goes up, never above the root, which is "".
[[nodiscard]] std::string below_root(std::string_view path);
// The name of an entry of /dev itself: of "dev/pts", not of "dev" or "dev/bus/usb". `path` as below_root() returns it.
[[nodiscard]] std::optional<std::string_view> name_in_dev(std::string_view path);

// What contradicts itself, or the host, is refused before anything is touched.
[[nodiscard]] Result<> check_request(const Request& request, const HostFacts& facts);

// What others are told of the container: hooks on their standard input, a seccomp listener.
struct StateText {
  std::string text;    // JSON, with room for the pid, which is known only when the program runs
  std::size_t pid = 0; // offset of the ten characters
};
[[nodiscard]] StateText state_text(const spec::Spec& spec, const ContainerName& name, std::string_view status);

// sendmsg(2) of `size` bytes with a descriptor.
void send_descriptor(Compiler& c, Slot socket, Slot descriptor, Data bytes, std::size_t size);

// The parts, in the order of the program.
void add_cgroup_steps(Compiler& c, const Request& request);
[[nodiscard]] Result<> add_cgroup_limit_steps(Compiler& c, const Request& request);
[[nodiscard]] Result<> add_systemd_steps(Compiler& c, const Request& request);
// The device filter of cgroup v2, where the v1 controller is not there.
[[nodiscard]] Result<> add_device_filter_steps(Compiler& c, const Request& request,
                                               const std::vector<kernel::DeviceRule>& rules);
[[nodiscard]] Result<> add_root_steps(Compiler& c, const Request& request);
[[nodiscard]] Result<> read_mount_options(Compiler& c, const spec::Spec& spec); // before the other parts
[[nodiscard]] Result<> add_mount_source_steps(Compiler& c, const Request& request);
void add_pipe_steps(Compiler& c, Stdio stdio, bool terminal, bool open_stdin);
void add_sync_steps(Compiler& c);
[[nodiscard]] Result<> add_spawn_steps(Compiler& c, const Request& request);
void begin_init(Compiler& c); // waits for the release, begins a session

// A caller who is not root enters a user namespace of his own first.
void add_rootless_steps(Compiler& c, const Request& request);

// The maps of a new user namespace, and the release of the process that waits for them.
void add_user_map_steps(Compiler& c, const spec::Linux& platform);
[[nodiscard]] bool has_own_user_namespace(const spec::Linux& platform);
[[nodiscard]] bool has_user_namespace(const spec::Linux& platform); // a new one, or one by path
[[nodiscard]] bool has_mount_namespace(const spec::Linux& platform);
void add_oom_steps(Compiler& c, const spec::Process& process);
// Rootless: the init's own file belongs to a root who is nobody there, so the maker sets it for himself.
void add_inherited_oom_steps(Compiler& c, const spec::Process& process);
// How the machine serves the process. Written by the host: root of a user namespace may not.
[[nodiscard]] Result<> add_schedule_steps(Compiler& c, const spec::Process& process);
[[nodiscard]] Result<> add_memory_policy_steps(Compiler& c,
                                               const spec::Linux& platform); // after the cgroups are joined
void add_personality_steps(Compiler& c, const spec::Linux& platform);
// exec: the processors it is born on; `before` keeps the host's own, which the second gives back.
[[nodiscard]] Result<> add_initial_affinity_steps(Compiler& c, const spec::Process& process, Data& before);
void add_restore_affinity_steps(Compiler& c, const spec::Process& process, Data before);
[[nodiscard]] Result<> add_final_affinity_steps(Compiler& c, const spec::Process& process);

// Intel RDT: the group, and the process in it. Network devices that move in.
[[nodiscard]] Result<> add_rdt_steps(Compiler& c, const Request& request);
void add_join_rdt_steps(Compiler& c, const Request& request);
[[nodiscard]] Result<> add_net_device_steps(Compiler& c, const spec::Linux& platform);

// Labels of security modules.
[[nodiscard]] Result<> check_labels(const Compiler& c, const spec::Process& process, const std::string& mount_label);
// While the host's proc is in view; or, `own_proc`, by one of its own, as the one in view is the container's.
void add_open_label_steps(Compiler& c, const spec::Process& process, bool own_proc = false);
void add_label_steps(Compiler& c, const spec::Process& process);

void add_release_steps(Compiler& c, const std::string& cgroup);
void add_receive_terminal_steps(Compiler& c, const spec::Process& process);

// For an init that may not open the files itself.
void add_open_cgroup_steps(Compiler& c, const Request& request);
void add_join_cgroup_steps(Compiler& c, const Request& request);
void add_time_steps(Compiler& c, const spec::Linux& platform);
[[nodiscard]] Result<> add_root_place_steps(Compiler& c, const Request& request);
[[nodiscard]] Result<> add_mount_steps(Compiler& c, const Request& request);
[[nodiscard]] Result<> add_device_steps(Compiler& c, const Request& request);
void add_terminal_steps(Compiler& c, const spec::Process& process);
// Gives the standard streams of the mask (1, 2, 4) to the process's user, who may want to open them anew.
void add_stream_owner_steps(Compiler& c, const spec::Process& process, unsigned streams);
void add_directory_steps(Compiler& c, const spec::Process& process); // makes and opens the working directory
[[nodiscard]] Result<> add_late_mount_steps(Compiler& c, const Request& request);
void add_path_steps(Compiler& c, const spec::Linux& platform);
[[nodiscard]] Result<> add_kernel_settings_steps(Compiler& c, const Request& request);
void add_pivot_steps(Compiler& c, const Request& request);
void add_limit_steps(Compiler& c, const spec::Process& process);
// A limit on open files that the init itself could not live with: before the seccomp filter and the exec.
void add_late_limit_steps(Compiler& c, const spec::Process& process);
void add_keyring_steps(Compiler& c);
void add_identity_steps(Compiler& c, const spec::Process& process);

// The seccomp filter: host and init, where it has a listener; then its loading.
[[nodiscard]] Result<> add_listener_steps(Compiler& c, const Filter& filter);
void add_listener_text_steps(Compiler& c, const spec::Spec& spec, const ContainerName& name, const Filter& filter);
[[nodiscard]] Result<> add_seccomp_steps(Compiler& c, const Filter& filter);
void add_close_steps(Compiler& c, unsigned preserved);
[[nodiscard]] Result<> add_privilege_steps(Compiler& c, const spec::Process& process, const Filter& filter);
[[nodiscard]] Result<> add_exec_steps(Compiler& c, const spec::Process& process, bool reaper);

void add_nothing_to_execute(Compiler& c); // for a config.json without a process, which can be created all the same

// The hooks, each list where the specification has it. The first two are one call a list; the middle ones are called
// from both sides: the host runs its own while the init waits.
void add_hooks_before_root(Compiler& c, const Request& request); // prestart, createRuntime, createContainer
void add_hooks_before_exec(Compiler& c, const Request& request); // startContainer
void add_hooks_around(Compiler& c, const Request& request);      // poststart, poststop
// create: that the command is there; the socket that start comes to; that the container is created; waiting for start.
void add_start_socket_steps(Compiler& c, const Request& request);
void add_created_steps(Compiler& c, const Request& request);

} // namespace phial::runtime
