#include "kernel/seccomp_default.hpp"

#include "base/text.hpp"

#include <linux/capability.h>
#include <sched.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <iterator>

namespace phial::kernel {

namespace {

constexpr SyscallGroup kOpen[] = {
    {"open files and read and write them",
     "every program does; the mount namespace decides which files there are",
     true,
     {},
     "open openat openat2 creat close close_range read write readv writev pread64 pwrite64 preadv pwritev preadv2 "
     "pwritev2 lseek _llseek sendfile sendfile64 splice tee vmsplice copy_file_range readahead fadvise64 fadvise64_64 "
     "fallocate truncate truncate64 ftruncate ftruncate64 sync syncfs fsync fdatasync sync_file_range sync_file_range2 "
     "arm_fadvise64_64 arm_sync_file_range flock fcntl fcntl64 dup dup2 dup3 ioctl cachestat"},
    {"look at files and change what is known of them",
     "permissions of the files themselves guard them",
     true,
     {},
     "stat stat64 lstat lstat64 fstat fstat64 fstatat64 newfstatat statx statfs statfs64 fstatfs fstatfs64 access "
     "faccessat faccessat2 readlink readlinkat chmod fchmod fchmodat fchmodat2 chown chown32 fchown fchown32 lchown "
     "lchown32 fchownat utime utimes utimensat utimensat_time64 futimesat umask getxattr lgetxattr fgetxattr "
     "getxattrat setxattr lsetxattr fsetxattr setxattrat listxattr llistxattr flistxattr listxattrat removexattr "
     "lremovexattr fremovexattr removexattrat"},
    {"directories, links and special files",
     "as above; device nodes are useless without the device cgroup's leave",
     true,
     {},
     "mkdir mkdirat rmdir link linkat symlink symlinkat unlink unlinkat rename renameat renameat2 mknod mknodat "
     "getdents getdents64 getcwd chdir fchdir name_to_handle_at"},
    {"list the mounts of the own namespace",
     "tells no more than /proc/self/mountinfo",
     true,
     {},
     "statmount listmount"},
    {"watch files",
     "limited per user by the kernel",
     true,
     {},
     "inotify_init inotify_init1 inotify_add_watch inotify_rm_watch fanotify_mark"},
    {"pipes, polling and events",
     "plain descriptors of the process itself",
     true,
     {},
     "pipe pipe2 select _newselect pselect6 pselect6_time64 poll ppoll ppoll_time64 epoll_create epoll_create1 "
     "epoll_ctl epoll_ctl_old epoll_wait epoll_wait_old epoll_pwait epoll_pwait2 eventfd eventfd2 signalfd signalfd4 "
     "timerfd_create timerfd_settime timerfd_settime64 timerfd_gettime timerfd_gettime64"},
    {"asynchronous input and output of the old kind",
     "small and long hardened, unlike io_uring",
     true,
     {},
     "io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents io_pgetevents_time64"},
    {"sockets that exist already",
     "socket() itself is decided by its family",
     true,
     {},
     "socketpair bind listen accept accept4 connect getsockname getpeername getsockopt setsockopt shutdown send sendto "
     "sendmsg sendmmsg recv recvfrom recvmsg recvmmsg recvmmsg_time64"},
    {"memory",
     "of the process itself",
     true,
     {},
     "brk mmap mmap2 munmap mremap mprotect madvise mincore msync mlock mlock2 mlockall munlock munlockall mseal "
     "remap_file_pages membarrier memfd_create memfd_secret pkey_alloc pkey_free pkey_mprotect map_shadow_stack "
     "process_mrelease"},
    {"start, end and wait for processes",
     "within the pid namespace",
     true,
     {},
     "fork vfork execve execveat exit exit_group wait4 waitid waitpid kill tkill tgkill pidfd_open pidfd_send_signal"},
    {"who and what a process is",
     "the capabilities decide what may be changed",
     true,
     {},
     "getpid getppid gettid getpgid getpgrp setpgid getsid setsid getuid getuid32 geteuid geteuid32 getgid getgid32 "
     "getegid getegid32 getresuid getresuid32 getresgid getresgid32 getgroups getgroups32 setuid setuid32 setgid "
     "setgid32 setreuid setreuid32 setregid setregid32 setresuid setresuid32 setresgid setresgid32 setfsuid "
     "setfsuid32 setfsgid setfsgid32 setgroups setgroups32 capget capset prctl"},
    {"threads and locks",
     "what the C library is built of",
     true,
     {},
     "futex futex_time64 futex_waitv futex_wait futex_wake futex_requeue get_robust_list set_robust_list "
     "set_tid_address get_thread_area set_thread_area rseq restart_syscall getcpu"},
    {"signals",
     "to processes of the same pid namespace only",
     true,
     {},
     "rt_sigaction rt_sigprocmask rt_sigpending rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64 rt_sigqueueinfo "
     "rt_tgsigqueueinfo rt_sigreturn sigprocmask sigreturn sigaltstack pause"},
    {"clocks and timers",
     "setting the clock needs a capability besides",
     true,
     {},
     "time gettimeofday clock_gettime clock_gettime64 clock_getres clock_getres_time64 clock_nanosleep "
     "clock_nanosleep_time64 nanosleep alarm getitimer setitimer timer_create timer_delete timer_settime "
     "timer_settime64 timer_gettime timer_gettime64 timer_getoverrun times adjtimex clock_adjtime clock_adjtime64"},
    {"scheduling and limits",
     "only for the worse without CAP_SYS_NICE and CAP_SYS_RESOURCE",
     true,
     {},
     "sched_yield sched_getaffinity sched_setaffinity sched_getparam sched_setparam sched_getscheduler "
     "sched_setscheduler sched_getattr sched_setattr sched_get_priority_max sched_get_priority_min "
     "sched_rr_get_interval sched_rr_get_interval_time64 getpriority setpriority ioprio_get ioprio_set getrlimit "
     "ugetrlimit setrlimit prlimit64 getrusage"},
    {"messages, semaphores and shared memory",
     "the ipc namespace holds them",
     true,
     {},
     "ipc shmget shmat shmdt shmctl semget semop semtimedop semtimedop_time64 semctl msgget msgsnd msgrcv msgctl "
     "mq_open mq_unlink mq_timedsend mq_timedsend_time64 mq_timedreceive mq_timedreceive_time64 mq_notify "
     "mq_getsetattr"},
    {"facts about the system", "harmless to read", true, {}, "uname sysinfo getrandom"},
    {"make itself smaller",
     "a process may always give up rights",
     true,
     {},
     "seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self"},
    {"look into processes of the same user",
     "safe since Linux 4.8 stopped ptrace from slipping past the filter",
     true,
     {},
     "ptrace process_vm_readv process_vm_writev"},
    {"what the processor's own ABI needs",
     "registers, segment bases and caches of the process itself",
     true,
     {},
     "arch_prctl modify_ldt breakpoint cacheflush set_tls swapcontext riscv_flush_icache riscv_hwprobe "
     "s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr uretprobe"},
};

// Open with a capability: the kernel would refuse them without it anyway, mostly; the filter keeps the code behind them
// out of reach as well.
constexpr SyscallGroup kWithCapability[] = {
    {"change mounts and namespaces, tracing of the whole machine",
     "CAP_SYS_ADMIN is as good as root on the machine",
     true,
     {CAP_SYS_ADMIN},
     "mount umount umount2 mount_setattr move_mount open_tree fsopen fsconfig fsmount fspick setns unshare sethostname "
     "setdomainname quotactl quotactl_fd fanotify_init lookup_dcookie lsm_get_self_attr lsm_set_self_attr "
     "lsm_list_modules"},
    {"load programs into the kernel", "a large and often broken part of it", true, {CAP_SYS_ADMIN, CAP_BPF}, "bpf"},
    {"count and sample what the machine does",
     "sees past the container",
     true,
     {CAP_SYS_ADMIN, CAP_PERFMON},
     "perf_event_open"},
    {"the kernel's log", "holds addresses and other containers' names", true, {CAP_SYS_ADMIN, CAP_SYSLOG}, "syslog"},
    {"open a file by its handle",
     "leads out of the root: the way of the first container escapes",
     true,
     {CAP_DAC_READ_SEARCH},
     "open_by_handle_at"},
    {"restart the machine", "stops everybody else's work", true, {CAP_SYS_BOOT}, "reboot"},
    {"change the root directory", "the usual tool of package managers", true, {CAP_SYS_CHROOT}, "chroot"},
    {"kernel modules",
     "code that runs as the kernel",
     true,
     {CAP_SYS_MODULE},
     "init_module finit_module delete_module"},
    {"process accounting", "writes about all processes of the machine", true, {CAP_SYS_PACCT}, "acct"},
    {"take from and compare other processes",
     "reaches into processes of other users",
     true,
     {CAP_SYS_PTRACE},
     "kcmp pidfd_getfd process_madvise"},
    {"ports of the machine", "bypass the kernel", true, {CAP_SYS_RAWIO}, "iopl ioperm"},
    {"set the clock",
     "is one for the whole machine",
     true,
     {CAP_SYS_TIME},
     "settimeofday stime clock_settime clock_settime64"},
    {"hang up terminals", "other sessions' too", true, {CAP_SYS_TTY_CONFIG}, "vhangup"},
    {"place memory on nodes",
     "was a source of kernel errors and helps few programs",
     true,
     {CAP_SYS_NICE},
     "get_mempolicy mbind set_mempolicy set_mempolicy_home_node"},
};

// Closed whatever the capabilities. They return EPERM, the default; naming them here keeps calls that are merely newer
// than this table apart, which return ENOSYS.
constexpr SyscallGroup kClosed[] = {
    {"io_uring",
     "performs file and network calls where no filter sees them; a stream of kernel errors",
     false,
     {},
     "io_uring_setup io_uring_enter io_uring_register"},
    {"keyrings",
     "are not in any namespace: keys of the machine and of other containers would be in reach",
     false,
     {},
     "add_key request_key keyctl"},
    {"faults handled by user space", "lets an attacker halt the kernel at the worst place", false, {}, "userfaultfd"},
    {"load another kernel", "nothing of the machine would be left", false, {}, "kexec_load kexec_file_load"},
    {"swap space", "belongs to the machine", false, {}, "swapon swapoff"},
    {"exchange the root mount", "the runtime has done it", false, {}, "pivot_root"},
    {"move pages between memory nodes", "of other processes too", false, {}, "migrate_pages move_pages"},
    {"all sockets through one call",
     "the filter cannot see the family behind the pointer; the calls it stands for are "
     "open by their own numbers",
     false,
     {},
     "socketcall"},
    {"calls of the past",
     "obsolete or never implemented: code nobody tests",
     false,
     {},
     "_sysctl sysfs ustat uselib create_module query_module get_kernel_syms nfsservctl afs_syscall vserver getpmsg "
     "putpmsg tuxcall security bdflush break ftime gtty idle lock mpx nice oldfstat oldlstat oldolduname oldstat "
     "olduname prof profil readdir sgetmask ssetmask sigaction signal sigpending sigsuspend stty ulimit vm86 vm86old"},
};

constexpr auto kGroups = [] {
  std::array<SyscallGroup, std::size(kOpen) + std::size(kWithCapability) + std::size(kClosed)> all{};
  std::size_t n = 0;
  for (const SyscallGroup& group : kOpen)
    all[n++] = group;
  for (const SyscallGroup& group : kWithCapability)
    all[n++] = group;
  for (const SyscallGroup& group : kClosed)
    all[n++] = group;
  return all;
}();

SeccompRule rule_for(std::string_view names, SeccompAction action) {
  SeccompRule rule;
  for (std::string_view name : split(names, ' '))
    rule.names.emplace_back(name);
  rule.action = action;
  return rule;
}

SeccompRule allow_where(std::string_view name, SeccompArgument argument) {
  SeccompRule rule = rule_for(name, SeccompAction::allow);
  rule.arguments.push_back(argument);
  return rule;
}

// Personalities that change nothing a filter or address randomisation relies on: Linux, Linux32, each with UNAME26
// (0x20000), and the question which one it is.
constexpr std::uint64_t kHarmlessPersonalities[] = {0, 0x8, 0x20000, 0x20008, 0xffffffff};

constexpr std::uint64_t kNamespaceFlags =
    CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
static_assert(kNamespaceFlags == 0x7E020000);

void add_clone(SeccompProfile& profile, CapabilitySet capabilities) {
  if (capabilities.has(CAP_SYS_ADMIN)) {
    profile.rules.push_back(rule_for("clone clone3", SeccompAction::allow));
    return;
  }
#ifdef __s390__
  constexpr std::uint32_t kFlagsIndex = 1;
#else
  constexpr std::uint32_t kFlagsIndex = 0;
#endif
  // No new namespaces: a user namespace would bring every capability inside it.
  profile.rules.push_back(allow_where("clone", {kFlagsIndex, SeccompOperator::masked_equal, kNamespaceFlags, 0}));
  // clone3 has its flags in memory, where no filter looks; the C library falls back to clone on ENOSYS.
  SeccompRule clone3 = rule_for("clone3", SeccompAction::error);
  clone3.error_number = ENOSYS;
  profile.rules.push_back(std::move(clone3));
}

void add_socket(SeccompProfile& profile) {
  // AF_ALG (38) reaches the kernel's cryptography, AF_VSOCK (40) the machine's hypervisor: neither has a namespace.
  // Ranges, since two "not equal" rules would allow each other's exception.
  static_assert(AF_ALG == 38 && AF_VSOCK == 40);
  profile.rules.push_back(allow_where("socket", {0, SeccompOperator::less, AF_ALG, 0}));
  profile.rules.push_back(allow_where("socket", {0, SeccompOperator::equal, AF_ALG + 1, 0}));
  profile.rules.push_back(allow_where("socket", {0, SeccompOperator::greater, AF_VSOCK, 0}));
}

} // namespace

std::span<const SyscallGroup> default_syscall_groups() {
  return kGroups;
}

CapabilitySet deciding_capabilities() {
  CapabilitySet out{CAP_SYS_ADMIN}; // clone and clone3
  for (const SyscallGroup& group : kGroups)
    out = out | group.capabilities;
  return out;
}

SeccompProfile default_seccomp_profile(CapabilitySet capabilities) {
  SeccompProfile profile;
  profile.default_action = SeccompAction::error;
  profile.default_error = EPERM;
#if defined(__x86_64__)
  profile.architectures = {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"};
#elif defined(__aarch64__)
  profile.architectures = {"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"};
#endif
  for (const SyscallGroup& group : kGroups) {
    bool open = group.open && (group.capabilities.empty() || !(group.capabilities & capabilities).empty());
    profile.rules.push_back(rule_for(group.names, open ? SeccompAction::allow : SeccompAction::error));
  }
  for (std::uint64_t personality : kHarmlessPersonalities)
    profile.rules.push_back(allow_where("personality", {0, SeccompOperator::equal, personality, 0}));
  add_socket(profile);
  add_clone(profile, capabilities);
  return profile;
}

} // namespace phial::kernel
