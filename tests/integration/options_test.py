"""Every option of run, each with docker's meaning, seen from inside the container or in the kernel."""
import os
import pathlib
import resource

from phialtest import expect, wait_until


def sh(t, script, *options):
    """What a script prints in a fresh container with these options."""
    return t.ok("run", "--rm", *options, "busybox", "sh", "-c", script)


def status_of(t, *options):
    lines = sh(t, "cat /proc/self/status", *options).splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}


def v1(controller):
    """The directory of a v1 hierarchy, or None where the controller is v2's."""
    path = pathlib.Path("/sys/fs/cgroup") / controller
    return path if path.is_dir() and (path / "cgroup.procs").exists() and not (path / "cgroup.controllers").exists() else None


def limit(t, unified, controller, legacy, *options):
    """The text of a cgroup file, read in the container, whose cgroup mount shows its own cgroup."""
    file = f"/sys/fs/cgroup/{controller}/{legacy}" if v1(controller) else f"/sys/fs/cgroup/{unified}"
    return sh(t, f"cat {file}", *options).strip()


def test_environment(t):
    (t.dir / "env").write_text("# a comment\n\nFROM_FILE=one two\nFROM_CALLER\n")
    out = sh(t, "env", "-e", "A=b=c", "--env-file", t.dir / "env", "-e", "EMPTY=", "--hostname", "box")
    for line in ("A=b=c", "FROM_FILE=one two", "EMPTY=", "HOSTNAME=box", "HOME=/root"):
        expect(line in out.splitlines(), f"{line} is missing in {out}")
    expect("PATH=" in out and "comment" not in out, out)


def test_working_directory_is_made(t):
    expect(sh(t, "pwd; stat -c %U .", "-w", "/new/place") == "/new/place\nroot\n")


def test_user_by_name_and_number(t):
    expect(sh(t, "id -u; id -g; echo $HOME", "-u", "1234:567") == "1234\n567\n/\n")
    expect(sh(t, "id -un; id -gn", "-u", "daemon") == "daemon\ndaemon\n")
    expect("44" in sh(t, "id -G", "--group-add", "44").split())
    t.fails(125, "run", "--rm", "-u", "nobody-here", "busybox", "true", err="nobody-here")


def test_binds_and_their_modes(t):
    source = t.dir / "data"
    source.mkdir()
    (source / "file").write_text("from the host\n")
    expect(sh(t, "cat /d/file; echo more >>/d/file; echo $?", "-v", f"{source}:/d") == "from the host\n0\n")
    expect((source / "file").read_text() == "from the host\nmore\n")
    expect("Read-only" in sh(t, "(echo x >/d/file) 2>&1; true", "-v", f"{source}:/d:ro"))
    expect("Read-only" in sh(t, "(echo x >/f) 2>&1; true", "--mount", f"type=bind,src={source}/file,dst=/f,readonly"))
    t.fails(125, "run", "--rm", "--mount", f"type=bind,src={source}/none,dst=/f", "busybox", "true", err="none")
    sh(t, "true", "-v", f"{source}/made:/d")
    expect((source / "made").is_dir(), "-v makes a missing source")


def test_tmpfs(t):
    out = sh(t, "grep ' /t ' /proc/mounts; grep ' /u ' /proc/mounts", "--tmpfs", "/t:size=1m,mode=700", "--mount",
             "type=tmpfs,dst=/u,tmpfs-size=2m,tmpfs-mode=1770")
    first, second = out.splitlines()
    expect("size=1024k" in first and "mode=700" in first and "noexec" in first, first)
    expect("size=2048k" in second and "mode=1770" in second, second)


def test_volumes_keep_and_begin_with_the_images_files(t):
    sh(t, "echo kept >/v/file", "-v", "vol:/v")
    expect(sh(t, "cat /v/file", "-v", "vol:/v") == "kept\n")
    expect("passwd" in sh(t, "ls /etc", "-v", "etc:/etc"))


def test_read_only_root(t):
    out = sh(t, "touch /x 2>&1; touch /tmp/x 2>&1; echo in >/dev/shm/y; cat /dev/shm/y", "--read-only", "--tmpfs", "/tmp")
    expect(out.count("Read-only") == 1 and out.endswith("in\n"), out)


def test_entrypoint(t):
    expect(t.ok("run", "--rm", "--entrypoint", "echo", "busybox", "a", "b") == "a b\n")


def test_init_reaps_and_passes_signals(t):
    out = sh(t, "cat /proc/1/comm; (sleep 0.01 &) ; exec sleep 0.1", "--init")
    expect(out == "phial-init\n", out)
    t.ok("run", "-d", "--init", "--name", "with-init", "busybox", "sleep", "1000")
    t.ok("stop", "with-init")
    expect(t.inspect("with-init")["State"]["ExitCode"] == 143)


def test_memory_limits(t):
    expect(limit(t, "memory.max", "memory", "memory.limit_in_bytes", "-m", "64m") == str(64 << 20))
    if v1("memory"):
        expect("cgroup v2" in t.phial("run", "--rm", "--memory-high", "32m", "busybox", "true").err)
        expect(limit(t, "", "memory", "memory.memsw.limit_in_bytes", "-m", "64m", "--memory-swap", "80m") == str(80 << 20))
    else:
        expect(limit(t, "memory.high", "memory", "", "--memory-high", "32m") == str(32 << 20))
        expect(limit(t, "memory.swap.max", "memory", "", "-m", "64m", "--memory-swap", "80m") == str(16 << 20))


def test_cpu_limits(t):
    expect(limit(t, "cpu.max", "cpu", "cpu.cfs_quota_us", "--cpus", "0.25").split()[0] == "25000")
    weight = limit(t, "cpu.weight", "cpu", "cpu.shares", "--cpu-shares", "512")
    expect(int(weight) == 512 if v1("cpu") else 1 < int(weight) < 100, weight)
    expect(status_of(t, "--cpuset-cpus", "0")["Cpus_allowed_list"] == "0")
    t.fails(125, "run", "--rm", "--cpuset-cpus", "4096", "busybox", "true", err="cpuset")


def test_pids_limit(t):
    expect(limit(t, "pids.max", "pids", "pids.max", "--pids-limit", "17") == "17")


def test_io_limits(t):
    device = next((f"/dev/{name}" for name in sorted(os.listdir("/sys/block")) if os.path.exists(f"/dev/{name}")), None)
    if device is None:
        expect(t.phial("run", "--rm", "--device-read-bps", "/dev/none:1m", "busybox", "true").exit == 125)
        return
    numbers = os.stat(device).st_rdev
    number = f"{os.major(numbers)}:{os.minor(numbers)}"
    for flag, word, legacy in (("read-bps", "rbps", "read_bps"), ("write-bps", "wbps", "write_bps"),
                               ("read-iops", "riops", "read_iops"), ("write-iops", "wiops", "write_iops")):
        out = limit(t, "io.max", "blkio", f"blkio.throttle.{legacy}_device", f"--device-{flag}", f"{device}:1000")
        expect(number in out and (out.split()[-1] == "1000" if v1("blkio") else f"{word}=1000" in out), out)


def test_devices(t):
    out = sh(t, "stat -c '%t %T' /dev/mem2; dd if=/dev/mem2 of=/dev/null bs=1 count=1 2>&1 | tail -1", "--device",
             "/dev/zero:/dev/mem2:r")
    expect(out.startswith("1 5\n") and "1+0 records out" in out, out)
    expect("not permitted" in sh(t, "mknod /k c 1 11; cat /k 2>&1; true"), "the device filter lets /dev/kmsg through")
    t.fails(125, "run", "--rm", "--device", "/dev/no-such", "busybox", "true", err="/dev/no-such")


def test_ulimits(t):
    soft = min(100, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
    expect(sh(t, "ulimit -n; ulimit -c", "--ulimit", f"nofile={soft}:{soft}", "--ulimit", "core=0") == f"{soft}\n0\n")
    t.fails(125, "run", "--rm", "--ulimit", "nofiles=1", "busybox", "true", err="nofile")


def test_sysctls(t):
    expect(sh(t, "cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/shmmni", "--sysctl", "net.ipv4.ip_forward=1", "--sysctl",
              "kernel.shmmni=99") == "1\n99\n")
    before = pathlib.Path("/proc/sys/kernel/core_pattern").read_text()
    t.fails(125, "run", "--rm", "--sysctl", "kernel.core_pattern=x", "busybox", "true", err="core_pattern")
    expect(pathlib.Path("/proc/sys/kernel/core_pattern").read_text() == before)


def test_capabilities(t):
    expect(int(status_of(t)["CapEff"], 16) == 0xA80425FB)
    expect(int(status_of(t, "--cap-drop", "all")["CapBnd"], 16) == 0)
    expect(int(status_of(t, "--cap-drop", "ALL", "--cap-add", "net_admin")["CapEff"], 16) == 1 << 12)
    expect(int(status_of(t, "-u", "1000")["CapEff"], 16) == 0)
    t.fails(125, "run", "--rm", "--cap-add", "SYS_FLY", "busybox", "true", err="SYS_FLY")


def test_privileged(t):
    ours = int(pathlib.Path("/proc/self/status").read_text().split("CapBnd:")[1].split()[0], 16)
    privileged = status_of(t, "--privileged")
    expect(int(privileged["CapEff"], 16) == ours and privileged["Seccomp"] == "0", privileged)
    expect("ok" in sh(t, "mount -t tmpfs none /tmp && echo ok; ls /dev | wc -l", "--privileged"))


def test_security_options(t):
    plain = status_of(t)
    expect(plain["Seccomp"] == "2" and plain["NoNewPrivs"] == "0", plain)
    expect(status_of(t, "--security-opt", "no-new-privileges")["NoNewPrivs"] == "1")
    expect(status_of(t, "--security-opt", "seccomp=unconfined")["Seccomp"] == "0")
    expect("denied" in sh(t, "mount -t tmpfs none /tmp 2>&1; true"), "mount is let through")
    (t.dir / "profile.json").write_text(
        '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["mkdir","mkdirat"],"action":"SCMP_ACT_ERRNO","errnoRet":13}]}')
    expect("denied" in sh(t, "mkdir /x 2>&1; true", "--security-opt", f"seccomp={t.dir}/profile.json"))


def test_masked_and_read_only_paths(t):
    out = sh(t, "cat /proc/keys | wc -c; ls /sys/firmware | wc -l; (echo 1 >/proc/sys/vm/swappiness) 2>/dev/null || echo ro")
    expect(out.split() == ["0", "0", "ro"], out)


def same_namespace(t, name, *options):
    return sh(t, f"readlink /proc/self/ns/{name}", *options).strip() == os.readlink(f"/proc/self/ns/{name}")


def test_the_hosts_namespaces_on_request(t):
    for name, option in (("pid", "--pid"), ("ipc", "--ipc"), ("uts", "--uts"), ("cgroup", "--cgroupns"), ("net", "--network")):
        expect(not same_namespace(t, name), f"{name} is the host's unasked")
        expect(same_namespace(t, name, option, "host"), f"{option} host")
    expect(same_namespace(t, "user", "--userns", "host"))


def test_another_containers_namespaces(t):
    t.ok("run", "-d", "--name", "first", "busybox", "sleep", "1000")
    pid = t.inspect("first")["State"]["Pid"]
    for name, option in (("net", "--network"), ("pid", "--pid")):
        theirs = os.readlink(f"/proc/{pid}/ns/{name}")
        expect(sh(t, f"readlink /proc/self/ns/{name}", option, "container:first").strip() == theirs, option)
    t.fails(125, "run", "--rm", "--network", "container:nobody", "busybox", "true", err="nobody")


def test_another_containers_ipc_has_its_shared_memory(t):
    t.ok("run", "-d", "--name", "first", "busybox", "sh", "-c", "echo said > /dev/shm/x; sleep 1000")
    wait_until(lambda: t.ok("exec", "first", "cat", "/dev/shm/x") == "said\n", "the first has written")
    mine = f"/proc/{t.inspect('first')['State']['Pid']}/ns/ipc"
    out = sh(t, "cat /dev/shm/x; echo back > /dev/shm/y; readlink /proc/self/ns/ipc", "--ipc", "container:first")
    expect(out.split() == ["said", os.readlink(mine)], out)
    expect(t.ok("exec", "first", "cat", "/dev/shm/y") == "back\n")
    # A third has it by way of a second, and it outlives the first.
    t.ok("run", "-d", "--name", "second", "--ipc", "container:first", "busybox", "sleep", "1000")
    expect(sh(t, "cat /dev/shm/y", "--ipc", "container:second") == "back\n")
    t.ok("rm", "-f", "first")
    expect(t.ok("exec", "second", "cat", "/dev/shm/y") == "back\n")


def test_shared_memory_is_found_in_the_other_containers_own_root(t):
    t.ok("run", "-d", "--name", "liar", "--ipc", "none", "busybox", "sleep", "1000")
    expect(sh(t, "[ -e /dev/shm ] || echo none", "--ipc", "container:liar") == "none\n")
    t.ok("run", "-d", "--name", "guide", "busybox", "sh", "-c", "ln -s /etc /way; touch /etc/own; sleep 1000")
    wait_until(lambda: "own" in t.ok("exec", "guide", "ls", "/etc"), "the link is there")
    pid = t.inspect("guide")["State"]["Pid"]
    out = sh(t, "ls /at", "-v", f"/proc/{pid}/root/way:/at")
    expect("own" in out and "debian_version" not in out, out)


def test_network_none_has_a_loopback(t):
    expect("1 packets received" in sh(t, "ping -c 1 -W 2 127.0.0.1", "--network", "none"))


def test_shm_size(t):
    expect("size=2048k" in sh(t, "grep ' /dev/shm ' /proc/mounts", "--shm-size", "2m"))


def test_labels_stop_signal_and_cidfile(t):
    name = t.ok("run", "-d", "--label", "a=b", "-l", "c", "--stop-signal", "USR1", "--stop-timeout", "3", "--cidfile",
                t.dir / "cid", "busybox", "sh", "-c", "trap 'exit 9' USR1; while :; do sleep 0.05; done").strip()
    expect((t.dir / "cid").read_text() == name)
    config = t.inspect(name)["Config"]
    expect(config["Labels"] == {"a": "b", "c": ""} and config["StopSignal"] in ("USR1", "SIGUSR1"), config)
    t.ok("stop", name)
    expect(t.inspect(name)["State"]["ExitCode"] == 9)
    t.fails(125, "run", "--rm", "--cidfile", t.dir / "cid", "busybox", "true", err="cid")


def test_hostname_and_etc_files(t):
    out = sh(t, "hostname; cat /etc/hostname; grep box /etc/hosts | head -1", "--hostname", "box", "--add-host", "db:10.0.0.1")
    expect(out.splitlines()[:2] == ["box", "box"], out)
    expect("10.0.0.1\tdb" in sh(t, "cat /etc/hosts", "--add-host", "db:10.0.0.1"))


def test_no_descriptor_of_ours_crosses(t):
    extra = os.open("/etc", os.O_RDONLY)
    os.set_inheritable(extra, True)
    try:
        expect(sh(t, "ls /proc/self/fd").split() == ["0", "1", "2", "3"])
    finally:
        os.close(extra)
