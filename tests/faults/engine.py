"""phial on ground of its own, with the same manners as oci.Ground: a store, a state directory and a cgroup that nobody
else uses, in a mount namespace of its own.
"""
import contextlib
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

import children
import inject
from oci import NAME, PORTRAIT, Ground, Trouble, Verb, difference
from phialtest import PHIAL

SHORT = ["--name", NAME, "busybox", "sh", "-c", PORTRAIT]
LONG = ["-v", "/data", "--name", NAME, "--stop-signal", "KILL", "busybox", "sh", "-c", PORTRAIT + "; exec sleep 1000"]
LINES = ("HOSTNAME=", "PWD=")  # of the portrait: no two containers have the same


class EngineGround(Ground):
    def __init__(self):
        self.root = None
        super().__init__()

    def _make_bundle(self):
        """The store, with the image in it, and files to import and load."""
        self.root = self.dir / "root"
        self.bundle = self.dir / "files"
        (self.bundle / "tree/bin").mkdir(parents=True)
        shutil.copy("/bin/busybox", self.bundle / "tree/bin/busybox")
        subprocess.run(["tar", "-C", self.bundle / "tree", "-cf", self.bundle / "tree.tar", "."], check=True)
        self._make_archive()
        # What is made once and stays.
        self.ok("run", "--rm", "-v", "/data", "--cgroup-parent", self.parent, "busybox", "true")
        for words in (["import", "HERE/tree.tar", "brought:1"], ["load", "-i", "HERE/image.tar"]):
            self.ok(*self._here(words))
            self.ok("rmi", "brought:1")
        self.exec_portrait = self.store = None

    def _make_archive(self):
        """What `docker save` writes."""
        digest = hashlib.sha256((self.bundle / "tree.tar").read_bytes()).hexdigest()
        config = {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers",
                                                                                   "diff_ids": [f"sha256:{digest}"]}}
        manifest = [{"Config": "config.json", "RepoTags": ["brought:1"], "Layers": ["tree.tar"]}]
        (self.bundle / "config.json").write_text(json.dumps(config))
        (self.bundle / "manifest.json").write_text(json.dumps(manifest))
        subprocess.run(["tar", "-C", self.bundle, "-cf", self.bundle / "image.tar", "manifest.json", "config.json",
                        "tree.tar"], check=True)

    def words(self, *words):
        words = list(words)
        if words[0] in ("run", "create"):
            words[1:1] = ["--cgroup-parent", self.parent]
        return [PHIAL, "--root", self.root, "--state", self.state, *words]

    def _here(self, words):
        return [self.bundle / word[5:] if str(word).startswith("HERE/") else word for word in words]

    def status(self):
        out = self.ok("ps", "-a", "--format", "{{.Names}} {{.State}}")
        return dict(line.split() for line in out.splitlines()).get(NAME)

    def _store(self):
        out = set()
        for top in (self.root, self.state):
            for folder, folders, files in os.walk(top):
                if len(pathlib.Path(folder).relative_to(top).parts) == 3:
                    folders.clear()
                out.update(os.path.join(folder, name) for name in folders + files)
        return out

    def left(self):
        out = [f"process {pid}: {line}" for pid, line in children.living().items()]
        out += [f"cgroup {path}" for path in self.cgroups()]
        out += [f"mount {line.strip()}" for line in self._mounts() if line not in self.mounts]
        if self.store is not None:
            out += [f"file {path}" for path in sorted(self._store() ^ self.store)]
        return out

    def _alive(self):
        for path in self.cgroups():
            with contextlib.suppress(OSError):
                for pid in (path / "cgroup.procs").read_text().split():
                    with contextlib.suppress(OSError):
                        if pathlib.Path("/proc", pid, "stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX":
                            return True
        return False

    def clear(self):
        """ps says the truth; rm -f and rmi of all there is; after the next command nothing is left."""
        seen = []

        def agrees():
            seen[:] = [self.status(), self._alive()]
            return (seen[0] in ("running", "paused")) == seen[1]

        if not children.patiently(agrees):
            raise Trouble("untrue", f"ps says {seen[0]}, and it {'lives' if seen[1] else 'does not live'}")
        left = self.ok("ps", "-aq").split()  # one that is half removed may have lost its name
        done = self.run("rm", "-f", "-v", *left) if left else None
        if done and done.exit and "no such container" not in done.err.lower():
            raise Trouble("leaked", f"rm -f: {done}")
        if "brought" in self.ok("images"):
            self.ok("rmi", "-f", "brought:1")
        if not children.patiently(lambda: not self.left(), 0.1):
            self.ok("run", "--rm", "busybox", "true")
            self.ok("import", self.bundle / "tree.tar", "brought:1")
            self.ok("rmi", "brought:1")
        self.expect_nothing_left()

    def fresh(self):
        out = self.portrait_of(self.ok("run", "--rm", *SHORT))
        if self.portrait is None:
            self.portrait = out
            self.store = self._store()
        if out != self.portrait or not out.startswith("ran\n"):
            raise Trouble("untrue", f"a fresh container is another than the first one: {difference(self.portrait, out)}")
        self.expect_nothing_left()

    @staticmethod
    def portrait_of(text):
        lines = [line for line in text.splitlines(True) if not line.startswith(LINES)
                 and "/containers/" not in line and "/volumes/" not in line]
        return "".join("" if len(line) == 13 and line.strip().isalnum() else line for line in lines)

    def force(self):
        super().force()
        for place in ("containers", "names", "volumes"):
            for path in (self.root / place).glob("*") if (self.root / place).is_dir() else ():
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        with contextlib.suppress(Trouble):
            self.ok("rmi", "-f", "brought:1")
            self.ok("run", "--rm", "busybox", "true")

    def prepare(self, verb):
        for words in ENGINE_VERBS[verb].before:
            self.ok(*self._here(words), runner=self.before)

    def injected(self, verb, **what):
        self.report.unlink(missing_ok=True)
        command = self.words(*self._here(ENGINE_VERBS[verb].words))
        return self.subject.run(inject.words(self.report, command, **what))

    def works(self, verb, done):
        return ENGINE_VERBS[verb].works(self, done)


def _shows(ground, text):
    got = ground.portrait_of(text)
    return None if got == ground.portrait else f"the container is not what it should be: {difference(ground.portrait, got)}"


def _shows_in_logs(ground, done):
    seen = []

    def whole():
        seen[:] = [ground.portrait_of(ground.ok("logs", NAME))]
        return seen[0] == ground.portrait
    children.patiently(whole, 2)
    return _is("running")(ground, done) or _shows(ground, seen[0])


def _is(*states):
    def check(ground, done):
        seen = []

        def agrees():
            seen[:] = [ground.status()]
            return seen[0] in states
        return None if children.patiently(agrees, 2) else f"its status is {seen[0]}, not {states}"
    return check


def _created(ground, done):
    wrong = _is("created")(ground, done)
    if not wrong:
        ground.ok("start", NAME)
    return wrong or _shows_in_logs(ground, done)


def _executed(ground, done):
    if ground.exec_portrait is None:
        ground.exec_portrait = ground.portrait_of(ground.ok("exec", NAME, "sh", "-c", PORTRAIT))
    got = ground.portrait_of(done.out)
    return None if got == ground.exec_portrait else f"not what it should be: {difference(ground.exec_portrait, got)}"


def _brought(ground, done):
    out = ground.ok("run", "--rm", "brought:1", "/bin/busybox", "echo", "ran")
    return None if out == "ran\n" else f"the image's container wrote {out!r}"


def _removed(ground, done):
    wrong = _is(None)(ground, done)
    return wrong or ("; ".join(ground.left()) if not children.patiently(lambda: not ground.left(), 2) else None)


RUN = ["run", "-d", *LONG]
ENGINE_VERBS = {
    "run": Verb([], ["run", *SHORT], lambda ground, done: _shows(ground, done.out)),
    "run-rm": Verb([], ["run", "--rm", "-v", "/data", *SHORT], lambda ground, done: _is(None)(ground, done)),
    "run-detached": Verb([], RUN, _shows_in_logs),
    "create": Verb([], ["create", *LONG], _created),
    "start": Verb([["create", *LONG]], ["start", NAME], _shows_in_logs),
    "exec": Verb([RUN], ["exec", NAME, "sh", "-c", PORTRAIT], _executed),
    "stop": Verb([RUN], ["stop", NAME], _is("exited")),
    "rm": Verb([RUN], ["rm", "-f", "-v", NAME], _removed),
    "import": Verb([], ["import", "HERE/tree.tar", "brought:1"], _brought),
    "load": Verb([], ["load", "-i", "HERE/image.tar"], _brought),
}
