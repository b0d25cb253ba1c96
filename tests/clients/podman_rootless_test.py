"""podman for a user of the machine who is not root, with `--runtime phial-oci`: podman maps his ids, and runs the runtime
as root of his user namespace.

He is one whom every Debian knows. In a mount namespace of the test's own /etc has subordinate ids for him. His containers
have limits where systemd runs: by a manager of his own, as a login gives him one.
"""
import os
import pathlib
import pwd
import shutil
import subprocess

import scenarios
from client import RUNTIME, SYSTEMD, Place, Skip, command, expect, once, program, wait_until
from podman_test import CONFIG, Podman
from scenarios import IMAGE

NAME = "games"
MANAGER = "phial-test-rootless"
# Without a delegated cgroup of version 2 podman makes none at all for a user.
NEEDS_CGROUPS = ("exec_is_in_the_containers_cgroup_and_namespaces", "pause_and_unpause", "limits", "too_much_memory_kills",
                 "too_many_processes_are_refused", "update_changes_limits", "stats_and_top")


class User:
    """A user, and the mount namespace in which he has subordinate ids."""

    def __init__(self, place):
        try:
            entry = pwd.getpwnam(NAME)
        except KeyError:
            raise Skip(f"this machine has no user {NAME}") from None
        self.id, self.group = entry.pw_uid, entry.pw_gid
        self.home = place / "home"
        self.run = place / "run"
        for path in (self.home, self.run):
            path.mkdir(mode=0o700)
            os.chown(path, self.id, self.group)
        etc = place / "etc"
        etc.mkdir()
        for name in ("subuid", "subgid"):
            (etc / name).write_text(f"{NAME}:100000:65536\n")
        # It ends with its input.
        self.holder = subprocess.Popen(
            ["unshare", "-m", "--propagation", "private", "sh", "-c",
             'mount -t overlay -o "ro,lowerdir=$1:/etc" overlay /etc && mount --make-rshared / && echo ready && exec cat',
             "sh", etc], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        line = self.holder.stdout.readline()
        if line != "ready\n":
            raise Skip(f"no /etc of the test's own here: {line}")

    def words(self, *words, **variables):
        variables = {"HOME": self.home, "XDG_RUNTIME_DIR": self.run, "PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "TERM": "xterm",
                     **variables}
        return ["nsenter", "-t", self.holder.pid, "-m", "setpriv", "--reuid", self.id, "--regid", self.group, "--init-groups",
                "env", "-i", *[f"{name}={value}" for name, value in variables.items()], *words]

    def manager(self):
        """His own systemd, in a cgroup that is his."""
        done = command(["systemd-run", "--quiet", f"--unit={MANAGER}", "-p", "Delegate=yes", "-p", f"User={NAME}",
                        "-E", f"XDG_RUNTIME_DIR={self.run}", "/lib/systemd/systemd", "--user", "--unit=basic.target"])
        expect(done.exit == 0, done)
        wait_until((self.run / "bus").exists, "the bus of the user's manager: scripts/packages clients")

    def close(self):
        if SYSTEMD:
            command(["systemctl", "stop", f"{MANAGER}.service"])
        self.holder.communicate()


class Rootless(Podman):
    host_ipc = os.path.exists("/dev/mqueue")  # which podman binds for a user

    def __init__(self):
        self.path = program("podman")
        program("newuidmap")
        self.place = Place("user")
        self.user = User(self.place.dir)
        if SYSTEMD:
            self.user.manager()
        # The checkout may be closed to him.
        here = self.place.dir
        self.runtime = here / "bin" / os.path.basename(RUNTIME)
        self.runtime.parent.mkdir()
        shutil.copy(RUNTIME, self.runtime)
        helpers = pathlib.Path(RUNTIME).parent / "libexec"
        if helpers.is_dir():
            shutil.copytree(helpers, self.runtime.parent / "libexec")
        (here / "containers.conf").write_text(CONFIG)
        self.settings = None
        self.ok("import", "-c", "CMD [\"sh\"]", self.place.tar(), IMAGE)

    def words(self, *words):
        home = self.user.home
        return self.user.words(self.path, "--root", home / "root", "--runroot", self.user.run / "c", "--tmpdir",
                               self.user.run / "t", "--storage-driver", "overlay", "--runtime", self.runtime, *words,
                               CONTAINERS_CONF=self.place.dir / "containers.conf")

    def give(self, path):
        command(["chown", "-R", f"{self.user.id}:{self.user.group}", path])

    def container_cgroups(self):
        return [path for mount in ("/sys/fs/cgroup",) for path, _, _ in os.walk(f"{mount}/system.slice/{MANAGER}.service")
                if os.path.basename(path).startswith("libpod-") and "conmon" not in path]

    def close(self):
        self("rm", "-fa", "-t", "0")
        self("system", "migrate")  # ends the process that holds the user's namespaces
        self.user.close()
        self.place.close()


podman = once(Rootless)


globals().update(scenarios.tests(podman, leave_out=() if SYSTEMD else NEEDS_CGROUPS))


def test_the_program_is_a_users(t):
    """Its root is the user, the others of its users are subordinate ids of his."""
    c = podman()
    name = c.running()
    state = c.inspect(name)["State"]
    expect(os.stat(f"/proc/{state['Pid']}").st_uid == c.user.id, state)
    out = c.ok("exec", name, "cat", "/proc/self/uid_map")
    expect(out.split() == ["0", str(c.user.id), "1", "1", "100000", "65536"], out)
    c.removed(name)
    name = c.running("--user", "1000")
    pid = c.inspect(name)["State"]["Pid"]
    expect(os.stat(f"/proc/{pid}").st_uid == 100999, pid)
    c.removed(name)


def test_it_keeps_the_users_own_id(t):
    c = podman()
    expect(c.run("--userns", "keep-id", IMAGE, "id", "-u") == f"{c.user.id}\n")


def test_a_user_namespace_of_its_own(t):
    out = podman().run("--uidmap", "0:1:1000", IMAGE, "sh", "-c", "id -u; touch /root/x && stat -c %u /root/x")
    expect(out.split() == ["0", "0"], out)


def after_all():
    if podman.client:
        podman.client.close()
