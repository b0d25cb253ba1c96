"""What an attack has in its hands: a bundle, the runtime, files outside of the root, and the host's view of it all.

    def f(room):
        room.config["linux"]["maskedPaths"] = […]
        done = room.run("cat /proc/keys")            # a container in the foreground, to its end
        with room.running("sleep 100") as container: # one that stays, looked at from the host
            container.process.capabilities()
"""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

import bundles
import oracle
from harness import LIMIT, TOOLS, Crashed, Escaped, Hung
from phialtest import PHIAL, SLOW, Done, Skip

CRASHES = {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGSYS, signal.SIGTRAP}
# A config.json as engines make them: docker's masks and capabilities, a limit, no terminal.
MASKED = ("/proc/acpi /proc/asound /proc/kcore /proc/keys /proc/latency_stats /proc/timer_list /proc/timer_stats "
          "/proc/sched_debug /proc/scsi /sys/firmware").split()
READONLY = "/proc/bus /proc/fs /proc/irq /proc/sys /proc/sysrq-trigger".split()
DOCKER = ["CAP_" + name for name in ("CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP "
                                     "NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE").split()]


def call(words, stdin=b"", seconds=LIMIT, env=None, cwd=None, pass_fds=(), stdout=subprocess.PIPE, merge=False):
    """A command to its end. Hung and Crashed are raised of it."""
    words = [str(word) for word in words]
    child = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=stdout, stderr=subprocess.PIPE, env=env, cwd=cwd,
                             pass_fds=pass_fds, start_new_session=True)
    try:
        out, err = child.communicate(stdin, timeout=seconds * SLOW)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.kill()
        raise Hung(f"not over after {seconds * SLOW:.0f} s: {' '.join(words)[-300:]}") from None
    done = Done(words, child.returncode, (out or b"").decode(errors="replace"), err.decode(errors="replace"))
    if -done.exit in CRASHES:
        raise Crashed(f"ended by {signal.Signals(-done.exit).name}: {done}")
    return done


class Container:
    """One that runs: its process as the host sees it, and what it wrote."""

    def __init__(self, room, name, child, out):
        self.room, self.name, self.child, self.out = room, name, child, out
        self.pid = 0

    @property
    def process(self):
        return oracle.Process(self.pid)

    def text(self):
        return self.out.read_text(errors="replace")

    def exec(self, *words, **more):
        return self.room("exec", *words, **more)

    def wait(self, text, seconds=LIMIT):
        end = time.monotonic() + seconds * SLOW
        while text not in self.text():
            if self.child.poll() is not None and text not in self.text():
                raise RuntimeError(f"the container ended before it wrote {text!r}: {self.text()[:1000]}")
            if time.monotonic() > end:
                raise Hung(f"the container did not write {text!r}: {self.text()[:1000]}")
            time.sleep(0.005)


class Refused(Exception):
    """The container that was to run was refused."""


class Room(bundles.Bundle):
    def __init__(self, job):
        self.job = job
        self.name = job.name
        self.ours = job.ours
        self.top = pathlib.Path("/tmp/room")
        self.top.mkdir()
        self.state = self.top / "runtime"
        self.ran = False
        self.last = ""
        self.counter = 0
        self.named = []
        self.outside = self.top / "outside"
        oracle.plant(self.outside)
        self.links()
        self.root.chmod(0o755)
        (self.root / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\njoe:x:1000:1000::/home:/bin/sh\n")
        (self.root / "etc/group").write_text("root:x:0:\njoe:x:1000:\n")
        self.meddled = self.top / "meddled"
        self.config = self.spec()
        self.unlooked = set()  # oracles an attack's own preparation disturbs

    def links(self):
        """bundles.Bundle, with symbolic links: quicker, and the attacks replace what they like."""
        self.dir = self.top / "bundle"
        self.root = self.dir / "rootfs"
        for directory in ("bin", "dev", "proc", "sys", "tmp", "etc", "root", "home"):
            (self.root / directory).mkdir(parents=True)
        shutil.copy(bundles.BUSYBOX, self.root / "bin/busybox")
        for word in ("sh ls cat echo sleep id env stty true false tty pwd grep mount umount readlink kill head seq wc dd "
                     "test touch ps mkdir rmdir chmod chown mkfifo mknod stat find unshare chroot ln rm mv cp yes od").split():
            (self.root / "bin" / word).symlink_to("busybox")

    def spec(self):
        config = bundles.spec()
        config["process"]["capabilities"] = {kind: list(DOCKER) for kind in ("bounding", "effective", "permitted")}
        config["linux"]["maskedPaths"], config["linux"]["readonlyPaths"] = list(MASKED), list(READONLY)
        config["linux"]["cgroupsPath"] = f"/phial-attacks/{self.job.key}/box"
        if not self.ours:
            config["ociVersion"] = "1.0.2"
        return config

    def tool(self, name):
        """A program of tools/, put into the container's root."""
        shutil.copy(TOOLS / name, self.root / "bin" / name)
        return "/bin/" + name

    # ---- the host's side ----

    def __enter__(self):
        self.before = self.look()
        return self

    def __exit__(self, kind, *_):
        for name in self.named:
            with contextlib.suppress(Hung, Crashed):
                call([self.job.runtime, "--root", self.state, "delete", "--force", name])
        if kind is None:
            self.compare()

    def look(self):
        return {"files": oracle.tree(self.outside), "mounts": oracle.mounts(), "settings": oracle.settings(),
                "program": oracle.program(self.job.runtime), "cgroup": oracle.Process(os.getpid()).cgroups()}

    def compare(self):
        """Whatever the attack was about: nothing of the host may have changed."""
        if not self.outside.exists():
            self.escaped(f"on the host, gone: {self.outside}")
        after = self.look()
        for what in ("files", "settings"):
            if what not in self.unlooked and (changed := oracle.differences(self.before[what], after[what])):
                self.escaped(f"on the host, {'; '.join(changed)[:1000]}")
        # One that went away may have gone because another namespace removed the directory below it.
        new = sorted(set(after["mounts"]) - set(self.before["mounts"]))
        if "mounts" not in self.unlooked and new:
            self.escaped("mounts on the host: " + "; ".join(new)[:1000])
        if self.before["program"] != after["program"]:
            self.escaped("the runtime's program is another")

    def outside_changed(self):
        """What changed of the files outside, in words."""
        return "; ".join(oracle.differences(self.before["files"], oracle.tree(self.outside)))[:500]

    def escaped(self, why):
        raise Escaped(why)

    def check(self, fine, why):
        if not fine:
            raise Escaped(why)

    # ---- the runtime ----

    @contextlib.contextmanager
    def unaltered(self):
        """In here nothing of the runtime is altered."""
        rules, self.job.rules = self.job.rules, []
        yield
        self.job.rules = rules

    def words(self, *words, rules=()):
        rules = [*self.job.rules, *rules]
        around = [TOOLS / "meddle", "--log", self.meddled, *rules, "--"] if rules else []
        return [*around, self.job.runtime, "--root", self.state, *words]

    def __call__(self, *words, rules=(), **more):
        done = call(self.words(*words, rules=rules), **more)
        self.last = done.err.strip() or f"exit status {done.exit}"
        return done

    def write(self, config=None):
        (self.dir / "config.json").write_text(json.dumps(config if config is not None else self.config))

    def fresh(self):
        self.counter += 1
        self.named.append(f"{self.job.attack.number}-{self.counter}")
        self.config["linux"].get("cgroupsPath")
        return self.named[-1]

    def script(self, text):
        self.config["process"]["args"] = ["/bin/sh", "-c", "echo ran; " + text]

    def run(self, script=None, flags=(), **more):
        """`run` in the foreground: what came of it, out without the line that says that it ran."""
        if script is not None:
            self.script(script)
        self.write()
        done = self("run", *flags, "-b", self.dir, self.fresh(), **more)
        if done.out.startswith("ran\n"):
            self.ran = True
            done.out = done.out[4:]
        done.ran = self.ran
        return done

    def start(self, script="sleep 1000", flags=(), rules=(), **more):
        """The same in the background, once its process runs; raises Refused where it never does."""
        self.script(script)
        self.write()
        name = self.fresh()
        out = self.top / f"{name}.out"
        with open(out, "wb") as file:
            child = subprocess.Popen([str(word) for word in self.words("run", *flags, "-b", self.dir, name, rules=rules)],
                                     stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True, **more)
        container = Container(self, name, child, out)
        end = time.monotonic() + LIMIT * SLOW
        while "ran\n" not in container.text():
            if child.poll() is not None and "ran\n" not in container.text():
                self.last = container.text().strip()
                raise Refused(self.last)
            if time.monotonic() > end:
                child.kill()
                raise Hung(f"run did not begin: {container.text()[:1000]}")
            time.sleep(0.003)
        self.ran = True
        self.last = "exit status 0"
        while not (state := self.state_of(name)).get("pid") and time.monotonic() < end:
            time.sleep(0.01)  # some write it down only after the process has begun
        container.pid = state["pid"]
        return container

    @contextlib.contextmanager
    def running(self, script="sleep 1000", flags=(), rules=(), **more):
        container = self.start(script, flags, rules, **more)
        try:
            yield container
        finally:
            with contextlib.suppress(Hung, Crashed):
                call([self.job.runtime, "--root", self.state, "delete", "--force", container.name])
            with contextlib.suppress(subprocess.TimeoutExpired):
                container.child.wait(LIMIT)
            container.child.kill()
            container.child.wait()

    def state_of(self, name):
        done = call([self.job.runtime, "--root", self.state, "state", name])
        try:
            return json.loads(done.out)
        except ValueError:
            return {}

    # ---- config.json ----

    def mount(self, destination, kind="bind", source=None, *options, first=False):
        entry = {"destination": destination, "type": kind, "source": str(source or kind), "options": list(options)}
        mounts = self.config["mounts"]
        mounts.insert(0, entry) if first else mounts.append(entry)

    def without_mount(self, *destinations):
        self.config["mounts"] = [entry for entry in self.config["mounts"]
                                 if not any(entry["destination"] == place or entry["destination"].startswith(place + "/")
                                            for place in destinations)]

    def capabilities(self, *names, kinds=("bounding", "effective", "permitted")):
        for kind in kinds:
            held = self.config["process"]["capabilities"].setdefault(kind, [])
            held += ["CAP_" + name for name in names if "CAP_" + name not in held]

    def everything(self):
        """As privileged as config.json can make it."""
        bundles.all_capabilities(self.config)
        self.config["process"]["noNewPrivileges"] = False

    def replace(self, path, target):
        """What is at a path of the root is gone, and a symbolic link lies there."""
        place = self.root / path.lstrip("/")
        if place.is_symlink() or place.is_file():
            place.unlink()
        elif place.is_dir():
            shutil.rmtree(place)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(target)
