// The names of the flags and enumerations that the calls of a container program take, for printers and for tests.
// Facts only. Names not in Debian 12's headers are in kabi.hpp.
#pragma once

#include "kernel/flags.hpp"
#include "kernel/kabi.hpp"

#include <linux/bpf.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <linux/stat.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

namespace phial::kernel {

// clone(2), clone3(2), unshare(2) and setns(2).
inline constexpr Flag kCloneFlags[] = {
    {CLONE_VM, "CLONE_VM"},
    {CLONE_FS, "CLONE_FS"},
    {CLONE_FILES, "CLONE_FILES"},
    {CLONE_SIGHAND, "CLONE_SIGHAND"},
    {CLONE_PIDFD, "CLONE_PIDFD"},
    {CLONE_PTRACE, "CLONE_PTRACE"},
    {CLONE_VFORK, "CLONE_VFORK"},
    {CLONE_PARENT, "CLONE_PARENT"},
    {CLONE_THREAD, "CLONE_THREAD"},
    {CLONE_SYSVSEM, "CLONE_SYSVSEM"},
    {CLONE_SETTLS, "CLONE_SETTLS"},
    {CLONE_PARENT_SETTID, "CLONE_PARENT_SETTID"},
    {CLONE_CHILD_CLEARTID, "CLONE_CHILD_CLEARTID"},
    {CLONE_UNTRACED, "CLONE_UNTRACED"},
    {CLONE_CHILD_SETTID, "CLONE_CHILD_SETTID"},
    {CLONE_NEWUSER, "CLONE_NEWUSER"},
    {CLONE_NEWPID, "CLONE_NEWPID"},
    {CLONE_NEWNS, "CLONE_NEWNS"},
    {CLONE_NEWNET, "CLONE_NEWNET"},
    {CLONE_NEWUTS, "CLONE_NEWUTS"},
    {CLONE_NEWIPC, "CLONE_NEWIPC"},
    {CLONE_NEWCGROUP, "CLONE_NEWCGROUP"},
    {CLONE_NEWTIME, "CLONE_NEWTIME"},
    {CLONE_IO, "CLONE_IO"},
    {CLONE_CLEAR_SIGHAND, "CLONE_CLEAR_SIGHAND"},
    {CLONE_INTO_CGROUP, "CLONE_INTO_CGROUP"},
};

// open(2), openat2(2), pipe2(2), dup3(2).
inline constexpr Flag kOpenFlags[] = {
    {O_PATH, "O_PATH", O_PATH | O_ACCMODE}, // the access mode means nothing with O_PATH
    {O_RDONLY, "O_RDONLY", O_ACCMODE},
    {O_WRONLY, "O_WRONLY", O_ACCMODE},
    {O_RDWR, "O_RDWR", O_ACCMODE},
    {O_TMPFILE, "O_TMPFILE"},
    {O_DIRECTORY, "O_DIRECTORY"},
    {O_CREAT, "O_CREAT"},
    {O_EXCL, "O_EXCL"},
    {O_TRUNC, "O_TRUNC"},
    {O_APPEND, "O_APPEND"},
    {O_NOCTTY, "O_NOCTTY"},
    {O_NOFOLLOW, "O_NOFOLLOW"},
    {O_NONBLOCK, "O_NONBLOCK"},
    {O_SYNC, "O_SYNC"},
    {O_DSYNC, "O_DSYNC"},
    {O_DIRECT, "O_DIRECT"},
    {O_NOATIME, "O_NOATIME"},
    {0100000, "O_LARGEFILE"},
    {O_CLOEXEC, "O_CLOEXEC"},
};

// openat2(2), how.resolve.
inline constexpr Flag kResolveFlags[] = {
    {RESOLVE_NO_XDEV, "RESOLVE_NO_XDEV"},         {RESOLVE_NO_MAGICLINKS, "RESOLVE_NO_MAGICLINKS"},
    {RESOLVE_NO_SYMLINKS, "RESOLVE_NO_SYMLINKS"}, {RESOLVE_BENEATH, "RESOLVE_BENEATH"},
    {RESOLVE_IN_ROOT, "RESOLVE_IN_ROOT"},         {RESOLVE_CACHED, "RESOLVE_CACHED"},
};

// mount(2); the propagation types too, which are a call of their own.
inline constexpr Flag kMountFlags[] = {
    {MS_RDONLY, "MS_RDONLY"},
    {MS_NOSUID, "MS_NOSUID"},
    {MS_NODEV, "MS_NODEV"},
    {MS_NOEXEC, "MS_NOEXEC"},
    {MS_SYNCHRONOUS, "MS_SYNCHRONOUS"},
    {MS_REMOUNT, "MS_REMOUNT"},
    {MS_MANDLOCK, "MS_MANDLOCK"},
    {MS_DIRSYNC, "MS_DIRSYNC"},
    {MS_NOSYMFOLLOW, "MS_NOSYMFOLLOW"},
    {MS_NOATIME, "MS_NOATIME"},
    {MS_NODIRATIME, "MS_NODIRATIME"},
    {MS_BIND, "MS_BIND"},
    {MS_MOVE, "MS_MOVE"},
    {MS_REC, "MS_REC"},
    {MS_SILENT, "MS_SILENT"},
    {MS_POSIXACL, "MS_POSIXACL"},
    {MS_UNBINDABLE, "MS_UNBINDABLE"},
    {MS_PRIVATE, "MS_PRIVATE"},
    {MS_SLAVE, "MS_SLAVE"},
    {MS_SHARED, "MS_SHARED"},
    {MS_RELATIME, "MS_RELATIME"},
    {MS_I_VERSION, "MS_I_VERSION"},
    {MS_STRICTATIME, "MS_STRICTATIME"},
    {MS_LAZYTIME, "MS_LAZYTIME"},
};

// fsmount(2), mount_setattr(2), open_tree_attr(2). MOUNT_ATTR_RELATIME is the absence of the two others.
inline constexpr Flag kMountAttrFlags[] = {
    {MOUNT_ATTR_RDONLY, "MOUNT_ATTR_RDONLY"},
    {MOUNT_ATTR_NOSUID, "MOUNT_ATTR_NOSUID"},
    {MOUNT_ATTR_NODEV, "MOUNT_ATTR_NODEV"},
    {MOUNT_ATTR_NOEXEC, "MOUNT_ATTR_NOEXEC"},
    {MOUNT_ATTR__ATIME, "MOUNT_ATTR__ATIME"},
    {MOUNT_ATTR_NOATIME, "MOUNT_ATTR_NOATIME"},
    {MOUNT_ATTR_STRICTATIME, "MOUNT_ATTR_STRICTATIME"},
    {MOUNT_ATTR_NODIRATIME, "MOUNT_ATTR_NODIRATIME"},
    {MOUNT_ATTR_IDMAP, "MOUNT_ATTR_IDMAP"},
    {MOUNT_ATTR_NOSYMFOLLOW, "MOUNT_ATTR_NOSYMFOLLOW"},
};

inline constexpr Flag kFsopenFlags[] = {{FSOPEN_CLOEXEC, "FSOPEN_CLOEXEC"}};
inline constexpr Flag kFsmountFlags[] = {{FSMOUNT_CLOEXEC, "FSMOUNT_CLOEXEC"}};
inline constexpr Flag kFspickFlags[] = {
    {FSPICK_CLOEXEC, "FSPICK_CLOEXEC"},
    {FSPICK_SYMLINK_NOFOLLOW, "FSPICK_SYMLINK_NOFOLLOW"},
    {FSPICK_NO_AUTOMOUNT, "FSPICK_NO_AUTOMOUNT"},
    {FSPICK_EMPTY_PATH, "FSPICK_EMPTY_PATH"},
};
inline constexpr Name kFsconfigCommands[] = {
    {FSCONFIG_SET_FLAG, "FSCONFIG_SET_FLAG"},
    {FSCONFIG_SET_STRING, "FSCONFIG_SET_STRING"},
    {FSCONFIG_SET_BINARY, "FSCONFIG_SET_BINARY"},
    {FSCONFIG_SET_PATH, "FSCONFIG_SET_PATH"},
    {FSCONFIG_SET_PATH_EMPTY, "FSCONFIG_SET_PATH_EMPTY"},
    {FSCONFIG_SET_FD, "FSCONFIG_SET_FD"},
    {FSCONFIG_CMD_CREATE, "FSCONFIG_CMD_CREATE"},
    {FSCONFIG_CMD_RECONFIGURE, "FSCONFIG_CMD_RECONFIGURE"},
    {kFsconfigCreateExclusive, "FSCONFIG_CMD_CREATE_EXCL"},
};

inline constexpr Flag kOpenTreeFlags[] = {
    {OPEN_TREE_CLONE, "OPEN_TREE_CLONE"},
    {OPEN_TREE_CLOEXEC, "OPEN_TREE_CLOEXEC"},
    {AT_EMPTY_PATH, "AT_EMPTY_PATH"},
    {AT_RECURSIVE, "AT_RECURSIVE"},
    {AT_SYMLINK_NOFOLLOW, "AT_SYMLINK_NOFOLLOW"},
    {AT_NO_AUTOMOUNT, "AT_NO_AUTOMOUNT"},
};
inline constexpr Flag kMoveMountFlags[] = {
    {MOVE_MOUNT_F_SYMLINKS, "MOVE_MOUNT_F_SYMLINKS"},     {MOVE_MOUNT_F_AUTOMOUNTS, "MOVE_MOUNT_F_AUTOMOUNTS"},
    {MOVE_MOUNT_F_EMPTY_PATH, "MOVE_MOUNT_F_EMPTY_PATH"}, {MOVE_MOUNT_T_SYMLINKS, "MOVE_MOUNT_T_SYMLINKS"},
    {MOVE_MOUNT_T_AUTOMOUNTS, "MOVE_MOUNT_T_AUTOMOUNTS"}, {MOVE_MOUNT_T_EMPTY_PATH, "MOVE_MOUNT_T_EMPTY_PATH"},
    {MOVE_MOUNT_SET_GROUP, "MOVE_MOUNT_SET_GROUP"},       {MOVE_MOUNT_BENEATH, "MOVE_MOUNT_BENEATH"},
};
inline constexpr Flag kUmountFlags[] = {
    {MNT_FORCE, "MNT_FORCE"},
    {MNT_DETACH, "MNT_DETACH"},
    {MNT_EXPIRE, "MNT_EXPIRE"},
    {UMOUNT_NOFOLLOW, "UMOUNT_NOFOLLOW"},
};

// The AT_* flags of fstatat, fchownat, fchmodat2, linkat, execveat, statx and mount_setattr.
inline constexpr Flag kAtFlags[] = {
    {AT_SYMLINK_NOFOLLOW, "AT_SYMLINK_NOFOLLOW"},
    {AT_SYMLINK_FOLLOW, "AT_SYMLINK_FOLLOW"},
    {AT_NO_AUTOMOUNT, "AT_NO_AUTOMOUNT"},
    {AT_EMPTY_PATH, "AT_EMPTY_PATH"},
    {0x2000, "AT_STATX_FORCE_SYNC"},
    {0x4000, "AT_STATX_DONT_SYNC"},
    {AT_RECURSIVE, "AT_RECURSIVE"},
};
// The same bit means two things: unlinkat(2) and faccessat2(2).
inline constexpr Flag kUnlinkFlags[] = {{AT_REMOVEDIR, "AT_REMOVEDIR"}};
inline constexpr Flag kAccessFlags[] = {
    {AT_EACCESS, "AT_EACCESS"},
    {AT_SYMLINK_NOFOLLOW, "AT_SYMLINK_NOFOLLOW"},
    {AT_EMPTY_PATH, "AT_EMPTY_PATH"},
};
// renameat2(2)
inline constexpr Flag kRenameFlags[] = {
    {1, "RENAME_NOREPLACE"},
    {2, "RENAME_EXCHANGE"},
    {4, "RENAME_WHITEOUT"},
};
inline constexpr Flag kStatxMask[] = {
    {STATX_BASIC_STATS, "STATX_BASIC_STATS"},
    {STATX_TYPE, "STATX_TYPE"},
    {STATX_MODE, "STATX_MODE"},
    {STATX_NLINK, "STATX_NLINK"},
    {STATX_UID, "STATX_UID"},
    {STATX_GID, "STATX_GID"},
    {STATX_INO, "STATX_INO"},
    {STATX_SIZE, "STATX_SIZE"},
    {STATX_BTIME, "STATX_BTIME"},
    {STATX_MNT_ID, "STATX_MNT_ID"},
    {STATX_MNT_ID_UNIQUE, "STATX_MNT_ID_UNIQUE"},
};

// prctl(2), the first argument and the enumerations of some second ones.
inline constexpr Name kPrctlOptions[] = {
    {PR_SET_PDEATHSIG, "PR_SET_PDEATHSIG"},
    {PR_GET_PDEATHSIG, "PR_GET_PDEATHSIG"},
    {PR_GET_DUMPABLE, "PR_GET_DUMPABLE"},
    {PR_SET_DUMPABLE, "PR_SET_DUMPABLE"},
    {PR_GET_KEEPCAPS, "PR_GET_KEEPCAPS"},
    {PR_SET_KEEPCAPS, "PR_SET_KEEPCAPS"},
    {PR_SET_NAME, "PR_SET_NAME"},
    {PR_GET_NAME, "PR_GET_NAME"},
    {PR_GET_SECCOMP, "PR_GET_SECCOMP"},
    {PR_SET_SECCOMP, "PR_SET_SECCOMP"},
    {PR_CAPBSET_READ, "PR_CAPBSET_READ"},
    {PR_CAPBSET_DROP, "PR_CAPBSET_DROP"},
    {PR_GET_SECUREBITS, "PR_GET_SECUREBITS"},
    {PR_SET_SECUREBITS, "PR_SET_SECUREBITS"},
    {PR_SET_TIMERSLACK, "PR_SET_TIMERSLACK"},
    {PR_SET_MM, "PR_SET_MM"},
    {PR_SET_CHILD_SUBREAPER, "PR_SET_CHILD_SUBREAPER"},
    {PR_GET_CHILD_SUBREAPER, "PR_GET_CHILD_SUBREAPER"},
    {PR_SET_NO_NEW_PRIVS, "PR_SET_NO_NEW_PRIVS"},
    {PR_GET_NO_NEW_PRIVS, "PR_GET_NO_NEW_PRIVS"},
    {PR_SET_THP_DISABLE, "PR_SET_THP_DISABLE"},
    {PR_CAP_AMBIENT, "PR_CAP_AMBIENT"},
    {PR_SET_SPECULATION_CTRL, "PR_SET_SPECULATION_CTRL"},
    {PR_GET_SPECULATION_CTRL, "PR_GET_SPECULATION_CTRL"},
    {PR_SET_IO_FLUSHER, "PR_SET_IO_FLUSHER"},
    {PR_SCHED_CORE, "PR_SCHED_CORE"},
    {PR_SET_MDWE, "PR_SET_MDWE"},
    {PR_SET_MEMORY_MERGE, "PR_SET_MEMORY_MERGE"},
    {PR_SET_VMA, "PR_SET_VMA"},
};
inline constexpr Name kAmbientOperations[] = {
    {PR_CAP_AMBIENT_IS_SET, "PR_CAP_AMBIENT_IS_SET"},
    {PR_CAP_AMBIENT_RAISE, "PR_CAP_AMBIENT_RAISE"},
    {PR_CAP_AMBIENT_LOWER, "PR_CAP_AMBIENT_LOWER"},
    {PR_CAP_AMBIENT_CLEAR_ALL, "PR_CAP_AMBIENT_CLEAR_ALL"},
};
inline constexpr Flag kSecurebits[] = {
    {SECBIT_NOROOT, "SECBIT_NOROOT"},
    {SECBIT_NOROOT_LOCKED, "SECBIT_NOROOT_LOCKED"},
    {SECBIT_NO_SETUID_FIXUP, "SECBIT_NO_SETUID_FIXUP"},
    {SECBIT_NO_SETUID_FIXUP_LOCKED, "SECBIT_NO_SETUID_FIXUP_LOCKED"},
    {SECBIT_KEEP_CAPS, "SECBIT_KEEP_CAPS"},
    {SECBIT_KEEP_CAPS_LOCKED, "SECBIT_KEEP_CAPS_LOCKED"},
    {SECBIT_NO_CAP_AMBIENT_RAISE, "SECBIT_NO_CAP_AMBIENT_RAISE"},
    {SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED, "SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED"},
};

// seccomp(2)
inline constexpr Name kSeccompOperations[] = {
    {SECCOMP_SET_MODE_STRICT, "SECCOMP_SET_MODE_STRICT"},
    {SECCOMP_SET_MODE_FILTER, "SECCOMP_SET_MODE_FILTER"},
    {SECCOMP_GET_ACTION_AVAIL, "SECCOMP_GET_ACTION_AVAIL"},
    {SECCOMP_GET_NOTIF_SIZES, "SECCOMP_GET_NOTIF_SIZES"},
};
inline constexpr Flag kSeccompFlags[] = {
    {SECCOMP_FILTER_FLAG_TSYNC, "SECCOMP_FILTER_FLAG_TSYNC"},
    {SECCOMP_FILTER_FLAG_LOG, "SECCOMP_FILTER_FLAG_LOG"},
    {SECCOMP_FILTER_FLAG_SPEC_ALLOW, "SECCOMP_FILTER_FLAG_SPEC_ALLOW"},
    {SECCOMP_FILTER_FLAG_NEW_LISTENER, "SECCOMP_FILTER_FLAG_NEW_LISTENER"},
    {SECCOMP_FILTER_FLAG_TSYNC_ESRCH, "SECCOMP_FILTER_FLAG_TSYNC_ESRCH"},
    {SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"},
};

inline constexpr Flag kCloseRangeFlags[] = {
    {CLOSE_RANGE_UNSHARE, "CLOSE_RANGE_UNSHARE"},
    {CLOSE_RANGE_CLOEXEC, "CLOSE_RANGE_CLOEXEC"},
};
inline constexpr Flag kMemfdFlags[] = {
    {1U, "MFD_CLOEXEC"},    {2U, "MFD_ALLOW_SEALING"}, {4U, "MFD_HUGETLB"}, {MFD_NOEXEC_SEAL, "MFD_NOEXEC_SEAL"},
    {MFD_EXEC, "MFD_EXEC"},
};
inline constexpr Flag kSealFlags[] = {
    {0x01, "F_SEAL_SEAL"},
    {0x02, "F_SEAL_SHRINK"},
    {0x04, "F_SEAL_GROW"},
    {0x08, "F_SEAL_WRITE"},
    {F_SEAL_FUTURE_WRITE, "F_SEAL_FUTURE_WRITE"},
    {F_SEAL_EXEC, "F_SEAL_EXEC"},
};
inline constexpr Name kFcntlCommands[] = {
    {F_DUPFD, "F_DUPFD"},   {F_GETFD, "F_GETFD"},  {F_SETFD, "F_SETFD"},
    {F_GETFL, "F_GETFL"},   {F_SETFL, "F_SETFL"},  {F_DUPFD_CLOEXEC, "F_DUPFD_CLOEXEC"},
    {1031, "F_SETPIPE_SZ"}, {1033, "F_ADD_SEALS"}, {1034, "F_GET_SEALS"},
};

// mmap(2), mprotect(2)
inline constexpr Flag kProtFlags[] = {
    {PROT_NONE, "PROT_NONE", 0xffffffff},
    {PROT_READ, "PROT_READ"},
    {PROT_WRITE, "PROT_WRITE"},
    {PROT_EXEC, "PROT_EXEC"},
};
inline constexpr Flag kMapFlags[] = {
    {MAP_SHARED, "MAP_SHARED", 0xf}, {MAP_PRIVATE, "MAP_PRIVATE", 0xf}, {3, "MAP_SHARED_VALIDATE", 0xf},
    {MAP_FIXED, "MAP_FIXED"},        {MAP_ANONYMOUS, "MAP_ANONYMOUS"},  {MAP_GROWSDOWN, "MAP_GROWSDOWN"},
    {MAP_LOCKED, "MAP_LOCKED"},      {MAP_NORESERVE, "MAP_NORESERVE"},  {MAP_POPULATE, "MAP_POPULATE"},
    {MAP_STACK, "MAP_STACK"},        {0x100000, "MAP_FIXED_NOREPLACE"},
};

// socket(2), accept4(2), send(2)
inline constexpr Name kSocketDomains[] = {
    {AF_UNIX, "AF_UNIX"},       {AF_INET, "AF_INET"},     {AF_INET6, "AF_INET6"},
    {AF_NETLINK, "AF_NETLINK"}, {AF_PACKET, "AF_PACKET"}, {AF_VSOCK, "AF_VSOCK"},
};
inline constexpr Flag kSocketTypes[] = {
    {SOCK_STREAM, "SOCK_STREAM", 0xf},       {SOCK_DGRAM, "SOCK_DGRAM", 0xf}, {SOCK_RAW, "SOCK_RAW", 0xf},
    {SOCK_SEQPACKET, "SOCK_SEQPACKET", 0xf}, {SOCK_CLOEXEC, "SOCK_CLOEXEC"},  {SOCK_NONBLOCK, "SOCK_NONBLOCK"},
};
inline constexpr Flag kMessageFlags[] = {
    {MSG_PEEK, "MSG_PEEK"},
    {MSG_TRUNC, "MSG_TRUNC"},
    {MSG_DONTWAIT, "MSG_DONTWAIT"},
    {MSG_NOSIGNAL, "MSG_NOSIGNAL"},
    {MSG_CMSG_CLOEXEC, "MSG_CMSG_CLOEXEC"},
};

// waitid(2), wait4(2)
inline constexpr Flag kWaitFlags[] = {
    {WNOHANG, "WNOHANG"}, {WSTOPPED, "WSTOPPED"},    {WEXITED, "WEXITED"},    {WCONTINUED, "WCONTINUED"},
    {WNOWAIT, "WNOWAIT"}, {0x80000000U, "__WCLONE"}, {0x40000000U, "__WALL"},
};
inline constexpr Name kWaitIdTypes[] = {{P_ALL, "P_ALL"}, {P_PID, "P_PID"}, {P_PGID, "P_PGID"}, {3, "P_PIDFD"}};

// ioctl(2) on terminals and loopback set-up, and on namespace descriptors.
inline constexpr Name kIoctlRequests[] = {
    {0x540E, "TIOCSCTTY"},      {0x5413, "TIOCGWINSZ"},    {0x5414, "TIOCSWINSZ"},       {0x5422, "TIOCNOTTY"},
    {0x40045431, "TIOCSPTLCK"}, {0x80045430, "TIOCGPTN"},  {0x5441, "TIOCGPTPEER"},      {0x5401, "TCGETS"},
    {0x5402, "TCSETS"},         {0x8914, "SIOCSIFFLAGS"},  {0x8933, "SIOCGIFINDEX"},     {0xb701, "NS_GET_USERNS"},
    {0xb702, "NS_GET_PARENT"},  {0xb703, "NS_GET_NSTYPE"}, {0xb704, "NS_GET_OWNER_UID"},
};

// sched_setattr(2), ioprio_set(2), set_mempolicy(2), personality(2), keyctl(2), flock(2), futex(2)
inline constexpr Name kSchedulerPolicies[] = {
    {0, "SCHED_OTHER"}, {1, "SCHED_FIFO"}, {2, "SCHED_RR"},       {3, "SCHED_BATCH"},
    {4, "SCHED_ISO"},   {5, "SCHED_IDLE"}, {6, "SCHED_DEADLINE"}, {7, "SCHED_EXT"},
};
inline constexpr Flag kSchedulerFlags[] = {
    {0x01, "SCHED_FLAG_RESET_ON_FORK"},  {0x02, "SCHED_FLAG_RECLAIM"},     {0x04, "SCHED_FLAG_DL_OVERRUN"},
    {0x08, "SCHED_FLAG_KEEP_POLICY"},    {0x10, "SCHED_FLAG_KEEP_PARAMS"}, {0x20, "SCHED_FLAG_UTIL_CLAMP_MIN"},
    {0x40, "SCHED_FLAG_UTIL_CLAMP_MAX"},
};
inline constexpr Name kIoPriorityClasses[] = {
    {0, "IOPRIO_CLASS_NONE"}, {1, "IOPRIO_CLASS_RT"}, {2, "IOPRIO_CLASS_BE"}, {3, "IOPRIO_CLASS_IDLE"}};
inline constexpr Name kMemoryPolicyModes[] = {
    {0, "MPOL_DEFAULT"},
    {1, "MPOL_PREFERRED"},
    {2, "MPOL_BIND"},
    {3, "MPOL_INTERLEAVE"},
    {4, "MPOL_LOCAL"},
    {5, "MPOL_PREFERRED_MANY"},
    {6, "MPOL_WEIGHTED_INTERLEAVE"},
};
inline constexpr Flag kMemoryPolicyFlags[] = {
    {1U << 15, "MPOL_F_STATIC_NODES"},
    {1U << 14, "MPOL_F_RELATIVE_NODES"},
    {1U << 13, "MPOL_F_NUMA_BALANCING"},
};
inline constexpr Name kPersonalities[] = {{0, "PER_LINUX"}, {8, "PER_LINUX32"}, {0xffffffff, "0xffffffff"}};
inline constexpr Name kKeyctlOperations[] = {
    {0, "KEYCTL_GET_KEYRING_ID"}, {1, "KEYCTL_JOIN_SESSION_KEYRING"}, {5, "KEYCTL_SETPERM"}, {6, "KEYCTL_DESCRIBE"}};
inline constexpr Flag kFlockOperations[] = {
    {LOCK_SH, "LOCK_SH"}, {LOCK_EX, "LOCK_EX"}, {LOCK_UN, "LOCK_UN"}, {LOCK_NB, "LOCK_NB"}};
inline constexpr Flag kFutexOperations[] = {
    {0, "FUTEX_WAIT", 0x7f}, {1, "FUTEX_WAKE", 0x7f}, {128, "FUTEX_PRIVATE_FLAG"}};

// bpf(2)
inline constexpr Name kBpfCommands[] = {
    {BPF_PROG_LOAD, "BPF_PROG_LOAD"},     {BPF_PROG_ATTACH, "BPF_PROG_ATTACH"},
    {BPF_PROG_DETACH, "BPF_PROG_DETACH"}, {BPF_PROG_QUERY, "BPF_PROG_QUERY"},
    {BPF_LINK_CREATE, "BPF_LINK_CREATE"}, {BPF_PROG_GET_FD_BY_ID, "BPF_PROG_GET_FD_BY_ID"},
};

inline constexpr Flag kPidfdOpenFlags[] = {{PIDFD_NONBLOCK, "PIDFD_NONBLOCK"}, {PIDFD_THREAD, "PIDFD_THREAD"}};

} // namespace phial::kernel
