"""Where an attack takes place: namespaces of its own, in which nothing of the machine can be changed.

An attack that succeeds does its harm here: the root is read-only in this mount namespace, /tmp and /run are new, the
network, the host name and the processes are the sandbox's own, and what the attack sees as the host is all gone at its
end. Only cgroups are the machine's; the harness keeps those below one name.
"""
import contextlib
import ctypes
import os
import signal

CLONE_NEWNS, CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWPID, CLONE_NEWNET = (0x20000, 0x4000000, 0x8000000, 0x20000000,
                                                                       0x40000000)
AT_FDCWD, AT_RECURSIVE, RDONLY, MS_PRIVATE = -100, 0x8000, 1, 1 << 18
MS_RDONLY, MS_REMOUNT, MS_BIND = 1, 32, 4096
_libc = ctypes.CDLL(None, use_errno=True)


class _Attributes(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("set", "clear", "propagation", "userns")]


def _checked(result, what):
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags):
    _checked(_libc.unshare(flags), "unshare")


def mount(source, target, kind="", flags=0, data=""):
    words = [str(word).encode() or None for word in (source, target, kind)]
    _checked(_libc.mount(*words, ctypes.c_ulong(flags), data.encode() or None), f"mount {target}")


def umount(target):
    _checked(_libc.umount2(str(target).encode(), 2), f"umount {target}")


def mount_setattr(path, recursive=True, set=0, clear=0, propagation=0):
    attributes = _Attributes(set, clear, propagation, 0)
    _checked(_libc.syscall(442, AT_FDCWD, path.encode(), AT_RECURSIVE if recursive else 0, ctypes.byref(attributes),
                           ctypes.sizeof(attributes)), f"mount_setattr {path}")


def _loopback():
    import fcntl
    import socket
    import struct
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, 0x8914, struct.pack("16sh22x", b"lo", 1))  # SIOCSIFFLAGS, IFF_UP


def _arrange(without_unified):
    mount_setattr("/", propagation=MS_PRIVATE)
    mount("proc", "/proc", "proc")
    if without_unified and os.path.exists("/sys/fs/cgroup/unified/cgroup.procs"):
        umount("/sys/fs/cgroup/unified")
    mount_setattr("/", set=RDONLY)
    mount_setattr("/sys/fs/cgroup", clear=RDONLY)
    mount_setattr("/proc", clear=RDONLY)
    for name in ("/proc/sys/kernel", "/proc/sys/vm", "/proc/sys/fs", "/proc/sysrq-trigger"):
        if not os.path.exists(name):
            continue
        mount(name, name, flags=MS_BIND)
        mount(name, name, flags=MS_BIND | MS_REMOUNT | MS_RDONLY)
    mount("proc", "/mnt", "proc")  # a user namespace may mount a /proc where there is one that nothing lies over
    for name in ("/tmp", "/run"):
        mount("tmpfs", name, "tmpfs", data="mode=0755,size=1g")
    _loopback()


def inside(work, without_unified=False):
    """Calls `work` in a process of a new sandbox, whose processes all end with it. Gives the process's id."""
    child = os.fork()
    if child:
        return child
    try:
        os.setsid()
        unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWNET)
        first = os.fork()
        if first:  # stays outside of the new process namespace, for whom the harness waits
            def end(*_):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(first, signal.SIGKILL)

            signal.signal(signal.SIGTERM, end)
            _, status = os.waitpid(first, 0)
            os._exit(os.waitstatus_to_exitcode(status) & 0xff)
        _libc.prctl(1, 9, 0, 0, 0)  # PR_SET_PDEATHSIG
        _arrange(without_unified)
        worker = os.fork()
        if worker == 0:
            os.setsid()
            work()
            os._exit(0)
        while True:  # the namespace's first process buries its orphans
            pid, status = os.wait()
            if pid == worker:
                os._exit(os.waitstatus_to_exitcode(status) & 0xff)
    except BaseException:
        import traceback
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            os.sys.stderr.flush()
        os._exit(99)
