"""What the conformance tests stand on: a bundle, and a runtime of runc's command line to do things with it."""
import json
import os
import pathlib
import signal

import bundles
from phialtest import PHIAL_OCI, Skip, command, expect, wait_until

RUNTIME = PHIAL_OCI
OURS = os.path.basename(RUNTIME) == "phial-oci"
V2 = os.path.exists("/sys/fs/cgroup/cgroup.controllers")
SYSTEMD = os.environ.get("CGROUP_DRIVER", "cgroupfs") == "systemd"


def runtime_words():
    """crun refuses a machine whose version 2 hierarchy stands beside those of version 1: there it does not see it."""
    driver = ["--systemd-cgroup"] if SYSTEMD else []
    if os.path.basename(RUNTIME) in ("crun", "runc") and os.path.exists("/sys/fs/cgroup/unified/cgroup.procs"):
        return ["unshare", "-m", "sh", "-c", 'umount /sys/fs/cgroup/unified; exec "$0" "$@"', RUNTIME, *driver]
    return [RUNTIME, *driver]


def cgroup_file(v1, v2):
    """A file of the container's cgroup, as the container sees it at /sys/fs/cgroup."""
    return f"/sys/fs/cgroup/{v2}" if V2 else f"/sys/fs/cgroup/{v1}"


class Box(bundles.Bundle):
    """A bundle with its config.json as `config`, and its container. Used with `with`: deleted at the end."""

    def __init__(self, t, name="bundle"):
        super().__init__(t, name)
        self.config = bundles.spec()
        if not OURS:  # older ones refuse what is newer than they are
            self.config["ociVersion"] = "1.0.2"
        self.id = f"{t.dir.name}-{name}"
        # Where the hierarchies have it: what cgroupsPath says, or the scope that systemd makes for it.
        self.cgroup = f"/system.slice/conformance-{self.id}.scope" if SYSTEMD else f"/phial-conformance/{self.id}"
        self.config["linux"]["cgroupsPath"] = f"system.slice:conformance:{self.id}" if SYSTEMD else self.cgroup
        self.made = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self("delete", "--force", self.id)
        parent = "/phial-conformance"
        for line in open("/proc/mounts"):
            fields = line.split()
            if fields[2] in ("cgroup", "cgroup2"):
                for path in (fields[1] + parent,):
                    try:
                        os.rmdir(path)
                    except OSError:
                        pass

    def __call__(self, *words, **more):
        return command([*runtime_words(), "--root", self.t.dir / "state", *words], **more)

    def ok(self, *words, **more):
        done = self(*words, **more)
        expect(done.exit == 0, f"should have succeeded: {done}")
        return done.out

    def fails(self, *words, says=(), **more):
        done = self(*words, **more)
        expect(done.exit != 0, f"should have failed: {done}")
        for text in [says] if isinstance(says, str) else says:
            if OURS:  # the wording is this runtime's own
                expect(text in done.err, f"should have said {text!r}: {done}")
        return done

    def script(self, text):
        self.config["process"]["args"] = ["/bin/sh", "-c", text]

    def write(self, config=None):
        (self.dir / "config.json").write_text(json.dumps(config or self.config))

    # The container's streams are files: a container that stays must not hold the pipes of the test.
    def create(self, *flags):
        self.write()
        self.out = self.t.dir / f"{self.id}.out"
        done = command(["sh", "-c", 'exec "$@" >"$0" 2>"$0.err" </dev/null', self.out, *runtime_words(), "--root",
                        self.t.dir / "state", "create", *flags, "-b", self.dir, self.id])
        done.out, done.err = self.out.read_text(), pathlib.Path(f"{self.out}.err").read_text()
        return done

    def created(self, *flags):
        done = self.create(*flags)
        expect(done.exit == 0, f"create should have succeeded: {done}")
        return self

    def started(self, *flags):
        self.created(*flags)
        self.ok("start", self.id)
        return self

    def state(self):
        return json.loads(self.ok("state", self.id))

    def status(self):
        return self.state()["status"]

    def ended(self):
        wait_until(lambda: self.status() == "stopped", "the status stopped")
        return self.out.read_text()

    def run_it(self, script=None, **more):
        """What came of `run` in the foreground."""
        if script is not None:
            self.script(script)
        self.write()
        return self("run", "-b", self.dir, self.id, **more)

    def output(self, script=None, **more):
        done = self.run_it(script, **more)
        expect(done.exit == 0, f"should have succeeded: {done}")
        return done.out

    def refused(self, *says):
        """Neither created nor left: config.json is wrong."""
        done = self.create()
        expect(done.exit != 0, f"create should have refused it: {done}")
        expect(self("state", self.id).exit != 0, "there is a container after a failed create")
        for text in says:
            if OURS:
                expect(text in done.err, f"should have said {text!r}: {done}")
        return done

    def namespaces(self, *names):
        self.config["linux"]["namespaces"] = [{"type": name} for name in names]

    def mount(self, destination, kind="bind", source=None, *options):
        self.config["mounts"].append({"destination": destination, "type": kind, "source": str(source or kind),
                                      "options": list(options)})

    def hook(self, name, script, **more):
        entry = {"path": "/bin/sh", "args": ["sh", "-c", script], **more}
        self.config.setdefault("hooks", {}).setdefault(name, []).append(entry)

    def cgroups(self):
        mounts = [line.split()[1] for line in open("/proc/mounts") if line.split()[2] in ("cgroup", "cgroup2")]
        return [mount + self.cgroup for mount in mounts if os.path.isdir(mount + self.cgroup)]

    def units(self):
        """What systemd knows of the container's scope; nothing where cgroups are made without it."""
        if not SYSTEMD:
            return ""
        return command(["systemctl", "list-units", "--all", "--no-legend", "--plain", os.path.basename(self.cgroup)]).out
