#include "sample_program.hpp"

#include "kernel/kabi.hpp"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <csignal>
#include <cstddef>

namespace phial::program {

namespace {

constexpr const char* kCgroup = "/sys/fs/cgroup/phial/c1";

void add_cgroup(Builder& b, Slot cgroup, Slot file) {
  StepText text = sample_text("make the cgroup phial/c1", "--memory 64m", "the container cannot use more than 64 MiB");
  text.place = ShellPlace::host;
  text.shell = "mkdir -p /sys/fs/cgroup/phial/c1";
  b.step(Section::host, std::move(text));
  b.shell("echo 67108864 >/sys/fs/cgroup/phial/c1/memory.max");
  StepText undo = sample_text("remove the cgroup phial/c1", "");
  undo.place = ShellPlace::host;
  undo.shell = "rmdir /sys/fs/cgroup/phial/c1";
  b.call(SYS_mkdir, {b.text(kCgroup), 0755})
      .tolerate(EEXIST)
      .undone_by(Op::remove_cgroup, {b.text(kCgroup)}, std::move(undo));
  b.call(SYS_openat, {AT_FDCWD, b.text(kCgroup), O_PATH | O_DIRECTORY | O_CLOEXEC, 0}).into(cgroup);
  b.call(SYS_openat, {cgroup, b.text("memory.max"), O_WRONLY | O_CLOEXEC, 0}).into(file);
  b.call(SYS_write, {file, b.text("67108864"), 8});
  b.call(SYS_close, {file});
}

void add_spawn(Builder& b, Slot cgroup, Slot sync) {
  Slot init = b.slot("init");
  Slot pid = b.slot("pid");
  Slot pidfd = b.slot("pidfd");
  clone_args arguments{};
  arguments.flags =
      CLONE_VM | CLONE_VFORK | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_PIDFD | CLONE_INTO_CGROUP;
  arguments.exit_signal = SIGCHLD;
  Data clone = b.object(arguments);
  Data answer = b.room(4);
  b.point(clone + offsetof(clone_args, pidfd), answer);
  b.step(Section::host, sample_text("make the container's first process", "linux.namespaces",
                                    "the container has its own mounts, processes and hostname"));
  b.add(Op::load_init).into(init);
  b.add(Op::store, {clone + offsetof(clone_args, cgroup), cgroup, 8});
  b.add(Op::spawn, {clone, init}).into(pid);
  b.add(Op::load, {answer, 4}).into(pidfd);
  StepText join = sample_text("join the cgroup", "--memory 64m");
  join.place = ShellPlace::host;
  join.shell = "echo $pid > /sys/fs/cgroup/phial/c1/cgroup.procs";
  b.step(Section::beside, std::move(join));
  b.step(Section::beside, sample_text("let the container's first process go on", "it waits for its cgroup"));
  b.add(Op::post, {sync, 'g'});
}

void add_mounts(Builder& b, Slot root) {
  Slot fs = b.slot("fs");
  Slot proc = b.slot("proc");
  Slot target = b.slot("target");
  StepText text =
      sample_text("mount proc on /proc", "config.json: mounts[0]", "the container sees only its own processes");
  text.place = ShellPlace::inside;
  text.shell = "mount -t proc -o nosuid,nodev,noexec proc $root/proc";
  b.step(Section::init, std::move(text));
  b.call(SYS_fsopen, {b.text("proc"), FSOPEN_CLOEXEC}).into(fs);
  b.call(SYS_fsconfig, {fs, FSCONFIG_CMD_CREATE, 0, 0, 0});
  b.call(SYS_fsmount, {fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC}).into(proc);
  open_how how{};
  how.flags = O_PATH | O_CLOEXEC;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  Data how_at = b.object(how);
  Label there;
  b.call(SYS_openat2, {root, b.text("proc"), how_at, sizeof how}).into(target).tolerate(ENOENT).then_skip(there);
  b.call(SYS_mkdirat, {root, b.text("proc"), 0755});
  b.call(SYS_openat2, {root, b.text("proc"), how_at, sizeof how}).into(target);
  b.place(there);
  b.call(SYS_move_mount, {proc, b.text(""), target, b.text(""), MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH});
}

struct Filter {
  std::uint16_t length;
  std::uint16_t reserved[3];
  std::uint64_t instructions;
};

void add_credentials(Builder& b) {
  StepText text = sample_text("give up what root could do", "--cap-drop ALL --cap-add KILL",
                              "the container's root can do no more than send signals");
  text.place = ShellPlace::last;
  text.shell = "setpriv --bounding-set=-all,+kill\nprlimit --nofile=1024:2048";
  b.step(Section::start, std::move(text));
  b.call(SYS_prctl, {PR_CAPBSET_DROP, CAP_SYS_ADMIN, 0, 0, 0});
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct sets[2] = {{1U << CAP_KILL, 1U << CAP_KILL, 0}, {0, 0, 0}};
  b.call(SYS_capset, {b.object(header), b.object(sets)});
  std::uint64_t limit[2] = {1024, 2048};
  b.call(SYS_prlimit64, {0, RLIMIT_NOFILE, b.object(limit), 0});
  Data filter = b.object(Filter{412, {}, 0});
  b.point(filter + offsetof(Filter, instructions), b.room(8));
  b.step(Section::start, sample_text("load the seccomp filter", "the default profile"));
  b.call(SYS_seccomp, {1, 0, filter});
}

void add_exec(Builder& b) {
  StepText text = sample_text("become the container's program", "the image's Cmd");
  text.place = ShellPlace::last;
  text.shell = "cd /\nenv -i sh -c 'echo \"hi\"'";
  b.step(Section::start, std::move(text));
  std::string argv[] = {"sh", "-c", "echo \"hi\""};
  std::string variables[] = {"PATH=/bin", "PASSWORD=secret"};
  b.call(SYS_execve, {b.text("/usr/bin/sh"), b.strings(argv), b.strings(variables)}).tolerate(ENOENT, ENOTDIR);
  b.call(SYS_execve, {b.text("/bin/sh"), b.strings(argv), b.strings(variables)});
}

} // namespace

Program sample_program() {
  Builder b;
  Slot root = b.slot("root");
  Slot cgroup = b.slot("cgroup");
  Slot file = b.slot("file");
  Slot host_sync = b.given("host_sync", 7);
  Slot sync = b.given("sync", 8);
  add_cgroup(b, cgroup, file);
  add_spawn(b, cgroup, host_sync);
  b.step(Section::init, sample_text("wait for the host", "its cgroup comes first"));
  b.add(Op::wait, {sync, 'g'});
  b.step(Section::init, sample_text("make a cgroup namespace", "linux.namespaces"));
  b.call(SYS_unshare, {CLONE_NEWCGROUP});
  add_mounts(b, root);
  b.step(Section::init, sample_text("make it the root", "root"));
  b.call(SYS_fchdir, {root});
  b.call(SYS_pivot_root, {b.text("."), b.text(".")});
  b.call(SYS_umount2, {b.text("."), MNT_DETACH});
  add_credentials(b);
  add_exec(b);
  return b.finish();
}

} // namespace phial::program
