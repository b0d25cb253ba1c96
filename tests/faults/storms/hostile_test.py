"""Payloads that mean harm, under limits that are looked at before they begin: they are ended in bounded time, nothing is
left, and another container starts meanwhile.
"""
import json
import os
import pathlib
import signal
import subprocess
import time

from crowd import Crowd, forget_parent, own_parent
from phialtest import SLOW, expect, wait_until

PATIENCE = 30  # seconds another container, or the end of this one, may take: a bound, not a measure


def neighbour(crowd):
    began = time.monotonic()
    name = f"{crowd.name}-neighbour"
    config = crowd.config(name, args=["true"])
    crowd.ok("run", "-b", crowd.bundle, "--config", config, name)
    took = time.monotonic() - began
    expect(took < PATIENCE * SLOW, f"another container took {took:.1f} s")


def end(crowd):
    began = time.monotonic()
    crowd.ok("delete", "-f", crowd.name)
    took = time.monotonic() - began
    expect(took < PATIENCE * SLOW, f"delete -f took {took:.1f} s")
    crowd.expect_nothing_left()


def test_a_fork_bomb(t):
    with Crowd(t, args=("sh", "-c", "f() { f | f & f; }; f"), pids={"limit": 64}) as crowd:
        crowd.ok("create", "-b", crowd.bundle, crowd.name)
        expect(crowd.file(crowd.name, "pids.max") == "64", "no limit is set: it is not begun")
        crowd.ok("start", crowd.name)
        wait_until(lambda: crowd.file(crowd.name, "pids.events") not in ("", "max 0"), "it has been at its limit")
        neighbour(crowd)
        end(crowd)


def test_a_memory_hog(t):
    limit = 32 << 20
    with Crowd(t, args=("tail", "/dev/zero"), memory={"limit": limit, "swap": limit}) as crowd:
        crowd.ok("create", "-b", crowd.bundle, crowd.name)
        names = ("memory.limit_in_bytes", "memory.max")
        expect(any(crowd.file(crowd.name, name) == str(limit) for name in names if _has(crowd, name)), "no limit is set")
        crowd.ok("start", crowd.name)
        neighbour(crowd)
        wait_until(lambda: _status(crowd) == "stopped", "the kernel ends it")
        end(crowd)


def _has(crowd, name):
    return any((path / name).exists() for path in crowd.cgroups(crowd.name))


def _status(crowd):
    done = subprocess.run(crowd.words("state", crowd.name), capture_output=True, text=True, timeout=20)
    return json.loads(done.stdout)["status"] if done.returncode == 0 else None


def test_a_flood_of_descriptors(t):
    script = "i=3; while [ $i -lt 1000 ]; do eval \"exec $i</dev/null\"; i=$((i+1)); done; sleep 1000"
    with Crowd(t, args=("sh", "-c", script), pids={"limit": 64}) as crowd:
        crowd.ok("run", "-d", "-b", crowd.bundle, crowd.name)
        neighbour(crowd)
        crowd.ok("exec", crowd.name, "true")
        end(crowd)


def test_a_stopped_init(t):
    with Crowd(t, args=("sleep", "1000")) as crowd:
        crowd.ok("run", "-d", "-b", crowd.bundle, crowd.name)
        os.kill(crowd.pid(crowd.name), signal.SIGSTOP)
        end(crowd)
        crowd.ok("create", "-b", crowd.bundle, crowd.name)  # phial-init itself
        os.kill(crowd.pid(crowd.name), signal.SIGSTOP)
        end(crowd)


def test_frozen_deep_below(t):
    """1,000 cgroups within each other, the deepest with a process in it, and frozen."""
    with Crowd(t, args=("sh", "-c", "sleep 1000 & sleep 1000")) as crowd:
        crowd.ok("run", "-d", "-b", crowd.bundle, crowd.name)
        first = crowd.pid(crowd.name)
        wait_until(lambda: _children(first), "its child")
        child = _children(first)[0]
        tops = [path for path in crowd.cgroups(crowd.name) if (path / "freezer.state").exists() or
                (path / "cgroup.freeze").exists()]
        expect(tops, "no freezer")
        here = os.open(tops[0], os.O_DIRECTORY)
        for _ in range(1000):
            os.mkdir("d", dir_fd=here)
            below = os.open("d", os.O_DIRECTORY, dir_fd=here)
            os.close(here)
            here = below
        for name, text in (("cgroup.procs", str(child)), _freeze(here)):
            fd = os.open(name, os.O_WRONLY, dir_fd=here)
            os.write(fd, text.encode())
            os.close(fd)
        os.close(here)
        neighbour(crowd)
        end(crowd)


def _children(pid):
    return [int(word) for word in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _freeze(directory):
    return ("freezer.state", "FROZEN") if "freezer.state" in os.listdir(directory) else ("cgroup.freeze", "1")


def test_a_reader_that_never_reads(t):
    """1 GiB, and nobody takes it: it waits, and can be ended."""
    with Crowd(t, args=("head", "-c", str(1 << 30), "/dev/zero")) as crowd:
        child = subprocess.Popen(crowd.words("run", "-b", crowd.bundle, crowd.name), stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            wait_until(lambda: _status(crowd) == "running", "it runs")
            neighbour(crowd)
            end(crowd)
            child.wait(20)
        finally:
            child.kill()
            child.wait()
            child.stdout.close()


def test_a_reader_that_never_reads_the_engine(t):
    parent = own_parent()
    child = subprocess.Popen([str(word) for word in t.words(
        "run", "--name", "loud", "--log-opt", "max-size=1m", "--cgroup-parent", parent, "busybox", "head", "-c",
        str(1 << 30), "/dev/zero")], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        start_new_session=True)
    try:
        wait_until(lambda: "loud" in t.ok("ps", "-a", "--format", "{{.Names}}"), "it is there")
        began = time.monotonic()
        t.ok("run", "--rm", "--cgroup-parent", parent, "busybox", "true", seconds=PATIENCE)
        t.ok("rm", "-f", "loud", seconds=PATIENCE * SLOW)
        expect(time.monotonic() - began < PATIENCE * SLOW, "too long")
        child.stdout.close()
        child.wait(20)
    finally:
        child.kill()
        child.wait()
        child.stdout.close()
        forget_parent()
