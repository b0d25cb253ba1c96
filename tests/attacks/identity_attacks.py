"""Who the process is: users, groups, what lies in /etc/passwd, and what other users see of a container's files."""
import os
import resource
import subprocess
import time

from harness import LIMIT, attack
from room import Refused

HOSTILE = ("1:x:0:0::/:/bin/sh\n1000:x:0:0::/:/bin/sh\n-1:x:0:0::/:/bin/sh\n0x0:x:0:0::/:/bin/sh\n01:x:0:0::/:/bin/sh\n"
           "4294967296:x:0:0::/:/bin/sh\n2147483648:x:0:0::/:/bin/sh\nroot:x:0:0::/root:/bin/sh\n")


@attack("R23", "CVE-2016-3697, CVE-2026-30892: users whose names are numbers, and numbers that run over",
        fires=("setresuid:skip=0", "crun"))
def numeric_users(room):
    (room.root / "etc/passwd").write_text(HOSTILE)
    (room.root / "etc/group").write_text(HOSTILE.replace("::/:/bin/sh", ":"))
    room.config["process"]["user"] = {"uid": 1000, "gid": 1000}
    done = room.run("id -u; id -g")
    room.check(not done.ran or done.out.split() == ["1000", "1000"], f"1000 became {done.out.split()}")
    for uid in (-1, 4294967295, 4294967296, 2**64, 1.5, "0"):
        room.config["process"]["user"] = {"uid": uid, "gid": 1000}
        done = room.run("id -u")
        room.check(not done.out.strip() == "0", f"the uid {uid} became root: {done}")
    room.config["process"]["user"] = {"uid": 1000, "gid": 1000}
    with room.running() as container:
        for user in ("1", "1:1", "01", "0x0", "-1", "2147483648", "4294967296", "18446744073709551616", "1:4294967296",
                     "1:-1", "1:65536999", " 0", "0 ", "+0", "1\n0"):
            done = container.exec("--user", user, container.name, "/bin/sh", "-c", "id -u")
            room.check(done.out.strip() != "0", f"exec --user {user!r} became root: {done}")


@attack("R24", "CVE-2022-2989, CVE-2023-25173: groups of the caller's stay, or a file's group is got around",
        fires="setgroups:skip=0")
def groups(room):
    os.setgroups([4242, 27, 6])
    denied = room.root / "denied"
    denied.write_text("not for group 1000\n")
    os.chown(denied, 0, 1000)
    denied.chmod(0o604)
    room.config["process"]["user"] = {"uid": 1000, "gid": 1000, "additionalGids": [1234]}
    with room.running() as container:
        room.check(set(container.process.groups()) <= {1234, 1000}, f"groups {container.process.groups()}")
        done = container.exec("--user", "1000:1000", container.name, "/bin/sh", "-c", "id -G; cat /denied")
        room.check("4242" not in done.out and "not for" not in done.out, f"exec: {done}")
        done = container.exec("--user", "1000:1000", "--additional-gids", "77", container.name, "/bin/sh", "-c", "id -G")
        room.check("4242" not in done.out, f"exec: {done}")


@attack("R25", "CVE-2026-47262, CVE-2024-9676: /etc/passwd is a FIFO, a device, endless, or a link to the host's",
        fires="runc")
def hostile_passwd(room):
    room.config["process"]["env"] = ["PATH=/bin"]
    for name in ("passwd", "group"):
        for kind in ("fifo", "zero", "huge", "outside", "directory", "loop"):
            place = room.root / "etc" / name
            if place.is_dir() and not place.is_symlink():
                place.rmdir()
            else:
                place.unlink(missing_ok=True)
            if kind == "fifo":
                os.mkfifo(place)
            elif kind == "zero":
                os.mknod(place, 0o666 | 0o020000, os.makedev(1, 5))
            elif kind == "huge":
                with open(place, "wb") as file:
                    file.truncate(8 << 30)
            elif kind == "outside":
                place.symlink_to(room.outside / "secret")
            elif kind == "directory":
                place.mkdir()
            else:
                place.symlink_to(name)
            began = time.monotonic()
            room.run("env")
            with_memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
            room.check(time.monotonic() - began < 5, f"/etc/{name} as {kind} held it up for 5 s")
            room.check(with_memory < 128 << 10, f"/etc/{name} as {kind} took {with_memory} KiB")
        place.unlink()
        place.write_text("root:x:0:0::/root:/bin/sh\n")


@attack("R25b", "the same for exec --user", fires="runc")
def hostile_passwd_at_exec(room):
    with room.running() as container:
        for name in ("passwd", "group"):
            place = room.root / "etc" / name
            for kind in ("fifo", "outside"):
                place.unlink()
                if kind == "fifo":
                    os.mkfifo(place)
                else:
                    place.symlink_to(room.outside / "fifo")
                for user in ("1000", "joe", "1000:joe"):
                    container.exec("--user", user, container.name, "/bin/true")
            place.unlink()
            place.write_text("root:x:0:0::/root:/bin/sh\n")


@attack("R34", "CVE-2021-41091, CVE-2024-25621: another user reads the runtime's state, or connects to what is in it",
        fires="umask:skip=0 mkdirat:a2=0777 mkdir:a1=0777 openat,a2&0x40:a3=0666 fchmod:skip=0")
def other_users(room):
    before = {str(path) for path in room.state.rglob("*")} if room.state.exists() else set()
    room.script("sleep 1000")
    room.write()
    name = room.fresh()
    with open(os.devnull, "r+b") as null:
        status = subprocess.call([str(word) for word in room.words("create", "-b", room.dir, name)], stdin=null, stdout=null,
                                 stderr=null, timeout=LIMIT)
    if status != 0:
        raise RuntimeError("create failed")
    room.ran = True
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setresgid(1000, 1000, 1000)
            os.setresuid(1000, 1000, 1000)
            found = []
            for folder, _, files in os.walk(room.state):
                for file in files:
                    path = os.path.join(folder, file)
                    if os.access(path, os.R_OK) or os.access(path, os.W_OK):
                        found.append(path)
            os._exit(1 if found else 0)
        finally:
            os._exit(2)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    room("delete", "--force", name)
    room.check(code == 0, "another user reads the container's state")
    assert not before


@attack("R40", "a user namespace: what the container makes on a volume belongs to its mapped user, not to root",
        fires="clone3,s0+0&0x10000000:s0+0-0x10000000 write,a1~100000:skip=15")
def mapped_owner(room):
    import bundles
    bundles.with_user_namespace(room.config)
    os.chown(room.root, 100000, 100000)
    share = room.top / "share"
    share.mkdir()
    share.chmod(0o777)
    room.mount("/data", "bind", share, "bind", "rw")
    try:
        with room.running("echo x >/data/file; chmod 4755 /data/file; sleep 1000") as container:
            room.check(container.process.ids()[0] == 100000, f"it is the host's {container.process.ids()}")
            done = container.exec(container.name, "/bin/sh", "-c", "echo x >/data/exec")
            for file in share.iterdir():
                room.check(file.stat().st_uid == 100000, f"{file} belongs to {file.stat().st_uid}")
            text = open(f"/proc/{container.pid}/uid_map").read().split()
            room.check(text == ["0", "100000", "65536"], f"mapped {text}")
            assert done
    except Refused:
        pass
    for maps in ([{"containerID": 0, "hostID": 0, "size": 4294967296}], [{"containerID": 0, "hostID": -1, "size": 1}],
                 [{"containerID": 0, "hostID": 100000, "size": 10}, {"containerID": 5, "hostID": 200000, "size": 10}],
                 [{"containerID": 0, "hostID": 4294967290, "size": 100}]):
        room.config["linux"]["uidMappings"] = maps
        room.run("true")
