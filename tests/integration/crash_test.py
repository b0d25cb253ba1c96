#!/usr/bin/env python3
"""SIGKILL of any process of ours at any moment, commands that race, and a machine that refuses: what is said of a
container stays true, the next command heals, nothing is left.

tests/faults kills and fails every system call, one by one.
"""
import contextlib
import ctypes
import os
import pathlib
import shutil
import signal
import subprocess
import threading
import time

from phialtest import SLOW, Failed, command, expect, wait_until

PR_SET_CHILD_SUBREAPER = 36


# ---- what is left ----------------------------------------------------------------------------------------------------


def status_of(pid):
    """(parent, state letter) of a process, None where there is none."""
    try:
        words = pathlib.Path("/proc", str(pid), "stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return int(words[1]), words[0]


class Adopting:
    """As long as it lives, processes whose parents ended become children of this one: so none gets lost, and the dead
    are buried at once, as PID 1 does. Those that the tests start themselves are told apart."""

    def __init__(self):
        self.ours = {}  # pid: Popen
        self.lock = threading.Lock()
        self.ended = threading.Event()
        self.popen = subprocess.Popen
        adopting = self

        class Popen(subprocess.Popen):
            def __init__(self, *arguments, **more):
                with adopting.lock:
                    super().__init__(*arguments, **more)
                    adopting.ours[self.pid] = self

        subprocess.Popen = Popen
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        self.before = set(self.orphans())
        self.thread = threading.Thread(target=self._bury, daemon=True)
        self.thread.start()

    def close(self):
        self.ended.set()
        self.thread.join()
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
        subprocess.Popen = self.popen

    def orphans(self):
        """{pid: command line} of the living that came to us; buries the dead."""
        found = {}
        with self.lock:
            for task in os.listdir("/proc/self/task"):
                try:
                    pids = pathlib.Path("/proc/self/task", task, "children").read_text().split()
                except OSError:
                    continue
                for pid in map(int, pids):
                    if pid in self.ours and self.ours[pid].returncode is None:
                        continue
                    status = status_of(pid)
                    if status and status[1] == "Z":
                        os.waitpid(pid, os.WNOHANG)
                    elif status:
                        with contextlib.suppress(OSError):
                            line = pathlib.Path("/proc", str(pid), "cmdline").read_bytes()
                            found[pid] = line.replace(b"\0", b" ").decode(errors="replace")
        return found

    def _bury(self):
        while not self.ended.wait(0.01):
            self.orphans()


def cgroups_below(parent):
    """Every cgroup below the cgroup `parent`, in all hierarchies."""
    out = []
    for base in [pathlib.Path("/sys/fs/cgroup"), *pathlib.Path("/sys/fs/cgroup").iterdir()]:
        with contextlib.suppress(OSError):
            out += [path for path in (base / parent.lstrip("/")).iterdir() if path.is_dir()]
    return out


class Yard:
    """A test's store with a cgroup of its own, and all its orphans adopted: so what is left can be counted."""

    def __init__(self, t):
        self.t = t
        self.parent = f"/phial-crash-{os.getpid()}-{t.dir.name[-8:]}"
        self.adopting = None

    def __enter__(self):
        self.adopting = Adopting()
        self.t.ok("run", "--rm", "--cgroup-parent", self.parent, "busybox", "true")  # brings the image along
        return self

    def __exit__(self, *problem):
        if problem[0]:
            self.force()
        self.adopting.close()
        for path in cgroups_below(self.parent):
            with contextlib.suppress(OSError):
                path.rmdir()
        for base in [pathlib.Path("/sys/fs/cgroup"), *pathlib.Path("/sys/fs/cgroup").iterdir()]:
            with contextlib.suppress(OSError):
                (base / self.parent.lstrip("/")).rmdir()

    def strangers(self):
        return {pid: line for pid, line in self.adopting.orphans().items() if pid not in self.adopting.before}

    def left(self):
        """What is there of containers, as lines of text. Nothing, where there are none."""
        out = []
        for place in (self.t.root / "containers", self.t.root / "names", self.t.root / "volumes",
                      self.t.state / "containers", self.t.root / "tmp"):
            if place.is_dir():
                out += [f"{path}: {sorted(os.listdir(path)) if path.is_dir() and not path.is_symlink() else 'file'}"
                        for path in place.iterdir()]
        out += [str(path) for path in self.t.root.rglob("*.tmp*") if "/layers/" not in str(path)]
        out += [f"cgroup {path}" for path in cgroups_below(self.parent)]
        out += [f"process {pid}: {line}" for pid, line in self.strangers().items()]
        out += [line.strip() for line in open("/proc/self/mountinfo") if f"{self.t.dir}/root" in line]
        return out

    def expect_nothing_left(self, what=""):
        state = []

        def nothing():
            state[:] = self.left()
            return not state

        try:
            wait_until(nothing, "nothing left", 5)
        except Failed:
            raise Failed(f"{what}: left behind:\n  " + "\n  ".join(state)) from None

    def containers(self):
        """{id: the state ps gives it}"""
        out = self.t.ok("ps", "-a", "--no-trunc", "--format", "{{.ID}} {{.State}}", seconds=15)
        return dict(line.split() for line in out.splitlines())

    def alive(self):
        """The ids of those containers in whose cgroups something lives, as the kernel says."""
        out = set()
        for path in cgroups_below(self.parent):
            with contextlib.suppress(OSError):
                for pid in (path / "cgroup.procs").read_text().split():
                    status = status_of(pid)
                    if status and status[1] not in "ZX":
                        out.add(path.name)
        return out

    def expect_truth(self, what=""):
        """ps says `running` of exactly those that run, as soon as all is quiet."""
        seen = []

        def agrees():
            states = self.containers()
            running = {name for name, state in states.items() if state in ("running", "paused")}
            seen[:] = [running, self.alive(), states]
            return seen[0] == seen[1]

        try:
            wait_until(agrees, "the truth", 5)
        except Failed:
            raise Failed(f"{what}: ps does not say the truth: {seen[2]}, alive are {seen[1]}") from None
        return seen[2]

    def clear(self, what=""):
        """rm -f of everything ps shows, then a fresh container; nothing may be left."""
        states = self.expect_truth(what)
        for name in states:
            done = self.t.phial("rm", "-f", "-v", name, seconds=20)
            expect(done.exit == 0, f"{what}: {done}")
        expect(not self.containers(), f"{what}: ps shows containers that were removed")
        done = self.t.phial("run", "--rm", "--cgroup-parent", self.parent, "busybox", "echo", "fresh", seconds=20)
        expect((done.exit, done.out) == (0, "fresh\n"), f"{what}: a fresh container: {done}")
        self.expect_nothing_left(what)

    def force(self):
        """After a fault: whatever it takes, so that the next point begins with nothing."""
        end = time.monotonic() + 5
        while time.monotonic() < end:
            for pid in list(self.strangers()) + [int(pid) for path in cgroups_below(self.parent)
                                                      for pid in (path / "cgroup.procs").read_text().split()]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if not self.strangers():
                break
            time.sleep(0.01)
        for path in cgroups_below(self.parent):
            with contextlib.suppress(OSError):
                path.rmdir()
        for place in (self.t.root / "containers", self.t.root / "names", self.t.root / "volumes",
                      self.t.state / "containers"):
            shutil.rmtree(place, ignore_errors=True)


def monitor_of(t, name):
    """The pid of the phial-monitor of a running container."""
    parent = status_of(t.inspect(name)["State"]["Pid"])[0]
    expect("phial-monitor" in os.readlink(f"/proc/{parent}/exe"), f"{parent} is no monitor")
    return parent


def kill_monitor(t, name):
    pid = monitor_of(t, name)
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: status_of(pid) is None, "the end of the monitor")


# ---- SIGKILL of one of ours ------------------------------------------------------------------------------------------


def test_sigkill_of_phial_in_the_foreground(t):
    """The container goes on, as docker's does when the client goes away; everything works on it."""
    with Yard(t) as yard:
        child = t.start("run", "--name", "orphan", "--cgroup-parent", yard.parent, "busybox", "sh", "-c",
                        "echo begin; trap 'echo end; exit 7' TERM; while :; do sleep 0.05; done")
        wait_until(lambda: t.phial("logs", "orphan").out == "begin\n", "its first line")
        child.kill()
        child.wait()
        expect(t.ok("ps", "--format", "{{.Names}} {{.State}}") == "orphan running\n")
        expect(t.ok("exec", "orphan", "echo", "inside") == "inside\n")
        t.ok("stop", "orphan")
        expect(t.inspect("orphan")["State"]["ExitCode"] == 7)
        expect(t.ok("logs", "orphan") == "begin\nend\n")
        expect(t.ok("wait", "orphan") == "7\n")
        t.ok("rm", "orphan")
        yard.clear()


def test_sigkill_of_phial_run_rm(t):
    """--rm is the monitor's to do."""
    with Yard(t) as yard:
        child = t.start("run", "--rm", "-i", "--name", "orphan", "--cgroup-parent", yard.parent, "busybox", "cat")
        wait_until(lambda: "orphan" in t.ok("ps"), "the container in ps")
        child.kill()
        child.wait()
        # Its input ended with its client, so it ends, and is removed.
        wait_until(lambda: not t.ok("ps", "-aq"), "the end of the container")
        yard.expect_nothing_left()


def test_sigkill_of_the_monitor(t):
    """The process lives on and ps says so; every verb that needs no monitor works."""
    with Yard(t) as yard:
        t.ok("run", "-d", "--name", "lost", "--cgroup-parent", yard.parent, "busybox", "sh", "-c",
             "echo begin; exec sleep 1000")
        wait_until(lambda: t.ok("logs", "lost") == "begin\n", "its first line")
        kill_monitor(t, "lost")
        yard.expect_truth()
        expect(t.inspect("lost")["State"]["Status"] == "running")
        expect(t.ok("logs", "lost") == "begin\n")
        expect(t.ok("logs", "-f", "lost") == "begin\n", "logs -f ends with the monitor")
        expect(t.ok("exec", "lost", "echo", "inside") == "inside\n")
        t.ok("pause", "lost")
        expect(t.ok("ps", "--format", "{{.State}}") == "paused\n")
        t.ok("unpause", "lost")
        t.fails(1, "rm", "lost", err="running")
        t.ok("start", "lost")  # it runs: nothing to do
        waiting = t.start("wait", "lost")
        t.ok("kill", "lost")
        waiting.wait(20)
        expect(waiting.stdout.read() != b"0\n", "an unknown status is not told as success")
        state = t.inspect("lost")["State"]
        expect(state["Status"] == "exited" and "not known" in state["Error"], state)
        expect("unknown" in t.ok("ps", "-a"), t.ok("ps", "-a"))
        expect(not yard.alive())
        t.ok("start", "lost")
        expect(t.ok("exec", "lost", "echo", "again") == "again\n")
        kill_monitor(t, "lost")
        t.ok("stop", "-t", "0", "lost")
        expect("unknown" in t.ok("ps", "-a"))
        t.ok("start", "lost")
        kill_monitor(t, "lost")
        t.ok("rm", "-f", "lost")
        yard.clear()


def test_a_damaged_record_is_told_and_can_be_removed(t):
    with Yard(t) as yard:
        identity = t.ok("run", "-d", "--name", "torn", "--cgroup-parent", yard.parent, "busybox", "sleep", "1000").strip()
        (t.root / "containers" / identity / "record.json").write_text('{"id": "')
        t.fails(1, "rm", "torn", err="record.json")
        t.ok("rm", "-f", "torn")
        expect(not yard.alive())
        yard.expect_nothing_left()


def test_sigkill_of_the_monitor_and_then_of_the_container(t):
    """Nobody is left who could write anything down."""
    with Yard(t) as yard:
        t.ok("run", "-d", "--rm", "--name", "lost", "--cgroup-parent", yard.parent, "busybox", "sleep", "1000")
        pid = t.inspect("lost")["State"]["Pid"]
        kill_monitor(t, "lost")
        os.kill(pid, signal.SIGKILL)
        wait_until(lambda: t.ok("ps", "-a", "--format", "{{.State}}") == "exited\n", "the truth in ps")
        expect("unknown" in t.ok("ps", "-a"))
        t.ok("rm", "lost")
        yard.clear()


def test_sigkill_of_the_monitor_of_a_paused_container(t):
    with Yard(t) as yard:
        t.ok("run", "-d", "--name", "cold", "--cgroup-parent", yard.parent, "busybox", "sleep", "1000")
        t.ok("pause", "cold")
        kill_monitor(t, "cold")
        expect(t.ok("ps", "--format", "{{.State}}") == "paused\n")
        t.ok("rm", "-f", "cold")
        yard.clear()


def test_sigkill_of_execs_monitor_and_client(t):
    """The further process ends with the container at the latest; what its monitor left goes with the next exec."""
    with Yard(t) as yard:
        t.ok("run", "-d", "--name", "host", "--cgroup-parent", yard.parent, "busybox", "sleep", "1000")
        child = t.start("exec", "host", "sleep", "2000")
        pid = wait_until(lambda: next((int(row.split()[1]) for row in t.ok("top", "host").splitlines()
                                       if "sleep 2000" in row), None), "the further process")
        parent = status_of(pid)[0]
        expect("phial-monitor" in os.readlink(f"/proc/{parent}/exe"))
        os.kill(parent, signal.SIGKILL)
        expect(child.wait(20) == 125, "exec knows no status")
        expect(t.ok("exec", "host", "echo", "next") == "next\n")
        identity = t.inspect("host")["Id"]
        left = [name for name in os.listdir(t.state / "containers" / identity) if name.startswith("exec-")]
        expect(not left, f"left of the killed exec: {left}")
        t.ok("rm", "-f", "host")
        yard.clear()


# ---- races -----------------------------------------------------------------------------------------------------------


def finish(children, seconds=60):
    """[(exit status, out, err)] of children that were started together."""
    out = []
    for child in children:
        try:
            texts = child.communicate(timeout=seconds * SLOW)
        except subprocess.TimeoutExpired:
            raise Failed(f"hangs: {child.args}") from None
        out.append((child.returncode, *(text.decode(errors="replace") for text in texts)))
    return out


def test_one_of_eight_gets_the_name(t):
    with Yard(t) as yard:
        for _ in range(3):
            ends = finish([t.start("create", "--name", "twin", "--cgroup-parent", yard.parent, "busybox", "true")
                           for _ in range(8)])
            expect(sorted(end[0] for end in ends) == [0] + [1] * 7, ends)
            expect(all("already in use" in end[2] for end in ends if end[0]), ends)
            expect(len(yard.containers()) == 1)
            t.ok("rm", "twin")
            yard.expect_nothing_left()


def test_sixteen_at_once(t):
    with Yard(t) as yard:
        ends = finish([t.start("run", "--rm", "--cgroup-parent", yard.parent, "busybox", "echo", str(i))
                       for i in range(16)])
        expect([end[:2] for end in ends] == [(0, f"{i}\n") for i in range(16)], ends)
        yard.expect_nothing_left()


def test_exec_against_kill_against_rm(t):
    with Yard(t) as yard:
        for _ in range(6):
            t.ok("run", "-d", "--name", "prey", "--cgroup-parent", yard.parent, "busybox", "sleep", "1000")
            children = [t.start("exec", "prey", "sleep", "1000") for _ in range(3)]
            children += [t.start("kill", "prey"), t.start("rm", "-f", "prey"), t.start("exec", "prey", "true"),
                         t.start("rm", "-f", "prey")]
            ends = finish(children)
            for child, end in zip(children, ends):
                expect(end[0] in (0, 137) or (end[0] > 0 and end[2]), f"{child.args}: {end}")
            expect(ends[4][0] == 0 or ends[6][0] == 0, f"neither rm -f succeeded: {ends[4]} {ends[6]}")
            for end in (ends[4], ends[6]):
                expect(end[0] == 0 or "no such container" in end[2].lower(), end)
            expect(not yard.containers())
            yard.expect_nothing_left()


def test_stop_while_logs_follow(t):
    with Yard(t) as yard:
        t.ok("run", "-d", "--name", "talk", "--cgroup-parent", yard.parent, "busybox", "sh", "-c",
             "trap 'echo bye; exit 0' TERM; echo hello; while :; do sleep 0.05; done")
        wait_until(lambda: "hello" in t.ok("logs", "talk"), "its first line")
        followers = [t.start("logs", "-f", "talk") for _ in range(3)]
        t.ok("stop", "talk")
        for end in finish(followers):
            expect(end == (0, "hello\nbye\n", ""), end)
        t.ok("rm", "talk")
        yard.expect_nothing_left()


def test_two_starts_at_once(t):
    with Yard(t) as yard:
        t.ok("create", "--name", "once", "--cgroup-parent", yard.parent, "busybox", "sleep", "1000")
        for _ in range(3):
            ends = finish([t.start("start", "once") for _ in range(4)])
            expect(all(end[0] == 0 for end in ends), ends)
            expect(len(yard.expect_truth()) == 1)
            t.ok("kill", "once")
        t.ok("rm", "-f", "once")
        yard.expect_nothing_left()


def test_stops_and_removals_of_one_that_removes_itself(t):
    with Yard(t) as yard:
        for _ in range(4):
            t.ok("run", "-d", "--rm", "--name", "short", "--cgroup-parent", yard.parent, "--stop-signal", "KILL",
                 "busybox", "sleep", "1000")
            children = [t.start("stop", "short"), t.start("wait", "short"), t.start("rm", "-f", "short"),
                        t.start("stop", "short")]
            for child, end in zip(children, finish(children)):
                expect(end[0] == 0 or "no such container" in end[2].lower(), f"{child.args}: {end}")
            expect(not yard.containers())
            yard.expect_nothing_left()


# ---- a machine that refuses ------------------------------------------------------------------------------------------


def shell(t, text, *words, **more):
    """A shell text in which "$@" is phial with words."""
    return command(["bash", "-c", text, "bash", *t.words(*words)], **more)


def test_standard_streams_may_be_closed(t):
    """No file of ours takes their place: nothing is written where a lock or a record lies."""
    with Yard(t) as yard:
        for words in (["ps"], ["ps", "-a"], ["images"], ["run", "--rm", "--cgroup-parent", yard.parent, "busybox",
                                                          "echo", "lost"]):
            for streams in ("<&-", ">&-", "2>&-", "<&- >&- 2>&-"):
                done = shell(t, f'"$@" {streams}', *words)
                expect(done.exit in (0, 1, 125) and done.exit >= 0, f"{streams}: {done}")
                if ">&-" not in streams:
                    expect(done.exit == 0, f"{streams}: {done}")
        done = shell(t, '"$@" <&- >&- 2>&-', "run", "-d", "--name", "quiet", "--cgroup-parent", yard.parent, "busybox",
                     "sleep", "1000")
        expect(yard.containers() and list(yard.containers().values()) == ["running"], done)
        for path in (t.root / "containers").rglob("*"):
            if path.is_file() and path.name in ("lock", "record.json"):
                expect(path.name == "record.json" or path.stat().st_size == 0, f"{path} was written to")
        expect(t.ok("exec", "quiet", "echo", "inside") == "inside\n")
        yard.clear()


def test_few_descriptors(t):
    """A limit suffices or is told in one clear sentence, before anything is made."""
    with Yard(t) as yard:
        for limit in (4, 20, 255, 256):
            done = shell(t, f'ulimit -n {limit}; "$@"', "run", "--rm", "--cgroup-parent", yard.parent, "busybox", "echo",
                         "enough")
            expect(done.exit in (0, 125), f"{limit}: {done}")
            expect(done.out == "enough\n" if done.exit == 0 else "limit of open files" in done.err, f"{limit}: {done}")
            expect(not yard.containers(), f"{limit}: {done}")
            yard.expect_nothing_left(f"{limit} descriptors")


@contextlib.contextmanager
def small_disk(t, options):
    disk = t.dir / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", disk], check=True)
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


def test_a_full_disk(t):
    """No room for the image, for a container, for its records: each is told, none is half made."""
    with Yard(t) as yard, small_disk(t, "size=256k,mode=0755") as disk:
        other = ["--root", disk / "root", "--state", disk / "state"]
        done = command([*t.words()[:1], *other, "run", "--rm", "busybox", "true"])
        expect(done.exit == 125 and "No space left" in done.err, done)
        expect(command([*t.words()[:1], *other, "ps", "-aq"]).out == "")
        subprocess.run(["mount", "-o", "remount,size=64m", "none", disk], check=True)
        run = [*t.words()[:1], *other, "run", "--rm", "--cgroup-parent", yard.parent, "busybox", "true"]
        expect(command(run).exit == 0, command(run))
        (disk / "ballast").write_bytes(b"x" * (16 << 20))
        used = sum(path.lstat().st_blocks for path in disk.rglob("*")) * 512
        pages = (used + 4095) // 4096
        for free in (0, 1, 2, 4, 8, 16):  # pages
            subprocess.run(["mount", "-o", f"remount,size={(pages + free) * 4096}", "none", disk], check=True)
            done = command(run)
            expect(done.exit == 0 or (done.exit == 125 and done.err), f"{free} pages: {done}")
            if done.exit:
                expect("o space left" in done.err, f"{free} pages: {done}")
            subprocess.run(["mount", "-o", "remount,size=64m", "none", disk], check=True)
            listed = command([*t.words()[:1], *other, "ps", "-aq"])
            expect((listed.exit, listed.out) == (0, ""), f"{free} pages: {listed}")
            for place in ("root/containers", "root/names", "state/containers"):
                expect(not os.listdir(disk / place), f"{free} pages: {place}: {os.listdir(disk / place)}")
            expect(command(run).exit == 0, f"{free} pages: afterwards")
        yard.expect_nothing_left()


def test_a_disk_that_is_read_only(t):
    with Yard(t), small_disk(t, "size=64m,mode=0755") as disk:
        other = [*t.words()[:1], "--root", disk / "root", "--state", disk / "state"]
        expect(command([*other, "create", "--name", "old", "busybox", "true"]).exit == 0)
        subprocess.run(["mount", "-o", "remount,ro", "none", disk], check=True)
        for words in (["run", "--rm", "busybox", "true"], ["create", "busybox", "true"], ["rm", "old"]):
            done = command([*other, *words])
            expect(done.exit in (1, 125) and "Read-only file system" in done.err, done)
        expect("old" in command([*other, "ps", "-a"]).out)
        subprocess.run(["mount", "-o", "remount,rw", "none", disk], check=True)
        expect(command([*other, "rm", "old"]).exit == 0)
