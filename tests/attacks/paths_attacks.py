"""A root whose names are links that lead out of it, and mounts and files that are to be made on the way."""
from harness import attack
from room import Refused

# Our own program with openat2's RESOLVE_IN_ROOT taken away.
UNROOTED = "openat2,s2+16&0x10:s2+16-0x10"
WAYS = ("{outside}", "../../../../../../../../..{outside}", "/proc/self/root{outside}", "/proc/1/root{outside}")


def each_way(room, path, more=""):
    for way in WAYS:
        room.replace(path, way.format(outside=room.outside) + more)
        yield way
        room.compare()


@attack("R07", "CVE-2023-27561, CVE-2023-28642: /proc, /sys, /dev and what is below are links in the root",
        fires=("runc", UNROOTED))
def places_are_links(room):
    for path in ("/proc", "/sys", "/dev"):
        for way in each_way(room, path):
            room.run("true")
        (room.root / path.strip("/")).unlink()
        (room.root / path.strip("/")).mkdir()
    room.without_mount("/dev")
    for path, kind in (("/dev/pts", "devpts"), ("/dev/shm", "tmpfs"), ("/sys/fs/cgroup", "cgroup")):
        room.mount(path, kind)
        if path.startswith("/sys"):
            room.without_mount("/sys")
            room.mount(path, kind)
        for way in each_way(room, path, "/directory"):
            try:
                with room.running() as container:
                    kinds = [entry[3] for entry in container.process.mounts()]
                    room.check(kind in kinds, f"the container runs, and {kind} was mounted elsewhere")
            except Refused:
                pass


@attack("R11", "CVE-2024-45310: mount points that have to be made below a link that leads out", fires=UNROOTED)
def mount_points_through_links(room):
    shares = room.top / "share"
    shares.mkdir(exist_ok=True)
    (shares / "file").write_text("shared\n")
    for destination, source in (("/a/b/c", shares), ("/a/b/f", shares / "file"), ("/a/new", shares / "file")):
        room.config = room.spec()
        room.mount(destination, "bind", source, "rbind", "ro")
        for way in each_way(room, "/a"):
            room.run("true")
    room.config = room.spec()
    room.mount("/a/tmp", "tmpfs")
    for way in each_way(room, "/a"):
        room.run("true")
    for target in ("dangling/../../..", "a", "b"):  # leads nowhere, a loop of one, a loop of two
        room.replace("/a", target)
        room.replace("/b", "a")
        room.run("true")
        room.compare()
    room.replace("/a", "link0")
    for number in range(45):
        room.replace(f"/link{number}", f"link{number + 1}")
    room.replace("/link45", str(room.outside))
    room.run("true")


@attack("R12", "CVE-2026-41579, CVE-2026-47766: /dev is a link, and the default devices are made below it",
        fires=("runc", "crun", "mknodat:call=mknodat " + UNROOTED))
def default_devices_through_a_link(room):
    room.without_mount("/dev")
    for way in each_way(room, "/dev"):
        room.run("true")


@attack("R12b", "devices of config.json below a link that leads out", fires=UNROOTED)
def own_devices_through_a_link(room):
    room.config["linux"]["devices"] = [{"path": "/a/b/node", "type": "c", "major": 1, "minor": 3, "fileMode": 0o666}]
    for way in each_way(room, "/a"):
        room.run("true")


@attack("R02b", "the working directory is made below a link that leads out", fires=UNROOTED)
def working_directory_through_a_link(room):
    room.config["process"]["cwd"] = "/a/new"
    for way in each_way(room, "/a"):
        done = room.run("ls ..; pwd -P")
        room.check("secret" not in done.out, f"the working directory is on the host: {done}")
