"""Many containers at once: bundles, as many commands side by side as are wanted, and what is left of them."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

from phialtest import PHIAL_OCI, SLOW, Failed, expect, wait_until

APPLETS = "sh cat echo sleep true head tail dd yes seq".split()


def hierarchies():
    return [line.split()[4] for line in open("/proc/self/mountinfo") if " - cgroup" in line]


def own_parent():
    """A cgroup for the containers of an engine to be in; the engine leaves it, as it is nobody's of its own."""
    return f"/phial-storm-{os.getpid()}"


def forget_parent():
    for hierarchy in hierarchies():
        with contextlib.suppress(OSError):
            os.rmdir(hierarchy + own_parent())


class Crowd:
    """Containers that are named after us, and their cgroups after them."""

    def __init__(self, t, args=("true",), **resources):
        self.t = t
        self.name = f"phial-storm-{os.getpid()}-{t.dir.name[-6:]}"
        self.state = t.dir / "oci"
        self.bundle = t.dir / "bundle"
        root = self.bundle / "rootfs"
        for name in "bin etc proc sys dev tmp".split():
            (root / name).mkdir(parents=True)
        shutil.copy("/bin/busybox", root / "bin/busybox")
        for name in APPLETS:
            (root / "bin" / name).symlink_to("busybox")
        subprocess.run([PHIAL_OCI, "spec", "-b", self.bundle], check=True)
        self.spec = json.loads((self.bundle / "config.json").read_text())
        self.spec["process"].update(terminal=False, args=list(args))
        self.spec["ociVersion"] = "1.0.2"  # what older runtimes know
        self.spec["linux"]["resources"].update(resources)
        self.write()

    def write(self):
        self.config(self.name)

    def config(self, name, **process):
        """The file of a container's config.json: its cgroup is /NAME in every hierarchy."""
        self.spec["linux"]["cgroupsPath"] = f"/{name}"
        path = self.bundle / ("config.json" if name == self.name else f"{name}.json")
        path.write_text(json.dumps(dict(self.spec, process=dict(self.spec["process"], **process))))
        self.spec["linux"]["cgroupsPath"] = f"/{self.name}"
        return path

    def cgroups(self, name=None):
        name = name or f"{self.name}*"
        return [path for base in hierarchies() for path in pathlib.Path(base).glob(name)]

    def file(self, name, file):
        """The text of a file of the container's cgroup, in whichever hierarchy it is."""
        for path in self.cgroups(name):
            with contextlib.suppress(OSError):
                return (path / file).read_text().strip()
        raise Failed(f"no {file} in the cgroup of {name}")

    def words(self, *words, runtime=PHIAL_OCI):
        return [str(word) for word in (runtime, "--root", self.state, *words)]

    def run(self, *words, seconds=20):
        """(exit status, standard error) of a command without streams of ours."""
        with open(self.t.dir / "err", "w+") as err:
            child = subprocess.Popen(self.words(*words), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=err,
                                     start_new_session=True)
            try:
                status = child.wait(seconds * SLOW)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
                raise Failed(f"hangs: {words}") from None
            err.seek(0)
            return status, err.read()

    def ok(self, *words, seconds=20):
        status, err = self.run(*words, seconds=seconds)
        expect(status == 0, f"{words} ended with {status}: {err}")

    def pid(self, name):
        done = subprocess.run(self.words("state", name), capture_output=True, text=True, timeout=20, check=True)
        return json.loads(done.stdout)["pid"]

    def left(self):
        out = [str(path) for path in self.cgroups()]
        out += os.listdir(self.state) if self.state.exists() else []
        return out

    def expect_nothing_left(self):
        try:
            wait_until(lambda: not self.left(), "nothing left", 10)
        except Failed:
            raise Failed(f"left behind: {self.left()}") from None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for name in os.listdir(self.state) if self.state.exists() else []:
            with contextlib.suppress(Exception):
                self.run("delete", "-f", name)
        for path in self.cgroups():
            with contextlib.suppress(OSError):
                path.rmdir()


def side_by_side(commands, width, seconds=120):
    """Runs the commands, `width` of them at any time: ([exit status of each], seconds it took)."""
    waiting = list(enumerate(commands))[::-1]
    status = [None] * len(waiting)
    running = {}
    began = time.monotonic()
    null = [(os.POSIX_SPAWN_OPEN, fd, "/dev/null", os.O_RDWR, 0) for fd in (0, 1, 2)]
    try:
        while waiting or running:
            while waiting and len(running) < width:
                index, words = waiting.pop()
                running[os.posix_spawn(words[0], words, os.environ, file_actions=null, setsid=True)] = index
            pid, how = os.waitpid(-1, 0) if time.monotonic() - began < seconds * SLOW else (0, 0)
            if not pid:
                raise Failed(f"not finished after {seconds * SLOW:.0f} s: {len(running)} still run")
            if pid in running:
                status[running.pop(pid)] = os.waitstatus_to_exitcode(how)
    finally:
        for pid in running:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
    return status, time.monotonic() - began
