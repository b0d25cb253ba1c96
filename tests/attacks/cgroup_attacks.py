"""cgroups: paths that lead out of them, limits and devices that do not hold, what of them can be written from within."""
import contextlib
import os
import signal
import subprocess
import time

from harness import LIMIT, attack, cgroup_mounts
from room import Refused


def made_by(room):
    """Every cgroup with the attack's name, or the attack's canary name, wherever it is."""
    out = []
    for mount in cgroup_mounts():
        for name in os.listdir(mount):
            if name.startswith("phial-escaped"):
                out.append(f"{mount}/{name}")
    return out


@attack("R20", "CVE-2023-6476: cgroupsPath leads out of the hierarchy; keys and values smuggle writes",
        fires="crun")
def path_of_the_cgroup(room):
    base = room.config["linux"]["cgroupsPath"].rsplit("/", 1)[0]
    out = str(room.outside).lstrip("/")
    ups = "../" * 12
    for path in (ups + out + "/made", base + "/" + ups + out + "/made", base + "/\x00x", base + "/a\nb",
                 base + "/./..//..//" + ups + "/tmp/room/outside/directory", base + "/" + "x" * 300):
        room.config["linux"]["cgroupsPath"] = path
        room.run("true")
        room.compare()
    room.config["linux"]["cgroupsPath"] = base + "/box"
    for key in ("../cgroup.procs", "memory.max/../../x", "/etc/passwd", "", ".", "..", "memory.max\n", "a" * 300):
        room.config["linux"]["resources"] = {"unified": {key: "1"}}
        done = room.run("true")
        room.check(done.exit != 0, f"the key {key!r} of unified was taken: {done}")
    # What belongs to a cgroup above the container's must not be reached by a name with "..".
    room.config["linux"]["resources"] = {"hugepageLimits": [{"pageSize": "../../x/2MB", "limit": 1}]}
    done = room.run("true")
    room.check(done.exit != 0, f"a page size with .. was taken: {done}")


@attack("R18", "CVE-2022-0492: release_agent by a cgroup mount of the container's own",
        fires="fsmount,a2&1:a2-1 mount_setattr,s3+0&0x1:s3+0-0x1")
def release_agent(room):
    room.mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", "noexec", "nodev", "relatime", "ro")
    script = ("for f in /sys/fs/cgroup/*/release_agent /sys/fs/cgroup/release_agent /sys/fs/cgroup/*/notify_on_release "
              "/sys/fs/cgroup/notify_on_release /sys/fs/cgroup/*/cgroup.procs /sys/fs/cgroup/cgroup.procs; do "
              "( : >>$f ) 2>/dev/null && echo reached $f; done; "
              "mkdir /sys/fs/cgroup/x /sys/fs/cgroup/*/x 2>/dev/null && echo reached mkdir; ")
    own = ("unshare -Urm sh -c 'for k in rdma memory misc pids perf_event; do mkdir -p /tmp/$k; "
           "mount -t cgroup -o $k cgroup /tmp/$k && for f in /tmp/$k/release_agent; do ( : >>$f ) && echo reached $f; done; done'")
    done = room.run(script + own)
    room.check("reached" not in done.out, f"the container can write {done.out[:800]}")
    room.last = done.err.strip()[:300] or done.out


@attack("R19", "CVE-2023-25809: the host's cgroups are seen, or can be joined",
        fires="unshare,a0&0x2000000:skip=0")
def other_cgroups(room):
    room.mount("/sys/fs/cgroup", "cgroup", "cgroup", "ro")
    with room.running() as container:
        inside = container.exec(container.name, "/bin/cat", "/proc/self/cgroup", "/proc/1/cgroup")
        seen = [line.split(":", 2)[2] for line in inside.out.splitlines()]
        if room.ours or "/box" in "".join(seen):
            room.check(seen and all(path == "/" for path in seen), f"it sees {inside.out}")
        room.check(container.process.namespace("cgroup") != os.readlink("/proc/self/ns/cgroup"), "no cgroup namespace")
        mine = container.process.cgroups()
        for controller, path in mine.items():
            if controller and "name=" not in controller:
                room.check("phial-attacks" in path, f"{controller}: {path}")
        done = container.exec(container.name, "/bin/sh", "-c", "ls -d /sys/fs/cgroup/*/phial-attacks /sys/fs/cgroup/phial-attacks")
        room.check("phial-attacks" not in done.out, f"the host's cgroups are there: {done.out}")
        done = container.exec(container.name, "/bin/cat", "/proc/self/cgroup")
        room.check("phial-attacks" not in done.out, f"exec sees {done.out}")


@attack("R17", "CVE-2022-0396-like: devices that config.json does not allow, at run, exec, and in a cgroup below",
        fires="write,a1~a,a2==1:skip=1")
def devices(room):
    probe = room.tool("probe")
    allowed = []
    for phase in ("run", "update", "exec"):
        if phase == "run":
            done = room.run(f"{probe} devices")
        else:
            with room.running() as container:
                if phase == "update":
                    room("update", "--pids-limit", "50", container.name)
                done = container.exec(container.name, probe, "devices")
        allowed += [line for line in done.out.splitlines() if line.startswith("reached")]
        room.check(not allowed, f"{phase}: {'; '.join(allowed)}")
    room.last = done.out.splitlines()[0] if done.out else done.err


@attack("R44", "a fork bomb, memory without end, a full /dev/shm", fires="write,a1~30,a2==2:skip=2")
def limits(room):
    room.config["linux"]["resources"].update(pids={"limit": 30}, memory={"limit": 32 << 20})
    with room.running("i=0; while test $i -lt 200; do (sleep 100 &) 2>/dev/null; i=$((i+1)); done; sleep 100") as container:
        end = time.monotonic() + 0.7
        most = 0
        mine = container.process.cgroups()
        path = next((mount + mine["pids"] for mount in cgroup_mounts() if mount.endswith("/pids")), None)
        path = path or "/sys/fs/cgroup" + mine.get("", "")
        while time.monotonic() < end and most < 60 and os.path.exists(path):
            most = max(most, len(open(path + "/cgroup.procs").read().split()))
            time.sleep(0.02)
        room.check(most <= 30, f"{most} processes under a limit of 30")
    began = time.monotonic()
    done = room.run("dd if=/dev/zero of=/dev/shm/full bs=1M count=100; ls -l /dev/shm/full; head -c 60000000 /dev/zero | tail -n 1")
    room.check("104857600" not in done.out, f"/dev/shm holds more than its size: {done}")
    room.check(time.monotonic() - began < LIMIT, "the memory hog went on")
    room.last = f"{most} processes"


@attack("R49", "nested, frozen and threaded cgroups stand in the way of delete", fires="runc")
def cgroups_in_the_way(room):
    container = room.start("trap '' TERM HUP; while :; do sleep 100; done")
    child = subprocess.Popen(["/bin/sleep", "1000"])
    try:
        mine = container.process.cgroups()
        for mount in cgroup_mounts():
            name = "" if mount.endswith("unified") or mount == "/sys/fs/cgroup" else os.path.basename(mount)
            name = "name=systemd" if name == "systemd" else name
            path = mount + mine.get(name, "/nowhere")
            if not os.path.isdir(path) or "phial-attacks" not in path or name not in ("", "freezer", "pids"):
                continue
            deep = path
            for level in range(20):
                deep += f"/n{level}"
                os.mkdir(deep)
            os.mkdir(path + "/other")
            with contextlib.suppress(OSError):
                open(deep + "/cgroup.procs", "w").write(str(child.pid))
            for state, word in (("freezer.state", "FROZEN"), ("cgroup.freeze", "1")):
                with contextlib.suppress(OSError):
                    open(f"{deep}/{state}", "w").write(word)
        done = room("delete", "--force", container.name)
        room.check(done.exit == 0, f"delete --force: {done}")
        room.check(room("state", container.name).exit != 0, "it is still there")
        for mount in cgroup_mounts():
            left = mount + room.config["linux"]["cgroupsPath"]
            room.check(not os.path.isdir(left), f"{left} is still there")
    finally:
        child.kill()
    child.wait(LIMIT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        container.child.wait(LIMIT)


@attack("R50", "update, pause and resume of a container that has ended, whose cgroup is another's by now",
        fires="openat,a1~/stat:t1=/tmp/room/stat")
def stale_cgroup(room):
    room.config["process"]["args"] = ["/bin/sleep", "1000"]
    room.write()
    name = room.fresh()
    with room.unaltered(), open(os.devnull, "r+b") as null:
        subprocess.call([str(word) for word in room.words("create", "-b", room.dir, name)], stdin=null, stdout=null,
                        stderr=null, timeout=LIMIT)
        room("start", name)
    room.ran = True
    pid = room.state_of(name)["pid"]
    (room.top / "stat").write_text(open(f"/proc/{pid}/stat").read())
    os.kill(pid, signal.SIGKILL)
    end = time.monotonic() + LIMIT
    while os.path.exists(f"/proc/{pid}") and time.monotonic() < end:
        time.sleep(0.01)
    from exec_attacks import born_as
    stranger = born_as(pid)
    freezer = next((mount for mount in cgroup_mounts() if mount.endswith("/freezer")), None)
    places = [mount + room.config["linux"]["cgroupsPath"] for mount in cgroup_mounts()]
    for place in places:  # a cgroup of the same name, with somebody else in it
        with contextlib.suppress(OSError):
            open(place + "/cgroup.procs", "w").write(str(stranger))
    limit = next((place + "/pids.max" for place in places if os.path.exists(place + "/pids.max")), None)
    before = limit and open(limit).read()
    for verb in (("update", "--pids-limit", "5", name), ("pause", name), ("kill", name, "KILL")):
        done = room(*verb)
        state = freezer and open(freezer + room.config["linux"]["cgroupsPath"] + "/freezer.state").read().strip()
        if state == "FROZEN" or state == "FREEZING":
            open(freezer + room.config["linux"]["cgroupsPath"] + "/freezer.state", "w").write("THAWED")
        room.check(not freezer or state == "THAWED", f"a stranger was frozen by {verb[0]}")
        room.check(not limit or open(limit).read() == before, f"a stranger was limited by {verb[0]}")
        time.sleep(0.02)
        room.check(not os.waitpid(stranger, os.WNOHANG)[0], f"a stranger was killed by {verb[0]}")
        room.last = done.err.strip()
    os.kill(stranger, signal.SIGKILL)
    os.waitpid(stranger, 0)


assert Refused
