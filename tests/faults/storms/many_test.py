"""400 containers, 16 at any time: none fails, nothing is left; how many a second, beside crun in the same run, is told
and decides nothing."""
import contextlib
import ctypes
import json
import os
import shutil
import statistics

from crowd import Crowd, forget_parent, own_parent, side_by_side
from phialtest import PHIAL_OCI, expect

RUNS, WIDTH, ROUNDS = 400, 16, 4


def in_own_mounts(task):
    """What `task()` gives, as JSON, from a process that has no unified hierarchy: crun 1.8 takes a hybrid host for
    version 2 else."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            libc = ctypes.CDLL(None)
            libc.unshare(0x00020000)
            libc.mount(b"none", b"/", None, 0x4000 | 0x40000, None)
            if os.path.ismount("/sys/fs/cgroup/unified"):
                libc.umount2(b"/sys/fs/cgroup/unified", 2)
            os.write(writing, json.dumps(task()).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as lines:
        text = lines.read()
    os.waitpid(pid, 0)
    return json.loads(text)


def batch(crowd, runtime, number):
    each = RUNS // ROUNDS
    names = [f"{crowd.name}-{number}-{i}" for i in range(each)]
    words = [crowd.words("run", "-b", crowd.bundle, "--config", crowd.config(name), name, runtime=runtime)
             for name in names]
    return side_by_side(words, WIDTH)


def test_400_of_phial_oci_16_wide(t):
    crun = shutil.which("crun")
    with Crowd(t) as crowd:
        ours, theirs = [], []
        for number in range(ROUNDS):
            status, seconds = batch(crowd, PHIAL_OCI, number)
            expect(set(status) == {0}, f"{sum(code != 0 for code in status)} of {len(status)} failed")
            crowd.expect_nothing_left()
            ours.append(len(status) / seconds)
            if crun:
                status, seconds = in_own_mounts(lambda: batch(crowd, crun, f"crun{number}"))
                theirs.append(sum(code == 0 for code in status) / seconds)
                for path in crowd.cgroups():
                    with contextlib.suppress(OSError):
                        path.rmdir()
        rate = statistics.median(ours)
        if not crun:
            print(f"  phial-oci: {rate:.0f} a second; crun is not installed", flush=True)
            return
        beside = statistics.median(theirs)
        print(f"  phial-oci: {rate:.0f} a second, crun: {beside:.0f}: {rate / beside:.2f} times", flush=True)


def test_400_of_phial_16_wide(t):
    parent = own_parent()
    t.ok("run", "--rm", "--cgroup-parent", parent, "busybox", "true")
    words = [str(word) for word in t.words("run", "--rm", "--cgroup-parent", parent, "busybox", "true")]
    status, seconds = side_by_side([words] * RUNS, WIDTH)
    expect(set(status) == {0}, f"{sum(code != 0 for code in status)} of {RUNS} failed")
    print(f"  phial: {RUNS / seconds:.0f} a second", flush=True)
    expect(not t.ok("ps", "-aq"), "containers are left")
    for place in ("containers", "names", "volumes"):
        expect(not (t.root / place).is_dir() or not os.listdir(t.root / place), f"left in {place}")
    expect(not os.listdir(t.state / "containers"), "state is left")
    forget_parent()
