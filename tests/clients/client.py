"""What the client tests stand on: an image of busybox, a private place for a client's store, and the search for what
was left behind.
"""
import os
import pathlib
import shutil
import subprocess
import tarfile
import tempfile

from phialtest import PHIAL_OCI, Failed, Skip, Terminal, command, expect, processes_holding, wait_until

RUNTIME = os.environ.get("PHIAL_OCI", PHIAL_OCI)
MANY = int(os.environ.get("PHIAL_CLIENTS_MANY", "200"))
V2 = os.path.exists("/sys/fs/cgroup/cgroup.controllers")
SYSTEMD = os.environ.get("CGROUP_DRIVER", "cgroupfs") == "systemd"
DRIVER = "systemd" if SYSTEMD else "cgroupfs"
USERS = {
    "etc/passwd": "root:x:0:0:root:/root:/bin/sh\nuser:x:1000:1000:user:/home:/bin/sh\n",
    "etc/group": "root:x:0:\nuser:x:1000:\nextra:x:2000:user\n",
}


def program(*names):
    """The path of the first of these that there is; else the test is skipped."""
    for name in names:
        found = shutil.which(name, path="/usr/bin:/usr/sbin:" + os.environ.get("PATH", ""))
        if found:
            return found
    raise Skip(f"{names[0]} is not on this machine: scripts/packages clients")


def busybox():
    path = shutil.which("busybox")
    if not path:
        raise Skip("busybox is not on this machine: scripts/packages build")
    return path


def make_root(folder):
    """A root file system of busybox and nothing else."""
    folder = pathlib.Path(folder)
    for name in ("bin", "etc", "root", "home", "proc", "sys", "dev"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "tmp").mkdir(exist_ok=True)
    (folder / "tmp").chmod(0o1777)
    shutil.copy(busybox(), folder / "bin" / "busybox")
    for applet in command([busybox(), "--list"]).out.split():
        if applet != "busybox":
            (folder / "bin" / applet).symlink_to("busybox")
    for name, text in USERS.items():
        (folder / name).write_text(text)
    return folder


class Place:
    """A directory of the client's own, a cgroup of its own for its containers (with systemd a slice); gone, and empty,
    after close().
    """

    made = []

    def __init__(self, name, systemd=SYSTEMD):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix=f"phial-{name}-", dir=os.environ.get("PHIAL_TEST_DIR") or "/var/tmp"))
        self.dir.chmod(0o755)
        self.systemd = systemd
        self.cgroup = f"phial{name}{os.getpid()}.slice" if systemd else f"phial-{name}-{os.getpid()}"
        self.parent = self.cgroup if systemd else f"/{self.cgroup}"  # as clients are told it
        self.daemons = []
        Place.made.append(self)

    def tar(self):
        """The image's root as an archive."""
        path = self.dir / "box.tar"
        if not path.exists():
            root = make_root(self.dir / "box")
            with tarfile.open(path, "w") as archive:
                archive.add(root, arcname=".", filter=self._as_root)
        return path

    @staticmethod
    def _as_root(entry):
        entry.uid = entry.gid = 0
        entry.uname = entry.gname = "root"
        return entry

    def daemon(self, words, socket):
        """Starts a program that stays, and waits for its socket."""
        log = open(self.dir / f"{pathlib.Path(str(words[0])).name}.log", "w")
        child = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                 start_new_session=True)
        log.close()
        self.daemons.append(child)

        def there():
            if child.poll() is not None:
                tail = pathlib.Path(log.name).read_text()[-2000:]
                raise Skip(f"{words[0]} does not run here: {tail}")
            return os.path.exists(socket)

        wait_until(there, f"{socket} of {words[0]}", 60)
        return child

    def cgroups(self):
        """The directories below the cgroup of this client's containers, in every hierarchy."""
        out = []
        mounts = [line.split()[1] for line in open("/proc/mounts") if line.split()[2] in ("cgroup", "cgroup2")]
        for mount in mounts:
            for folder, _, _ in os.walk(os.path.join(mount, self.cgroup)):
                out.append(folder)
        return out

    def close(self, own=lambda name: False):
        """own: whether a cgroup of that name is the client's own, not a container's."""
        for child in reversed(self.daemons):
            child.terminate()
            try:
                child.wait(30)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        holders = processes_holding(str(self.dir))
        for pid in holders:
            try:
                os.kill(pid, 9)
            except ProcessLookupError:
                pass
        found = self.cgroups()
        left = [path for path in found if os.path.basename(path) != self.cgroup and not own(os.path.basename(path))]
        for pid in {pid for path in left for pid in pathlib.Path(path, "cgroup.procs").read_text().split()}:
            os.kill(int(pid), 9)
            wait_until(lambda pid=pid: not os.path.exists(f"/proc/{pid}"), f"the end of {pid}")
        if self.systemd:
            command(["systemctl", "stop", self.cgroup])
        for path in reversed(found):
            try:
                os.rmdir(path)
            except OSError:
                pass
        mounts = [line.split()[4] for line in open("/proc/self/mountinfo") if f" {self.dir}/" in line]
        for mount in reversed(mounts):
            subprocess.run(["umount", "-l", mount], check=False)
        shutil.rmtree(self.dir, ignore_errors=True)
        # What the clients mount for themselves (a store, a shared memory) goes with them; a container's never showed.
        expect(not holders, f"left processes behind: {holders}")
        expect(not left, f"left cgroups behind: {left}")
        expect(not self.dir.exists(), f"{self.dir} cannot be removed")


def once(make):
    """A function that gives the client make() makes, always the same. Where it cannot be made that is told each time, and
    nothing of it stays. `client` of the function is None until then.
    """
    def get():
        if get.client is None and get.error is None:
            before = len(Place.made)
            try:
                get.client = make()
            except Exception as error:
                get.error = error
                for place in Place.made[before:]:
                    place.close()
        if get.error is not None:
            raise get.error
        return get.client

    get.client = get.error = None
    return get
