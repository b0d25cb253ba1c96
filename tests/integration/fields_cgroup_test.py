"""linux.resources, read back from the container's cgroup on either version; and the view of it a cgroup mount gives."""
import os
import pathlib

from bundles import Bundle, spec, with_user_namespace, without_namespace
from phialtest import Skip, expect

BASE = pathlib.Path("/sys/fs/cgroup")
VERSION_2 = (BASE / "cgroup.controllers").exists()


def unified_root():
    return BASE if VERSION_2 else BASE / "unified"


def controllers():
    """The controllers there are: {"memory": 1, "hugetlb": 2}."""
    found = {}
    for path in BASE.iterdir():
        if (path / "cgroup.procs").exists() and not (path / "cgroup.controllers").exists():
            for name in path.name.split(","):
                found[name] = 1
    file = unified_root() / "cgroup.controllers"
    for name in file.read_text().split() if file.exists() else ():
        found[name] = 2
    return found


def mounted(config):
    config["mounts"].append({"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup",
                             "options": ["nosuid", "noexec", "nodev", "ro"]})
    return config


def values(t, bundle, resources, *files):
    """What the files of the container's own cgroup say; for each a name in version 1 and one in version 2."""
    config = mounted(spec())
    config["linux"]["resources"].update(resources)
    have = controllers()
    words = []
    for controller, legacy, unified in files:
        name = {"blkio": "io"}.get(controller, controller)
        if have.get(controller) == 1:
            words.append(f"/sys/fs/cgroup/{controller}/{legacy}")
        elif have.get(name) == 2 and unified and VERSION_2:
            words.append(f"/sys/fs/cgroup/{unified}")
        else:
            raise Skip(f"this host's container sees no {controller} controller")
    return bundle.run(config, "cat " + " ".join(words)).splitlines()


def test_memory(t):
    out = values(t, Bundle(t), {"memory": {"limit": 64 << 20, "swap": 96 << 20, "reservation": 32 << 20,
                                           "swappiness": 30, "disableOOMKiller": False, "kernel": 1 << 30,
                                           "checkBeforeUpdate": True}},
                 ("memory", "memory.limit_in_bytes", "memory.max"),
                 ("memory", "memory.soft_limit_in_bytes", "memory.low"))
    expect(out == [str(64 << 20), str(32 << 20)], out)
    bundle = Bundle(t, "second")
    config = spec()
    for memory, words in (({"swap": 1 << 30}, "memory.swap"), ({"limit": 1 << 30, "swap": 1 << 20}, "memory.swap"),
                          ({"limit": 1 << 30, "swappiness": 101}, "memory.swappiness")):
        config["linux"]["resources"]["memory"] = memory
        bundle.refuses(config, words)


def test_cpu(t):
    bundle = Bundle(t)
    out = values(t, bundle, {"cpu": {"shares": 512, "quota": 50000, "period": 200000, "burst": 1000}},
                 ("cpu", "cpu.shares", "cpu.weight"), ("cpu", "cpu.cfs_quota_us", "cpu.max"),
                 ("cpu", "cpu.cfs_burst_us", "cpu.max.burst"))
    expect(out == (["59", "50000 200000", "1000"] if VERSION_2 else ["512", "50000", "1000"]), out)
    out = values(t, bundle, {"cpu": {"idle": 1}}, ("cpu", "cpu.idle", "cpu.idle"))
    expect(out == ["1"], out)
    out = values(t, bundle, {"cpu": {"cpus": "0", "mems": "0"}}, ("cpuset", "cpuset.cpus", "cpuset.cpus"),
                 ("cpuset", "cpuset.mems", "cpuset.mems"))
    expect(out == ["0", "0"], out)


def test_pids(t):
    bundle = Bundle(t)
    for limit, said in ((7, "7"), (-1, "max"), (0, "1")):
        config = mounted(spec())
        config["linux"]["resources"]["pids"] = {"limit": limit}
        path = "/sys/fs/cgroup/" + ("" if VERSION_2 else "pids/") + "pids.max"
        expect(bundle.run(config, f"read line <{path}; echo $line").strip() == said, limit)


def test_unified(t):
    bundle = Bundle(t)
    config = mounted(spec())
    config["linux"]["resources"]["unified"] = {"memory.high": "33554432"}
    if VERSION_2:
        expect(bundle.run(config, "cat /sys/fs/cgroup/memory.high").strip() == "33554432")
    else:
        bundle.refuses(config, "memory.high", "cgroup v1")
    config["linux"]["resources"]["unified"] = {"../memory.high": "1"}
    bundle.refuses(config, "linux.resources.unified")
    config["linux"]["resources"]["unified"] = {"cgroup.procs": "1"}
    bundle.refuses(config, "cgroup.procs")


def test_hugepages(t):
    if controllers().get("hugetlb") is None:
        raise Skip("no hugetlb controller")
    bundle = Bundle(t)
    config = spec()
    config["linux"]["resources"]["hugepageLimits"] = [{"pageSize": "2MB", "limit": 4 << 20}]
    if controllers()["hugetlb"] == 2 and not VERSION_2:  # the host's to pass on
        raise Skip("the hugetlb controller is in the hybrid machine's version 2")
    bundle.run(config, "true")


def test_a_cgroup_mount(t):
    """Read-only where asked, of the container's own cgroup with a namespace and without; the version 1 layout."""
    bundle = Bundle(t)
    for change in (lambda config: config, lambda config: without_namespace(config, "cgroup"), with_user_namespace):
        config = mounted(change(spec()))
        out = bundle.run(config, "ls /sys/fs/cgroup; mkdir /sys/fs/cgroup/x 2>&1; cat /proc/self/cgroup; true")
        expect("Read-only" in out or "read-only" in out or "denied" in out, out)
        expect(VERSION_2 or "memory" in out.split("mkdir")[0].split(), out)
    config = mounted(spec())
    config["mounts"][-1]["options"] = ["nosuid", "noexec", "nodev"]
    directory = "/sys/fs/cgroup/" + ("" if VERSION_2 else "memory/") + "sub"
    bundle.run(config, f"mkdir {directory} && rmdir {directory}")


def test_what_no_controller_limits_is_refused(t):
    bundle = Bundle(t)
    have = controllers()
    for resources, controller in (({"network": {"classID": 1048577}}, "net_cls"),
                                  ({"network": {"priorities": [{"name": "lo", "priority": 3}]}}, "net_prio"),
                                  ({"rdma": {"mlx5_1": {"hcaHandles": 3, "hcaObjects": 10000}}}, "rdma")):
        if controller in have:
            continue
        config = spec()
        config["linux"]["resources"].update(resources)
        bundle.refuses(config, controller)


def test_nothing_is_left(t):
    """The cgroup goes with the container, at the path that was asked for."""
    bundle = Bundle(t)
    config = spec()
    path = f"/phial-fields/{t.dir.name}"
    config["linux"]["cgroupsPath"] = path
    out = bundle.run(mounted(without_namespace(config, "cgroup")), "cat /proc/self/cgroup")
    expect(path in out, out)
    for hierarchy in [BASE, *BASE.iterdir()]:
        expect(not os.path.exists(f"{hierarchy}{path}"), hierarchy)
        parent = hierarchy / "phial-fields"
        if parent.is_dir():
            parent.rmdir()
