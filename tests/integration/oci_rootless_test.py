"""phial-oci for who is not root: a user of the machine, and root of a user namespace (as podman runs it for a user).

The user is nobody (65534); what he may not see of this checkout is copied for him.
"""
import json
import os
import shutil

from phialtest import PHIAL_OCI, Skip, command, expect, wait_until

NOBODY = 65534
BECOME = ["setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"]


class Home:
    """A bundle, a state directory and the runtime, all of them the user's."""

    def __init__(self, t):
        self.dir = t.dir / "home"
        root = self.dir / "box" / "rootfs" / "bin"
        root.mkdir(parents=True)
        for path in [t.dir, *t.dir.parents]:
            if path.stat().st_mode & 0o001 == 0:
                if not str(path).startswith(str(t.dir)):
                    raise Skip(f"{path} is closed to other users")
                path.chmod(path.stat().st_mode | 0o011)
        shutil.copy("/bin/busybox", root)
        for name in ("sh", "cat", "id", "sleep", "ls", "true", "stat", "readlink"):
            (root / name).symlink_to("busybox")
        self.program = self.dir / "phial-oci"
        shutil.copy(PHIAL_OCI, self.program)
        for path, names, files in os.walk(self.dir):
            for name in [path, *(os.path.join(path, other) for other in names + files)]:
                os.chown(name, NOBODY, NOBODY, follow_symlinks=False)

    def run(self, *words, before=()):
        return command([*BECOME, *before, self.program, "--root", self.dir / "state", *words], cwd=self.dir / "box")

    def ok(self, *words, before=()):
        done = self.run(*words, before=before)
        expect(done.exit == 0, done)
        return done.out

    def bundle(self, *args, change=None):
        path = self.dir / "box" / "config.json"
        path.unlink(missing_ok=True)
        self.ok("spec", "--rootless")
        config = json.loads(path.read_text())
        config["process"]["terminal"] = False
        config["process"]["args"] = list(args)
        if change:
            change(config)
        path.write_text(json.dumps(config))


def test_a_user_runs_a_bundle(t):
    home = Home(t)
    home.bundle("sh", "-c", "id -u; cat /proc/self/uid_map; ls /dev/null; echo x > /dev/null; stat -c %u /")
    out = home.ok("run", "one").split()
    expect(out == ["0", "0", str(NOBODY), "1", "/dev/null", "0"], out)
    expect(home.ok("list", "--quiet") == "")


def test_a_user_creates_starts_kills_and_deletes(t):
    home = Home(t)
    home.bundle("sleep", "1000", change=lambda config: config["process"].update(oomScoreAdj=500))
    # What is created holds on to the output it is given.
    home.ok("create", "life", before=["sh", "-c", 'exec "$@" > /dev/null 2>&1', "sh"])
    state = json.loads(home.ok("state", "life"))
    expect(state["status"] == "created" and state["owner"] == "nobody", state)
    home.ok("start", "life")
    expect(json.loads(home.ok("state", "life"))["status"] == "running")
    # Its children are born in the container's pid namespace: a leak checker's helper would look for it there for ever.
    no_leaks = ["env", "ASAN_OPTIONS=detect_leaks=0"]
    expect(home.ok("exec", "life", "cat", "/proc/self/oom_score_adj", before=no_leaks) == "500\n")
    expect(home.ok("exec", "life", "sh", "-c", "id -u; cat /proc/1/comm", before=no_leaks).split() == ["0", "sleep"])
    home.ok("kill", "life", "KILL")
    wait_until(lambda: json.loads(home.ok("state", "life"))["status"] == "stopped", "stopped")
    home.ok("delete", "life")


def test_limits_that_cannot_be_set_are_refused(t):
    home = Home(t)
    home.bundle("true", change=lambda config: config["linux"].update(resources={"memory": {"limit": 1 << 26}}))
    done = home.run("run", "limited")
    expect(done.exit == 1 and "linux.resources.memory.limit" in done.err, done)
    expect(home.ok("list", "--quiet") == "")


def test_subordinate_ids_by_newuidmap(t):
    if not os.path.exists("/usr/bin/newuidmap"):
        raise Skip("Debian's package uidmap is not installed")
    home = Home(t)

    def change(config):
        for kind in ("uidMappings", "gidMappings"):
            config["linux"][kind] = [{"containerID": 0, "hostID": NOBODY, "size": 1},
                                     {"containerID": 1, "hostID": 300000, "size": 1000}]
        config["process"]["user"] = {"uid": 7, "gid": 8}

    home.bundle("sh", "-c", "id -u; cat /proc/self/uid_map", change=change)
    (t.dir / "sub").write_text(f"nobody:300000:1000\n{NOBODY}:300000:1000\n")
    script = (f"for file in subuid subgid; do touch /etc/$file; mount --bind {t.dir / 'sub'} /etc/$file || exit 9; done; "
              'exec "$@"')
    words = [*BECOME, home.program, "--root", home.dir / "state", "run", "many"]
    done = command(["unshare", "-m", "bash", "-c", script, "bash", *words], cwd=home.dir / "box")
    if done.exit == 9:
        raise Skip("no file can be mounted over /etc/subuid here")
    expect(done.exit == 0 and done.out.split() == ["7", "0", str(NOBODY), "1", "1", "300000", "1000"], done)


def test_root_of_a_user_namespace(t):
    home = Home(t)

    def change(config):
        config["linux"]["namespaces"] = [entry for entry in config["linux"]["namespaces"] if entry["type"] != "user"]
        del config["linux"]["uidMappings"], config["linux"]["gidMappings"]

    home.bundle("sh", "-c", "id -u; echo x > /dev/null", change=change)
    expect(home.ok("run", "nested", before=["unshare", "-Urm"]) == "0\n")


def test_root_of_a_user_namespace_enters_pid_namespaces(t):
    """From those of his user namespace the way back into the host's, which is not his, is closed to him."""
    home = Home(t)

    def change(config):
        config["linux"]["namespaces"] = [entry for entry in config["linux"]["namespaces"] if entry["type"] != "user"]
        del config["linux"]["uidMappings"], config["linux"]["gidMappings"]

    home.bundle("sleep", "1000", change=change)
    path = home.dir / "box" / "config.json"
    config = json.loads(path.read_text())
    config["process"]["args"] = ["sh", "-c", "readlink /proc/self/ns/pid; echo $$"]
    for entry in config["linux"]["namespaces"]:
        if entry["type"] == "pid":
            entry["path"] = "/proc/PID/ns/pid"
    config["hooks"] = {"poststart": [{"path": "/bin/sh", "args": ["sh", "-c", f"readlink /proc/self/ns/pid >{home.dir}/hooks"]}]}
    (home.dir / "other.json").write_text(json.dumps(config))
    script = ('"$@" create one >/dev/null 2>&1 </dev/null && "$@" start one && pid=$("$@" state one | sed -n \'s/.*"pid": '
              '\\([0-9]*\\).*/\\1/p\') || exit 9; readlink /proc/$pid/ns/pid; "$@" exec one readlink /proc/self/ns/pid; '
              f'sed "s/PID/$pid/" {home.dir}/other.json >config.json; "$@" run two; "$@" delete --force one')
    done = command([*BECOME, "unshare", "-Urm", "sh", "-c", script, "sh", home.program, "--root", home.dir / "state"],
                   cwd=home.dir / "box")
    lines = done.out.split()
    expect(done.exit == 0 and len(lines) == 4 and lines[0] == lines[1] == lines[2] and int(lines[3]) > 1, done)
    expect((home.dir / "hooks").read_text().strip() == os.readlink("/proc/self/ns/pid"), "a hook is in the container's namespace")
