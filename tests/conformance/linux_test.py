"""config-linux.md."""
import json
import os
import pathlib
import subprocess

import bundles
from conform import OURS, V2, Box, Skip, cgroup_file, command, expect

KINDS = {"pid": "pid", "network": "net", "mount": "mnt", "ipc": "ipc", "uts": "uts", "user": "user", "cgroup": "cgroup",
         "time": "time"}


def with_cgroups(box):
    box.mount("/sys/fs/cgroup", "cgroup", "cgroup", "ro", "nosuid", "noexec", "nodev")
    return box


def test_default_filesystems(t):
    """config-linux.md "Default Filesystems": /proc, /sys, /dev/pts, /dev/shm SHOULD be made available."""
    with Box(t) as box:
        out = box.output("awk '{print $2, $3}' /proc/mounts")
        for line in ("/proc proc", "/sys sysfs", "/dev/pts devpts", "/dev/shm tmpfs"):
            expect(line in out.splitlines(), out)


def test_default_devices(t):
    """config-linux.md "Default Devices": null, zero, full, random, urandom, tty, ptmx MUST be supplied."""
    with Box(t) as box:
        out = box.output("for d in null zero full random urandom tty; do stat -c '%n %t:%T %a' /dev/$d; done; "
                         "readlink /dev/ptmx; readlink /dev/fd; readlink /dev/stdin; readlink /dev/stdout; readlink /dev/stderr")
        for line in ("/dev/null 1:3 666", "/dev/zero 1:5 666", "/dev/full 1:7 666", "/dev/random 1:8 666",
                     "/dev/urandom 1:9 666", "/dev/tty 5:0 666"):
            expect(line in out.splitlines(), out)
        expect(out.splitlines()[6:] == ["pts/ptmx", "/proc/self/fd", "/proc/self/fd/0", "/proc/self/fd/1", "/proc/self/fd/2"], out)


def test_the_default_devices_work(t):
    """config-linux.md "Default Devices", whatever the device cgroup says."""
    with Box(t) as box:
        expect(box.output("head -c3 /dev/zero | wc -c; head -c3 /dev/urandom | wc -c; echo x >/dev/null") == "3\n3\n")


def test_namespaces_by_creation(t):
    """config-linux.md "Namespaces": without a path a new namespace of that type MUST be created."""
    for kind in KINDS:
        with Box(t, kind) as box:
            if not os.path.exists(f"/proc/self/ns/{KINDS[kind]}"):
                continue
            if kind == "user":
                bundles.with_user_namespace(box.config)
            elif kind == "time":
                box.config["linux"]["namespaces"].append({"type": "time"})
            expect(box.output(f"readlink /proc/self/ns/{KINDS[kind]}").strip() != os.readlink(f"/proc/self/ns/{KINDS[kind]}"), kind)


def test_namespaces_not_named_are_the_runtimes(t):
    """config-linux.md "Namespaces": if a type is not specified, the container MUST inherit the runtime namespace."""
    with Box(t) as box:
        for kind in ("network", "ipc", "uts", "cgroup"):
            bundles.without_namespace(box.config, kind)
        box.config["mounts"] = [mount for mount in box.config["mounts"] if mount["destination"] != "/sys"]
        for kind in ("network", "ipc", "uts", "cgroup"):
            expect(box.output(f"readlink /proc/self/ns/{KINDS[kind]}").strip() == os.readlink(f"/proc/self/ns/{KINDS[kind]}"), kind)


def test_namespaces_by_path(t):
    """config-linux.md "Namespaces", path: the runtime MUST place the container process in that namespace."""
    holder = subprocess.Popen(["unshare", "-n", "-i", "-u", "sleep", "1000"])
    try:
        with Box(t) as box:
            for entry in box.config["linux"]["namespaces"]:
                if entry["type"] in ("network", "ipc", "uts"):
                    entry["path"] = f"/proc/{holder.pid}/ns/{KINDS[entry['type']]}"
            from phialtest import wait_until
            wait_until(lambda: os.readlink(f"/proc/{holder.pid}/ns/uts") != os.readlink("/proc/self/ns/uts"), "the namespaces")
            for kind in ("net", "ipc", "uts"):
                expect(box.output(f"readlink /proc/self/ns/{kind}").strip() == os.readlink(f"/proc/{holder.pid}/ns/{kind}"), kind)
    finally:
        holder.kill()
        holder.wait()


def test_a_path_of_another_type_is_an_error(t):
    """config-linux.md "Namespaces", path: MUST generate an error if it is not associated with a namespace of type."""
    with Box(t) as box:
        for entry in box.config["linux"]["namespaces"]:
            if entry["type"] == "network":
                entry["path"] = "/proc/self/ns/ipc"
        box.refused()


def test_user_namespace_mappings(t):
    """config-linux.md "User namespace mappings": containerID, hostID, size."""
    with Box(t) as box:
        bundles.with_user_namespace(box.config)
        box.config["linux"]["uidMappings"] = [{"containerID": 0, "hostID": 200000, "size": 10}, {"containerID": 10, "hostID": 300000, "size": 5}]
        out = box.output("cat /proc/self/uid_map; cat /proc/self/gid_map")
        expect(out.split() == ["0", "200000", "10", "10", "300000", "5", "0", "100000", "65536"], out)


def test_time_offsets(t):
    """config-linux.md "Offset for Time Namespace"."""
    with Box(t) as box:
        if not os.path.exists("/proc/self/ns/time"):
            raise Skip("this kernel has no time namespaces")
        box.config["linux"]["namespaces"].append({"type": "time"})
        box.config["linux"]["timeOffsets"] = {"boottime": {"secs": 1000000, "nanosecs": 0}}
        up = float(box.output("cat /proc/uptime").split()[0])
        expect(up > 1000000, up)


def test_devices(t):
    """config-linux.md "Devices": type, path, major, minor, fileMode, uid, gid; types c, b, u, p."""
    with Box(t) as box:
        box.config["linux"]["devices"] = [
            {"path": "/dev/mine", "type": "c", "major": 1, "minor": 3, "fileMode": 0o640, "uid": 3, "gid": 4},
            {"path": "/dev/sub/block", "type": "b", "major": 7, "minor": 0, "fileMode": 0o600, "uid": 0, "gid": 0},
            {"path": "/dev/pipe", "type": "p", "fileMode": 0o622, "uid": 0, "gid": 0}]
        out = box.output("stat -c '%F|%t:%T|%a|%u:%g' /dev/mine /dev/sub/block; stat -c '%F|%a' /dev/pipe").splitlines()
        expect(out == ["character special file|1:3|640|3:4", "block special file|7:0|600|0:0", "fifo|622"], out)


def test_sysctl(t):
    """config-linux.md "Sysctl": kernel parameters modified at runtime."""
    with Box(t) as box:
        box.config["linux"]["sysctl"] = {"net.ipv4.ip_forward": "1", "kernel.shm_rmid_forced": "1"}
        expect(box.output("cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shm_rmid_forced") == "1\n1\n")


def test_sysctls_of_the_host_are_refused(t):
    """config-linux.md "Sysctl": a parameter that is not the namespace's would be the host's."""
    with Box(t) as box:
        box.config["linux"]["sysctl"] = {"kernel.panic": "7"}
        before = open("/proc/sys/kernel/panic").read()
        box.refused("kernel.panic")
        expect(open("/proc/sys/kernel/panic").read() == before)


def test_masked_paths(t):
    """config-linux.md "Masked Paths": not readable in the container; MUST be absolute in the container namespace."""
    with Box(t) as box:
        (box.root / "secret").write_text("x")
        (box.root / "dir").mkdir()
        (box.root / "dir/file").write_text("x")
        box.config["linux"]["maskedPaths"] = ["/secret", "/dir", "/no-such", "/proc/version"]
        expect(box.output("cat /secret; ls /dir; cat /proc/version") == "")


def test_readonly_paths(t):
    """config-linux.md "Readonly Paths": set as readonly inside the container."""
    with Box(t) as box:
        (box.root / "dir").mkdir()
        box.config["linux"]["readonlyPaths"] = ["/dir", "/no-such", "/proc/sys"]
        done = box.run_it("touch /dir/x; echo 1 >/proc/sys/kernel/domainname; echo end")
        expect(done.err.count("Read-only") == 2 and done.out == "end\n", done)


def test_rootfs_propagation(t):
    """config-linux.md "Rootfs Mount Propagation": shared, slave, private, unbindable."""
    with Box(t) as box:
        for value, shown in (("private", ""), ("slave", "master"), ("shared", "shared"), ("unbindable", "unbindable")):
            box.config["linux"]["rootfsPropagation"] = value
            line = box.output("awk '$5 == \"/\"' /proc/self/mountinfo").strip().splitlines()[-1]
            options = line.split(" - ")[0].split()[6:]
            if value == "slave":
                expect(not any(option.startswith("shared") for option in options), line)
            else:
                expect((not options) if shown == "" else any(option.startswith(shown) for option in options), f"{value}: {line}")


def test_nothing_propagates_to_the_host(t):
    """config-linux.md "Rootfs Mount Propagation": what the container mounts does not show on the host."""
    with Box(t) as box:
        before = len(open("/proc/self/mountinfo").readlines())
        bundles.all_capabilities(box.config)
        box.script("mount -t tmpfs none /tmp; sleep 1000")
        box.started()
        expect(len(open("/proc/self/mountinfo").readlines()) == before)


def test_seccomp_actions(t):
    """config-linux.md "Seccomp": ERRNO with errnoRet, KILL_PROCESS, defaultAction."""
    with Box(t) as box:
        box.config["linux"]["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
            {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28},
            {"names": ["no_such_call"], "action": "SCMP_ACT_ERRNO"}]}
        expect("No space left" in box.run_it("mkdir /x").err)
        box.config["linux"]["seccomp"]["syscalls"][0]["action"] = "SCMP_ACT_KILL_PROCESS"
        del box.config["linux"]["seccomp"]["syscalls"][0]["errnoRet"]
        expect(box.output("mkdir /x; echo $?").strip().endswith("159"))


def test_seccomp_arguments(t):
    """config-linux.md "Seccomp", args: index, value, valueTwo, op."""
    with Box(t) as box:
        box.config["linux"]["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"], "syscalls": [
            {"names": ["kill"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13,
             "args": [{"index": 1, "value": 10, "op": "SCMP_CMP_EQ"}]}]}
        out = box.output("trap 'echo twelve' USR2; kill -USR1 $$ 2>&1; kill -USR2 $$; true")
        expect("ermission denied" in out and "twelve" in out, out)


def test_seccomp_is_there_without_no_new_privileges(t):
    """config-linux.md "Seccomp": whatever noNewPrivileges and the user are."""
    for nnp in (True, False):
        for uid in (0, 5):
            with Box(t, f"s{nnp}{uid}") as box:
                box.config["process"]["noNewPrivileges"] = nnp
                box.config["process"]["user"] = {"uid": uid, "gid": uid}
                box.config["linux"]["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
                    {"names": ["chmod", "fchmodat", "fchmod"], "action": "SCMP_ACT_ERRNO", "errnoRet": 28}]}
                out = box.output("grep Seccomp: /proc/self/status").split()
                expect(out[1] == "2", out)


def test_cgroup_path_absolute(t):
    """config-linux.md "Cgroups Path": an absolute path is relative to the cgroups mount point, the container's always;
    with systemd the path names the unit."""
    with Box(t) as box:
        box.script("sleep 1000")
        box.started()
        pid = box.state()["pid"]
        lines = open(f"/proc/{pid}/cgroup").read().split()
        expect(any(line.endswith(box.cgroup) for line in lines), lines)
        expect(box.cgroups(), "no directory")


def test_two_containers_two_cgroups(t):
    """config-linux.md "Cgroups Path": without one the runtime defines its own, of each container another."""
    with Box(t, "a") as one, Box(t, "b") as two:
        found = []
        for box in (one, two):
            del box.config["linux"]["cgroupsPath"]
            box.script("sleep 1000")
            box.started()
            found.append(open(f"/proc/{box.state()['pid']}/cgroup").read())
        expect(found[0] != found[1], found)


RESOURCES = {
    "memory.limit": ({"memory": {"limit": 64 << 20}}, "memory/memory.limit_in_bytes", "memory.max", str(64 << 20), None),
    "memory.reservation": ({"memory": {"reservation": 32 << 20}}, "memory/memory.soft_limit_in_bytes", "memory.low", str(32 << 20), None),
    "memory.swap": ({"memory": {"limit": 64 << 20, "swap": 128 << 20}}, "memory/memory.memsw.limit_in_bytes", "memory.swap.max", str(128 << 20), str(64 << 20)),
    "memory.swappiness": ({"memory": {"swappiness": 7}}, "memory/memory.swappiness", "", "7", None),
    "memory.disableOOMKiller": ({"memory": {"disableOOMKiller": True}}, "memory/memory.oom_control", "", "oom_kill_disable 1", None),
    "cpu.shares": ({"cpu": {"shares": 512}}, "cpu/cpu.shares", "cpu.weight", "512", ""),
    "cpu.quota": ({"cpu": {"quota": 20000, "period": 50000}}, "cpu/cpu.cfs_quota_us", "cpu.max", "20000", "20000 50000"),
    "cpu.period": ({"cpu": {"quota": 20000, "period": 50000}}, "cpu/cpu.cfs_period_us", "", "50000", None),
    "cpu.cpus": ({"cpu": {"cpus": "0"}}, "cpuset/cpuset.cpus", "cpuset.cpus", "0", None),
    "cpu.mems": ({"cpu": {"mems": "0"}}, "cpuset/cpuset.mems", "cpuset.mems", "0", None),
    "cpu.idle": ({"cpu": {"idle": 1}}, "cpu/cpu.idle", "cpu.idle", "1", None),
    "cpu.burst": ({"cpu": {"quota": 50000, "period": 100000, "burst": 20000}}, "cpu/cpu.cfs_burst_us", "cpu.max.burst", "20000", None),
    "pids.limit": ({"pids": {"limit": 77}}, "pids/pids.max", "pids.max", "77", None),
    "pids.limit of none": ({"pids": {"limit": -1}}, "pids/pids.max", "pids.max", "max", None),
}


def _resource_test(name, resources, v1, v2, wanted, wanted_v2):
    def test(t):
        with Box(t) as box:
            file = v2 if V2 else v1
            parent = "/sys/fs/cgroup" if V2 else os.path.join("/sys/fs/cgroup", v1.split("/")[0])
            if not file or not os.path.isdir(parent):
                raise Skip("this cgroup version has no such file")
            box.config["linux"]["resources"].update(resources)
            box.script("sleep 1000")
            done = box.create()
            if done.exit != 0 and ("No such file" in done.err or "not supported" in done.err or "no mounted" in done.err):
                raise Skip(f"this kernel has no {file}")
            expect(done.exit == 0, done)
            path = pathlib.Path(parent + box.cgroup, file.split("/")[-1])
            if not path.exists():
                raise Skip(f"this kernel has no {file}")
            found = path.read_text()
            expected = wanted_v2 if V2 and wanted_v2 is not None else wanted
            expect(found.strip() == expected or (expected and expected in found.splitlines()) or expected == "", found)

    test.__doc__ = f'config-linux.md "Control groups", {name}: the value in the cgroup\'s file is the one asked for.'
    return test


for _name, _case in RESOURCES.items():
    globals()[f"test_resource_{_name.replace('.', '_').replace(' ', '_')}"] = _resource_test(_name, *_case)


def test_hugepage_limits(t):
    """config-linux.md "Huge page limits": pageSize is of the form <size>[KMG]B; one that there is not is an error."""
    with Box(t) as box:
        box.config["linux"]["resources"]["hugepageLimits"] = [{"pageSize": "3MB", "limit": 0}]
        box.refused("hugepageLimits")


def test_device_rules(t):
    """config-linux.md "Allowed Device list": MUST apply entries in the listed order."""
    with Box(t) as box:
        bundles.all_capabilities(box.config)
        box.config["linux"]["resources"]["devices"] = [
            {"allow": False, "access": "rwm"}, {"allow": True, "type": "c", "major": 10, "minor": 229, "access": "rwm"},
            {"allow": False, "type": "c", "major": 10, "minor": 229, "access": "r"}]
        done = box.run_it("mknod /tmp/ok c 10 229 && echo made; mknod /tmp/no b 7 0; head -c0 /tmp/ok || echo unreadable")
        expect(done.out.startswith("made") and "not permitted" in done.err, done)


def test_unified(t):
    """config-linux.md "Unified": values are written to files of cgroup v2; an error where that is not mounted."""
    with Box(t) as box:
        box.config["linux"]["resources"]["unified"] = {"memory.high": "50000000"}
        if V2:
            box.script("sleep 1000")
            box.created()
            found = pathlib.Path("/sys/fs/cgroup" + box.cgroup, "memory.high").read_text()
            expect(int(found) in range(49990000, 50000001), found)
        else:
            box.refused("unified")


def test_a_cgroup_mount(t):
    """config.md "Mounts" of type cgroup: the container sees its own cgroup there, read-only where asked."""
    with Box(t) as box:
        with_cgroups(box)
        file = cgroup_file("pids/pids.max", "pids.max")
        box.config["linux"]["resources"]["pids"] = {"limit": 55}
        done = box.run_it(f"cat {file}; echo 5 >{file}")
        expect(done.out == "55\n" and "Read-only" in done.err, done)


def test_personality(t):
    """config-linux.md "Personality": LINUX32."""
    with Box(t) as box:
        box.config["linux"]["personality"] = {"domain": "LINUX32"}
        if os.uname().machine == "x86_64":
            expect(box.output("uname -m") in ("i686\n", "i386\n"))


def test_a_terminal(t):
    """config.md "Process", terminal: a pseudoterminal pair; "Default Devices": /dev/console is a bind of it."""
    import fcntl
    import socket
    with Box(t) as box:
        box.config["process"]["terminal"] = True
        box.config["process"]["consoleSize"] = {"height": 33, "width": 99}
        box.script("tty; test -c /dev/console && echo console; stty size")
        path = str(t.dir / "tty")
        server = socket.socket(socket.AF_UNIX)
        server.bind(path)
        server.listen(1)
        box.created("--console-socket", path)
        peer, _ = server.accept()
        _, fds, _, _ = socket.recv_fds(peer, 100, 1)
        box.ok("start", box.id)
        text = b""
        while True:
            try:
                data = os.read(fds[0], 4096)
            except OSError:
                break
            if not data:
                break
            text += data
        os.close(fds[0])
        peer.close()
        server.close()
        expect(text.decode().split() == ["/dev/pts/0", "console", "33", "99"], text)


def test_id_mapped_mounts(t):
    """config.md "Mounts", uidMappings and gidMappings of a mount."""
    with Box(t) as box:
        t.file("d/file", "x")
        kind = command(["stat", "-f", "-c", "%T", t.dir]).out.strip()
        if kind == "tmpfs" and tuple(int(part) for part in os.uname().release.split(".")[:2]) < (6, 3):
            raise Skip("this kernel cannot map the owners of a tmpfs")
        os.chown(t.dir / "d/file", 0, 0)
        bundles.with_user_namespace(box.config)
        for path in (box.root, box.root / "tmp"):
            os.chown(path, 100000, 100000)
        maps = [{"containerID": 0, "hostID": 100000, "size": 65536}]
        box.config["mounts"].append({"destination": "/tmp", "type": "bind", "source": str(t.dir / "d"), "options": ["bind"],
                                     "uidMappings": maps, "gidMappings": maps})
        expect(box.output("stat -c %u:%g /tmp/file") == "0:0\n")


def test_no_descriptor_of_the_runtimes_reaches_the_program(t):
    """The program has the three standard streams and nothing else."""
    with Box(t) as box:
        out = box.output("ls /proc/self/fd | wc -l")
        expect(out.strip() == "4", out)  # and ls its own of the directory
