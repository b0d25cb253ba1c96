"""What a container has that phial was told nothing about: calls, capabilities, processes, files of the store."""
import os

from harness import TOOLS, attack
from images_attacks import Store, busybox, entry


def made(room):
    store = Store(room)
    store.load([*busybox(), entry("bin/probe", data=open(TOOLS / "probe", "rb").read(), mode=0o755),
                entry("bin/suid", data=open(TOOLS / "probe", "rb").read(), mode=0o4755)], "d:1", {"Env": ["PATH=/bin"]})
    return store, ("run", "--rm", "--cgroup-parent", f"/phial-attacks/{room.job.key}")


@attack("D01", "CVE-2026-31431: the default filter: AF_ALG, AF_VSOCK, new namespaces, keys, other architectures",
        fires="seccomp:skip=0 prctl,a0==22:skip=0", engine=True)
def default_filter(room):
    store, run = made(room)
    done = store(*run, "d:1", "/bin/probe", "families")
    room.check(done.exit == 0 and "socket 2 1" in done.out, f"the attack did not run: {done}")
    for family in (38, 40):
        room.check(f"socket {family} " not in done.out, f"family {family} can be had")
    done = store(*run, "d:1", "/bin/probe", "abis")
    room.check("unshare: 0" not in done.out and "clone3: -38" in done.out, f"new namespaces: {done.out}")
    room.check("/tmp/x32" not in done.out and "/tmp/i386" not in done.out or "signal" in done.out, done.out)
    done = store(*run, "d:1", "/bin/probe", "keys", "0")
    room.check("session keyring -1" in done.out, f"keys: {done.out}")
    room.last = "closed"


@attack("D02", "the default capabilities: the fourteen, and none for a user, a file's or a set-user-ID program's",
        fires="prctl,a0==24:skip=0", engine=True)
def default_capabilities(room):
    store, run = made(room)
    done = store(*run, "d:1", "/bin/probe", "gain")
    room.check("CapBnd:\t00000000a80425fb" in done.out and "CapEff:\t00000000a80425fb" in done.out
               and "CapInh:\t0000000000000000" in done.out, f"{done.out}")
    done = store(*run, "--security-opt", "no-new-privileges", "-u", "1000:1000", "d:1", "/bin/suid", "gain")
    room.check("Uid:\t1000\t1000\t1000" in done.out and "CapEff:\t0000000000000000" in done.out, f"{done.out}")
    done = store(*run, "d:1", "/bin/probe", "devices")
    room.check("reached" not in done.out, f"{done.out}")
    room.last = done.out.splitlines()[0] if done.out else done.err


@attack("D03", "a fork bomb in a container without any limit asked for", fires="write,a1~2048,a2==4:skip=4", engine=True)
def default_processes(room):
    store, run = made(room)
    done = store(*run, "d:1", "/bin/sh", "-c",
                 "/bin/busybox mkdir -p /m; i=0; while test $i -lt 2300; do (/bin/busybox sleep 30 &) 2>/dev/null || break; "
                 "i=$((i+1)); done; echo $i; /bin/busybox ls -d /proc/[0-9]* | /bin/busybox wc -l", seconds=30)
    counts = [int(word) for word in done.out.split() if word.isdigit()]
    room.check(not counts or max(counts) <= 2100, f"{counts} processes")
    room.last = f"{counts}"


@attack("D04", "CVE-2021-41091: another user walks through the store, the state, a container's files",
        fires="umask:skip=0 mkdirat:a2=0777 mkdir:a1=0777 openat,a2&0x40:a3=0666 fchmod:skip=0 fchmodat:a2=0777", engine=True)
def other_users(room):
    store, run = made(room)
    store("run", "-d", "--name", "open", "--cgroup-parent", f"/phial-attacks/{room.job.key}", "d:1", "/bin/busybox", "sleep", "100")
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setresgid(1000, 1000, 1000)
        os.setresuid(1000, 1000, 1000)
        found = []
        for top in (room.top / "root", room.top / "phial-state"):
            for folder, _, files in os.walk(top):
                found += [os.path.join(folder, file) for file in files
                          if os.access(os.path.join(folder, file), os.R_OK | os.X_OK if "suid" in file else os.R_OK)]
        os.write(writer, "\n".join(found[:5]).encode())
        os._exit(0)
    os.close(writer)
    found = os.read(reader, 4096).decode()
    os.close(reader)
    os.waitpid(child, 0)
    store("rm", "-f", "open")
    room.check(not found, f"another user reads {found}")


@attack("R33", "CVE-2020-15257: a container on the host's network reaches a socket of the runtime's or the engine's by its name",
        engine=True)
def abstract_sockets(room):
    store, run = made(room)
    before = names()
    store("run", "-d", "--name", "net", "--cgroup-parent", f"/phial-attacks/{room.job.key}", "--network", "host", "d:1",
          "/bin/busybox", "sleep", "100")
    new = names() - before
    store("rm", "-f", "net")
    room.check(not new, f"abstract sockets: {new}")


def names():
    return {line.split()[-1] for line in open("/proc/net/unix") if line.split()[-1].startswith("@")}
