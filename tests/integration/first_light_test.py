"""One container from image to exit, and the life of a detached one: what somebody tries first."""
import json
import os
import pathlib
import signal

from phialtest import expect, wait_until


def cgroup_value(pid, unified, controller, legacy):
    """The limit of a process as the kernel has it: of cgroup v2, or of v1 where the controller is there."""
    paths = {}
    for line in pathlib.Path(f"/proc/{pid}/cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        for name in controllers.split(","):
            paths[name] = path
    if controller in paths:
        mounts = [line.split() for line in pathlib.Path("/proc/mounts").read_text().splitlines()]
        at = next(words[1] for words in mounts if words[2] == "cgroup" and controller in words[3].split(","))
        return pathlib.Path(at + paths[controller], legacy).read_text().strip()
    at = "/sys/fs/cgroup/unified" if os.path.ismount("/sys/fs/cgroup/unified") else "/sys/fs/cgroup"
    return pathlib.Path(at + paths[""], unified).read_text().strip()


def running(t, name):
    return t.inspect(name)["State"]["Running"]


def test_run_says_what_the_command_says(t):
    done = t.phial("run", "--rm", "busybox", "sh", "-c", "echo out; echo err >&2; exit 3")
    expect((done.exit, done.out, done.err) == (3, "out\n", "err\n"), done)
    expect(t.ok("ps", "-aq") == "", "--rm left it behind")


def test_run_reads_standard_input(t):
    expect(t.ok("run", "--rm", "-i", "busybox", "wc", "-c", stdin="x" * 100000).strip() == "100000")


def test_exit_statuses_are_dockers(t):
    t.fails(127, "run", "--rm", "busybox", "no-such-program", err="no-such-program")
    t.fails(126, "run", "--rm", "busybox", "/etc/passwd", err="/etc/passwd")
    t.fails(125, "run", "--rm", "no-such-image", err="no-such-image")
    t.fails(125, "run", "--rm", "--memory", "many", "busybox", err="memory")
    t.fails(137, "run", "--rm", "busybox", "sh", "-c", "sh -c 'kill -9 $$'; exit $?")


def test_it_sees_only_itself(t):
    out = t.ok("run", "--rm", "--hostname", "glass", "busybox", "sh", "-c",
               "hostname; id -u; echo $$; ls /proc | grep -c '^[0-9]'; ls -d /sys/class/net/*; for n in pid mnt ipc uts net "
               "cgroup; do readlink /proc/self/ns/$n; done")
    lines = out.splitlines()
    expect(lines[0] == "glass" and lines[1] == "0" and lines[2] == "1" and int(lines[3]) <= 4, out)
    expect(lines[4] == "/sys/class/net/lo", out)
    for name, theirs in zip(("pid", "mnt", "ipc", "uts", "net", "cgroup"), lines[5:]):
        expect(theirs != os.readlink(f"/proc/self/ns/{name}"), f"{name} is the host's: {out}")


def test_limits_reach_the_kernel(t):
    name = t.ok("run", "-d", "-m", "64m", "--cpus", "0.5", "--pids-limit", "32", "busybox", "sleep", "1000").strip()
    pid = t.inspect(name)["State"]["Pid"]
    expect(cgroup_value(pid, "memory.max", "memory", "memory.limit_in_bytes") == str(64 << 20))
    expect(cgroup_value(pid, "pids.max", "pids", "pids.max") == "32")
    quota = cgroup_value(pid, "cpu.max", "cpu", "cpu.cfs_quota_us").split()[0]
    expect(quota == "50000", quota)


def test_a_small_limit_is_enough_and_too_much_is_killed(t):
    t.ok("run", "--rm", "-m", "6m", "busybox", "true")
    name = t.ok("create", "-m", "8m", "--memory-swap", "8m", "busybox", "sh", "-c",
                "head -c 100000000 /dev/zero | tail >/dev/null").strip()
    t.phial("start", "-a", name)
    state = t.inspect(name)["State"]
    expect(state["OOMKilled"] is True, state)
    expect("out of memory" in t.ok("ps", "-a"), t.ok("ps", "-a"))


def test_explain_shows_the_program_and_runs_nothing(t):
    calls = t.ok("explain", "run", "--rm", "-m", "64m", "busybox", "true")
    for word in ("clone", "mount", "pivot_root", "exec", "64m"):
        expect(word in calls, f"{word!r} is missing in:\n{calls}")
    script = t.ok("explain", "--format", "shell", "run", "--rm", "-m", "64m", "busybox", "true")
    expect(script.startswith("#!") and "unshare" in script, script)
    json.loads(t.ok("explain", "--format", "json", "run", "--rm", "-m", "64m", "busybox", "true"))
    expect(t.ok("ps", "-aq") == "", "explain made a container")


def test_timings_name_each_step(t):
    done = t.phial("run", "--rm", "--timings", "busybox", "true")
    expect(done.exit == 0 and " us" in done.err and "become true" in done.err, done)


def test_detached_life(t):
    name = t.ok("run", "-d", "--name", "web", "busybox", "sh", "-c",
                "trap 'echo bye; exit 5' TERM; echo hello; while :; do sleep 0.1; done").strip()
    expect(t.ok("ps", "-q", "--no-trunc").strip() == name)
    wait_until(lambda: "hello" in t.ok("logs", "web"), "its first line in the log")
    expect(t.ok("exec", "web", "sh", "-c", "echo from inside").strip() == "from inside")
    t.fails(9, "exec", "web", "sh", "-c", "exit 9")
    t.ok("pause", "web")
    expect(t.inspect("web")["State"]["Paused"] is True)
    t.ok("unpause", "web")
    t.ok("stop", "web")
    expect(t.inspect("web")["State"]["ExitCode"] == 5, t.inspect("web")["State"])
    expect(t.ok("logs", "web").splitlines()[-1] == "bye")
    t.ok("start", "web")
    expect(running(t, "web"))
    t.fails(1, "rm", "web", err="running")
    t.ok("rm", "-f", "web")
    expect(t.ok("ps", "-aq") == "")


def test_logs_follow_to_the_end(t):
    t.ok("run", "-d", "--name", "count", "busybox", "sh", "-c", "for i in 1 2 3 4 5; do echo $i; sleep 0.1; done")
    expect(t.ok("logs", "-f", "count").split() == list("12345"))


def test_a_name_in_use_is_refused(t):
    t.ok("create", "--name", "twin", "busybox", "true")
    t.fails(125, "run", "--name", "twin", "busybox", "true", err="twin")


def test_a_terminal_has_its_size_and_follows_it(t):
    terminal = t.terminal("run", "-it", "--rm", "busybox", "sh", rows=33, columns=101)
    terminal.send("stty size\n")
    terminal.wait_for("33 101")
    terminal.resize(20, 60)
    terminal.send("stty size; tty\n")
    terminal.wait_for("20 60")
    terminal.wait_for("/dev/pts/0")
    terminal.send("exit 4\n")
    expect(terminal.wait() == 4, terminal.screen)


def test_sigkill_of_phial_leaves_the_truth(t):
    child = t.start("run", "--name", "orphan", "busybox", "sleep", "1000")
    wait_until(lambda: "orphan" in t.ok("ps"), "the container in ps")
    child.kill()
    child.wait()
    expect(t.inspect("orphan")["State"]["Running"] == ("orphan" in t.ok("ps")))
    t.ok("rm", "-f", "orphan")
    expect(t.ok("ps", "-aq") == "")


def test_sigkill_of_the_monitor_leaves_the_truth(t):
    name = t.ok("run", "-d", "--name", "lost", "busybox", "sleep", "1000").strip()
    pid = t.inspect("lost")["State"]["Pid"]
    parent = next(int(line.split()[1]) for line in open(f"/proc/{pid}/status") if line.startswith("PPid:"))
    expect("phial-monitor" in os.readlink(f"/proc/{parent}/exe"), os.readlink(f"/proc/{parent}/exe"))
    os.kill(parent, signal.SIGKILL)
    wait_until(lambda: not os.path.exists(f"/proc/{parent}"), "the end of the monitor")
    alive = os.path.exists(f"/proc/{pid}")
    wait_until(lambda: ("lost" in t.ok("ps")) == os.path.exists(f"/proc/{pid}"), f"the truth in ps (alive: {alive})")
    t.ok("rm", "-f", "lost")
    wait_until(lambda: not os.path.exists(f"/proc/{pid}"), "the end of the container's process")
    left = [path for hierarchy in pathlib.Path("/sys/fs/cgroup").iterdir() if hierarchy.is_dir()
            for path in hierarchy.rglob(f"*{name}*")]
    expect(not left, f"cgroups left behind: {left}")
