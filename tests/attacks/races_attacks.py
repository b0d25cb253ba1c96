"""Races without luck: the runtime stands still before its n-th system call, a path is exchanged, and it goes on.

Every n with --full, else a sample of them by the printed seed. The path is changed back before the next n.
"""
import os
import shutil

import sandbox
from harness import attack

SAMPLE = 40


def calls_of(room, *words):
    """How many system calls a run of this bundle makes, the container's own left out."""
    room.write()
    room("run", "-b", room.dir, room.fresh(), rules=["getpid:call=getpid"], *words)
    return int(room.meddled.read_text().split()[-2])


def points(room, last):
    everything = range(1, last + 1)
    if room.job.full or last <= SAMPLE:
        return everything
    return sorted(room.job.random().sample(everything, SAMPLE))


def exchange(first, second):
    sandbox._libc.renameat2(-100, str(first).encode(), -100, str(second).encode(), 2)


def put_back(place, link):
    if place.is_symlink():
        exchange(place, link)


def exchanged(room, first, second, judge=lambda done, n: None):
    """A run for each n, with the two exchanged before its n-th call."""
    last = calls_of(room)
    room.compare()
    ran = 0
    for n in points(room, last):
        before = os.stat(first, follow_symlinks=False).st_ino
        done = room("run", "-b", room.dir, room.fresh(), rules=[f"*@{n}:swap={first}:{second}"])
        ran += done.out.startswith("ran")
        judge(done, n)
        if os.stat(first, follow_symlinks=False).st_ino != before:
            exchange(first, second)
        if (changed := room.outside_changed()):
            room.escaped(f"exchanged before call {n} of {last}: {changed}")
    room.ran = room.ran or ran > 0
    room.compare()
    room.last = f"{len(points(room, last))} of {last} calls, {ran} times the container ran"


UNROOTED = "openat2,s2+16&0x10:s2+16-0x10"


@attack("R05", "CVE-2021-30465: the mount's destination becomes a link while the runtime works", fires=UNROOTED, seconds=600)
def mount_destination(room):
    share = room.top / "share"
    share.mkdir()
    (share / "shared").write_text("x")
    (room.root / "a/b").mkdir(parents=True)
    room.mount("/a/b/c", "bind", share, "rbind")
    room.mount("/a/t", "tmpfs")
    room.script("ls /a; ls /a/b/c")
    link = room.top / "link"
    link.symlink_to(room.outside)
    exchanged(room, room.root / "a", link)


@attack("R05b", "CVE-2021-30465: the same on a volume that two containers share", fires=UNROOTED, seconds=600)
def shared_volume(room):
    volume = room.top / "volume"
    (volume / "d").mkdir(parents=True)
    room.mount("/volume", "bind", volume, "rbind")
    room.mount("/volume/d/deep", "tmpfs")
    (volume / "link").symlink_to(room.outside)
    room.script("true")
    exchanged(room, volume / "d", volume / "link")


@attack("R07b", "/dev, /proc and /sys become links while the runtime works", fires=("crun", "mknodat:call=mknodat " + UNROOTED),
        seconds=600)
def system_places(room):
    room.script("true")
    for name in ("dev", "proc", "sys"):
        room.config = room.spec()
        if name == "dev":
            room.without_mount("/dev")
        room.script("true")
        link = room.top / f"link-{name}"
        link.symlink_to(room.outside)
        exchanged(room, room.root / name, link)


@attack("R41", "the root itself becomes a link to a directory of the host's while the runtime works", seconds=600)
def root_directory(room):
    (room.outside / "bin").mkdir()
    shutil.copy(room.root / "bin/busybox", room.outside / "bin/busybox")
    os.symlink("busybox", room.outside / "bin/sh")
    os.symlink("busybox", room.outside / "bin/ls")
    os.utime(room.outside, (1_000_000_000, 1_000_000_000))
    room.before = room.look()
    room.script("ls /")
    link = room.top / "root-link"
    link.symlink_to(room.outside)

    last = calls_of(room)
    made = ("dev", "proc", "sys")
    for n in points(room, last):
        for name in made:
            if (room.outside / name).exists():
                shutil.rmtree(room.outside / name)
        os.utime(room.outside, (1_000_000_000, 1_000_000_000))
        done = room("run", "-b", room.dir, room.fresh(), rules=[f"*@{n}:swap={room.root}:{link}"])
        put_back(room.root, link)
        room.ran = room.ran or "ran" in done.out
        # Exchanged before the root is opened, the other is the container's root, for the path said so; but never is
        # one of them the root, and something made in the other.
        room.check(not ("etc" in done.out.split() and room.outside_changed()), f"two roots at once, at call {n}: {room.outside_changed()} {done}")
        room.check(not ("secret" in done.out and "etc" in done.out.split()), f"two roots at once, at call {n}: {room.outside_changed()} {done}")
    room.unlooked.add("files")


@attack("R09b", "the terminal's directory becomes a link while the runtime works", fires=UNROOTED, seconds=600)
def terminal_place(room):
    room.config["mounts"] = [entry for entry in room.config["mounts"] if entry["destination"] != "/dev"]
    room.without_mount("/dev")
    (room.root / "dev/pts").mkdir()
    room.mount("/dev/pts", "devpts", "devpts", "newinstance", "ptmxmode=0666")
    room.script("true")
    link = room.top / "link-dev"
    link.symlink_to(room.outside)
    exchanged(room, room.root / "dev", link)
