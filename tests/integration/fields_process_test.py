"""config.json "process" and what of "linux" is the process's own, asked of the live kernel."""
import os
import pathlib
import platform
import subprocess

from bundles import Bundle, all_capabilities, spec, with_user_namespace, without_namespace
from phialtest import Skip, expect, wait_until


def status(text):
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


def scheduling(bundle, config):
    """The policy, the real-time priority and the nice value: fields 41, 40 and 19 of /proc/PID/stat."""
    fields = bundle.run(config, "read line </proc/1/stat; echo $line").rsplit(")", 1)[1].split()
    return tuple(int(fields[number - 3]) for number in (41, 40, 19))  # the first after the name is field 3


def test_scheduler(t):
    bundle = Bundle(t)
    for change in (lambda config: config, with_user_namespace):
        for scheduler, policy, nice in (({"policy": "SCHED_BATCH", "nice": 4}, 3, 4), ({"policy": "SCHED_IDLE"}, 5, 0),
                                        ({"policy": "SCHED_OTHER", "nice": -5}, 0, -5)):
            config = change(spec())
            config["process"]["scheduler"] = scheduler
            expect(scheduling(bundle, config) == (policy, 0, nice), scheduler)
    config = spec()
    config["process"]["scheduler"] = {"policy": "SCHED_OTHER", "priority": 5}
    bundle.refuses(config, "process.scheduler.priority")
    config["process"]["scheduler"] = {"policy": "SCHED_FIFO", "priority": 5, "deadline": 7}
    bundle.refuses(config, "process.scheduler", "SCHED_DEADLINE")
    config["process"]["scheduler"] = {"policy": "SCHED_FIFO", "priority": 100}
    bundle.refuses(config, "process.scheduler.priority")


def test_real_time_scheduler_within_its_ration(t):
    """cgroup v1 rations real-time processes: the container's cgroup gets its own, and the process its policy."""
    cpu = pathlib.Path("/sys/fs/cgroup/cpu")
    bundle = Bundle(t)
    config = spec()
    parent = cpu / f"phial-fields-{t.dir.name}"
    rationed = (cpu / "cpu.rt_runtime_us").exists()
    try:
        if rationed:
            parent.mkdir()
            (parent / "cpu.rt_runtime_us").write_text("20000")
            config["linux"]["cgroupsPath"] = f"/{parent.name}/box"
            config["linux"]["resources"]["cpu"] = {"realtimeRuntime": 10000, "realtimePeriod": 1000000}
        for scheduler, policy, priority in (
            ({"policy": "SCHED_FIFO", "priority": 7}, 1, 7),
            ({"policy": "SCHED_RR", "priority": 3, "flags": ["SCHED_FLAG_RESET_ON_FORK"]}, 2, 3)):
            config["process"]["scheduler"] = scheduler
            expect(scheduling(bundle, config)[:2] == (policy, priority), scheduler)
    finally:
        for hierarchy in pathlib.Path("/sys/fs/cgroup").glob(f"*/{parent.name}"):
            hierarchy.rmdir()


def test_io_priority(t):
    bundle = Bundle(t)
    for change in (lambda config: config, with_user_namespace):
        for name, level, words in (("IOPRIO_CLASS_BE", 2, "best-effort: prio 2"), ("IOPRIO_CLASS_IDLE", 0, "idle"),
                                   ("IOPRIO_CLASS_RT", 6, "realtime: prio 6")):
            config = change(spec())
            config["process"]["ioPriority"] = {"class": name, "priority": level}
            expect(words in bundle.run(config, "ionice -p $$"), name)


def test_memory_policy(t):
    """/proc/PID/numa_maps names the policy of the process at each of its mappings."""
    if not os.path.exists("/proc/self/numa_maps"):
        raise Skip("this kernel has no NUMA")
    bundle = Bundle(t)
    for policy, words in (({"mode": "MPOL_BIND", "nodes": "0"}, "bind:0"),
                          ({"mode": "MPOL_INTERLEAVE", "nodes": "0", "flags": ["MPOL_F_STATIC_NODES"]},
                           "interleave=static:0"), ({"mode": "MPOL_LOCAL"}, "local"),
                          ({"mode": "MPOL_PREFERRED", "nodes": ""}, "local"),
                          ({"mode": "MPOL_DEFAULT"}, "default")):
        config = spec()
        config["linux"]["memoryPolicy"] = policy
        expect(words in bundle.run(config, "cat /proc/self/numa_maps"), policy)
    for policy, words in (({"mode": "MPOL_BIND"}, "at least one"), ({"mode": "MPOL_LOCAL", "nodes": "0"}, "no nodes"),
                          ({"mode": "MPOL_BIND", "nodes": "0-99999"}, "nodes"), ({"mode": "MPOL_BND"}, "MPOL_BIND")):
        config["linux"]["memoryPolicy"] = policy
        bundle.refuses(config, "memoryPolicy", words)


def test_personality(t):
    bundle = Bundle(t)
    config = spec()
    config["linux"]["personality"] = {"domain": "LINUX32"}
    machine = {"x86_64": "i686", "aarch64": "armv8l"}.get(platform.machine())
    out = bundle.run(config, "uname -m; cat /proc/self/personality 2>/dev/null")
    expect(machine is None or out.split()[0] == machine, out)
    config["linux"]["personality"] = {"domain": "LINUX"}
    expect(bundle.run(config, "uname -m").strip() == platform.machine())
    config["linux"]["personality"] = {"domain": "LINUX64"}
    bundle.refuses(config, "linux.personality.domain")


def test_oom_score_umask_user_and_groups(t):
    bundle = Bundle(t)
    config = spec()
    config["process"]["oomScoreAdj"] = 321
    config["process"]["user"] = {"uid": 12, "gid": 34, "umask": 0o27, "additionalGids": [56, 78]}
    out = bundle.run(config, "cat /proc/self/oom_score_adj; umask; id -u; id -g; id -G")
    expect(out.split() == ["321", "0027", "12", "34", "34", "56", "78"], out)
    config = with_user_namespace(spec())
    config["process"]["oomScoreAdj"] = 77
    config["process"]["user"] = {"uid": 12, "gid": 34, "additionalGids": [56]}
    out = bundle.run(config, "cat /proc/self/oom_score_adj; umask; id -u; id -g; id -G; cat /proc/self/uid_map")
    expect(out.split() == ["77", "0022", "12", "34", "34", "56", "0", "100000", "65536"], out)


def test_capabilities(t):
    """The sets as given; ambient ones where they can be raised; names this kernel does not know are left out."""
    bundle = Bundle(t)
    config = spec()
    config["process"]["user"] = {"uid": 1000, "gid": 1000}
    config["process"]["capabilities"] = {
        "bounding": ["CAP_KILL", "CAP_CHOWN", "CAP_SETPCAP"], "effective": ["CAP_KILL"],
        "permitted": ["CAP_KILL", "CAP_CHOWN"], "inheritable": ["CAP_KILL", "CAP_CHOWN"],
        "ambient": ["CAP_KILL", "CAP_CHOWN"]}
    kill, chown, setpcap = 1 << 5, 1 << 0, 1 << 8
    sets = {name: int(value, 16) for name, value in status(bundle.run(config, "cat /proc/self/status")).items()
            if name.startswith("Cap")}
    expect(sets == {"CapInh": kill | chown, "CapPrm": kill | chown, "CapEff": kill | chown,
                    "CapBnd": kill | chown | setpcap, "CapAmb": kill | chown}, sets)
    config = spec()
    for name in config["process"]["capabilities"].values():
        name.append("CAP_FROM_THE_FUTURE")
    expect("0000000020000420" in bundle.run(config, "grep CapBnd /proc/self/status"))
    expect("CAP_FROM_THE_FUTURE" in bundle.explain(config), "what is left out is said")
    del config["process"]["capabilities"]
    sets = status(bundle.run(config, "cat /proc/self/status"))
    expect(all(int(sets[name], 16) == 0 for name in ("CapPrm", "CapEff", "CapBnd", "CapInh", "CapAmb")), sets)


def test_no_new_privileges_and_rlimits(t):
    bundle = Bundle(t)
    config = spec()
    config["process"]["rlimits"] = [{"type": "RLIMIT_NOFILE", "soft": 100, "hard": 200},
                                    {"type": "RLIMIT_CORE", "soft": 0, "hard": 18446744073709551615}]
    out = bundle.run(config, "cat /proc/self/limits; grep NoNewPrivs /proc/self/status")
    lines = {line[:25].strip(): line[25:].split() for line in out.splitlines()}
    expect(lines["Max open files"][:2] == ["100", "200"] and lines["Max core file size"][:2] == ["0", "unlimited"], out)
    expect("NoNewPrivs:\t1" in out, out)
    config["process"]["noNewPrivileges"] = False
    expect("NoNewPrivs:\t0" in bundle.run(config, "grep NoNewPrivs /proc/self/status"))


def test_labels_without_their_module_are_refused(t):
    bundle = Bundle(t)
    apparmor = os.path.exists("/sys/module/apparmor/parameters/enabled")
    selinux = os.path.exists("/sys/fs/selinux/enforce")
    if apparmor and selinux:
        raise Skip("this host has both AppArmor and SELinux")
    if not apparmor:
        config = spec()
        config["process"]["apparmorProfile"] = "acme_secure_profile"
        bundle.refuses(config, "process.apparmorProfile", "AppArmor is not enabled")
        config["process"]["apparmorProfile"] = "unconfined"
        bundle.run(config, "true")
    if not selinux:
        for part, field in (("process", "selinuxLabel"), ("linux", "mountLabel")):
            config = spec()
            config[part][field] = "system_u:system_r:svirt_lxc_net_t:s0:c124,c675"
            bundle.refuses(config, f"{part}.{field}", "SELinux is not enabled")


def test_names_and_sysctls_need_namespaces(t):
    bundle = Bundle(t)
    config = spec()
    config["hostname"], config["domainname"] = "box", "example.org"
    config["linux"]["sysctl"] = {"net.ipv4.ip_forward": "1", "kernel.shm_rmid_forced": "1", "fs.mqueue.msg_max": "7"}
    out = bundle.run(config, "hostname; cat /proc/sys/kernel/domainname /proc/sys/net/ipv4/ip_forward "
                     "/proc/sys/kernel/shm_rmid_forced /proc/sys/fs/mqueue/msg_max")
    expect(out.split() == ["box", "example.org", "1", "1", "7"], out)
    for field, namespace, value in (("hostname", "uts", "box"), ("domainname", "uts", "example.org")):
        config = without_namespace(spec(), namespace)
        config[field] = value
        bundle.refuses(config, field, namespace)
        config["linux"]["namespaces"].append({"type": namespace, "path": f"/proc/self/ns/{namespace}"})
        bundle.refuses(config, field, namespace)
    for name, namespace in (("net.ipv4.ip_forward", "network"), ("kernel.shmmax", "ipc"), ("fs.mqueue.msg_max", "ipc")):
        config = without_namespace(spec(), namespace)
        config["linux"]["sysctl"] = {name: "1"}
        bundle.refuses(config, name, namespace)
    config = without_namespace(spec(), "network")
    config["linux"]["namespaces"].append({"type": "network", "path": "/proc/self/ns/net"})
    config["linux"]["sysctl"] = {"net.ipv4.ip_forward": "1"}
    bundle.refuses(config, "net.ipv4.ip_forward", "network")
    config = spec()
    config["linux"]["sysctl"] = {"kernel.core_pattern": "x"}
    bundle.refuses(config, "kernel.core_pattern")


def test_namespaces_that_contradict_themselves(t):
    bundle = Bundle(t)
    config = spec()
    config["linux"]["namespaces"].append({"type": "pid"})
    bundle.refuses(config, "linux.namespaces[6].type", "second time")
    config = with_user_namespace(spec())
    config["linux"]["namespaces"].pop()
    bundle.refuses(config, "linux.uidMappings", "user namespace")
    config = with_user_namespace(spec())
    del config["linux"]["gidMappings"]
    bundle.refuses(config, "gidMappings")
    config = with_user_namespace(spec())
    config["linux"]["uidMappings"][0]["containerID"] = 1
    bundle.refuses(config, "linux.uidMappings", "user 0")
    config = with_user_namespace(spec(), size=10)
    config["process"]["user"]["uid"] = 1000
    bundle.refuses(config, "linux.uidMappings", "1000")
    config = spec()
    config["linux"]["timeOffsets"] = {"boottime": {"secs": 100}}
    bundle.refuses(config, "linux.timeOffsets", "time namespace")


def test_time_offsets(t):
    if not os.path.exists("/proc/self/ns/time"):
        raise Skip("this kernel has no time namespaces")
    bundle = Bundle(t)
    for change in (lambda config: config, with_user_namespace):
        config = change(spec())
        config["linux"]["namespaces"].append({"type": "time"})
        config["linux"]["timeOffsets"] = {"boottime": {"secs": 1000000, "nanosecs": 5}, "monotonic": {"secs": 3600}}
        out = bundle.run(config, "cat /proc/uptime; cat /proc/self/timens_offsets")
        expect(float(out.split()[0]) > 1000000, out)
        expect(out.split()[2:] == ["monotonic", "3600", "0", "boottime", "1000000", "5"], out)


def test_joined_namespaces(t):
    """A namespace by path is the other process's own; in a user namespace by path the process is its root."""
    bundle = Bundle(t)
    other = subprocess.Popen(["unshare", "--user", "--net", "--uts", "--ipc", "sleep", "1000"])
    try:
        own = os.readlink("/proc/self/ns/user")
        wait_until(lambda: os.readlink(f"/proc/{other.pid}/ns/user") != own and
                   open(f"/proc/{other.pid}/comm").read() == "sleep\n", "the namespaces")
        for kind in ("uid_map", "gid_map"):
            pathlib.Path(f"/proc/{other.pid}/{kind}").write_text("0 100000 65536")
        for names in (("network", "uts", "ipc"), ("user", "network", "uts", "ipc")):
            config = spec()
            kinds = {"network": "net"}
            for name in names:
                without_namespace(config, name)
                path = f"/proc/{other.pid}/ns/{kinds.get(name, name)}"
                config["linux"]["namespaces"].append({"type": name, "path": path})
            out = bundle.run(config, "for kind in net uts ipc user; do readlink /proc/self/ns/$kind; done; "
                             "cat /proc/self/uid_map; id -u; : >/dev/shm/file && stat -c %u /dev/shm/file").split()
            expect(out[:3] == [os.readlink(f"/proc/{other.pid}/ns/{kind}") for kind in ("net", "uts", "ipc")], out)
            expect((out[3] == own) == ("user" not in names), out)
            expect("user" not in names or out[4:7] == ["0", "100000", "65536"], out)
            expect(out[7:] == ["0", "0"], out)
    finally:
        other.kill()
        other.wait()


def test_joined_user_and_pid_namespaces(t):
    """What a second container of a pod has: the user namespace is joined, and the pid namespace that is its."""
    bundle = Bundle(t)
    other = subprocess.Popen(["unshare", "--user", "--pid", "--fork", "--kill-child", "sleep", "1000"])
    try:
        wait_until(lambda: os.readlink(f"/proc/{other.pid}/ns/user") != os.readlink("/proc/self/ns/user") and
                   open(f"/proc/{other.pid}/task/{other.pid}/children").read(), "the namespaces")
        child = open(f"/proc/{other.pid}/task/{other.pid}/children").read().split()[0]
        for kind in ("uid_map", "gid_map"):
            pathlib.Path(f"/proc/{child}/{kind}").write_text("0 100000 65536")
        config = without_namespace(spec(), "pid")
        for kind in ("user", "pid"):
            config["linux"]["namespaces"].append({"type": kind, "path": f"/proc/{child}/ns/{kind}"})
        out = bundle.run(config, "readlink /proc/self/ns/user /proc/self/ns/pid; cat /proc/1/comm; id -u; echo $$")
        lines = out.split()
        expect(lines[-3] == "sleep" and lines[-2] == "0" and lines[-1] != "1", out)
    finally:
        other.kill()
        other.wait()
