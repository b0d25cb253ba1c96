"""phial-oci on ground of its own: a bundle, a state directory and a cgroup that nobody else uses, in a mount namespace
of its own, so that whatever is left can be seen.
"""
import contextlib
import json
import os
import pathlib
import shutil
import tempfile

import children
import inject
from phialtest import PHIAL_OCI

NAME = "swept"
# What a container tells of itself: what it was promised must be so, also where an error was passed over.
PORTRAIT = ("echo ran; cat /proc/self/cgroup /proc/self/uid_map /proc/self/net/dev; grep -E '^(Uid|Gid|Groups|NoNewPrivs|Seccomp|Cap)' /proc/self/status; "
            "while read -r a b c root at options more; do echo $root $at $options ${more#*- }; done "
            "</proc/self/mountinfo; cat /proc/self/limits; echo /proc/self/fd/*; hostname; pwd; env | grep -v ^HOME=; "
            "cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null; cat /proc/self/oom_score_adj; "
            "ls -l /dev | while read -r m n o g s t; do echo $m $o $g $s; done")
APPLETS = "sh cat echo sleep true grep hostname pwd env ls".split()


class Trouble(Exception):
    """Something is wrong after a point: kind is leaked, hung, crashed or untrue."""

    def __init__(self, kind, text):
        super().__init__(text)
        self.kind = kind


class Ground:
    def __init__(self, variant="plain"):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="phial-faults-"))
        self.dir.chmod(0o755)
        # The output of a container goes where the command that made it wrote to.
        self.runner, self.before, self.subject = (children.Runner(self.dir, name) for name in ("", "before-", "subject-"))
        self.state = self.dir / "state"
        self.bundle = self.dir / "bundle"
        self.parent = f"/phial-faults-{os.getpid()}"
        self.report = self.dir / "report"
        self.variant = variant
        self._make_bundle()
        self.mounts = self._mounts()
        self.portrait = None
        self.exec_portrait = None
        self.tree = None
        self.fresh()

    # ---- the bundle

    def _make_bundle(self):
        root = self.bundle / "rootfs"
        for name in "bin etc proc sys dev tmp data".split():
            (root / name).mkdir(parents=True)
        shutil.copy("/bin/busybox", root / "bin/busybox")
        for name in APPLETS:
            (root / "bin" / name).symlink_to("busybox")
        (root / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\n")
        (root / "data/file").write_text("text\n")
        self.ok("spec", "-b", self.bundle)
        self.spec = json.loads((self.bundle / "config.json").read_text())
        self.spec["process"]["terminal"] = False
        linux = self.spec["linux"]
        linux["cgroupsPath"] = f"{self.parent}/{NAME}"
        linux["resources"].update(pids={"limit": 64}, memory={"limit": 64 << 20}, cpu={"shares": 512})
        linux["sysctl"] = {"net.ipv4.ip_forward": "1"}
        linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
                            "syscalls": [{"names": ["keyctl", "add_key"], "action": "SCMP_ACT_ERRNO"}]}
        self.spec["mounts"] += [
            {"destination": "/data", "type": "tmpfs", "source": "tmpfs", "options": ["tmpcopyup", "size=1m"]},
            {"destination": "/mnt/bound", "type": "bind", "source": str(root / "etc"), "options": ["rbind", "ro"]}]
        self.spec["hooks"] = {name: [{"path": "/bin/true"}] for name in ("createRuntime", "poststart", "poststop")}
        if self.variant == "user":
            linux["namespaces"].append({"type": "user"})
            for kind in ("uidMappings", "gidMappings"):
                linux[kind] = [{"containerID": 0, "hostID": 0, "size": 1}, {"containerID": 1, "hostID": 100001,
                                                                           "size": 65535}]
        self.write()

    def write(self):
        for name, tail in (("config.json", "; exec sleep 1000"), ("short.json", "")):
            self.spec["process"]["args"] = ["/bin/sh", "-c", PORTRAIT + tail]
            (self.bundle / name).write_text(json.dumps(self.spec))

    # ---- commands

    def words(self, *words):
        return [PHIAL_OCI, "--root", self.state, *words]

    def run(self, *words, runner=None):
        try:
            return (runner or self.runner).run(self.words(*words))
        except children.Hung as hung:
            raise Trouble("hung", str(hung)) from None

    def ok(self, *words, runner=None):
        done = self.run(*words, runner=runner)
        if done.exit:
            raise Trouble("untrue", f"should have succeeded: {done}")
        return done.out

    def status(self):
        done = self.run("state", NAME)
        return json.loads(done.out)["status"] if done.exit == 0 else None

    # ---- what is there

    def _mounts(self):
        return [line.split(" ", 3)[3] for line in open("/proc/self/mountinfo")]

    def cgroups(self):
        out = []
        for base in [pathlib.Path("/sys/fs/cgroup"), *pathlib.Path("/sys/fs/cgroup").iterdir()]:
            with contextlib.suppress(OSError):
                out += [path for path in (base / self.parent.lstrip("/")).iterdir() if path.is_dir()]
        return out

    def _tree(self):
        out = []
        for folder, folders, files in os.walk(self.bundle):
            out += [os.path.join(folder, name) for name in folders + files]
        return sorted(out)

    def left(self):
        """What should not be there, as lines of text."""
        out = [f"process {pid}: {line}" for pid, line in children.living().items()]
        with contextlib.suppress(FileNotFoundError):
            for name in os.listdir(self.state):
                inside = os.listdir(self.state / name) if (self.state / name).is_dir() else ""
                out.append(f"state {name}: {inside}")
        out += [f"cgroup {path}" for path in self.cgroups()]
        mounts = self._mounts()
        if mounts != self.mounts:
            out += [f"mount {line.strip()}" for line in mounts if line not in self.mounts]
            out += [f"mount gone: {line.strip()}" for line in self.mounts if line not in mounts]
        if self.tree is not None:
            out += [f"file {path}" for path in sorted(set(self._tree()) ^ set(self.tree))]
        return out

    def expect_nothing_left(self):
        state = []

        def nothing():
            state[:] = self.left()
            return not state

        if not children.patiently(nothing):
            raise Trouble("leaked", "left behind: " + "; ".join(state))

    def clear(self):
        """delete -f; then nothing is left."""
        done = self.run("delete", "-f", NAME)
        if done.exit:
            raise Trouble("leaked", f"delete -f: {done}")
        self.expect_nothing_left()

    def fresh(self):
        """The next container runs, and is what it should be."""
        out = self.ok("run", "-b", self.bundle, "--config", self.bundle / "short.json", NAME)
        if self.portrait is None:
            self.portrait = out
            self.tree = self._tree()
        if out != self.portrait or not out.startswith("ran\n"):
            raise Trouble("untrue", f"a fresh container is another than the first one: {difference(self.portrait, out)}")
        self.expect_nothing_left()

    def force(self):
        """After a fault: whatever it takes, so that the next point begins with nothing."""
        def gone():
            pids = list(children.living())
            for path in self.cgroups():
                with contextlib.suppress(OSError):
                    pids += [int(pid) for pid in (path / "cgroup.procs").read_text().split()]
                with contextlib.suppress(OSError):
                    (path / "freezer.state").write_text("THAWED")
            children.end(pids)
            return not pids

        children.patiently(gone)
        for path in self.cgroups():
            with contextlib.suppress(OSError):
                path.rmdir()
        shutil.rmtree(self.state, ignore_errors=True)

    def close(self):
        self.force()
        for base in [pathlib.Path("/sys/fs/cgroup"), *pathlib.Path("/sys/fs/cgroup").iterdir()]:
            with contextlib.suppress(OSError):
                (base / self.parent.lstrip("/")).rmdir()
        shutil.rmtree(self.dir, ignore_errors=True)

    # ---- verbs under injection

    def prepare(self, verb):
        for words in VERBS[verb].before:
            if words[0] == "await":
                wrong = _is(words[1])(self, None)
                if wrong:
                    raise Trouble("untrue", f"before {verb}: {wrong}")
            else:
                self.ok(*self._here(words), runner=self.before)

    def _here(self, words):
        return [self.bundle if word == "BUNDLE" else self.bundle / "short.json" if word == "SHORT" else word
                for word in words]

    def injected(self, verb, **what):
        """Done of the verb's command under the tool."""
        self.report.unlink(missing_ok=True)
        command = self.words(*self._here(VERBS[verb].words))
        return self.subject.run(inject.words(self.report, command, **what))

    def findings(self):
        return inject.Report(self.report, self.dir)

    def works(self, verb, done):
        """After an exit status of 0: whether the verb did what it is for. None, or what is wrong."""
        return VERBS[verb].works(self, done)


def difference(expected, got):
    import difflib
    return "\n".join(list(difflib.unified_diff(expected.splitlines(), got.splitlines(), "expected", "got", "", "", 0))[:30])


# ---- the verbs

class Verb:
    def __init__(self, before, words, works):
        self.before, self.words, self.works = before, words, works


def _portrait_of(ground, text):
    return None if text == ground.portrait else f"the container is not what it should be: {difference(ground.portrait, text)}"


def _shows_itself(ground, runner):
    seen = []

    def whole():
        seen[:] = [runner.read(runner.out)]
        return seen[0] == ground.portrait
    return None if children.patiently(whole, 2) else _portrait_of(ground, seen[0])


def _created(ground, done):
    if ground.status() != "created":
        told = ground.run("start", NAME)  # an init that may not accept: nobody waits for it, so it is told later
        if told.exit and "wait for start" in told.err and "accept4" in told.err:
            return None
        return f"created, and its status is {ground.status()}"
    ground.ok("start", NAME)
    return _is("running")(ground, done) or _shows_itself(ground, ground.subject)


def _started(ground, done):
    return _is("running")(ground, done) or _shows_itself(ground, ground.before)


def _run(ground, done):
    return _is("running")(ground, done) or _shows_itself(ground, ground.subject)


def _is(status):
    def check(ground, done):
        seen = []

        def agrees():
            seen[:] = [ground.status()]
            return seen[0] == status
        return None if children.patiently(agrees, 2) else f"its status is {seen[0]}, not {status}"
    return check


def _executed(ground, done):
    """What exec joins is all that the container has, and nothing more."""
    if ground.exec_portrait is None:
        ground.exec_portrait = ground.ok("exec", NAME, "sh", "-c", PORTRAIT)
    if done.out != ground.exec_portrait:
        return f"the process is not what it should be: {difference(ground.exec_portrait, done.out)}"
    return _is("running")(ground, done)


def _updated(ground, done):
    for path in ground.cgroups():
        for name in ("pids.max",):
            with contextlib.suppress(FileNotFoundError):
                if (path / name).read_text() != "33\n":
                    return f"{path / name} is {(path / name).read_text()}"
    return None


CREATE = ["create", "-b", "BUNDLE", NAME]
RUN = ["run", "-d", "-b", "BUNDLE", NAME]
VERBS = {
    "create": Verb([], CREATE, _created),
    "start": Verb([CREATE], ["start", NAME], _started),
    "run": Verb([], ["run", "-b", "BUNDLE", "--config", "SHORT", NAME],
                lambda ground, done: _portrait_of(ground, done.out)),
    "run-detached": Verb([], RUN, _run),
    "exec": Verb([RUN], ["exec", NAME, "sh", "-c", PORTRAIT], _executed),
    "kill": Verb([RUN], ["kill", NAME, "KILL"], _is("stopped")),
    "delete": Verb([RUN, ["kill", NAME, "KILL"], ["await", "stopped"]], ["delete", NAME], _is(None)),
    "delete-created": Verb([CREATE], ["delete", NAME], _is(None)),
    "delete-force": Verb([RUN], ["delete", "-f", NAME], _is(None)),
    "update": Verb([RUN], ["update", "--pids-limit", "33", NAME], _updated),
    "pause": Verb([RUN], ["pause", NAME], _is("paused")),
    "resume": Verb([RUN, ["pause", NAME]], ["resume", NAME], _is("running")),
}
