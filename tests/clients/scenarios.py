"""What is done with a client whose command line is docker's: podman and docker. Each is a function (t, c); `c` is a
Client of the module that runs it.
"""
import json
import os
import subprocess
import time

from client import MANY, V2, Failed, Skip, Terminal, command, expect, wait_until

IMAGE = "box"


class Client:
    """A client on a store of its own. `words` come before the verb."""

    name = ""
    settings = None  # its environment
    missing = (127,)  # what `exec` of a program that is not there ends with
    host_ipc = True  # whether --ipc=host works here

    def words(self, *words):
        raise NotImplementedError

    def __call__(self, *words, **more):
        return command(self.words(*words), env=self.settings, cwd=self.place.dir, **more)

    def ok(self, *words, **more):
        done = self(*words, **more)
        expect(done.exit == 0, f"should have succeeded: {done}")
        return done.out

    def run(self, *words, **more):
        """A container's output; it is gone afterwards."""
        return self.ok("run", "--rm", *words, **more)

    def fails(self, status, *words, err="", **more):
        done = self(*words, **more)
        expect(done.exit == status, f"should have ended with {status}: {done}")
        expect(err in done.err, f"should have said {err!r}: {done}")

    def terminal(self, *words):
        return Terminal(self.words(*words), env=self.settings)

    def inspect(self, name):
        return json.loads(self.ok("inspect", name))[0]

    def give(self, path):
        """Makes a path of the test the user's who runs the client."""

    def running(self, *words):
        """A container that sleeps; its name is the caller's to remove."""
        return self.ok("run", "-d", *words, IMAGE, "sleep", "1000").strip()

    def removed(self, *names):
        self.ok("rm", "-f", "-t", "0", *names) if self.name == "podman" else self.ok("rm", "-f", *names)


def _cgroup_file(v1, v2):
    return f"cat /sys/fs/cgroup/{v2 if V2 else v1}"


def run_prints_and_ends(t, c):
    expect(c.run(IMAGE, "echo", "hello") == "hello\n")
    expect(c.run("-i", IMAGE, "cat", stdin="through") == "through")


def exit_statuses_are_the_programs_and_dockers(t, c):
    c.fails(0, "run", "--rm", IMAGE, "true")
    c.fails(7, "run", "--rm", IMAGE, "sh", "-c", "exit 7")
    c.fails(127, "run", "--rm", IMAGE, "/no/such/program")
    c.fails(127, "run", "--rm", IMAGE, "nosuchprogram")
    c.fails(126, "run", "--rm", IMAGE, "/etc/passwd")
    c.fails(126, "run", "--rm", IMAGE, "/etc")
    c.fails(125, "run", "--rm", "--nosuchflag", IMAGE, "true")
    c.fails(137, "run", "--rm", IMAGE, "sh", "-c", "sh -c 'kill -9 $$'; exit $?")


def a_signals_status_is_128_more(t, c):
    name = c.running()
    c.ok("kill", name)
    expect(c.ok("wait", name).strip() == "137")
    expect(c.inspect(name)["State"]["ExitCode"] == 137)
    c.removed(name)


def signals_reach_the_program(t, c):
    name = c.ok("run", "-d", IMAGE, "sh", "-c", "trap 'exit 5' USR1; echo ready; while :; do sleep 0.1; done").strip()
    wait_until(lambda: "ready" in c.ok("logs", name), "the trap")
    c.ok("kill", "-s", "USR1", name)
    expect(c.ok("wait", name).strip() == "5")
    c.removed(name)


def detached_with_logs_and_stop(t, c):
    name = c.ok("run", "-d", IMAGE, "sh", "-c",
                "trap 'echo ending; exit 3' TERM; echo out; echo err >&2; while :; do sleep 0.1; done").strip()

    def both():
        done = c("logs", name)
        return done if "out" in done.out and "err" in done.err else None

    wait_until(both, "both streams in the log")
    c.ok("stop", "-t", "20", name)
    state = c.inspect(name)["State"]
    expect(state["Status"] == "exited" and state["ExitCode"] == 3, state)
    expect("ending" in c.ok("logs", name))
    c.ok("rm", name)


def stop_kills_what_does_not_end(t, c):
    name = c.running()
    c.ok("stop", "-t", "0", name)
    expect(c.inspect(name)["State"]["ExitCode"] == 137)
    c.ok("rm", name)


def create_start_attach_and_restart(t, c):
    name = c.ok("create", IMAGE, "sh", "-c", "echo again; exit 4").strip()
    for _ in range(2):
        done = c("start", "-a", name)
        expect(done.exit == 4 and done.out == "again\n", done)
    c.ok("rm", name)
    name = c.running()
    first = c.inspect(name)["State"]["Pid"]
    c.ok("restart", "-t", "0", name)
    second = c.inspect(name)["State"]
    expect(second["Running"] and second["Pid"] != first, second)
    c.removed(name)


def exec_runs_beside(t, c):
    name = c.running("-e", "A=1")
    expect(c.ok("exec", name, "sh", "-c", "echo $A; cat /proc/1/cmdline | tr '\\0' ' '") == "1\nsleep 1000 ")
    expect(c.ok("exec", "-e", "B=2", "-w", "/tmp", "-u", "1000:2000", name, "sh", "-c",
                "echo $B $PWD $(id -u) $(id -g)") == "2 /tmp 1000 2000\n")
    expect(c.ok("exec", "-i", name, "cat", stdin="in") == "in")
    c.fails(7, "exec", name, "sh", "-c", "exit 7")
    c.fails(137, "exec", name, "sh", "-c", "kill -9 $$")
    done = c("exec", name, "nosuchprogram")
    expect(done.exit in c.missing and "executable file not found" in done.out + done.err, done)
    c.fails(126, "exec", name, "/etc/passwd")
    c.ok("exec", "-d", name, "touch", "/tmp/made")
    wait_until(lambda: c("exec", name, "test", "-e", "/tmp/made").exit == 0, "what exec -d does")
    c.removed(name)


def exec_is_in_the_containers_cgroup_and_namespaces(t, c):
    name = c.running("--pids-limit", "30")
    shown = "for n in pid net mnt uts ipc cgroup; do readlink /proc/%s/ns/$n; done; cat /proc/%s/cgroup"
    first, second = (c.ok("exec", name, "sh", "-c", shown % (pid, pid)) for pid in ("1", "self"))
    expect(first == second, f"{first}\n{second}")
    for key in ("CapBnd", "CapEff", "Seccomp", "NoNewPrivs"):
        one, two = (c.ok("exec", name, "grep", f"^{key}:", f"/proc/{pid}/status") for pid in ("1", "self"))
        expect(one == two, f"{one}{two}")
    c.removed(name)


def exec_on_a_terminal(t, c):
    name = c.running()
    terminal = c.terminal("exec", "-it", name, "sh")
    try:
        terminal.send("tty; stty size; echo done-$((1+1))\n")
        terminal.wait_for("done-2")
        expect("/dev/pts/" in terminal.screen, terminal.screen)
        terminal.send("exit 6\n")
        expect(terminal.wait() == 6, terminal.screen)
    finally:
        terminal.close()
    c.removed(name)


def _has_size(terminal, size):
    """A client tells the terminal's size some time after the start."""
    for _ in range(50):
        terminal.send("stty size\n")
        time.sleep(0.05)
        while terminal._read():
            pass
        if f"\n{size}" in terminal.screen:
            return
    raise Failed(f"its size never became {size}:\n{terminal.screen}")


def run_on_a_terminal(t, c):
    terminal = c.terminal("run", "--rm", "-it", IMAGE, "sh")
    try:
        terminal.send("tty; test -c /dev/console && echo console-$((1+1))\n")
        terminal.wait_for("console-2")
        _has_size(terminal, "24 80")
        terminal.resize(30, 90)
        _has_size(terminal, "30 90")
        terminal.send("exit 8\n")
        expect(terminal.wait() == 8, terminal.screen)
    finally:
        terminal.close()


def a_terminal_without_a_person(t, c):
    """-t with the output through a pipe, and detached."""
    expect(c.run("-t", IMAGE, "sh", "-c", "tty").strip().endswith("/dev/pts/0"))
    name = c.ok("run", "-dt", IMAGE, "sh", "-c", "tty; sleep 1000").strip()
    wait_until(lambda: "/dev/pts/0" in c.ok("logs", name), "the terminal's name in the log")
    c.removed(name)


def pause_and_unpause(t, c):
    name = c.ok("run", "-d", IMAGE, "sh", "-c", "while :; do echo x; sleep 0.02; done").strip()
    wait_until(lambda: c.ok("logs", name), "the first line")
    c.ok("pause", name)
    expect(c.inspect(name)["State"]["Status"] == "paused", c.inspect(name)["State"])
    before = c.ok("logs", name)
    time.sleep(0.3)
    expect(c.ok("logs", name) == before, "it went on while it was paused")
    expect(c("exec", name, "true").exit != 0, "exec into a paused container")
    c.ok("unpause", name)
    wait_until(lambda: len(c.ok("logs", name)) > len(before), "it going on")
    c.ok("pause", name)
    c.removed(name)


def limits(t, c):
    figures = {
        ("-m", "64m"): (_cgroup_file("memory/memory.limit_in_bytes", "memory.max"), str(64 << 20)),
        ("--pids-limit", "33"): (_cgroup_file("pids/pids.max", "pids.max"), "33"),
        ("--cpus", "0.5"): (_cgroup_file("cpu/cpu.cfs_quota_us", "cpu.max"), "50000 100000" if V2 else "50000"),
        ("--cpuset-cpus", "0"): (_cgroup_file("cpuset/cpuset.cpus", "cpuset.cpus"), "0"),
    }
    if not V2:
        figures[("--cpu-shares", "512")] = (_cgroup_file("cpu/cpu.shares", ""), "512")
    for flags, (line, wanted) in figures.items():
        found = c.run(*flags, IMAGE, "sh", "-c", line)
        expect(found.strip() == wanted, f"{flags}: {found}")


def too_much_memory_kills(t, c):
    name = c.ok("run", "-d", "-m", "16m", "--memory-swap", "16m", IMAGE, "sh", "-c", "tail /dev/zero; exit 44").strip()
    expect(c.ok("wait", name).strip() in ("137", "44"))
    c.removed(name)


def too_many_processes_are_refused(t, c):
    done = c("run", "--rm", "--pids-limit", "8", IMAGE, "sh", "-c", "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do sleep 1 & done")
    expect(done.exit != 0 and "fork" in done.err, done)


def update_changes_limits(t, c):
    name = c.running("-m", "64m")
    c.ok("update", "-m", "48m", "--memory-swap", "96m", "--cpus", "0.25", name)
    line = _cgroup_file("memory/memory.limit_in_bytes", "memory.max")
    expect(c.ok("exec", name, "sh", "-c", line).strip() == str(48 << 20))
    line = _cgroup_file("cpu/cpu.cfs_quota_us", "cpu.max")
    expect(c.ok("exec", name, "sh", "-c", line).split()[0] == "25000")
    c.removed(name)


def stats_and_top(t, c):
    name = c.running()
    expect("sleep 1000" in c.ok("top", name))
    line = c.ok("stats", "--no-stream", name)
    expect(len(line.splitlines()) == 2 and name[:12] in line, line)
    c.removed(name)


def a_health_check_runs_in_it(t, c):
    name = c.running("--health-cmd", "test -e /tmp/well", "--health-interval", c.health_interval, "--health-retries", "1")
    c.health(name, "unhealthy", 1)
    c.ok("exec", name, "touch", "/tmp/well")
    c.health(name, "healthy", 0)
    c.removed(name)


def an_init_reaps(t, c):
    out = c.run("--init", IMAGE, "sh", "-c", "(sleep 0.1 &); sleep 0.3; echo $$; ps -o comm,stat")
    expect(out.split()[0] != "1" and " Z" not in out, out)
    c.fails(9, "run", "--rm", "--init", IMAGE, "sh", "-c", "exit 9")


def volumes(t, c):
    t.file("data/file", "from the host")
    c.give(t.dir)
    expect(c.run("-v", f"{t.dir}/data:/data", IMAGE, "sh", "-c", "cat /data/file; echo back >/data/new") == "from the host")
    expect((t.dir / "data/new").read_text() == "back\n")
    done = c("run", "--rm", "-v", f"{t.dir}/data:/data:ro", IMAGE, "touch", "/data/no")
    expect(done.exit == 1 and "Read-only" in done.err, done)
    expect(c.run("-v", f"{t.dir}/data/file:/etc/deep/er/file:ro", IMAGE, "cat", "/etc/deep/er/file") == "from the host")
    c.ok("volume", "create", "v1")
    c.run("-v", "v1:/v", IMAGE, "sh", "-c", "echo kept >/v/x")
    expect(c.run("-v", "v1:/v", IMAGE, "cat", "/v/x") == "kept\n")
    c.ok("volume", "rm", "v1")


def tmpfs_and_shared_memory(t, c):
    out = c.run("--tmpfs", "/scratch:size=1m,mode=1770", "--shm-size", "2m", IMAGE, "sh", "-c",
                "stat -c %a /scratch; df -k /scratch /dev/shm | awk 'NR>1 {print $2}'")
    expect(out.split() == ["1770", "1024", "2048"], out)


def a_read_only_root(t, c):
    done = c("run", "--rm", "--read-only", "--tmpfs", "/tmp", IMAGE, "sh", "-c", "touch /tmp/x && touch /x")
    expect(done.exit == 1 and "Read-only" in done.err, done)


def users(t, c):
    expect(c.run("--user", "1000", IMAGE, "id", "-u") == "1000\n")
    expect(c.run("--user", "user", IMAGE, "sh", "-c", "id -u; id -G").split() == ["1000", "1000", "2000"])
    expect(c.run("--user", "5:6", "--group-add", "77", IMAGE, "id", "-G") in ("6 77\n", "6 77 \n"))
    line = c.run("--user", "1000", IMAGE, "grep", "CapEff", "/proc/self/status")
    expect(line.split()[1] == "0" * 16, line)


def privileges(t, c):
    def capabilities(*flags):
        return int(c.run(*flags, IMAGE, "awk", "/CapBnd/{print $2}", "/proc/self/status"), 16)

    default = capabilities()
    expect(capabilities("--cap-drop", "all") == 0)
    expect(capabilities("--cap-drop", "all", "--cap-add", "chown") == 1)
    expect(capabilities("--cap-add", "sys_time") == default | 1 << 25)
    status = c.run("--security-opt", "no-new-privileges", IMAGE, "cat", "/proc/self/status")
    expect("NoNewPrivs:\t1" in status and "Seccomp:\t2" in status, status)
    status = c.run("--security-opt", "seccomp=unconfined", IMAGE, "cat", "/proc/self/status")
    expect("Seccomp:\t0" in status, status)
    profile = t.file("profile.json", json.dumps({
        "defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_X86_64"],
        "syscalls": [{"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO"}]}))
    done = c("run", "--rm", "--security-opt", f"seccomp={profile}", IMAGE, "mkdir", "/tmp/x")
    expect(done.exit == 1 and "not permitted" in done.err, done)


def a_privileged_one(t, c):
    done = c("run", "--rm", "--privileged", IMAGE, "sh", "-c",
             "mount -t tmpfs none /tmp && test -b /dev/vda -o -c /dev/kmsg && grep Seccomp: /proc/self/status && touch /proc/sys/x")
    expect("Seccomp:\t0" in done.out, done)


def names_and_environment(t, c):
    out = c.run("--hostname", "named", "-e", "X=y z", "-w", "/home", IMAGE, "sh", "-c", "hostname; echo $X; pwd")
    expect(out == "named\ny z\n/home\n", out)


def namespaces_of_the_host_and_of_others(t, c):
    def of(kind, *flags):
        return c.run(*flags, IMAGE, "readlink", f"/proc/self/ns/{kind}").strip()

    for kind, flag in {"pid": "--pid=host", "ipc": "--ipc=host", "uts": "--uts=host", "net": "--network=host"}.items():
        if kind == "ipc" and not c.host_ipc:
            continue
        expect(of(kind, flag) == os.readlink(f"/proc/self/ns/{kind}"), kind)
    name = c.running("--ipc", "shareable")
    try:
        for kind, flag in {"pid": "--pid", "ipc": "--ipc", "net": "--network"}.items():
            theirs = c.ok("exec", name, "readlink", f"/proc/self/ns/{kind}").strip()
            expect(of(kind, f"{flag}=container:{name}") == theirs, kind)
    finally:
        c.removed(name)


def devices_limits_and_sysctls(t, c):
    out = c.run("--device", "/dev/null:/dev/mine:rw", "--ulimit", "nofile=100:200", "--ulimit", "nproc=500:500", "--sysctl",
                "net.ipv4.ip_unprivileged_port_start=80", "--network", "none", IMAGE, "sh", "-c",
                "test -c /dev/mine && echo x >/dev/mine && ulimit -Sn; ulimit -Hn; cat /proc/sys/net/ipv4/ip_unprivileged_port_start")
    expect(out.split() == ["100", "200", "80"], out)
    done = c("run", "--rm", "--cap-add", "mknod", IMAGE, "sh", "-c", "mknod /tmp/d b 8 0 && cat /tmp/d")
    expect(done.exit != 0 and "not permitted" in done.err, done)


def the_defaults_are_hidden(t, c):
    out = c("run", "--rm", IMAGE, "sh", "-c", "cat /proc/kcore | wc -c; ls /sys/firmware | wc -l; echo 1 >/proc/sys/kernel/panic")
    expect(out.out.split() == ["0", "0"] and "Read-only" in out.err, out)


def much_output_is_whole(t, c):
    out = c.run(IMAGE, "seq", "200000")
    expect(out == "".join(f"{i}\n" for i in range(1, 200001)), len(out))


def copies_in_and_out(t, c):
    name = c.running()
    t.file("in", "carried")
    c.give(t.dir)
    c.ok("cp", t.dir / "in", f"{name}:/tmp/in")
    expect(c.ok("exec", name, "cat", "/tmp/in") == "carried")
    c.ok("cp", f"{name}:/tmp/in", t.dir / "out")
    expect((t.dir / "out").read_text() == "carried")
    c.removed(name)


def what_cannot_be_made_leaves_nothing(t, c):
    before = len(c.ok("ps", "-aq").split())
    cgroups = set(c.container_cgroups())
    for flags in (["-v", f"{t.dir}/file:/etc/passwd/below"], ["--sysctl", "net.ipv4.no_such=1"], ["-w", "/etc/passwd"]):
        t.file("file")
        done = c("run", "--rm", *flags, IMAGE, "true")
        expect(done.exit in (125, 126, 127) and done.err, f"{flags}: {done}")
    expect(len(c.ok("ps", "-aq").split()) == before)
    expect(set(c.container_cgroups()) <= cgroups, c.container_cgroups())


def several_side_by_side(t, c):
    children = [subprocess.Popen([str(word) for word in c.words("run", "--rm", IMAGE, "sh", "-c", f"sleep 0.2; exit {i}")],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=c.settings)
                for i in range(8)]
    ends = [(child.communicate(timeout=120)[0], child.returncode) for child in children]
    expect([status for _, status in ends] == list(range(8)), ends)


def many_in_a_row(t, c):
    cgroups = set(c.container_cgroups())
    for i in range(MANY):
        out = c.run(IMAGE, "echo", str(i))
        expect(out == f"{i}\n", f"number {i}: {out}")
    expect(set(c.container_cgroups()) <= cgroups, c.container_cgroups())


def many_execs_in_a_row(t, c):
    name = c.running()
    for i in range(MANY // 4):
        expect(c.ok("exec", name, "echo", str(i)) == f"{i}\n", i)
    c.removed(name)


def tests(client, leave_out=()):
    """{test_NAME: a test of this client} of everything above."""
    def bound(function):
        def test(t):
            function(t, client())
        test.__doc__ = function.__doc__
        return test

    helpers = {"tests", "wait_until", "command", "expect"}
    return {f"test_{name}": bound(function) for name, function in globals().items()
            if callable(function) and not isinstance(function, type) and not name.startswith("_")
            and name not in helpers and name not in leave_out}
