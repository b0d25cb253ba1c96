// The rows of the flags for containers, by section. Included by the verbs that take them.
#pragma once

#include "cli/arguments.hpp"

namespace phial::cli {

inline constexpr std::string_view kLife = "The container";
inline constexpr std::string_view kProcess = "Its process";
inline constexpr std::string_view kFiles = "Its files";
inline constexpr std::string_view kLimits = "Limits";
inline constexpr std::string_view kSecurity = "Privileges";
inline constexpr std::string_view kWorld = "Namespaces and network";
inline constexpr std::string_view kRecords = "Logs and labels";

inline constexpr Option kContainerTable[] = {
    // clang-format off
    {.name = "name", .value = "NAME", .help = "Name of the container", .section = kLife, .fallback = "two random words"},
    {.name = "interactive", .letter = 'i', .help = "Keep standard input open and pass it on", .section = kLife},
    {.name = "tty", .letter = 't', .help = "Give it a terminal", .section = kLife},
    {.name = "rm", .help = "Remove it when it has ended", .section = kLife},
    {.name = "cidfile", .value = "FILE", .help = "Write the container's id to a new file", .section = kLife, .offer = Offer::file},
    {.name = "pull", .value = "WHEN", .help = "When to fetch the image: missing, always or never (there is no registry client yet)", .section = kLife, .fallback = "missing", .choices = "missing|always|never"},
    {.name = "platform", .value = "OS/ARCH", .help = "Refuse an image for another platform", .section = kLife},
    {.name = "restart", .value = "POLICY", .help = "Restart it when it ends: no is all this version can", .section = kLife, .fallback = "no", .choices = "no"},
    {.name = "stop-signal", .value = "SIGNAL", .help = "What stop sends first", .section = kLife, .fallback = "the image's, or SIGTERM"},
    {.name = "stop-timeout", .value = "SECONDS", .help = "How long stop waits before SIGKILL; -1 waits for ever", .section = kLife, .fallback = "10"},

    {.name = "env", .letter = 'e', .value = "NAME[=VALUE]", .help = "Set a variable; NAME alone passes yours on", .section = kProcess, .repeatable = true},
    {.name = "env-file", .value = "FILE", .help = "Set the variables of a file of NAME=VALUE lines", .section = kProcess, .repeatable = true, .offer = Offer::file},
    {.name = "workdir", .letter = 'w', .value = "DIR", .help = "Directory it begins in", .section = kProcess, .fallback = "the image's, or /"},
    {.name = "user", .letter = 'u', .value = "USER[:GROUP]", .help = "Who it runs as: names of the container's own files, or numbers", .section = kProcess, .fallback = "the image's, or root"},
    {.name = "group-add", .value = "GROUP", .help = "A further group, by name or number", .section = kProcess, .repeatable = true},
    {.name = "entrypoint", .value = "PROGRAM", .help = "Run this instead of the image's entry point; empty: none", .section = kProcess},
    {.name = "init", .help = "Keep phial-init as the first process: it passes on signals and reaps zombies", .section = kProcess},
    {.name = "ulimit", .value = "NAME=SOFT[:HARD]", .help = "A resource limit of its processes, as in nofile=1024; -1 is none", .section = kProcess, .repeatable = true},
    {.name = "oom-score-adj", .value = "N", .help = "How soon it dies when memory is short: -1000 never to 1000 first", .section = kProcess},

    {.name = "volume", .letter = 'v', .value = "SOURCE:PATH[:OPTIONS]", .help = "Show a directory of the host, or a named volume, at a path; options: ro, a propagation", .section = kFiles, .repeatable = true, .offer = Offer::directory},
    {.name = "mount", .value = "KEY=VALUE,...", .help = "The same in full: type=bind|tmpfs, src=, dst=, ro, bind-propagation=, bind-recursive=, tmpfs-size=, tmpfs-mode=", .section = kFiles, .repeatable = true},
    {.name = "tmpfs", .value = "PATH[:OPTIONS]", .help = "An empty file system in memory, as in /run:size=64m,mode=755", .section = kFiles, .repeatable = true},
    {.name = "read-only", .help = "Its root file system cannot be written to", .section = kFiles},
    {.name = "shm-size", .value = "SIZE", .help = "Size of /dev/shm", .section = kFiles, .fallback = "64m"},
    {.name = "device", .value = "PATH[:PATH][:rwm]", .help = "Let it use a device of the host", .section = kFiles, .repeatable = true, .offer = Offer::file},
    {.name = "device-cgroup-rule", .value = "RULE", .help = "Let it use devices by number, as in 'c 1:3 rwm'", .section = kFiles, .repeatable = true},

    {.name = "memory", .letter = 'm', .value = "SIZE", .help = "Memory it may use, as in 64m; at more it is ended", .section = kLimits, .fallback = "no limit"},
    {.name = "memory-high", .value = "SIZE", .help = "From here on it is slowed down and must give memory back (cgroup v2)", .section = kLimits},
    {.name = "memory-reservation", .value = "SIZE", .help = "What it keeps when the machine is short", .section = kLimits},
    {.name = "memory-swap", .value = "SIZE", .help = "Memory and swap together; -1: all the swap there is", .section = kLimits, .fallback = "twice --memory"},
    {.name = "memory-swappiness", .value = "N", .help = "How readily it is swapped out: 0 to 100 (cgroup v1)", .section = kLimits},
    {.name = "oom-kill-disable", .help = "At the limit its processes wait instead of being ended (cgroup v1)", .section = kLimits},
    {.name = "cpus", .value = "N", .help = "CPUs' worth of time, as in 0.5", .section = kLimits, .fallback = "no limit"},
    {.name = "cpu-shares", .letter = 'c', .value = "N", .help = "Share of the CPU where it is contended, against 1024", .section = kLimits, .fallback = "1024"},
    {.name = "cpu-period", .value = "MICROSECONDS", .help = "Period in which --cpu-quota counts", .section = kLimits, .fallback = "100000"},
    {.name = "cpu-quota", .value = "MICROSECONDS", .help = "CPU time a period", .section = kLimits},
    {.name = "cpuset-cpus", .value = "LIST", .help = "CPUs it may run on, as in 0-3,5", .section = kLimits},
    {.name = "cpuset-mems", .value = "LIST", .help = "Memory nodes it may use", .section = kLimits},
    {.name = "pids-limit", .value = "N", .help = "Processes and threads it may have; -1: no limit", .section = kLimits, .fallback = "2048, no limit where --privileged"},
    {.name = "blkio-weight", .value = "N", .help = "Share of the disks where they are contended: 10 to 1000", .section = kLimits},
    {.name = "device-read-bps", .value = "DEVICE:SIZE", .help = "Bytes a second it may read from a disk, as in /dev/sda:1mb", .section = kLimits, .repeatable = true},
    {.name = "device-write-bps", .value = "DEVICE:SIZE", .help = "Bytes a second it may write to a disk", .section = kLimits, .repeatable = true},
    {.name = "device-read-iops", .value = "DEVICE:N", .help = "Reads a second from a disk, as in /dev/sda:1000", .section = kLimits, .repeatable = true},
    {.name = "device-write-iops", .value = "DEVICE:N", .help = "Writes a second to a disk", .section = kLimits, .repeatable = true},
    {.name = "cgroup-parent", .value = "CGROUP", .help = "Make its cgroup below this one", .section = kLimits, .fallback = "/phial"},

    {.name = "cap-add", .value = "CAPABILITY", .help = "Add a capability, as in NET_ADMIN, or ALL", .section = kSecurity, .repeatable = true},
    {.name = "cap-drop", .value = "CAPABILITY", .help = "Take a capability away, or ALL", .section = kSecurity, .repeatable = true},
    {.name = "privileged", .help = "All capabilities, all devices, no filter, nothing masked: as good as root on the host", .section = kSecurity},
    {.name = "security-opt", .value = "OPTION", .help = "no-new-privileges, seccomp=FILE|unconfined, apparmor=PROFILE, label=..., systempaths=unconfined, mask=PATH, unmask=PATH|ALL", .section = kSecurity, .repeatable = true},
    {.name = "sysctl", .value = "NAME=VALUE", .help = "Set one of the kernel's settings in its namespaces", .section = kSecurity, .repeatable = true},

    {.name = "network", .value = "MODE", .help = "none (nothing but lo), host, or container:NAME", .section = kWorld, .fallback = "none", .also = "net", .choices = "none|host|container:"},
    {.name = "hostname", .letter = 'h', .value = "NAME", .help = "Its host name", .section = kWorld, .fallback = "the first twelve digits of its id"},
    {.name = "domainname", .value = "NAME", .help = "Its NIS domain name", .section = kWorld},
    {.name = "add-host", .value = "NAME:ADDRESS", .help = "A further line of its /etc/hosts", .section = kWorld, .repeatable = true},
    {.name = "dns", .value = "ADDRESS", .help = "Name server of its /etc/resolv.conf", .section = kWorld, .repeatable = true},
    {.name = "dns-search", .value = "DOMAIN", .help = "Search domain of its /etc/resolv.conf", .section = kWorld, .repeatable = true},
    {.name = "dns-option", .value = "OPTION", .help = "Option of its /etc/resolv.conf", .section = kWorld, .repeatable = true},
    {.name = "pid", .value = "MODE", .help = "Whose processes it sees: private, host or container:NAME", .section = kWorld, .fallback = "private", .choices = "private|host|container:"},
    {.name = "ipc", .value = "MODE", .help = "Whose shared memory and queues: private, shareable, none, host or container:NAME", .section = kWorld, .fallback = "private", .choices = "private|shareable|none|host|container:"},
    {.name = "uts", .value = "MODE", .help = "Whose host name: private or host", .section = kWorld, .fallback = "private", .choices = "private|host"},
    {.name = "cgroupns", .value = "MODE", .help = "Where it sees the cgroup tree begin: private (its own) or host", .section = kWorld, .fallback = "private", .choices = "private|host"},
    {.name = "userns", .value = "MODE", .help = "Whose user ids: host is all this version can", .section = kWorld, .fallback = "host", .choices = "host"},

    {.name = "label", .letter = 'l', .value = "KEY[=VALUE]", .help = "Write something on it, to find it by", .section = kRecords, .repeatable = true},
    {.name = "label-file", .value = "FILE", .help = "The labels of a file of KEY=VALUE lines", .section = kRecords, .repeatable = true, .offer = Offer::file},
    {.name = "annotation", .value = "KEY=VALUE", .help = "Add an annotation to its config.json", .section = kRecords, .repeatable = true},
    {.name = "log-driver", .value = "DRIVER", .help = "How its output is kept: json-file, k8s-file or none", .section = kRecords, .fallback = "json-file", .choices = "json-file|k8s-file|none"},
    {.name = "log-opt", .value = "KEY=VALUE", .help = "max-size=SIZE of a log file, max-file=N files kept", .section = kRecords, .fallback = "max-size=10m, max-file=3", .repeatable = true},
    // clang-format on
};

// Docker's, and not here yet.
inline constexpr std::string_view kNoNetworks =
    "it has no networks of its own; --network host shares the machine's, container:NAME another's";
inline constexpr AbsentOption kAbsentTable[] = {
    {"publish", 'p', kNoNetworks},
    {"publish-all", 'P', kNoNetworks},
    {"network-alias", 0, kNoNetworks},
    {"ip", 0, kNoNetworks},
    {"ip6", 0, kNoNetworks},
    {"mac-address", 0, kNoNetworks},
    {"link", 0, kNoNetworks},
    {"attach", 'a', "without -d both outputs are attached, with -i the input too"},
    {"volumes-from", 0, "give the same -v flags again"},
    {"health-cmd", 0, "it does not check containers' health"},
    {"gpus", 0, "--device and --mount give a container what a driver needs"},
    {"runtime", 0, "phial runs containers itself"},
    {"blkio-weight-device", 0, "--blkio-weight sets the weight for every disk"},
    {"cpu-rt-runtime", 0, "kernels of today have no real-time group scheduling"},
};

// What `run` has beside: it also starts the container.
inline constexpr Option kRunTable[] = {
    {.name = "detach", .letter = 'd', .help = "Let it run in the background and print its id", .section = kLife},
    {.name = "detach-keys",
     .value = "KEYS",
     .help = "Typed, these leave the container running",
     .section = kLife,
     .fallback = "ctrl-p,ctrl-q"},
    {.name = "sig-proxy", .help = "Pass on the signals that phial gets", .section = kLife, .fallback = "true"},
    {.name = "timings", .help = "Print each step of the start with its microseconds", .section = kLife},
};

} // namespace phial::cli
