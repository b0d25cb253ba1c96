#include "program/causes.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

namespace phial::program {

namespace {

constexpr std::string_view kNoRoot = "the caller lacks CAP_SYS_ADMIN in the user namespace that owns what is changed";
constexpr std::string_view kBecomeRoot = "run it as root";

// Sorted by call. From the man pages, the kernel's documentation and what was met in practice.
// clang-format off
constexpr Cause kSource[] = {
    {"bpf", EPERM, "", "attaching a device filter takes CAP_SYS_ADMIN, or CAP_BPF and CAP_NET_ADMIN", kBecomeRoot},
    {"bpf", EINVAL, "BPF_PROG_ATTACH", "the cgroup is not one of version 2, or it holds filters of a kind that excludes others", ""},
    {"bpf", E2BIG, "BPF_PROG_LOAD", "the device filter has more instructions than the kernel takes", "use fewer device rules"},
    {"capset", EPERM, "", "a process can only keep capabilities it has, and only hand down those it holds", "drop the capability from the request, or give it to the caller"},
    {"chdir", ENOENT, "", "the directory does not exist", "choose another working directory"},
    {"clone3", EPERM, "CLONE_NEW", "making namespaces takes CAP_SYS_ADMIN", kBecomeRoot},
    {"clone3", EPERM, "CLONE_NEWUSER", "unprivileged user namespaces are switched off, or the caller is in a chroot", "see the sysctls kernel.unprivileged_userns_clone and kernel.apparmor_restrict_unprivileged_userns"},
    {"clone3", EINVAL, "", "the kernel does not know one of the flags, or two of them exclude each other", "use a newer kernel, or ask for fewer namespaces"},
    {"clone3", ENOSPC, "", "the limit on nested namespaces, or on their number per user, is reached", "raise the limits in /proc/sys/user/max_*_namespaces"},
    {"clone3", EUSERS, "", "user namespaces are nested deeper than 32", "run it from a less deeply nested container"},
    {"clone3", EAGAIN, "", "a limit on processes is reached: of the user, of the cgroup (pids.max), or of the system", "raise the limit, or end other processes"},
    {"clone3", ENOMEM, "", "there is no memory for another process", "free memory, or raise the memory limit of the caller's cgroup"},
    {"clone3", EBUSY, "CLONE_INTO_CGROUP", "the cgroup passes controllers on to children, and such a cgroup holds no process itself", "choose another parent for the container's cgroup"},
    {"clone3", EACCES, "CLONE_INTO_CGROUP", "the caller may not write cgroup.procs of the container's cgroup or of a common parent", kBecomeRoot},
    {"clone3", EOPNOTSUPP, "CLONE_INTO_CGROUP", "the container's cgroup is of an invalid domain: a threaded cgroup above it", "choose another parent for the container's cgroup"},
    {"clone3", ENOSYS, "", "clone3 is forbidden by a seccomp filter of an outer container, or the kernel is older than 5.3", "run it outside of that container, or with a newer kernel"},
    {"execve", ENOENT, "", "the file does not exist in the container's root, or its interpreter does not: the program a script names in its first line, the loader of an executable", "check the path, and that the image has the interpreter"},
    {"execve", ENOTDIR, "", "a part of the path is no directory", "check the path"},
    {"execve", EACCES, "", "the file is not executable for this user, is no regular file, or lies on a mount with noexec", "check its mode with ls -l in the container, and the options of its mount"},
    {"execve", ENOEXEC, "", "the file is no program this machine can execute: made for another architecture, or a script without #! in its first line", "use an image made for this machine, or run the script by its shell"},
    {"execve", E2BIG, "", "arguments and environment are larger than the kernel takes: together a quarter of the stack's limit, each at most 128 KiB", "pass less, or in a file"},
    {"execve", ETXTBSY, "", "the file is open for writing", "wait until it is closed"},
    {"execve", ELIBBAD, "", "the program's interpreter is no valid ELF file", "repair the image"},
    {"execve", ELOOP, "", "too many symbolic links, or interpreters, lead to the file", "check the links"},
    {"execve", EAGAIN, "", "the user has more processes than RLIMIT_NPROC allows", "raise the limit"},
    {"execve", ENOMEM, "", "there is no memory for the new program", "raise the container's memory limit"},
    {"execve", EPERM, "", "the file has file capabilities or a set-user-ID bit that may not take effect here", ""},
    {"fail", EBUSY, "", "there are processes in the container's cgroup already", "end them, or name another cgroup"},
    {"fsconfig", EINVAL, "lowerdir", "a layer is no directory, or the file system it lies on cannot be one of overlayfs's", "move the images to another file system with --root"},
    {"fsconfig", EINVAL, "upperdir", "the upper directory's file system cannot be used by overlayfs: it must take trusted.* attributes and support whiteouts; overlayfs upon overlayfs does not", "move the containers to another file system with --root"},
    {"fsconfig", EINVAL, "workdir", "the work directory must be empty, and on the same mount as the upper directory", ""},
    {"fsconfig", EINVAL, "FSCONFIG_CMD_CREATE", "the file system refuses its options as a whole; the kernel's log says why", "see dmesg"},
    {"fsconfig", EINVAL, "FSCONFIG_SET", "the file system does not know this option, or not this value", "check the mount's options"},
    {"fsconfig", ENOENT, "lowerdir", "a layer's directory is gone", "pull or import the image again"},
    {"fsconfig", ENOENT, "", "a path in the file system's options does not exist", "check the mount's options"},
    {"fsconfig", EBUSY, "", "the upper or work directory is in use by another overlay", "end the container that uses it"},
    {"fsconfig", EPERM, "", "this file system cannot be mounted in a user namespace, or a mount that hides parts of it is in the way", "run it as root, or without this mount"},
    {"fsconfig", ENOSPC, "", "the limit on mounts or on memory for them is reached", "raise /proc/sys/fs/mount-max"},
    {"fsmount", EPERM, "", "mounting takes CAP_SYS_ADMIN; in a user namespace proc and sysfs take a whole one to be visible already", kBecomeRoot},
    {"ensure_path", EROFS, "", "the container's root is read-only and lacks this path", "add it to the image, or do without --read-only"},
    {"ensure_path", ENOTDIR, "", "a part of the path is no directory in the image", "look at the path in the image"},
    {"ensure_path", ELOOP, "", "a symbolic link stands where none is allowed: it leads to itself, or is a magic link of proc", "look at the path in the image"},
    {"fsopen", ENODEV, "", "the kernel does not know this file system", "load its module, or use another kernel"},
    {"fsopen", EPERM, "", "mounting takes CAP_SYS_ADMIN", kBecomeRoot},
    {"ioctl", ENODEV, "SIOC", "there is no such network device in this namespace", ""},
    {"keyctl", EDQUOT, "", "the user's quota of keys is used up", "raise /proc/sys/kernel/keys/maxkeys and maxbytes"},
    {"mkdir", EEXIST, "cgroup", "a cgroup of that name exists: another container's, or left by one", "remove the container of that name first"},
    {"mkdir", EACCES, "cgroup", "the caller may not make cgroups here", kBecomeRoot},
    {"mkdir", EROFS, "cgroup", "the cgroup file system is mounted read-only", "remount it read-write, or run it where it is"},
    {"mkdir", EAGAIN, "cgroup", "the cgroup's limit on descendants or depth is reached", "raise cgroup.max.descendants and cgroup.max.depth of the parents"},
    {"mkdirat", EROFS, "", "the container's root is read-only and lacks this directory", "add it to the image, or do without --read-only"},
    {"mknodat", EPERM, "", "device nodes cannot be made here: not in a user namespace, not on a mount with nodev, not without CAP_MKNOD, and not where the caller's device cgroup forbids it", "bind-mount the device instead, or run it as root outside of another container"},
    {"mount_setattr", EINVAL, "", "the mount is not whole, or a flag is not known to this kernel", "use Linux 5.12 or newer"},
    {"mount_setattr", EPERM, "", "an attribute that was locked when the mount was copied to a less privileged namespace cannot be cleared", "ask for nosuid, nodev, noexec and ro as the host's mount has them"},
    {"mount_setattr", ENOSYS, "", "the kernel is older than 5.12", "use a newer kernel"},
    {"move_mount", EINVAL, "", "one is a directory and the other is not, the target lies on a mount of another namespace, or the mount is a shared one's child", "check what the path is in the image"},
    {"move_mount", ENOTDIR, "", "a directory was to be mounted on a file, or a file on a directory", "check what the path is in the image"},
    {"move_mount", ELOOP, "", "the mount would lie below itself", "choose another target"},
    {"move_mount", ENOSPC, "", "the limit on mounts of a namespace is reached", "raise /proc/sys/fs/mount-max"},
    {"move_mount", EPERM, "", kNoRoot, kBecomeRoot},
    {"open_tree", ENOENT, "", "what was to be bind-mounted does not exist on the host", "make it first"},
    {"open_tree", EINVAL, "", "the mount is unbindable, or parts of it are locked by the user namespace", "bind it with its mounts (rbind)"},
    {"open_tree", EPERM, "", kNoRoot, kBecomeRoot},
    {"openat", ENOENT, "cgroup", "the cgroup has no such file: its controller is not enabled there, or this kernel lacks the feature", "enable the controller in cgroup.subtree_control of the parents"},
    {"openat", EACCES, "cgroup", "the caller may not write to this cgroup", kBecomeRoot},
    {"openat", ENOENT, "/ns/", "the process whose namespace was to be joined is gone", "see whether that container still runs"},
    {"openat", EMFILE, "", "the limit on open files is reached", "raise RLIMIT_NOFILE"},
    {"openat2", ELOOP, "", "a symbolic link stands where none is allowed: following it would leave the container's root, or it is a magic link of proc", "look at the path in the image"},
    {"openat2", EXDEV, "", "the path leads out of the container's root, or across a mount where it must not", "look at the path in the image"},
    {"openat2", ENOENT, "", "the path does not exist in the container's root", "add it to the image"},
    {"openat2", ENOTDIR, "", "a part of the path is no directory in the image", "look at the path in the image"},
    {"openat2", EAGAIN, "", "the path was being renamed while it was resolved", "try again"},
    {"openat2", ENOSYS, "", "openat2 is forbidden by a seccomp filter of an outer container, or the kernel is older than 5.6", "run it outside of that container, or with a newer kernel"},
    {"pivot_root", EINVAL, "", "the new root is no mount, or it or its parent is shared; or the old root is the initial ramdisk", "where the host's root is a ramdisk (rootfs), switch to a real root first"},
    {"pivot_root", EBUSY, "", "the new root is the root already", ""},
    {"pivot_root", EPERM, "", kNoRoot, kBecomeRoot},
    {"prctl", EINVAL, "PR_CAPBSET_DROP", "the kernel does not know this capability", ""},
    {"prctl", EPERM, "PR_CAPBSET_DROP", "dropping from the bounding set takes CAP_SETPCAP", kBecomeRoot},
    {"prctl", EPERM, "PR_CAP_AMBIENT", "an ambient capability must be permitted and inheritable as well", "add it to both sets"},
    {"prlimit64", EPERM, "", "raising a hard limit takes CAP_SYS_RESOURCE", "ask for no more than the caller's own hard limit (ulimit -H)"},
    {"prlimit64", EINVAL, "", "the soft limit is above the hard one", "ask for a soft limit up to the hard one"},
    {"sched_setattr", EPERM, "", "a real-time policy takes CAP_SYS_NICE, and a share of real-time in the cgroup", "run it as root"},
    {"seccomp", EINVAL, "", "the filter is not valid, or a flag is not known to this kernel", "check the seccomp profile"},
    {"seccomp", EACCES, "", "loading a filter takes CAP_SYS_ADMIN or no_new_privs", "run with --security-opt no-new-privileges"},
    {"seccomp", ENOMEM, "", "the filters of this process are too long in all: 32768 instructions", "use a shorter profile"},
    {"seccomp", EBUSY, "", "another filter of this process has a listener already", "run without a listener"},
    {"sethostname", EINVAL, "", "the name is longer than 64 bytes", "choose a shorter one"},
    {"sethostname", EPERM, "", "setting the hostname takes CAP_SYS_ADMIN over a UTS namespace of the container's own", "give the container its own UTS namespace"},
    {"setgroups", EPERM, "", "the user namespace forbids setgroups (its gid map was written without privilege)", "have the map written by newgidmap: see /etc/subgid"},
    {"setns", EINVAL, "", "the descriptor is of another kind of namespace, or the process is in that user namespace already", "check the path of the namespace"},
    {"setns", EPERM, "", "joining a namespace takes CAP_SYS_ADMIN in it and in one's own", kBecomeRoot},
    {"setns", ESRCH, "", "the process whose namespaces were to be joined is gone", "see whether that container still runs"},
    {"setresgid", EINVAL, "", "the group is not mapped in the container's user namespace", "choose a group below the number of mapped ones, or map more"},
    {"setresuid", EINVAL, "", "the user is not mapped in the container's user namespace", "choose a user below the number of mapped ones, or map more"},
    {"setresuid", EAGAIN, "", "the user has more processes than RLIMIT_NPROC allows", "raise the limit"},
    {"umount2", EBUSY, "", "something on it is in use", ""},
    {"unshare", EPERM, "", kNoRoot, kBecomeRoot},
    {"unshare", ENOSPC, "", "the limit on nested namespaces, or on their number per user, is reached", "raise the limits in /proc/sys/user/max_*_namespaces"},
    {"write", EBUSY, "", "the kernel refuses it while the cgroup is as it is: a memory limit below what is used already, or a controller in use by a cgroup with processes", "choose a higher limit, or a cgroup without processes of its own"},
    {"write", EINVAL, "", "the kernel does not take this value: out of range, or not of the form the file wants", "check the value"},
    {"write", ERANGE, "", "the value is out of the range the kernel takes", "check the value"},
    {"write", ENOSPC, "", "the cgroup's cpuset has no CPUs or memory nodes, or there is no room for another device rule", "set cpuset.cpus and cpuset.mems of the parents"},
    {"write", EACCES, "", "the parent does not allow it: CPUs or nodes it has not, or a device it denies", "ask for what the parent has"},
    {"write", EPERM, "", "the caller may not change this: a device rule inside another container, or a sysctl of another namespace", "run it outside of that container"},
    {"write", ENOENT, "", "the controller is not available to pass on: it is not enabled in the parent, or cgroup v1 holds it", "enable it in the parent's cgroup.subtree_control"},
    {"write", EOPNOTSUPP, "", "the cgroup is of a threaded kind, or the controller cannot be used there", "choose another parent for the container's cgroup"},
    {"write", ENODEV, "", "there is no such block device, or it has no request queue of its own (a partition)", "name the whole disk"},
};
// clang-format on

// The same without an address in it, for addresses are what a start costs (base/fixed_text.hpp): all texts in a row,
// and where each begins. kSource itself is read by the compiler alone.
constexpr std::size_t kRows = std::size(kSource);
constexpr std::size_t kTexts = 4; // call, where, reason, fix

constexpr std::size_t kLength = [] {
  std::size_t length = 0;
  for (const Cause& cause : kSource)
    length += cause.call.size() + cause.where.size() + cause.reason.size() + cause.fix.size();
  return length;
}();
static_assert(kLength <= 0xffff);

struct Packed {
  std::array<char, kLength> letters{};
  std::array<std::uint16_t, kRows * kTexts + 1> begins{};
  std::array<int, kRows> numbers{};

  [[nodiscard]] constexpr std::string_view text(std::size_t row, std::size_t which) const {
    std::size_t at = row * kTexts + which;
    return {letters.data() + begins[at], static_cast<std::size_t>(begins[at + 1] - begins[at])};
  }
  [[nodiscard]] constexpr Cause cause(std::size_t row) const {
    return {text(row, 0), numbers[row], text(row, 1), text(row, 2), text(row, 3)};
  }
};

constexpr Packed kCauses = [] {
  Packed out;
  std::size_t at = 0;
  for (std::size_t row = 0; row < kRows; ++row) {
    const Cause& cause = kSource[row];
    out.numbers[row] = cause.number;
    std::size_t which = row * kTexts;
    for (std::string_view text : {cause.call, cause.where, cause.reason, cause.fix}) {
      out.begins[which++] = static_cast<std::uint16_t>(at);
      for (char letter : text)
        out.letters[at++] = letter;
    }
  }
  out.begins.back() = static_cast<std::uint16_t>(at);
  return out;
}();
static_assert(kCauses.cause(0).call == kSource[0].call && kCauses.cause(kRows - 1).fix == kSource[kRows - 1].fix);

} // namespace

std::vector<Cause> causes_of(std::string_view call, int number, std::string_view text) {
  std::vector<Cause> out;
  for (std::size_t row = 0; row < kRows; ++row)
    if (Cause cause = kCauses.cause(row); cause.call == call && cause.number == number &&
                                          (cause.where.empty() || text.find(cause.where) != std::string_view::npos))
      out.push_back(cause);
  std::ranges::stable_sort(out, std::ranges::greater(), [](const Cause& cause) { return cause.where.size(); });
  return out;
}

} // namespace phial::program
