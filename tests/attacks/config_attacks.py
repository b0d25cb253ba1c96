"""config.json itself, and the words on the command line, as somebody hostile would write them."""
import json
import os
import re
import shutil
import socket
import subprocess
import time

from harness import LIMIT, attack
from room import Refused


@attack("R21", "CVE-2022-0811: sysctls that are the host's, or smuggled in", fires="clone3,s0+0&0x40000000:s0+0-0x40000000")
def sysctls(room):
    keys = ("kernel.core_pattern", "kernel/core_pattern", "vm.overcommit_memory", "fs.suid_dumpable", "kernel.modprobe",
            "net.ipv4.ip_forward/../../../kernel/core_pattern", "net/../kernel/core_pattern", "net.ipv4.ip_forward\n",
            "kernel.shmmax+kernel.core_pattern=|x", "", ".", "..", "/", "net",
            "/proc/sys/kernel/core_pattern", "kernel.sysrq", "kernel.panic", "net.ipv4.\x00ip_forward", "fs.mqueue/../suid_dumpable")
    for key in keys:
        room.config["linux"]["sysctl"] = {key: "1"}
        done = room.run("true")
        room.check(done.exit != 0, f"the sysctl {key!r} was taken: {done}")
        room.compare()
    for value in ("1\nnet.ipv4.ip_forward=1", "1\x00"):
        room.config["linux"]["sysctl"] = {"net.ipv4.conf.all.forwarding": value}
        room.run("true")
        room.compare()
    for keep, key in (("network", "kernel.shmmax"), ("ipc", "net.core.somaxconn"), ("ipc", "net.ipv4.ip_forward")):
        room.config = room.spec()
        room.config["linux"]["namespaces"] = [entry for entry in room.config["linux"]["namespaces"]
                                              if entry["type"] not in ("network", "ipc") or entry["type"] == keep]
        room.config["mounts"] = [entry for entry in room.config["mounts"] if entry["type"] not in ("sysfs", "mqueue")]
        room.config["linux"]["sysctl"] = {key: "77"}
        done = room.run("true")
        room.check(done.exit != 0, f"{key} without a namespace of its own: {done}")
        room.compare()
    room.config = room.spec()
    room.config["linux"]["sysctl"] = {"net.ipv4.ip_forward": "1", "net.core.somaxconn": "77"}
    room.run("true")
    room.compare()


@attack("R22", "CVE-2021-43784: so much data that a length runs over, and namespaces get lost",
        fires="clone3,s0+0&0x08000000:s0+0-0x08000000")
def long_configs(room):
    mine = {name: os.readlink(f"/proc/self/ns/{name}") for name in ("mnt", "pid", "net", "ipc", "uts", "cgroup")}
    for size in (65535, 65536, 65537, 1 << 20, 16 << 20):
        room.config = room.spec()
        room.config["annotations"] = {"x": "y" * size}
        if size <= 1 << 20:
            room.config["process"]["env"] += [f"V{number}={'z' * 60000}" for number in range(size // 60000)]
            room.config["mounts"] += [{"destination": f"/m{number}", "type": "tmpfs", "source": "tmpfs",
                                       "options": ["size=4096"]} for number in range(min(size // 4096, 60))]
        try:
            with room.running() as container:
                held = container.process.namespaces()
                for name in mine:
                    room.check(held[name] != mine[name], f"with {size} bytes it has the host's {name} namespace")
        except Refused:
            pass


@attack("R27", "CVE-2025-23266: the image's environment reaches a hook on the host")
def environment_of_hooks(room):
    room.config["process"]["env"] += ["LD_PRELOAD=/proc/self/cwd/evil.so", "CANARY=image"]
    seen = room.top / "hooks"
    seen.mkdir()
    for name in ("prestart", "createRuntime", "createContainer", "poststart", "poststop"):
        room.config.setdefault("hooks", {})[name] = [
            {"path": "/bin/sh", "args": ["sh", "-c", f"cat >/dev/null; (tr '\\0' '\\n' </proc/$$/environ; echo; readlink /proc/$$/cwd; "
                                                     f"ls /proc/$$/fd) >{seen}/{name}"]}]
    env = {**os.environ, "CALLER": "the runtime's"}
    room.run("true", env=env, pass_fds=())
    for path in seen.iterdir():
        text = path.read_text()
        room.check("CANARY" not in text and "LD_PRELOAD" not in text, f"{path.name} has the image's environment: {text}")
        room.check("CALLER" not in text or not room.ours, f"{path.name} has the caller's environment: {text[:200]}")


@attack("R35", "CVE-2025-0750: names with .., and files of the host that are links", fires="crun")
def names_and_files(room):
    room.script("true")
    room.write()
    for name in ("../x", "../../outside/x", "a/b", ".", "..", "", "x" * 300, "a\nb", "a b", "/etc", "a;b", "é\x01"):
        done = room("run", "-b", room.dir, "--", name)
        room.check("ran" not in done.out, f"the name {name!r} was taken: {done}")
        for verb in ("state", "kill", "delete"):
            room(verb, "--", name)
        room.compare()
    links = room.top / "links"
    links.mkdir()
    for flag in ("--pid-file",):
        (links / "file").unlink(missing_ok=True)
        (links / "file").symlink_to(room.outside / "empty")
        room("run", flag, links / "file", "-b", room.dir, room.fresh())
        room.compare()
    (links / "socket").symlink_to(room.outside / "fifo")
    room.config["process"]["terminal"] = True
    room.write()
    room("run", "-d", "--console-socket", links / "socket", "-b", room.dir, room.fresh())


@attack("R42", "a namespace's path is of another kind, a file, or a FIFO that nobody writes to", fires=("runc", "crun"))
def wrong_namespaces(room):
    for kind in ("network", "ipc", "uts", "pid", "mount", "user", "cgroup"):
        for path in (room.outside / "secret", room.outside / "fifo", "/proc/self/ns/uts" if kind != "uts" else "/proc/self/ns/ipc",
                     room.outside / "directory", "/dev/zero"):
            room.config = room.spec()
            room.config["linux"]["namespaces"] = [entry for entry in room.config["linux"]["namespaces"]
                                                  if entry["type"] != kind]
            room.config["linux"]["namespaces"].append({"type": kind, "path": str(path)})
            done = room.run("true", seconds=6)
            room.check(done.exit != 0, f"{kind} by {path} was taken: {done}")


@attack("R43", "CVE-2024-3154, CVE-2025-24965: annotations that change what the runtime does", fires="crun")
def annotations(room):
    names = {"run.oci.hooks.stdout": room.outside / "new-out", "run.oci.hooks.stderr": room.outside / "new-err",
             "run.oci.keep_original_groups": "1", "run.oci.handler": "krun", "run.oci.seccomp.receiver": room.outside / "fifo",
             "run.oci.seccomp_fail_unknown_syscall": "0", "run.oci.delegate-cgroup": "../..",
             "run.oci.pidfd_receiver": room.outside / "fifo", "run.oci.mount_context_type": "x",
             "run.oci.systemd.force_cgroup_v1": "/tmp", "org.systemd.property.ExecStart": "'/bin/true'",
             "run.oci.seccomp_bpf_data": "AAAA", "run.oci.systemd.subgroup": "../x",
             "run.oci.timens_offset": "1", "com.docker.network.x": "y", "krun.config": "/etc/shadow",
             "io.kubernetes.cri-o.Devices": "/dev/mem", "devices.org.containers.cri.io": "/dev/mem"}
    os.setgroups([4242])
    room.config["hooks"] = {"prestart": [{"path": "/bin/sh", "args": ["sh", "-c", "echo hook; echo hook >&2; exit 0"]}]}
    for key, value in names.items():
        room.config["annotations"] = {key: str(value)}
        try:
            with room.running(f"sleep 1000") as container:
                room.check(4242 not in container.process.groups(), f"{key} kept the caller's groups")
                room.check(container.process.number("Seccomp") == 0, f"{key} set a filter")
                devices = os.listdir(f"/proc/{container.pid}/root/dev")
                room.check("mem" not in devices, f"{key} brought a device")
        except Refused:
            pass
        room.compare()


@attack("R46", "config.json: nested without end, doubled keys, broken bytes, numbers beyond any", fires=("crun", "runc"))
def broken_documents(room):
    good = json.dumps(room.config)
    cases = [b"[" * 200000, b'{"a":' * 200000, b"", b"\x00", b"{", b"null", b"[]", b'"x"', b"\xff\xfe{}", good.encode()[:-1],
             good.encode() + b"x", good.replace('"args"', '"args": [], "args"').encode(),
             good.replace('"uid": 0', '"uid": 1e400').encode(), good.replace('"uid": 0', '"uid": 9' + "9" * 5000).encode(),
             good.replace('"uid": 0', '"uid": -0').encode(), good.replace("/bin/sh", "/bin/\udcff").encode(errors="surrogateescape"),
             good.replace('"cwd": "/"', '"cwd": "/' + "a/" * 100000 + '"').encode(), good.replace("true", "tru").encode(),
             b'{"ociVersion":"1.0.2","process":' + b'{"a":' * 5000 + b"1" + b"}" * 5000 + b"}",
             good.replace('"/bin/sh"', '"\\u0000"').encode(), good.replace('"/bin/sh"', '"\\ud800"').encode()]
    for number, text in enumerate(cases):
        (room.dir / "config.json").write_bytes(text)
        room("run", "-b", room.dir, room.fresh())
        if room.ours:
            room("explain", "-b", room.dir)
    (room.dir / "config.json").unlink()
    for make in (lambda: (room.dir / "config.json").symlink_to("/dev/zero"),
                 lambda: (room.dir / "config.json").mkdir()):
        make()
        room("run", "-b", room.dir, room.fresh())
        place = room.dir / "config.json"
        place.rmdir() if place.is_dir() else place.unlink()


@attack("R47", "a seccomp listener's socket that is a link, or whose owner never reads", fires="crun")
def listener(room):
    path = room.top / "listener"
    profile = {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"], "listenerPath": str(path),
               "listenerMetadata": "x" * (1 << 20),
               "syscalls": [{"names": ["chroot"], "action": "SCMP_ACT_NOTIFY"}]}
    room.config["linux"]["seccomp"] = profile
    with socket.socket(socket.AF_UNIX) as owner:
        owner.bind(str(path))
        owner.listen(0)
        others = []
        for _ in range(4):  # fills the queue: the next to connect would wait
            other = socket.socket(socket.AF_UNIX)
            other.setblocking(False)
            try:
                other.connect(str(path))
            except OSError:
                pass
            others.append(other)
        room.run("true")
        for other in others:
            other.close()
    path.unlink()
    path.symlink_to(room.outside / "fifo")
    done = room.run("true")
    room.check(done.exit != 0, f"a filter without its listener: {done}")


@attack("R48", "the state of a container is changed, cut short, or another's", fires="openat,a1~/stat:t1=/tmp/room/stat")
def foreign_state(room):
    stranger = subprocess.Popen(["/bin/sleep", "1000"])
    room.config["process"]["args"] = ["/bin/sleep", "1000"]
    room.write()
    try:
        for round_number in range(4):
            name = room.fresh()
            room.config["linux"]["cgroupsPath"] = f"/phial-attacks/{room.job.key}/box{round_number}"
            room.write()
            with room.unaltered(), open(os.devnull, "r+b") as null:
                status = subprocess.call([str(word) for word in room.words("run", "-d", "-b", room.dir, name)], stdin=null,
                                         stdout=null, stderr=null, timeout=LIMIT)
            if status != 0:
                raise RuntimeError("run -d failed")
            room.ran = True
            pid = room.state_of(name)["pid"]
            (room.top / "stat").write_text(open(f"/proc/{pid}/stat").read())
            for file in sorted((room.state / name).rglob("*")):
                if not file.is_file() or file.is_symlink():
                    continue
                data = file.read_bytes()
                if round_number == 0:
                    data = re.sub(rb"\b%d\b" % pid, b"%d" % stranger.pid, data)
                elif round_number == 1:
                    data = data[:len(data) // 2]
                elif round_number == 2:
                    data = b""
                else:
                    data = data.replace(b"/phial-attacks/", b"/phial-attackx/").replace(room.dir.name.encode(), b"../../../outside")
                file.write_bytes(data)
            for verb in (("state", name), ("kill", name, "KILL"), ("delete", name), ("delete", "--force", name)):
                room(*verb)
            time.sleep(0.02)
            room.check(stranger.poll() is None, "a stranger was killed by way of a changed state")
            room.compare()
            if os.path.exists(f"/proc/{pid}"):
                os.kill(pid, 9)
            if (room.state / name).exists():
                shutil.rmtree(room.state / name)
    finally:
        stranger.kill()
        stranger.wait()
