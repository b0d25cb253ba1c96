"""The systemd cgroup driver: containers in scopes of a real systemd. Skips where none runs, or cgroup v1 is mounted."""
import contextlib
import json
import os
import pathlib
import shutil
import signal
import subprocess

from phialtest import PHIAL, PHIAL_OCI, Skip, command, expect, wait_until

HELPER = pathlib.Path(PHIAL).parent / "libexec" / "phial" / "phial-systemd"
CGROUPS = pathlib.Path("/sys/fs/cgroup")


def need_systemd():
    if not pathlib.Path("/run/systemd/system").exists():
        raise Skip("systemd does not run here")
    if not (CGROUPS / "cgroup.controllers").exists():
        raise Skip("cgroup v1 is mounted")


def bundle(t, name, *command_line, path="", resources=None, annotations=None):
    """A bundle of busybox whose process is `command_line`; its directory."""
    place = t.dir / name
    (place / "rootfs" / "bin").mkdir(parents=True)
    for program in ("busybox", "sh", "sleep", "cat", "mkdir", "mount", "mknod"):
        shutil.copy("/bin/busybox", place / "rootfs" / "bin" / program)
    done = command([PHIAL_OCI, "spec", "-b", place])
    expect(done.exit == 0, done)
    config = json.loads((place / "config.json").read_text())
    config["process"]["terminal"] = False
    config["process"]["args"] = list(command_line)
    config["linux"]["cgroupsPath"] = path
    config["linux"]["resources"].update(resources or {})
    config["annotations"] = annotations or {}
    (place / "config.json").write_text(json.dumps(config))
    return place


def oci(t, *words):
    return [PHIAL_OCI, "--root", t.dir / "oci", "--systemd-cgroup", *words]


def show(unit, *properties):
    """{property: value} of systemctl show; without properties the load state."""
    done = command(["systemctl", "show", unit, "-p", ",".join(properties or ["LoadState"])])
    expect(done.exit == 0, done)
    values = dict(line.split("=", 1) for line in done.out.splitlines())
    return values if properties else values["LoadState"]


def expect_gone(t, unit, cgroup):
    seen = show(unit, "LoadState", "ActiveState")
    # Every name that could be a slice's is loaded when it is asked for.
    expect(seen["ActiveState"] == "inactive" and (unit.endswith(".slice") or seen["LoadState"] == "not-found"), seen)
    expect(not (CGROUPS / cgroup).exists(), f"{cgroup} is still there")
    states = t.dir / "oci"
    expect(not states.exists() or not list(states.iterdir()), f"left in {states}: {os.listdir(states)}")


@contextlib.contextmanager
def running(t, place, name):
    """The container while it runs: it has written "ready", and ends when its input does."""
    child = subprocess.Popen([str(word) for word in oci(t, "run", "-b", place, name)], stdin=subprocess.PIPE,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        line = child.stdout.readline()
        if line != b"ready\n":
            out, err = child.communicate(b"")
            raise AssertionError(f"the container did not start: {line!r} {out!r} {err!r}")
        yield child
        if child.poll() is None:
            child.stdin.close()
            child.wait()
    finally:
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout, child.stderr):
            stream.close()


def text(cgroup, file):
    return (CGROUPS / cgroup / file).read_text().strip()


def test_a_container_is_a_scope(t):
    need_systemd()
    limits = {"memory": {"limit": 67108864, "reservation": 33554432, "swap": 67108864}, "pids": {"limit": 20},
              "cpu": {"shares": 2048, "quota": 12345, "period": 100000, "cpus": "0"},
              "unified": {"memory.high": "50331648"}}
    place = bundle(t, "b", "/bin/sh", "-c", "echo ready; cat /proc/self/cgroup; read x; true", resources=limits,
                   annotations={"org.systemd.property.TimeoutStopSec": "7"})
    cgroup = "system.slice/phial-scoped.scope"
    with running(t, place, "scoped") as child:
        expect(child.stdout.readline() == b"0::/\n", "its cgroup namespace has another root than the scope")
        seen = show("phial-scoped.scope", "ActiveState", "Slice", "ControlGroup", "Delegate", "MemoryMax", "MemoryLow",
                    "MemoryHigh", "MemorySwapMax", "TasksMax", "CPUWeight", "CPUQuotaPerSecUSec", "AllowedCPUs",
                    "TimeoutStopUSec", "Description")
        expect(seen == {"ActiveState": "active", "Slice": "system.slice", "ControlGroup": "/" + cgroup,
                        "Delegate": "yes", "MemoryMax": "67108864", "MemoryLow": "33554432", "MemoryHigh": "50331648",
                        "MemorySwapMax": "0", "TasksMax": "20", "CPUWeight": seen["CPUWeight"],
                        "CPUQuotaPerSecUSec": "130ms", "AllowedCPUs": "0", "TimeoutStopUSec": "7s",
                        "Description": "phial container scoped"}, seen)
        expect(text(cgroup, "cgroup.procs"), "nobody is in it")

        def limits_hold():
            expect(text(cgroup, "memory.max") == "67108864", "memory.max")
            expect(text(cgroup, "memory.high") == "50331648", "memory.high")
            expect(text(cgroup, "pids.max") == "20", "pids.max")
            expect(text(cgroup, "cpu.weight") == seen["CPUWeight"] != "100", text(cgroup, "cpu.weight"))
            expect(text(cgroup, "cpuset.cpus") == "0", "cpuset.cpus")

        limits_hold()
        expect(text(cgroup, "cpu.max") == "12345 100000", "systemd's rounding stands in cpu.max")
        expect(command(["systemctl", "daemon-reload"]).exit == 0)
        limits_hold()
    expect(child.returncode == 0, child.returncode)
    expect_gone(t, "phial-scoped.scope", cgroup)


def test_slices_are_made_on_the_way(t):
    need_systemd()
    place = bundle(t, "b", "/bin/sh", "-c", "echo ready; read x", path="phialtest-a.slice:engine:one")
    cgroup = "phialtest.slice/phialtest-a.slice/engine-one.scope"
    with running(t, place, "one"):
        expect(text(cgroup, "cgroup.procs"), "nobody is in it")
        expect(show("engine-one.scope", "Slice") == {"Slice": "phialtest-a.slice"})
    expect_gone(t, "engine-one.scope", cgroup)
    command(["systemctl", "stop", "phialtest.slice"])


def test_a_slice_itself_holds_the_container(t):
    need_systemd()
    place = bundle(t, "b", "/bin/sh", "-c", "echo ready; read x", path="phialtest.slice::phialtest-c.slice")
    cgroup = "phialtest.slice/phialtest-c.slice"
    with running(t, place, "two"):
        expect(text(cgroup, "cgroup.procs"), "nobody is in it")
    expect_gone(t, "phialtest-c.slice", cgroup)
    command(["systemctl", "stop", "phialtest.slice"])


def test_devices_stay_refused_after_a_reload(t):
    need_systemd()
    script = "mknod /disk b 254 0; mknod /kmsg c 1 11; echo ready; read x; cat /kmsg 2>&1"
    place = bundle(t, "b", "/bin/sh", "-c", script)
    config = json.loads((place / "config.json").read_text())
    config["root"]["readonly"] = False
    for group in config["process"]["capabilities"].values():
        group.append("CAP_MKNOD")
    config["linux"]["resources"]["devices"] = [{"allow": False, "access": "rwm"}]
    (place / "config.json").write_text(json.dumps(config))
    with running(t, place, "filtered") as child:
        expect(command(["systemctl", "daemon-reload"]).exit == 0)
        child.stdin.write(b"go\n")
        child.stdin.flush()
        line = child.stdout.readline()
        expect(b"Operation not permitted" in line, f"the container reads /dev/kmsg: {line!r}")


def test_a_later_step_that_fails_leaves_no_unit(t):
    need_systemd()
    place = bundle(t, "b", "/bin/sh", resources={"unified": {"memory.nosuch": "1"}})
    done = command(oci(t, "run", "-b", place, "failing"))
    expect(done.exit != 0 and "memory.nosuch" in done.err, done)
    expect_gone(t, "phial-failing.scope", "system.slice/phial-failing.scope")


def test_systemds_refusal_is_the_error(t):
    need_systemd()
    place = bundle(t, "b", "/bin/sh", annotations={"org.systemd.property.NoSuchThing": "'x'"})
    done = command(oci(t, "run", "-b", place, "refused"))
    expect(done.exit != 0 and "let systemd start the scope phial-refused.scope" in done.err, done)
    expect("systemd does not start phial-refused.scope" in done.err and "NoSuchThing" in done.err, done)
    expect_gone(t, "phial-refused.scope", "system.slice/phial-refused.scope")


def test_a_unit_of_somebody_else_is_left_alone(t):
    need_systemd()
    place = bundle(t, "b", "/bin/sh")
    other = subprocess.Popen(["systemd-run", "--scope", "--quiet", "--unit=phial-taken.scope", "sleep", "1000"])
    try:
        wait_until(lambda: show("phial-taken.scope", "ActiveState")["ActiveState"] == "active", "the other scope")
        done = command(oci(t, "run", "-b", place, "taken"))
        expect(done.exit != 0 and "systemd has a unit phial-taken.scope already" in done.err, done)
        expect(other.poll() is None and show("phial-taken.scope") == "loaded", "the other scope was ended")
    finally:
        other.kill()
        other.wait()
        command(["systemctl", "stop", "phial-taken.scope"])


def test_create_start_and_delete(t):
    need_systemd()
    place = bundle(t, "b", "/bin/sleep", "1000")
    cgroup = "system.slice/phial-steps.scope"
    words = [str(word) for word in oci(t, "create", "-b", place, "steps")]
    streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    expect(subprocess.run(words, check=False, **streams).returncode == 0)  # the container keeps its streams
    expect(len(text(cgroup, "cgroup.procs").split()) == 1, "the created process is not alone in its scope")
    expect(command(oci(t, "start", "steps")).exit == 0)
    expect(show("phial-steps.scope", "ActiveState") == {"ActiveState": "active"})
    done = command(oci(t, "delete", "--force", "steps"))
    expect(done.exit == 0, done)
    expect_gone(t, "phial-steps.scope", cgroup)


def test_what_outlived_its_runtime_is_deleted(t):
    need_systemd()
    place = bundle(t, "b", "/bin/sh", "-c", "echo ready; read x")
    with running(t, place, "again") as child:
        child.send_signal(signal.SIGKILL)
        child.wait()
        expect(show("phial-again.scope") == "loaded", "its scope went with the runtime")
        done = command(oci(t, "delete", "--force", "again"))
        expect(done.exit == 0, done)
    expect_gone(t, "phial-again.scope", "system.slice/phial-again.scope")


def test_update_and_exec_and_pause(t):
    need_systemd()
    place = bundle(t, "b", "/bin/sh", "-c", "echo ready; read x", resources={"memory": {"limit": 67108864}})
    cgroup = "system.slice/phial-later.scope"
    with running(t, place, "later"):
        done = command(oci(t, "update", "--memory", "33554432", "--pids-limit", "9", "--cpu-quota", "12345", "later"))
        expect(done.exit == 0, done)
        seen = show("phial-later.scope", "MemoryMax", "TasksMax", "CPUQuotaPerSecUSec")
        expect(seen == {"MemoryMax": "33554432", "TasksMax": "9", "CPUQuotaPerSecUSec": "130ms"}, seen)
        expect(text(cgroup, "memory.max") == "33554432" and text(cgroup, "pids.max") == "9", "the files")
        expect(text(cgroup, "cpu.max") == "12345 100000", text(cgroup, "cpu.max"))
        done = command(oci(t, "exec", "later", "/bin/cat", "/proc/self/cgroup"))
        expect(done.exit == 0 and done.out == "0::/\n", done)
        for verb, frozen in (("pause", "1"), ("resume", "0")):
            done = command(oci(t, verb, "later"))
            expect(done.exit == 0 and f"frozen {frozen}" in text(cgroup, "cgroup.events"), done)
    expect_gone(t, "phial-later.scope", cgroup)


def test_the_helper_changes_a_running_scope(t):
    need_systemd()
    place = bundle(t, "b", "/bin/sh", "-c", "echo ready; read x")
    with running(t, place, "changed"):
        done = command([HELPER, "set", "phial-changed.scope", "TasksMax=uint64 7", "MemoryMax=uint64 33554432"])
        expect(done.exit == 0, done)
        expect(text("system.slice/phial-changed.scope", "pids.max") == "7", "pids.max")
        expect(text("system.slice/phial-changed.scope", "memory.max") == "33554432", "memory.max")
    done = command([HELPER, "stop", "phial-changed.scope"])
    expect(done.exit == 0, f"stopping what is not there should succeed: {done}")


@contextlib.contextmanager
def manager_of(t, user):
    """A second systemd, as a user's is; its runtime directory."""
    need_systemd()
    place = t.dir / "user"
    place.mkdir(mode=0o700)
    os.chown(place, user, user)
    done = command(["systemd-run", "--quiet", "--unit=phial-test-user", "-p", "Delegate=yes", "-p", f"User={user}",
                    "-E", f"XDG_RUNTIME_DIR={place}", "/lib/systemd/systemd", "--user", "--unit=basic.target"])
    expect(done.exit == 0, done)
    try:
        wait_until((place / "systemd" / "private").exists, "the user's manager")
        yield place
    finally:
        command(["systemctl", "stop", "phial-test-user.service"])


def cgroup_of(pid):
    return pathlib.Path(f"/proc/{pid}/cgroup").read_text().strip().removeprefix("0::/")


def test_the_helper_reaches_the_manager_of_a_user(t):
    with manager_of(t, 0) as place, subprocess.Popen(["sleep", "1000"]) as sleeper:
        try:
            where = ["--address", f"unix:path={place}/bus", "--address", f"unix:path={place}/systemd/private"]
            done = command([HELPER, "cgroup", *where])
            expect(done.exit == 0 and "phial-test-user.service" in done.out, done)
            done = command([HELPER, "start", "phial-mine.scope", *where, "--pid", sleeper.pid, "Slice='user.slice'",
                            "Delegate=true"])
            expect(done.exit == 0, done)
            expect(cgroup_of(sleeper.pid).endswith("phial-test-user.service/user.slice/phial-mine.scope"),
                   cgroup_of(sleeper.pid))
            done = command([HELPER, "stop", "phial-mine.scope", *where])
            expect(done.exit == 0, done)
            expect(sleeper.wait(60) != 0, "the process outlived its scope")
        finally:
            sleeper.kill()


def test_who_is_not_root_has_limits_by_his_own_manager(t):
    user = 1000
    with manager_of(t, user) as place:
        own = t.dir / "own"
        (own / "rootfs" / "bin").mkdir(parents=True)
        shutil.copy("/bin/busybox", own / "rootfs" / "bin" / "sleep")
        for path in [own, *own.rglob("*")]:
            os.chown(path, user, user)
        me = ["setpriv", "--reuid", user, "--regid", user, "--clear-groups", "env", "-u",
              "DBUS_SESSION_BUS_ADDRESS", f"XDG_RUNTIME_DIR={place}"]
        me += [PHIAL_OCI, "--root", own / "states", "--systemd-cgroup"]
        done = command([*me, "spec", "--rootless", "-b", own])
        expect(done.exit == 0, done)
        config = json.loads((own / "config.json").read_text())
        config["process"].update(terminal=False, args=["/bin/sleep", "1000"])
        config["linux"]["resources"] = {"pids": {"limit": 9}, "memory": {"limit": 67108864}}
        (own / "config.json").write_text(json.dumps(config))
        streams = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        words = [str(word) for word in [*me, "run", "-d", "--pid-file", own / "pid", "-b", own, "mine"]]
        expect(subprocess.run(words, check=False, **streams).returncode == 0)
        cgroup = cgroup_of((own / "pid").read_text())
        expect(cgroup.endswith("phial-test-user.service/user.slice/phial-mine.scope"), cgroup)
        expect(text(cgroup, "pids.max") == "9" and text(cgroup, "memory.max") == "67108864", "the limits")
        done = command([*me, "update", "--pids-limit", "7", "mine"])
        expect(done.exit == 0 and text(cgroup, "pids.max") == "7", done)
        done = command([*me, "delete", "--force", "mine"])
        expect(done.exit == 0 and not (CGROUPS / cgroup).exists(), done)


def test_without_systemd_the_way_out_is_named(t):
    if pathlib.Path("/run/systemd/system").exists():
        raise Skip("systemd runs here")
    place = bundle(t, "b", "/bin/sh")
    done = command(oci(t, "run", "-b", place, "nowhere"))
    expect(done.exit != 0 and "systemd is not running here" in done.err and "cgroupfs" in done.err, done)
