#include "program/system_calls.hpp"

#include "kernel/flag_tables.hpp"
#include "kernel/syscalls.hpp"

#include <linux/keyctl.h>
#include <sys/ioctl.h>

#include <cstdlib>

namespace phial::program {

namespace {

using namespace kernel;

constexpr Argument kInt{Role::integer};
constexpr Argument kNumber{Role::number};
constexpr Argument kAddress{Role::address};
constexpr Argument kFd{Role::fd};
constexpr Argument kText{Role::text};
constexpr Argument kMode{Role::mode};
constexpr Argument kDevice{Role::device};
constexpr Argument kSignal{Role::signal};
constexpr Argument kId{Role::id};
constexpr Argument kStrings{Role::strings};
constexpr Argument kVariables{Role::variables};
constexpr Argument kOut{Role::out};
constexpr Argument kBuffer{Role::buffer};
constexpr Argument kDepends{Role::depends};
constexpr Argument kAddressOfSocket{Role::socket_address};

constexpr Name kIoPriorityWho[] = {{1, "IOPRIO_WHO_PROCESS"}, {2, "IOPRIO_WHO_PGRP"}, {3, "IOPRIO_WHO_USER"}};
constexpr Name kSigmaskHow[] = {{0, "SIG_BLOCK"}, {1, "SIG_UNBLOCK"}, {2, "SIG_SETMASK"}};
constexpr Flag kDescriptorFlags[] = {{1, "FD_CLOEXEC"}};
constexpr Name kSocketLevels[] = {{1, "SOL_SOCKET"}, {270, "SOL_NETLINK"}};
constexpr Name kSpeculation[] = {{0, "PR_SPEC_STORE_BYPASS"}, {1, "PR_SPEC_INDIRECT_BRANCH"}};

// A shape names these by their place, so that the table of shapes has no address in it (base/fixed_text.hpp).
constexpr FlagTable kFlagTables[] = {
    kAccessFlags,    kAtFlags,     kCloneFlags,    kCloseRangeFlags, kDescriptorFlags, kFlockOperations, kFsmountFlags,
    kFsopenFlags,    kFspickFlags, kMapFlags,      kMemfdFlags,      kMessageFlags,    kMountAttrFlags,  kMountFlags,
    kMoveMountFlags, kOpenFlags,   kOpenTreeFlags, kPidfdOpenFlags,  kProtFlags,       kRenameFlags,     kSealFlags,
    kSeccompFlags,   kSecurebits,  kSocketTypes,   kStatxMask,       kUmountFlags,     kUnlinkFlags,     kWaitFlags,
};
constexpr NameTable kNameTables[] = {
    kAmbientOperations, kBpfCommands,      kFcntlCommands, kFsconfigCommands, kIoPriorityWho,
    kIoctlRequests,     kKeyctlOperations, kPersonalities, kPrctlOptions,     kSeccompOperations,
    kSigmaskHow,        kSocketDomains,    kSocketLevels,  kSpeculation,      kWaitIdTypes,
};

template <class Table> consteval std::uint8_t place_of(std::span<const Table> tables, Table table) {
  for (std::size_t i = 0; i < tables.size(); ++i)
    if (tables[i].data() == table.data())
      return static_cast<std::uint8_t>(i);
  std::abort(); // allow exit: the table is not in the list, which is an error at compile time
}

consteval Argument bits(FlagTable table) {
  return {Role::flags, place_of<FlagTable>(kFlagTables, table)};
}
consteval Argument one_of(NameTable table) {
  return {Role::name, place_of<NameTable>(kNameTables, table)};
}

// By name, as numbers differ between architectures. Alphabetical.
// clang-format off
constexpr CallShape kShapes[] = {
    {"accept4", {kFd, kAddress, kAddress, bits(kSocketTypes)}},
    {"access", {kText, kInt}},
    {"bind", {kFd, kAddressOfSocket, kNumber}},
    {"bpf", {one_of(kBpfCommands), {Role::bpf_attr}, kNumber}},
    {"capset", {{Role::cap_header}, {Role::cap_data}}},
    {"chdir", {kText}},
    {"chmod", {kText, kMode}},
    {"chown", {kText, kId, kId}},
    {"chroot", {kText}},
    {"clone3", {{Role::clone_args}, kNumber}},
    {"close", {kFd}},
    {"close_range", {kInt, kNumber, bits(kCloseRangeFlags)}},
    {"connect", {kFd, kAddressOfSocket, kNumber}},
    {"dup", {kFd}},
    {"dup2", {kFd, kInt}},
    {"dup3", {kFd, kInt, bits(kOpenFlags)}},
    {"execve", {kText, kStrings, kVariables}},
    {"execveat", {kFd, kText, kStrings, kVariables, bits(kAtFlags)}},
    {"exit_group", {kInt}},
    {"faccessat", {kFd, kText, kInt}},
    {"faccessat2", {kFd, kText, kInt, bits(kAccessFlags)}},
    {"fchdir", {kFd}},
    {"fchmod", {kFd, kMode}},
    {"fchmodat", {kFd, kText, kMode}},
    {"fchmodat2", {kFd, kText, kMode, bits(kAtFlags)}},
    {"fchown", {kFd, kId, kId}},
    {"fchownat", {kFd, kText, kId, kId, bits(kAtFlags)}},
    {"fcntl", {kFd, one_of(kFcntlCommands), kDepends}},
    {"flock", {kFd, bits(kFlockOperations)}},
    {"fsconfig", {kFd, one_of(kFsconfigCommands), kText, kDepends, kDepends}},
    {"fsmount", {kFd, bits(kFsmountFlags), bits(kMountAttrFlags)}},
    {"fsopen", {kText, bits(kFsopenFlags)}},
    {"fspick", {kFd, kText, bits(kFspickFlags)}},
    {"fstat", {kFd, kOut}},
    {"fstatfs", {kFd, kOut}},
    {"ftruncate", {kFd, kNumber}},
    {"getegid", {}},
    {"geteuid", {}},
    {"getgid", {}},
    {"getpid", {}},
    {"getppid", {}},
    {"getuid", {}},
    {"ioctl", {kFd, one_of(kIoctlRequests), kDepends}},
    {"ioprio_set", {one_of(kIoPriorityWho), kInt, {Role::io_priority}}},
    {"keyctl", {one_of(kKeyctlOperations), kDepends, kDepends}},
    {"kill", {kInt, kSignal}},
    {"lchown", {kText, kId, kId}},
    {"linkat", {kFd, kText, kFd, kText, bits(kAtFlags)}},
    {"listen", {kFd, kInt}},
    {"lseek", {kFd, kInt, kInt}},
    {"memfd_create", {kText, bits(kMemfdFlags)}},
    {"mkdir", {kText, kMode}},
    {"mkdirat", {kFd, kText, kMode}},
    {"mknod", {kText, kMode, kDevice}},
    {"mknodat", {kFd, kText, kMode, kDevice}},
    {"mmap", {kAddress, kNumber, bits(kProtFlags), bits(kMapFlags), kFd, kNumber}},
    {"mount", {kText, kText, kText, bits(kMountFlags), kText}},
    {"mount_setattr", {kFd, kText, bits(kAtFlags), {Role::mount_attr}, kNumber}},
    {"move_mount", {kFd, kText, kFd, kText, bits(kMoveMountFlags)}},
    {"munmap", {kAddress, kNumber}},
    {"newfstatat", {kFd, kText, kOut, bits(kAtFlags)}},
    {"open", {kText, bits(kOpenFlags), kDepends}},
    {"open_tree", {kFd, kText, bits(kOpenTreeFlags)}},
    {"open_tree_attr", {kFd, kText, bits(kOpenTreeFlags), {Role::mount_attr}, kNumber}},
    {"openat", {kFd, kText, bits(kOpenFlags), kDepends}},
    {"openat2", {kFd, kText, {Role::open_how}, kNumber}},
    {"personality", {one_of(kPersonalities)}},
    {"pidfd_getfd", {kFd, kFd, kInt}},
    {"pidfd_open", {kInt, bits(kPidfdOpenFlags)}},
    {"pidfd_send_signal", {kFd, kSignal, kAddress, kInt}},
    {"pipe2", {kOut, bits(kOpenFlags)}},
    {"pivot_root", {kText, kText}},
    {"prctl", {one_of(kPrctlOptions), kDepends, kDepends, kDepends}},
    {"prlimit64", {kInt, {Role::resource}, {Role::rlimit}, kOut}},
    {"pwrite64", {kFd, kBuffer, kNumber, kNumber}},
    {"read", {kFd, kOut, kNumber}},
    {"readlinkat", {kFd, kText, kOut, kNumber}},
    {"recvmsg", {kFd, {Role::message}, bits(kMessageFlags)}},
    {"rename", {kText, kText}},
    {"renameat2", {kFd, kText, kFd, kText, bits(kRenameFlags)}},
    {"rmdir", {kText}},
    {"rt_sigaction", {kSignal, kAddress, kAddress, kNumber}},
    {"rt_sigprocmask", {one_of(kSigmaskHow), kDepends, kAddress, kNumber}},
    {"sched_getaffinity", {kInt, kNumber, kOut}},
    {"sched_setaffinity", {kInt, kNumber, {Role::mask}}},
    {"sched_setattr", {kInt, {Role::sched_attr}, kNumber}},
    {"seccomp", {one_of(kSeccompOperations), bits(kSeccompFlags), {Role::sock_fprog}}},
    {"sendmsg", {kFd, {Role::message}, bits(kMessageFlags)}},
    {"sendto", {kFd, kBuffer, kNumber, bits(kMessageFlags), kAddressOfSocket, kNumber}},
    {"set_mempolicy", {{Role::memory_policy}, {Role::mask}, kNumber}},
    {"setdomainname", {kBuffer, kNumber}},
    {"setgid", {kId}},
    {"setgroups", {kNumber, kDepends}},
    {"sethostname", {kBuffer, kNumber}},
    {"setns", {kFd, bits(kCloneFlags)}},
    {"setpgid", {kInt, kInt}},
    {"setresgid", {kId, kId, kId}},
    {"setresuid", {kId, kId, kId}},
    {"setsid", {}},
    {"setsockopt", {kFd, one_of(kSocketLevels), kInt, kBuffer, kNumber}},
    {"setuid", {kId}},
    {"setxattr", {kText, kText, kBuffer, kNumber, kInt}},
    {"socket", {one_of(kSocketDomains), bits(kSocketTypes), kInt}},
    {"socketpair", {one_of(kSocketDomains), bits(kSocketTypes), kInt, kOut}},
    {"statfs", {kText, kOut}},
    {"statx", {kFd, kText, bits(kAtFlags), bits(kStatxMask), kOut}},
    {"symlinkat", {kText, kFd, kText}},
    {"umask", {kMode}},
    {"umount2", {kText, bits(kUmountFlags)}},
    {"unlink", {kText}},
    {"unlinkat", {kFd, kText, bits(kUnlinkFlags)}},
    {"unshare", {bits(kCloneFlags)}},
    {"wait4", {kInt, kOut, bits(kWaitFlags), kAddress}},
    {"waitid", {one_of(kWaitIdTypes), kInt, kOut, bits(kWaitFlags), kAddress}},
    {"write", {kFd, kBuffer, kNumber}},
    {"writev", {kFd, kAddress, kNumber}},
};
// clang-format on

Argument prctl_argument(unsigned argument, std::uint64_t option) {
  bool second = argument == 1;
  switch (option) {
  case PR_CAPBSET_DROP:
  case PR_CAPBSET_READ: return second ? Argument{Role::capability} : Argument{};
  case PR_CAP_AMBIENT:
    return second ? one_of(kAmbientOperations) : (argument == 2 ? Argument{Role::capability} : Argument{});
  case PR_SET_SECUREBITS: return second ? bits(kSecurebits) : Argument{};
  case PR_SET_PDEATHSIG: return second ? kSignal : Argument{};
  case PR_SET_NAME: return second ? kText : Argument{};
  case PR_SET_SPECULATION_CTRL: return second ? one_of(kSpeculation) : kInt;
  case PR_SET_NO_NEW_PRIVS:
  case PR_SET_DUMPABLE:
  case PR_SET_KEEPCAPS:
  case PR_SET_CHILD_SUBREAPER:
  case PR_SET_IO_FLUSHER:
  case PR_SET_THP_DISABLE: return second ? kNumber : Argument{};
  default: return kNumber;
  }
}

Argument fsconfig_argument(unsigned argument, std::uint64_t command) {
  bool value = argument == 3;
  switch (command) {
  case FSCONFIG_SET_STRING: return value ? kText : kInt;
  case FSCONFIG_SET_PATH:
  case FSCONFIG_SET_PATH_EMPTY: return value ? kText : kFd;
  case FSCONFIG_SET_FD: return value ? kAddress : kFd;
  default: return value ? kAddress : kInt;
  }
}

Argument ioctl_argument(std::uint64_t request) {
  switch (request) {
  case TIOCSWINSZ: return {Role::window_size};
  case TIOCGWINSZ:
  case TIOCGPTN: return kOut;
  case TIOCGPTPEER: return bits(kOpenFlags);
  case TIOCSPTLCK:
  case TIOCSPGRP: return kAddress;
  default: return kNumber;
  }
}

} // namespace

FlagTable flags_of(Argument argument) {
  return kFlagTables[argument.table];
}

NameTable names_of(Argument argument) {
  return kNameTables[argument.table];
}

const CallShape* shape_of(int number) {
  std::string_view name = system_call_name(number);
  for (const CallShape& shape : kShapes)
    if (shape.name == name)
      return &shape;
  return nullptr;
}

Argument dependent_argument(std::string_view call, unsigned argument, std::uint64_t command) {
  if (call == "prctl")
    return prctl_argument(argument, command);
  if (call == "fsconfig")
    return fsconfig_argument(argument, command);
  if (call == "openat" || call == "open") // the mode means something only where a file may be made
    return (command & O_CREAT) != 0 || (command & O_TMPFILE) == O_TMPFILE ? kMode : Argument{};
  if (call == "ioctl")
    return ioctl_argument(command);
  if (call == "fcntl")
    return command == F_SETFD ? bits(kDescriptorFlags)
                              : (command == 1033 /* F_ADD_SEALS */ ? bits(kSealFlags) : kNumber);
  if (call == "keyctl")
    return command == KEYCTL_JOIN_SESSION_KEYRING && argument == 1 ? kText : (argument == 1 ? kInt : Argument{});
  return kAddress;
}

} // namespace phial::program
