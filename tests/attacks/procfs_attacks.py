"""/proc, /sys and mounts: what is faked there while the container is made, and what is to be had of them within it."""
import os

import sandbox
from harness import attack
from room import MASKED, READONLY, Refused


@attack("R06", "CVE-2019-19921, CVE-2019-16884: something lies over /proc, and what is written there is lost",
        fires="write,a1~500:skip=3")
def covered_proc(room):
    fake = room.top / "fake"
    for name in ("self/attr", "sys/net/ipv4", "self/fd", "1/attr"):
        (fake / name).mkdir(parents=True)
    for name in ("self/attr/exec", "self/oom_score_adj", "sys/net/ipv4/ip_forward", "self/setgroups", "self/uid_map"):
        (fake / name).write_text("")
    for destination, kind in (("/proc", "bind"), ("/proc/self", "bind"), ("/proc/sys", "bind"), ("/proc/sys", "tmpfs"),
                              ("/proc/sys/net", "tmpfs"), ("/proc/self/attr", "bind"), ("/proc", "tmpfs")):
        room.config = room.spec()
        source = fake / destination.removeprefix("/proc").strip("/") if kind == "bind" else "tmpfs"
        room.mount(destination, kind, source, *(["rbind"] if kind == "bind" else []))
        room.config["linux"]["sysctl"] = {"net.ipv4.ip_forward": "1"}
        room.config["process"]["oomScoreAdj"] = 500
        try:
            with room.running() as container:
                pid = container.pid
                room.check(open(f"/proc/{pid}/oom_score_adj").read() == "500\n", f"{destination}: oom_score_adj was lost")
                value = forwarding_of(pid)
                room.check(value == "1", f"{kind} over {destination}: the container runs, and its sysctl is {value!r}")
        except Refused:
            pass
        for path in fake.rglob("*"):
            room.check(path.is_dir() or path.read_text() == "", f"{destination}: {path} was written")


def forwarding_of(pid):
    """net.ipv4.ip_forward of a process's network namespace, by a /proc of the host's."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        fd = os.open(f"/proc/{pid}/ns/net", os.O_RDONLY)
        if sandbox._libc.setns(fd, 0) == 0:
            os.write(writer, open("/proc/sys/net/ipv4/ip_forward").read().strip().encode())
        os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    text = os.read(reader, 100).decode()
    os.close(reader)
    return text


@attack("R08", "CVE-2025-31133: the container's /dev/null is a link, and masked paths become what it leads to",
        fires=("runc", "open_tree,a1~/dev/null:t1=/proc/sys/kernel/core_pattern"))
def masked_by_another_null(room):
    dev = room.top / "dev"
    dev.mkdir()
    for target in ("/proc/sys/kernel/core_pattern", str(room.outside / "secret"), "/proc/sysrq-trigger"):
        (dev / "null").unlink(missing_ok=True)
        (dev / "null").symlink_to(target)
        for how in ("mount", "root"):
            room.config = room.spec()
            room.without_mount("/dev")
            if how == "mount":
                room.mount("/dev", "bind", dev, "rbind")
            else:
                room.replace("/dev/null", target)
            try:
                with room.running() as container:
                    for path in MASKED:
                        entry = container.process.mount_at(path)
                        if entry and entry[3] != "tmpfs":
                            node = os.lstat(f"/proc/{container.pid}/root{path}")
                            room.check(entry[0] in ("/null", "/dev/null") and os.major(node.st_rdev) == 1,
                                       f"{path} is {entry[0]} of {entry[3]}")
            except Refused:
                pass


@attack("R09", "CVE-2025-52565: /dev/console, and the terminal's own name, are links", fires="openat2,s2+16&0x10:s2+16-0x10")
def console_is_a_link(room):
    import socket
    room.config["process"]["terminal"] = True
    room.without_mount("/dev")
    for path, target in (("/dev/console", "{outside}/tool"), ("/dev/console", "../../../../..{outside}/created"),
                         ("/dev/ptmx", "{outside}/tool"), ("/dev/pts", "{outside}/directory"), ("/dev", "{outside}")):
        room.replace(path, target.format(outside=room.outside))
        room.script("sleep 100")
        room.write()
        name = room.fresh()
        socket_path = room.top / f"{name}.sock"
        with socket.socket(socket.AF_UNIX) as receiver:  # whose terminal stays in the queue
            receiver.bind(str(socket_path))
            receiver.listen(1)
            done = room("run", "-d", "--console-socket", socket_path, "-b", room.dir, name)
            if done.exit == 0:
                room.ran = True
                room("delete", "--force", name)
        room.compare()
        room.replace(path, "nowhere")
        (room.root / path.strip("/")).unlink()
        (room.root / "dev").mkdir(exist_ok=True)


@attack("R10", "CVE-2025-52881: a sysctl's file is a link to another file", fires="openat2,a1~sys/net:s2+16=0")
def sysctl_through_a_link(room):
    canary = room.top / "canary"
    canary.write_text("quiet\n")
    room.mount("/victim", "bind", canary, "bind", "rw")
    (room.root / "victim").write_text("")
    for place, link, target in (("/proc/sys/net", "ipv4/ip_forward", "/victim"),
                                ("/proc/sys/net", "ipv4/ip_forward", "../../../../victim"),
                                ("/proc/sys", "net/ipv4/ip_forward", "../../../../victim")):
        source = room.top / f"fake{link.count('/')}"
        (source / link).parent.mkdir(parents=True, exist_ok=True)
        (source / link).unlink(missing_ok=True)
        (source / link).symlink_to(target)
        room.config["mounts"] = [entry for entry in room.config["mounts"] if not entry["destination"].startswith("/proc/")]
        room.mount(place, "bind", source, "rbind", "rw")
        room.config["linux"]["sysctl"] = {"net.ipv4.ip_forward": "1"}
        done = room.run("cat /victim")
        room.check(canary.read_text() == "quiet\n", f"the setting was written into another file: {canary.read_text()!r}")
        if done.ran and place in done.out:
            room.last = done.out


@attack("R36", "what of /proc and /sys can be written or read by the container's root",
        fires=("mount_setattr,s3+0&0x1:s3+0-0x1", "openat2,a1~proc/:skip=-2"))
def kernel_files(room):
    room.config["process"]["user"] = {"uid": 0, "gid": 0}
    with room.running("sleep 1000") as container:
        root = f"/proc/{container.pid}/root"
        places = {entry[1]: entry for entry in container.process.mounts()}
        for path in READONLY:
            if os.path.exists(path):
                room.check(path in places and "ro" in places[path][2], f"{path} can be written")
        for path in MASKED:
            if os.path.exists(path):
                room.check(path in places, f"{path} can be read")
        room.check("ro" in places["/sys"][2], "/sys can be written")
        script = ("find /proc/sys /proc/irq /proc/bus /proc/fs /sys -type f -perm -200 2>/dev/null | while read f; do "
                  "( : >>\"$f\" ) 2>/dev/null && echo \"reached $f\"; done; "
                  "for f in /proc/kcore /proc/keys /proc/timer_list /proc/sched_debug /proc/scsi /sys/firmware; do "
                  "test -n \"$(cat $f/* $f 2>/dev/null | head -c 1)\" && echo \"reached $f\"; done; "
                  "umount /proc/kcore 2>/dev/null && echo reached by umount; "
                  "mount -o remount,rw /proc/sys 2>/dev/null && echo reached by remount; "
                  "mount -t proc proc /tmp 2>/dev/null && echo reached by another proc; echo done")
        done = container.exec(container.name, "/bin/sh", "-c", script)
        room.check("reached" not in done.out and "done" in done.out, f"the container got at {done.out[:800]}")
    room.last = "only what it may"
    assert root


@attack("R36b", "a /proc of another process namespace, or one more, in a user namespace of its own",
        fires="openat2,a1~proc/:skip=-2 open_tree,a2&0x100:skip=-2")
def another_proc(room):
    done = room.run("unshare -Urmpf sh -c 'mount -t proc proc /tmp && : >>/tmp/sys/kernel/core_pattern && echo reached; "
                    "mount -t sysfs sysfs /tmp && : >>/tmp/kernel/uevent_helper && echo reached'; "
                    "mount -t proc proc /tmp && ( : >>/tmp/sys/kernel/shmmax ) && echo reached")
    room.check("reached" not in done.out, f"kernel settings can be written by another /proc: {done}")
    room.last = done.err.strip()


@attack("R38", "mounts made in the container, or for it, appear on the host",
        fires="mount_setattr@3+,s3+16&0x40000:skip=0")
def propagation(room):
    shared = room.top / "shared"
    shared.mkdir()
    sandbox.mount("tmpfs", shared, "tmpfs")
    sandbox.mount("", shared, "", 1 << 20)  # MS_SHARED
    (shared / "inner").mkdir()
    sandbox.mount_setattr("/", propagation=1 << 20)  # as systemd has the whole machine
    room.before = room.look()
    room.capabilities("SYS_ADMIN")
    for options in (("rbind",), ("rbind", "rprivate"), ("rbind", "rslave")):
        room.config["mounts"] = [entry for entry in room.config["mounts"] if entry["destination"] != "/data"]
        room.mount("/data", "bind", shared, *options)
        try:
            with room.running("mount -t tmpfs inside /data/inner; mount -t tmpfs inside /tmp; echo mounted; "
                              "sleep 1000") as container:
                container.wait("mounted")
                room.compare()
        except Refused:
            pass
    room.compare()
    sandbox.umount(shared)
    sandbox.mount_setattr("/", propagation=sandbox.MS_PRIVATE)
    room.before = room.look()


@attack("R39", "options of a bind mount get lost: nosuid, nodev, noexec, ro, on what lies below it too",
        fires="mount_setattr,s3+0&0xf:s3+0-0xf")
def bind_options(room):
    source = room.top / "source"
    (source / "below").mkdir(parents=True)
    sandbox.mount("tmpfs", source / "below", "tmpfs")
    room.before = room.look()
    cases = [(bind, option) for bind in ("bind", "rbind") for option in ("nosuid", "nodev", "noexec", "ro")]
    for user in (False, True):
        room.config = room.spec()
        if user:
            import bundles
            bundles.with_user_namespace(room.config)
            os.chown(room.root, 100000, 100000)
        for number, (bind, option) in enumerate(cases):
            room.mount(f"/data{number}", "bind", source, bind, option)
        room.mount("/recursive", "bind", source, "rbind", "rro")
        try:
            with room.running() as container:
                for number, (bind, option) in enumerate(cases):
                    entry = container.process.mount_at(f"/data{number}")
                    room.check(entry and option in entry[2], f"{bind},{option}: {entry and entry[2]}")
                inner = container.process.mount_at("/recursive/below")
                room.check(inner and "ro" in inner[2], f"rro: {inner and inner[2]}")
        except Refused:
            pass


@attack("R39b", "a read-only root, or a volume, is made writable again from within",
        fires="mount_setattr,s3+0&0x1:s3+0-0x1")
def read_only(room):
    room.config["root"]["readonly"] = True
    room.mount("/data", "bind", room.outside, "bind", "ro")
    for more in ((), ("SYS_ADMIN",)):
        room.capabilities(*more)
        script = "echo x >/bin/new && echo reached root; echo x >/data/new && echo reached volume"
        if not more:
            script += "; mount -o remount,rw / && echo reached; mount -o remount,bind,rw /data && echo reached"
        done = room.run(script)
        room.check("reached" not in done.out, done)
