// The flags of each verb. Only options.cpp includes this.
#pragma once

#include "oci/verb.hpp"

namespace phial::oci {

// clang-format off
inline constexpr Option kGlobalOptions[] = {
    {.name = "root", .value = "DIR", .help = "Where the containers' states lie; on a tmpfs, for they end with the machine's run",
     .fallback = "/run/phial-oci; for a user $XDG_RUNTIME_DIR/phial-oci", .offer = Offer::directory},
    {.name = "log", .value = "FILE", .help = "Append what goes wrong to a file, one line each", .offer = Offer::file},
    {.name = "log-format", .value = "FORMAT", .help = "How the lines of the log are written", .fallback = "text",
     .choices = "text|json"},
    {.name = "debug", .help = "Log more than what goes wrong"},
    {.name = "systemd-cgroup", .help = "Let systemd make the cgroups; cgroupsPath is slice:prefix:name"},
    {.name = "cgroup-manager", .value = "MANAGER", .help = "Who makes the cgroups", .fallback = "cgroupfs",
     .choices = "cgroupfs|systemd|disabled"},
    {.name = "rootless", .value = "BOOL", .help = "Go on where cgroups may not be changed: true, false or auto",
     .fallback = "auto"},
    {.name = "version", .letter = 'v', .help = "Print the version and end"},
    {.name = "help", .letter = 'h', .help = "Print this page and end"},
    {.name = "version", .letter = 'V', .help = "As -v", .hidden = true},
    {.name = "help", .letter = '?', .help = "As -h", .hidden = true},
    {.name = "criu", .value = "FILE", .help = "Ignored: criu is looked for in PATH", .hidden = true},
    {.name = "log-level", .value = "LEVEL", .help = "crun's: debug is --debug", .choices = "debug|warning|error",
     .hidden = true},
};

// Of create, run and restore.
inline constexpr Option kBundle = {.name = "bundle", .letter = 'b', .value = "DIR",
    .help = "The directory with config.json", .fallback = "the current one", .offer = Offer::directory};
inline constexpr Option kConsoleSocket = {.name = "console-socket", .value = "SOCKET",
    .help = "The socket that is sent the terminal's master", .offer = Offer::file};
inline constexpr Option kPidFile = {.name = "pid-file", .value = "FILE", .help = "Write the process's id to a file",
    .offer = Offer::file};
inline constexpr Option kPidfdSocket = {.name = "pidfd-socket", .value = "SOCKET",
    .help = "The socket that is sent a pidfd of the process", .offer = Offer::file};
inline constexpr Option kPreserveFds = {.name = "preserve-fds", .value = "N",
    .help = "Leave N descriptors from 3 on open, after those of $LISTEN_FDS", .fallback = "0"};
inline constexpr Option kDetach = {.name = "detach", .letter = 'd', .help = "Do not wait for the process's end"};
inline constexpr Option kNoSubreaper = {.name = "no-subreaper", .help = "Ignored: nothing is reparented here",
    .hidden = true};

// What create and run share.
inline constexpr Option kCreateOptions[] = {
    kBundle,
    {.name = "config", .letter = 'f', .value = "FILE", .help = "Read FILE instead of the bundle's config.json",
     .offer = Offer::file},
    kConsoleSocket,
    kPidFile,
    kPidfdSocket,
    kPreserveFds,
    {.name = "no-pivot", .help = "Move the root in place instead of pivot_root, for a root file system that is a ramdisk"},
    {.name = "no-new-keyring", .help = "Keep the caller's session keyring"},
    {.name = "no-mount-fallback", .help = "Fail where a bind mount cannot be remounted with just the flags asked for"},
    kNoSubreaper,
};

inline constexpr Option kRunOptions[] = {
    kDetach,
    {.name = "keep", .help = "Leave the container's state when it has ended; delete takes it away"},
};

inline constexpr Option kKillOptions[] = {
    {.name = "all", .letter = 'a', .help = "Signal every process of the container, also of a stopped one"},
    {.name = "regex", .letter = 'r', .help = "The id is an extended regular expression: every container that matches"},
};

inline constexpr Option kDeleteOptions[] = {
    {.name = "force", .letter = 'f', .help = "Kill the container if it runs; one that is not there is no error"},
    {.name = "regex", .letter = 'r', .help = "The id is an extended regular expression: every container that matches"},
};

inline constexpr Option kExecOptions[] = {
    {.name = "process", .letter = 'p', .value = "FILE", .help = "Read the process from a file as in config.json",
     .offer = Offer::file},
    {.name = "cwd", .value = "DIR", .help = "The working directory"},
    {.name = "env", .letter = 'e', .value = "NAME=VALUE", .help = "Set a variable of the environment", .repeatable = true},
    {.name = "tty", .letter = 't', .help = "Give it a terminal"},
    {.name = "user", .letter = 'u', .value = "UID[:GID]", .help = "The user and group it runs as"},
    {.name = "additional-gids", .letter = 'g', .value = "GID", .help = "A further group", .repeatable = true},
    kDetach,
    kConsoleSocket,
    kPidFile,
    kPidfdSocket,
    kPreserveFds,
    {.name = "process-label", .value = "LABEL", .help = "Its SELinux label"},
    {.name = "apparmor", .value = "PROFILE", .help = "Its AppArmor profile"},
    {.name = "no-new-privs", .help = "No program it executes may gain privileges"},
    {.name = "cap", .letter = 'c', .value = "CAPABILITY", .help = "Add a capability", .repeatable = true},
    {.name = "cgroup", .value = "[CONTROLLER:]PATH", .help = "Put it into a cgroup below the container's, which is there already",
     .repeatable = true},
    {.name = "ignore-paused", .help = "Also in a paused container; it runs when that is resumed"},
    kNoSubreaper,
};

inline constexpr Option kPsOptions[] = {
    {.name = "format", .letter = 'f', .value = "FORMAT", .help = "What is printed: ps's table, or the ids as JSON",
     .fallback = "table", .choices = "table|json"},
};

inline constexpr Option kListOptions[] = {
    {.name = "format", .letter = 'f', .value = "FORMAT", .help = "What is printed", .fallback = "table",
     .choices = "table|json"},
    {.name = "quiet", .letter = 'q', .help = "Print the ids only"},
};

inline constexpr Option kUpdateOptions[] = {
    {.name = "resources", .letter = 'r', .value = "FILE",
     .help = "Read linux.resources from a file, - is standard input; every other flag is ignored then", .offer = Offer::file},
    {.name = "blkio-weight", .value = "WEIGHT", .help = "Share of block I/O, 10 to 1000; 0 leaves it"},
    {.name = "cpu-period", .value = "MICROSECONDS", .help = "The period --cpu-quota is counted in; 0 leaves it"},
    {.name = "cpu-quota", .value = "MICROSECONDS", .help = "CPU time in a period; -1 is no limit"},
    {.name = "cpu-burst", .value = "MICROSECONDS", .help = "CPU time saved up that may be used on top"},
    {.name = "cpu-share", .value = "SHARES", .help = "Share of CPU time, 2 to 262144; 0 leaves it"},
    {.name = "cpu-rt-period", .value = "MICROSECONDS", .help = "The period --cpu-rt-runtime is counted in; 0 leaves it"},
    {.name = "cpu-rt-runtime", .value = "MICROSECONDS", .help = "Realtime CPU time in a period"},
    {.name = "cpu-idle", .value = "BOOL", .help = "1: run only when nothing else wants the CPU"},
    {.name = "cpuset-cpus", .value = "LIST", .help = "The CPUs: 0-2,5"},
    {.name = "cpuset-mems", .value = "LIST", .help = "The memory nodes: 0-1"},
    {.name = "memory", .value = "BYTES", .help = "Memory limit; -1 is none"},
    {.name = "memory-reservation", .value = "BYTES", .help = "What reclaim leaves it while there is enough"},
    {.name = "memory-swap", .value = "BYTES", .help = "Memory and swap together; -1 is no limit of swap"},
    {.name = "pids-limit", .value = "N", .help = "Processes and threads; -1 is no limit, 0 leaves it"},
    {.name = "l3-cache-schema", .value = "SCHEMA", .help = "Intel RDT: the cache schema of resctrl"},
    {.name = "mem-bw-schema", .value = "SCHEMA", .help = "Intel RDT: the memory bandwidth schema of resctrl"},
    {.name = "kernel-memory", .value = "BYTES", .help = "Ignored: the kernel has no such limit any more", .hidden = true},
    {.name = "kernel-memory-tcp", .value = "BYTES", .help = "Ignored: the kernel has no such limit any more", .hidden = true},
};

inline constexpr Option kEventsOptions[] = {
    {.name = "interval", .value = "DURATION", .help = "How often to print the figures: 500ms, 5s, 1m", .fallback = "5s"},
    {.name = "stats", .help = "Print the figures once and end"},
};

inline constexpr Option kSpecOptions[] = {
    kBundle,
    {.name = "rootless", .help = "For a user who is not root: a user namespace with the caller in it, no cgroups"},
    {.name = "file", .letter = 'f', .value = "FILE", .help = "Write to FILE instead of config.json", .offer = Offer::file,
     .hidden = true},
};

inline constexpr Option kExplainOptions[] = {
    kBundle,
    {.name = "format", .letter = 'f', .value = "FORMAT", .help = "What is printed: system calls, a shell script, or JSON",
     .fallback = "calls", .choices = "calls|shell|json"},
};

// What checkpoint and restore share.
inline constexpr Option kCriuOptions[] = {
    {.name = "image-path", .value = "DIR", .help = "Where criu's images lie", .fallback = "./checkpoint",
     .offer = Offer::directory},
    {.name = "work-path", .value = "DIR", .help = "Where criu's log and working files go", .fallback = "the image path",
     .offer = Offer::directory},
    {.name = "tcp-established", .help = "Also with open TCP connections"},
    {.name = "ext-unix-sk", .help = "Also with Unix sockets that lead outside"},
    {.name = "shell-job", .help = "Also with a terminal or session from outside"},
    {.name = "file-locks", .help = "Also with file locks"},
    {.name = "lazy-pages", .help = "Leave the memory to criu's lazy-pages daemon"},
    {.name = "link-remap", .help = "Also with files that are open and deleted"},
    {.name = "manage-cgroups-mode", .value = "MODE", .help = "What criu does about cgroups", .fallback = "soft",
     .choices = "soft|full|strict|ignore"},
    {.name = "empty-ns", .value = "NAMESPACE", .help = "Make a namespace, and leave its content alone", .repeatable = true,
     .choices = "network"},
    {.name = "auto-dedup", .help = "Keep a page of memory once only"},
};

inline constexpr Option kCheckpointOptions[] = {
    {.name = "leave-running", .help = "Let the container run on"},
    {.name = "pre-dump", .help = "Save the memory only, and let the container run on"},
    {.name = "parent-path", .value = "DIR", .help = "The images of the pre-dump before, relative to --image-path",
     .offer = Offer::directory},
    {.name = "page-server", .value = "ADDRESS:PORT", .help = "Send the memory to a criu page server"},
    {.name = "status-fd", .value = "FD", .help = "Where criu writes a zero byte when lazy-pages is ready"},
    {.name = "tcp-skip-in-flight", .help = "Leave out TCP connections that are being made"},
};

inline constexpr Option kRestoreOptions[] = {
    kBundle,
    kDetach,
    kConsoleSocket,
    kPidFile,
    {.name = "no-pivot", .help = "As of create"},
    {.name = "no-mount-fallback", .help = "As of create"},
    {.name = "lsm-profile", .value = "TYPE:NAME", .help = "Another AppArmor profile or SELinux label than before"},
    {.name = "lsm-mount-context", .value = "CONTEXT", .help = "Another SELinux context for the mounts"},
    kNoSubreaper,
};
// clang-format on

} // namespace phial::oci
