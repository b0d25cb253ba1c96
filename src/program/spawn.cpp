#include "program/spawn.hpp"

#include "base/clone.hpp"
#include "base/file.hpp"
#include "base/raw_call.hpp"
#include "base/text.hpp"

#include <asm/unistd.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

extern "C" const char phial_init_begin[];
extern "C" const char phial_init_end[];

#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

namespace phial::program {

namespace {

constexpr std::size_t kStackSize = 16384;
constexpr unsigned kOurs = 256;

// What the child reads while it shares our memory. Static: the child may outlive the call that made it.
struct Spawned {
  std::uint64_t init = 0;
  bool waits = false;
  int host = -1; // a pidfd of the process that clones, for one that waits
  std::uint32_t released = 0;
  const char* argv[4] = {};
  const char* envp[1] = {nullptr};
  char descriptor[16] = {};
  char size[24] = {};
  // Where the process is cloned from within another user namespace.
  clone_args* arguments = nullptr;
  SpawnPlace place;
  int ours[kOurs] = {}; // descriptors that are not for the new process
  unsigned ours_count = 0;
  long result = 0;
};
constinit Spawned spawned;
alignas(16) constinit char child_stack[kStackSize] = {};
alignas(16) constinit char helper_stack[kStackSize] = {};

std::uint64_t address(const void* pointer) {
  return reinterpret_cast<std::uint64_t>(pointer);
}

// Runs in the child on a stack of its own, in memory shared with the parent: raw system calls only.
[[noreturn]] __attribute__((no_sanitize("address", "undefined"))) void child_main() {
  if (spawned.waits) {
    while (__atomic_load_n(&spawned.released, __ATOMIC_ACQUIRE) == 0) {
      const std::uint64_t patience[2] = {0, 100'000'000}; // seconds, nanoseconds
      raw_call(__NR_futex, address(&spawned.released), FUTEX_WAIT, 0, address(patience), 0, 0);
      // A host that was killed releases nobody. With the memory it shares with us it does not end: its pidfd tells.
      pollfd gone{spawned.host, POLLIN, 0};
      const std::uint64_t none[2] = {0, 0};
      if (raw_call(__NR_ppoll, address(&gone), 1, address(none), 0, 0, 0) > 0)
        raw_call(__NR_exit_group, 125);
    }
    // EINVAL: 0 is not mapped, and the program takes the process's own ids. Else what it makes would be the host's
    // root's.
    const long groups = raw_call(__NR_setresgid, 0, 0, 0);
    const long users = raw_call(__NR_setresuid, 0, 0, 0);
    if ((groups < 0 && groups != -EINVAL) || (users < 0 && users != -EINVAL))
      raw_call(__NR_exit_group, 125);
  }
  raw_call(__NR_execveat, spawned.init, address(""), address(spawned.argv), address(spawned.envp), AT_EMPTY_PATH);
  for (;;)
    raw_call(__NR_exit_group, 125);
}

void decimal(char* to, std::uint64_t value) {
  char digits[20];
  unsigned n = 0;
  do {
    digits[n++] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  while (n != 0)
    *to++ = digits[--n];
  *to = '\0';
}

long fill(int fd) {
  std::size_t size = static_cast<std::size_t>(phial_init_end - phial_init_begin);
  ssize_t n = ::write(fd, phial_init_begin, size);
  return n == static_cast<ssize_t>(size) ? 0 : -(n < 0 ? errno : EIO);
}

// vm.memfd_noexec=2: no memfd may be executable; a detached tmpfs that is read-only afterwards may.
long load_into_tmpfs() {
  long fs = ::syscall(__NR_fsopen, "tmpfs", FSOPEN_CLOEXEC);
  if (fs < 0)
    return -errno;
  long mount = -1;
  if (::syscall(__NR_fsconfig, fs, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) == 0)
    mount = ::syscall(__NR_fsmount, fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID);
  int saved = errno;
  ::close(static_cast<int>(fs));
  if (mount < 0)
    return -saved;
  int tree = static_cast<int>(mount);
  int file = ::openat(tree, "phial-init", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0111);
  long filled = file < 0 ? -errno : fill(file);
  if (file >= 0)
    ::close(file);
  mount_attr read_only{};
  read_only.attr_set = MOUNT_ATTR_RDONLY;
  if (filled == 0 && ::syscall(__NR_mount_setattr, tree, "", AT_EMPTY_PATH, &read_only, sizeof read_only) != 0)
    filled = -errno;
  // allow open: it is inheritable, as load_init says
  int out = filled == 0 ? ::openat(tree, "phial-init", O_PATH) : -1;
  if (filled == 0 && out < 0)
    filled = -errno;
  ::close(tree);
  return filled == 0 ? out : filled;
}

// Runs in a helper that shares memory with us, and no more: in it everything of the host's is let go of before the
// process is born where others can see it. Such a one may hold CAP_SYS_PTRACE, and look at its root and descriptors.
[[noreturn]] __attribute__((no_sanitize("address", "undefined"))) void joining_main() {
  long result = raw_call(__NR_setns, static_cast<std::uint64_t>(spawned.place.container), spawned.place.join);
  for (unsigned i = 0; i < spawned.ours_count; ++i)
    raw_call(__NR_close, static_cast<std::uint64_t>(spawned.ours[i]));
  spawned.result = result == 0 ? clone_child(spawned.arguments, child_main) : result;
  for (;;)
    raw_call(__NR_exit_group, 0);
}

// Runs in a helper that shares memory and descriptors with us: it enters the namespaces we may not come back from (the
// user namespace, to have the new ones made as its own) and clones from there. The process is our child all the same.
[[noreturn]] __attribute__((no_sanitize("address", "undefined"))) void helper_main() {
  long result = 0;
  if (spawned.place.pids >= 0)
    result = raw_call(__NR_setns, static_cast<std::uint64_t>(spawned.place.pids), CLONE_NEWPID);
  if (result == 0 && spawned.place.users >= 0) {
    result = raw_call(__NR_setns, static_cast<std::uint64_t>(spawned.place.users), CLONE_NEWUSER);
    if (result == 0)
      result = raw_call(__NR_setresgid, 0, 0, 0);
    if (result == 0)
      result = raw_call(__NR_setresuid, 0, 0, 0);
  }
  spawned.result = result == 0 ? clone_child(spawned.arguments, child_main) : result;
  for (;;)
    raw_call(__NR_exit_group, 0);
}

// The helper is born in the cgroup, with our rights; what it clones is there too.
long clone_by_helper(clone_args* arguments, std::uint64_t shared, void (*entry)()) {
  clone_args helper{};
  helper.flags = CLONE_VM | CLONE_VFORK | shared | (arguments->flags & CLONE_INTO_CGROUP);
  helper.cgroup = arguments->cgroup;
  helper.exit_signal = SIGCHLD;
  helper.stack = address(helper_stack);
  helper.stack_size = sizeof helper_stack;
  arguments->flags = (arguments->flags & ~static_cast<std::uint64_t>(CLONE_INTO_CGROUP)) | CLONE_PARENT;
  arguments->exit_signal = 0; // the helper's
  spawned.arguments = arguments;
  long pid = clone_child(&helper, entry);
  if (pid < 0)
    return pid;
  raw_call(__NR_wait4, static_cast<std::uint64_t>(pid), 0, __WALL, 0);
  return spawned.result;
}

// Those that are closed by an exec. A table that cannot be read, or is longer, is an error: what stays open is seen.
long collect_ours() {
  Result<std::vector<std::string>> names = list_directory("/proc/self/fd");
  if (!names)
    return -EMFILE;
  for (const std::string& name : *names) {
    std::optional<std::int64_t> fd = parse_int(name);
    int flags = fd ? ::fcntl(static_cast<int>(*fd), F_GETFD) : -1;
    if (flags < 0 || (flags & FD_CLOEXEC) == 0)
      continue;
    if (spawned.ours_count == kOurs)
      return -EMFILE;
    spawned.ours[spawned.ours_count++] = static_cast<int>(*fd);
  }
  return 0;
}

// The pidfd that clone3 gives would be the helper's. Nobody but us waits for the process: its number is its own.
long clone_within(clone_args* arguments) {
  if (long problem = collect_ours(); problem != 0)
    return problem;
  arguments->flags &= ~static_cast<std::uint64_t>(CLONE_PIDFD);
  long pid = clone_by_helper(arguments, 0, joining_main);
  if (pid < 0)
    return pid;
  int pidfd = static_cast<int>(::syscall(__NR_pidfd_open, pid, 0));
  if (pidfd < 0)
    return -errno;
  std::memcpy(reinterpret_cast<void*>(arguments->pidfd), &pidfd, sizeof pidfd);
  return pid;
}

} // namespace

long load_init() {
  int fd = static_cast<int>(::syscall(__NR_memfd_create, "phial-init", MFD_ALLOW_SEALING | MFD_EXEC));
  if (fd < 0 && errno == EINVAL) // before Linux 6.3 every memfd is executable and the flag is unknown
    fd = static_cast<int>(::syscall(__NR_memfd_create, "phial-init", MFD_ALLOW_SEALING));
  if (fd < 0 && errno == EACCES)
    return load_into_tmpfs();
  if (fd < 0)
    return -errno;
  long filled = fill(fd);
  // 0111: what may not be read is not dumpable, from its first instruction on.
  if (filled == 0 && (::fchmod(fd, 0111) != 0 ||
                      ::fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) != 0))
    filled = -errno;
  if (filled == 0)
    return fd;
  ::close(fd);
  return filled;
}

long spawn(Machine& machine, std::uint64_t arguments, int init, SpawnPlace place) {
  auto* clone = reinterpret_cast<clone_args*>(arguments);
  spawned = {};
  spawned.init = static_cast<std::uint64_t>(init);
  spawned.waits = (clone->flags & CLONE_VFORK) == 0;
  spawned.argv[0] = "phial-init";
  spawned.argv[1] = spawned.descriptor;
  spawned.argv[2] = spawned.size;
  decimal(spawned.descriptor, slots_of(machine.image)[machine.image->program_slot]);
  decimal(spawned.size, machine.image->size);
  if (spawned.waits)
    spawned.host = static_cast<int>(::syscall(__NR_pidfd_open, ::getpid(), 0));
  if (spawned.waits && spawned.host < 0) // the child would wait for ever for one that was killed
    return -errno;
  clone->stack = address(child_stack);
  clone->stack_size = sizeof child_stack;
  spawned.place = place;
  long child = place.users >= 0 || place.pids >= 0 ? clone_by_helper(clone, CLONE_FILES, helper_main)
               : place.container >= 0              ? clone_within(clone)
                                                   : clone_child(clone, child_main);
  if (spawned.waits)
    ::close(spawned.host); // the child has its own
  return child;
}

long release_spawned() {
  __atomic_store_n(&spawned.released, 1, __ATOMIC_RELEASE);
  return raw_call(__NR_futex, address(&spawned.released), FUTEX_WAKE, 1, 0, 0, 0);
}

} // namespace phial::program
