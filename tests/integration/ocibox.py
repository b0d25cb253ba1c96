"""A bundle for the tests of phial-oci: a root with busybox in it, and the runtime with a state directory of the test's."""
import contextlib
import json
import os
import shutil
import subprocess
import threading
import time

from phialtest import PHIAL_OCI, Skip, Terminal, command, expect, wait_until

APPLETS = ("sh ls cat echo sleep id env stty true false tty pwd grep mount readlink kill head seq wc dd test touch ps "
           "mkdir chmod mkfifo").split()


class Box:
    """with Box(t) as box: … ; every container that is left is deleted at the end."""

    def __init__(self, t, args=("sleep", "1000"), **changes):
        self.t = t
        self.bundle = t.dir / "box"
        self.root = t.dir / "oci"
        self.words = [PHIAL_OCI, "--root", self.root]
        self.rootfs = self.bundle / "rootfs"
        self._make_root()
        self.oci("spec", "-b", self.bundle)
        self.spec = json.loads((self.bundle / "config.json").read_text())
        self.spec["process"].update(terminal=False, args=list(args))
        self.spec["linux"]["cgroupsPath"] = f"/phial-test-{os.getpid()}/box"
        self.change(**changes)

    def _make_root(self):
        busybox = shutil.which("busybox")
        if busybox is None:
            raise Skip("no busybox on this machine")
        for name in "bin etc proc sys dev tmp root home".split():
            (self.rootfs / name).mkdir(parents=True)
        shutil.copy(busybox, self.rootfs / "bin/busybox")
        for name in APPLETS:
            (self.rootfs / "bin" / name).symlink_to("busybox")
        (self.rootfs / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\njoe:x:1000:1000::/home/joe:/bin/sh\n")
        (self.rootfs / "etc/group").write_text("root:x:0:\njoe:x:1000:\n")

    def change(self, **process):
        """Members of config.json's process; everything else is changed in self.spec, then this is called."""
        self.spec["process"].update(process)
        (self.bundle / "config.json").write_text(json.dumps(self.spec))

    def oci(self, *words, **more):
        return command([*self.words, *words], **more)

    def ok(self, *words, **more):
        done = self.oci(*words, **more)
        expect(done.exit == 0, f"should have succeeded: {done}")
        return done.out

    def fails(self, status, *words, err="", **more):
        done = self.oci(*words, **more)
        expect(done.exit == status and err in done.err, f"should have ended with {status} and said {err!r}: {done}")
        return done

    def run(self, name="c"):
        """A container in the background; the caller's descriptors are not its own."""
        with open(os.devnull, "r+b") as null:
            status = subprocess.call([*map(str, self.words), "run", "-d", "-b", str(self.bundle), name], stdin=null,
                                     stdout=null, stderr=null, timeout=60)
        expect(status == 0, f"run -d ended with {status}")
        return name

    def create(self, name="c"):
        with open(os.devnull, "r+b") as null:
            status = subprocess.call([*map(str, self.words), "create", "-b", str(self.bundle), name], stdin=null,
                                     stdout=null, stderr=null, timeout=60)
        expect(status == 0, f"create ended with {status}")
        return name

    def state(self, name="c"):
        return self.oci("state", name).json

    def pid(self, name="c"):
        return self.state(name)["pid"]

    def start(self, *words, **more):
        """In the background: a subprocess.Popen with pipes unless said otherwise."""
        streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **more}
        return subprocess.Popen([str(word) for word in [*self.words, *words]], start_new_session=True, **streams)

    def terminal(self, *words, **more):
        terminal = Terminal([*self.words, *words], **more)
        self.t._terminals.append(terminal)
        return terminal

    def processes(self, name="c"):
        return [int(pid) for pid in self.oci("ps", "--format", "json", name).json]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        left = os.listdir(self.root) if self.root.exists() else []
        for name in left:
            self.oci("delete", "--force", name)
        base = self.spec["linux"].get("cgroupsPath", "").rsplit("/", 1)[0]
        for hierarchy in cgroup_mounts():
            with contextlib.suppress(OSError):
                os.rmdir(hierarchy + base)


def cgroup_mounts():
    return [line.split()[4] for line in open("/proc/self/mountinfo") if " - cgroup" in line]


def cgroups_of(pid):
    """{controllers: path} of a process; "" is version 2."""
    return {line.split(":")[1]: line.rstrip("\n").split(":", 2)[2] for line in open(f"/proc/{pid}/cgroup")}


class Receiver:
    """A socket that takes one descriptor: with Receiver(path) as got: … got.fd(), got.name."""

    def __init__(self, path, die=False):
        import socket
        self.path = str(path)
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(self.path)
        self.socket.listen(1)
        self.die = die
        self.name, self._fd = "", -1
        self.thread = threading.Thread(target=self._receive, daemon=True)
        self.thread.start()

    def _receive(self):
        import socket
        connection, _ = self.socket.accept()
        if self.die:
            connection.close()
            return
        data, fds, _, _ = socket.recv_fds(connection, 4096, 1)
        self.name, self._fd = data.decode(), fds[0]

    def fd(self):
        self.thread.join(20)
        expect(self._fd >= 0, "no descriptor came")
        return self._fd

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        if self._fd >= 0:
            os.close(self._fd)


def read_until(fd, text, seconds=20):
    """What comes from a descriptor until `text` is in it."""
    import select
    seen = ""
    end = time.monotonic() + seconds
    while text not in seen:
        ready, _, _ = select.select([fd], [], [], max(0, end - time.monotonic()))
        expect(ready, f"waited in vain for {text!r}; there was {seen!r}")
        seen += os.read(fd, 65536).decode(errors="replace")
    return seen


def ended(pid):
    try:
        stat = open(f"/proc/{pid}/stat").read()
    except OSError:
        return True
    return stat.rsplit(")", 1)[1].split()[0] in "ZX"
