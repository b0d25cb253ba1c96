"""The filter of system calls, and the ways around one."""
from harness import attack

DENIED = ["mkdir", "mkdirat", "unshare", "syslog"]


@attack("R16", "ways around a filter: x32's numbers, i386's, clone3, sockets by number",
        fires=("seccomp:skip=0 prctl,a0==22:skip=0",))
def other_architectures(room):
    probe = room.tool("probe")
    room.capabilities("SYS_ADMIN")
    for architectures in (["SCMP_ARCH_X86_64"], ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"]):
        for flags in ([], ["SECCOMP_FILTER_FLAG_LOG"]):
            room.config["linux"]["seccomp"] = {
                "defaultAction": "SCMP_ACT_ALLOW", "architectures": architectures, "flags": flags,
                "syscalls": [{"names": [*DENIED, "clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 1}]}
            done = room.run(f"{probe} abis")
            room.check("reached" not in done.out, f"{architectures}: {done.out}")
            room.check("unshare: 0" not in done.out, f"{architectures}: {done.out}")


@attack("R16b", "CVE-2026-31431: socket families by the argument of socket()", fires="seccomp:skip=0 prctl,a0==22:skip=0")
def families(room):
    probe = room.tool("probe")
    room.config["linux"]["seccomp"] = {
        "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 38, "architectures": ["SCMP_ARCH_X86_64"],
        "syscalls": [{"names": EVERYDAY, "action": "SCMP_ACT_ALLOW"},
                     {"names": ["socket"], "action": "SCMP_ACT_ALLOW",
                      "args": [{"index": 0, "value": 38, "op": "SCMP_CMP_LT"}]},
                     {"names": ["socket"], "action": "SCMP_ACT_ALLOW",
                      "args": [{"index": 0, "value": 39, "op": "SCMP_CMP_EQ"}]},
                     {"names": ["socket"], "action": "SCMP_ACT_ALLOW",
                      "args": [{"index": 0, "value": 40, "op": "SCMP_CMP_GT"}]}]}
    done = room.run(f"{probe} families")
    for family in (38, 40):
        room.check(f"socket {family} " not in done.out, f"family {family} can be had: {done.out}")
    room.last = f"{len(done.out.splitlines())} families and types"


EVERYDAY = ("read write open openat close stat fstat lstat newfstatat mmap mprotect munmap brk rt_sigaction rt_sigprocmask "
            "rt_sigreturn ioctl access execve exit exit_group arch_prctl set_tid_address set_robust_list rseq prlimit64 "
            "readlink readlinkat getrandom uname getpid getppid fork vfork clone wait4 getuid geteuid getgid getegid fcntl "
            "dup dup2 pipe pipe2 writev poll lseek chdir getcwd umask setpgid getpgrp prctl futex").split()
