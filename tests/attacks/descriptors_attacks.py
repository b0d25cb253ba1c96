"""What a container could get of the runtime itself: its descriptors, its directories, its program, its terminal."""
import os
import pty

from harness import attack
from room import Refused

LEAKED = range(3, 40)


def leak(room):
    """Descriptors of a directory of the host's, which whoever called the runtime forgot to close."""
    fd = os.open(room.outside, os.O_RDONLY | os.O_DIRECTORY)
    for number in LEAKED:
        if number != fd:
            os.dup2(fd, number, inheritable=True)
    os.set_inheritable(fd, True)
    return list(LEAKED)


@attack("R02", "CVE-2024-21626: the working directory is one of the runtime's descriptors",
        fires="crun")
def working_directory_is_a_descriptor(room):
    kept = leak(room)
    for number in (*range(3, 12), 20, 39):
        for cwd in (f"/proc/self/fd/{number}", f"/proc/self/fd/{number}/directory", f"/proc/thread-self/fd/{number}"):
            room.config["process"]["cwd"] = cwd
            done = room.run("ls -a; ls ../; cat secret; cat ../secret", pass_fds=kept)
            room.check("secret" not in done.out and "tool" not in done.out, f"{cwd} leads to the host: {done}")


@attack("R02c", "CVE-2024-21626: a program, and a link in the root, by way of the runtime's descriptors",
        fires="close_range:skip=0")
def program_by_a_descriptor(room):
    kept = leak(room)
    (room.outside / "run").write_bytes((room.root / "bin/busybox").read_bytes())
    (room.outside / "run").chmod(0o755)
    room.before = room.look()
    for number in (3, 4, 5, 8, 12, 20):
        room.config["process"]["args"] = [f"/proc/self/fd/{number}/run", "echo", "the host's program"]
        room.write()
        done = room("run", "-b", room.dir, room.fresh(), pass_fds=kept)
        room.check("the host's program" not in done.out, f"a program of the host's was executed: {done}")
        (room.root / "w").unlink(missing_ok=True)
        (room.root / "w").symlink_to(f"/proc/self/fd/{number}")
        done = room.run(f"cat /proc/self/fd/{number}/secret; cat /w/secret", pass_fds=kept)
        room.check("the host's secret" not in done.out, f"a file of the host's was read: {done}")


@attack("R02d", "CVE-2024-21626: exec's working directory, also a link in the root, is a descriptor",
        fires="crun")
def exec_by_a_descriptor(room):
    kept = leak(room)
    with room.running() as container:
        for number in (3, 4, 5, 6, 7, 8, 9, 12, 20):
            (room.root / "w").unlink(missing_ok=True)
            (room.root / "w").symlink_to(f"/proc/self/fd/{number}")
            for cwd in (f"/proc/self/fd/{number}", "/w"):
                done = room("exec", "--cwd", cwd, container.name, "/bin/sh", "-c", "ls; cat secret", pass_fds=kept)
                room.check("secret" not in done.out, f"exec's {cwd} leads to the host: {done}")
    room.last = done.err


@attack("R03", "descriptors that the caller left open reach the container", fires="close_range:skip=0")
def leaked_descriptors(room):
    kept = leak(room)
    probe = room.tool("probe")
    done = room.run(f"{probe} fds; {probe} through secret", pass_fds=kept)
    room.check("outside" not in done.out and "reached" not in done.out, f"a descriptor of the host's: {done}")
    if not done.ran:
        return
    with room.running("sleep 1000", pass_fds=kept) as container:
        here = os.stat(room.outside)
        for name in os.listdir(f"/proc/{container.pid}/fd"):
            status = os.stat(f"/proc/{container.pid}/fd/{name}")
            room.check((status.st_dev, status.st_ino) != (here.st_dev, here.st_ino), f"descriptor {name} is the host's")
        done = room("exec", container.name, probe, "fds", pass_fds=kept)
        room.check("outside" not in done.out, f"exec: {done}")


@attack("R01", "CVE-2019-5736: the runtime's program is overwritten by way of /proc/PID/exe",
        fires="fcntl,a1==1033:skip=0 prctl,a0==4:skip=0 memfd_create,a1&8:a1-8")
def overwrite_the_runtime(room):
    probe = room.tool("probe")
    room.config["process"]["noNewPrivileges"] = False
    room.capabilities("SYS_PTRACE")
    with room.running(f"{probe} overwrite 4") as container:
        for _ in range(40):
            container.exec(container.name, "/bin/true")
        container.wait("tried", 15)
        room.check("reached" not in container.text(), f"the program was written: {container.text()[:500]}")
        room.last = container.text().splitlines()[-1]
    # The image's shell is the runtime's program, as whoever executes the script sees it.
    with room.running() as container:
        (room.root / "bin/again").write_text("#!/proc/self/exe\n")
        (room.root / "bin/again").chmod(0o755)
        done = container.exec(container.name, "/bin/again", "--version")
        room.check("version" not in done.out, f"the runtime was executed in the container: {done}")
    room.config["process"]["args"] = ["/bin/again", "--version"]
    room.write()
    done = room("run", "-b", room.dir, room.fresh())
    room.check("version" not in done.out, f"the runtime was executed in the container: {done}")


@attack("R04", "CVE-2016-9962: a container looks into what joins it: its descriptors, its root",
        fires="setns,a1&0x20000:a1-0x20000")
def look_into_what_joins(room):
    probe = room.tool("probe")
    room.capabilities("SYS_PTRACE")
    with room.running(f"{probe} spy 4 {room.outside}") as container:
        for _ in range(40):
            container.exec(container.name, "/bin/true")
        container.wait("looked", 15)
        room.check("reached" not in container.text(), f"it saw: {container.text()[:600]}")


@attack("R29", "TIOCSTI: a container without a terminal pushes lines into the caller's", fires="setsid:skip=0")
def push_into_the_terminal(room):
    probe = room.tool("probe")
    room.script(f"{probe} tiocsti")
    room.write()
    name = room.fresh()
    pid, fd = pty.fork()
    if pid == 0:
        os.execvp(str(room.words()[0]), [str(word) for word in room.words("run", "-b", room.dir, name)])
    text = b""
    while True:
        try:
            piece = os.read(fd, 4096)
        except OSError:
            break
        if not piece:
            break
        text += piece
    os.waitpid(pid, 0)
    room.ran = room.ran or b"ran" in text
    room.check(b"0: pushed" not in text and b"3: pushed" not in text, f"the container typed: {text!r}")
    room.last = text.decode(errors="replace").replace("\r", "")[-200:]


@attack("R37", "the host's root by way of .., of chroot, of what lies below the root, of handles",
        fires="umount2,a1==2:skip=0")
def old_root(room):
    probe = room.tool("probe")
    for more in ((), ("SYS_ADMIN",), ("SYS_ADMIN", "SYS_PTRACE")):
        room.config["process"]["noNewPrivileges"] = not more
        room.capabilities(*more)
        done = room.run(f"{probe} chroot {room.outside}/secret; {probe} oldroot {room.outside}/secret; "
                        f"cat /../../..{room.outside}/secret /proc/1/root{room.outside}/secret; "
                        f"ls /..{room.outside}")
        room.check("reached" not in done.out and "the host's secret" not in done.out and "tool" not in done.out, done)


@attack("R37b", "shocker: files of the host by handle", fires="capset:skip=0 prctl,a0==24:skip=0")
def by_handle(room):
    probe = room.tool("probe")
    done = room.run(f"{probe} shocker / ; {probe} shocker /bin")
    room.check("reached" not in done.out, done)
    room.last = done.out.strip()


@attack("R32", "the caller's session keyring, and its keys", fires=("crun", "keyctl:skip=0"))
def keyring(room):
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    probe = room.tool("probe")
    libc.syscall(250, 1, b"attacks")  # KEYCTL_JOIN_SESSION_KEYRING: the caller's
    serial = libc.syscall(248, b"user", b"phial-canary", b"the host's key", 14, -3)
    if serial < 0:
        from phialtest import Skip
        raise Skip("this kernel has no keyrings")
    libc.syscall(250, 5, serial, ctypes.c_uint32(0x3f3f0000))  # KEYCTL_SETPERM: possessor and user only
    for user in (0, 1000):
        room.config["process"]["user"] = {"uid": user, "gid": user}
        done = room.run(f"{probe} keys 0; cat /proc/keys")
        room.check("reached" not in done.out and "phial-canary" not in done.out, f"the host's key: {done}")
    room.config["process"]["user"] = {"uid": 0, "gid": 0}
    with room.running() as container:
        done = container.exec(container.name, probe, "keys", "0")
        room.check("reached" not in done.out, f"the host's key, in exec: {done}")
