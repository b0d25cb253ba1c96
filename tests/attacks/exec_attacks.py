"""`exec`, kill and delete on a container that is out to deceive them."""
import contextlib
import ctypes
import os
import signal
import subprocess
import time

from harness import LIMIT, Hung, attack
from room import DOCKER, Refused

KINDS = ("Inh", "Prm", "Eff", "Bnd", "Amb")


def born_as(pid):
    """A process of exactly this id: clone3 with set_tid."""
    class Arguments(ctypes.Structure):
        _fields_ = [(name, ctypes.c_uint64) for name in (
            "flags", "pidfd", "child_tid", "parent_tid", "exit_signal", "stack", "stack_size", "tls", "set_tid",
            "set_tid_size", "cgroup")]

    number = ctypes.c_int(pid)
    arguments = Arguments(exit_signal=signal.SIGCHLD, set_tid=ctypes.addressof(number), set_tid_size=1)
    libc = ctypes.CDLL(None, use_errno=True)
    child = libc.syscall(435, ctypes.byref(arguments), ctypes.sizeof(arguments))
    if child == 0:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        time.sleep(60)
        os._exit(0)
    return child if child > 0 else -ctypes.get_errno()


@attack("R30", "exec into a container that has laid a /proc of its own over the real one",
        fires=("seccomp:skip=0 prctl,a0==22:skip=0", "prctl,a0==38:skip=0"))
def fake_proc(room):
    room.capabilities("SYS_ADMIN")
    room.config["linux"]["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
                                       "syscalls": [{"names": ["syslog"], "action": "SCMP_ACT_ERRNO"}]}
    with room.running("mkdir -p /fake/self/attr /fake/self/fd /fake/1 /fake/thread-self/attr; "
                      "for f in self/attr/exec self/status self/setgroups thread-self/attr/exec self/oom_score_adj; do "
                      ": >/fake/$f; done; mount -t tmpfs fake /proc && cp -r /fake/* /proc/; echo faked; "
                      "sleep 1000") as container:
        container.wait("faked")
        child = subprocess.Popen([str(word) for word in room.words("exec", container.name, "/bin/sleep", "77.5")],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        pid = found("sleep\x0077.5", child)
        if pid:
            import oracle
            process = oracle.Process(pid)
            expect_confined(room, process, "exec")
        else:
            room.last = child.communicate(timeout=LIMIT)[0].decode()
        child.kill()
        child.wait()


def found(words, child, seconds=LIMIT):
    """The process of that command line, that is not one of the runtime's own; None where `child` ends before."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for name in os.listdir("/proc"):
            try:
                if name.isdigit() and open(f"/proc/{name}/cmdline").read().strip("\0").endswith(words) \
                        and os.stat(f"/proc/{name}/root").st_ino != os.stat("/").st_ino \
                        and "busybox" in os.readlink(f"/proc/{name}/exe"):
                    return int(name)
            except OSError:
                pass
        if child.poll() is not None:
            return None
        time.sleep(0.01)
    return None


def expect_confined(room, process, what, nnp=1, seccomp=2, allowed=(*DOCKER, "CAP_SYS_ADMIN")):
    import bundles
    mask = sum(1 << bundles._NAMES.index(name.removeprefix("CAP_")) for name in allowed)
    held = process.capabilities()
    for kind in KINDS:
        room.check(held[kind] & ~mask == 0, f"{what} holds Cap{kind} {held[kind]:x}")
    room.check(held["Inh"] == 0, f"{what} has inheritable capabilities: {held['Inh']:x}")
    room.check(process.number("NoNewPrivs") >= nnp, f"{what} may gain privileges")
    room.check(process.number("Seccomp") == seccomp, f"{what} has no system call filter")


@attack("R31", "the process's number is another's by now: kill, exec and delete would meet a stranger",
        fires="openat,a1~/stat:t1=/tmp/room/stat")
def pid_reuse(room):
    room.config["process"]["args"] = ["/bin/sleep", "1000"]
    room.write()
    name = room.fresh()
    with room.unaltered(), open(os.devnull, "r+b") as null:
        status = subprocess.call([str(word) for word in room.words("create", "-b", room.dir, name)], stdin=null, stdout=null,
                                 stderr=null, timeout=LIMIT)
        room.check(status == 0, "create failed")
        room("start", name)
    room.ran = True
    pid = room.state_of(name)["pid"]
    (room.top / "stat").write_text(open(f"/proc/{pid}/stat").read())
    os.kill(pid, signal.SIGKILL)
    end = time.monotonic() + LIMIT
    while os.path.exists(f"/proc/{pid}") and time.monotonic() < end:
        time.sleep(0.01)
    stranger = born_as(pid)
    if stranger != pid:
        raise RuntimeError(f"no process of that number can be made: {stranger}")
    verbs = (("kill", name, "KILL"), ("kill", "--all", name, "KILL"), ("exec", name, "/bin/true"), ("pause", name),
             ("delete", name), ("delete", "--force", name))
    for verb in verbs:
        room(*verb)
        time.sleep(0.02)
        gone = os.waitpid(pid, os.WNOHANG)[0]
        room.check(not gone, f"a stranger of the same number was killed by {' '.join(verb)}")
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


@attack("R45", "output that nobody reads, and readers that stand still: kill and delete do not wait for them",
        fires="pidfd_send_signal:skip=0 kill:skip=0")
def unread_output(room):
    room.script("while :; do yes; done")
    room.write()
    name = room.fresh()
    reader, writer = os.pipe()
    child = subprocess.Popen([str(word) for word in room.words("run", "-b", room.dir, name)], stdin=subprocess.DEVNULL,
                             stdout=writer, stderr=writer, start_new_session=True)
    os.close(writer)
    time.sleep(0.3)
    room.ran = True
    pid = room.state_of(name)["pid"]
    os.kill(child.pid, signal.SIGSTOP)
    room("kill", name, "KILL")
    room("delete", "--force", name)
    os.kill(child.pid, signal.SIGCONT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.wait(LIMIT)
    room.check(not os.path.exists(f"/proc/{pid}/exe") or not os.access(f"/proc/{pid}/root/.", os.F_OK), "it lives on")
    if child.poll() is None:
        raise Hung("run does not end with its container")
    os.close(reader)


@attack("R14", "CVE-2022-29162, CVE-2022-24769: capabilities beyond config.json, for root, a user, and exec",
        fires="prctl,a0==24:skip=0")
def capabilities(room):
    probe = room.tool("probe")
    os.setxattr(room.root / "bin/probe", "security.capability",
                bytes.fromhex("0100000202000000000000000000000000000000"))  # cap_dac_override+ep: in the bounding set
    for user in (0, 1000):
        for nnp in (False, True):
            room.config["process"]["user"] = {"uid": user, "gid": user}
            room.config["process"]["noNewPrivileges"] = nnp
            kinds = ("bounding", "effective", "permitted")
            room.config["process"]["capabilities"] = {kind: ["CAP_KILL", "CAP_CHOWN"] for kind in kinds}
            with room.running() as container:
                expect_confined(room, container.process, f"uid {user}", int(nnp), 0, ("CAP_KILL", "CAP_CHOWN"))
                held = container.process.capabilities()
                room.check(held["Amb"] == 0, "ambient capabilities that nobody asked for")
                room.check(user == 0 or (held["Eff"] == 0 and held["Prm"] == 0), f"uid {user} keeps {held['Eff']:x}")
                for more in ((), ("--user", "1000")):
                    child = subprocess.Popen([str(word) for word in room.words("exec", *more, container.name, "/bin/sleep",
                                                                               "78.5")],
                                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                    pid = found("sleep\x0078.5", child)
                    if pid:
                        import oracle
                        expect_confined(room, oracle.Process(pid), f"exec {' '.join(more)}", int(nnp), 0,
                                        ("CAP_KILL", "CAP_CHOWN"))
                        os.kill(pid, signal.SIGKILL)
                    child.kill()
                    child.wait()
            done = room.run(f"{probe} gain")
            room.check("CapEff:\t0000000000000002" not in done.out, f"a file gave what was taken away: {done.out}")


@attack("R15", "no_new_privs and the filter are there for run and for exec, also under a set-user-ID program",
        fires=("prctl,a0==38:skip=0", "seccomp:skip=0 prctl,a0==22:skip=0"))
def no_new_privileges(room):
    probe = room.tool("probe")
    os.chmod(room.root / "bin/probe", 0o4755)
    room.config["process"]["user"] = {"uid": 1000, "gid": 1000}
    room.config["linux"]["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
                                       "syscalls": [{"names": ["syslog"], "action": "SCMP_ACT_ERRNO"}]}
    done = room.run(f"{probe} gain")
    room.check("Uid:\t1000\t1000\t1000" in done.out, f"a set-user-ID program gave its owner's id: {done}")
    with room.running() as container:
        expect_confined(room, container.process, "run")
        child = subprocess.Popen([str(word) for word in room.words("exec", container.name, "/bin/sleep", "79.5")],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        pid = found("sleep\x0079.5", child)
        if pid:
            import oracle
            expect_confined(room, oracle.Process(pid), "exec")
        child.kill()
        child.wait()
        done = container.exec(container.name, probe, "gain")
        room.check("Uid:\t1000\t1000\t1000" in done.out, f"exec: {done}")


assert Refused
