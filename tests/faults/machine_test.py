"""A machine that refuses: few descriptors, closed streams, no memory, a full or read-only disk, damaged state, another
boot, a kernel that lacks a call. Told in a sentence, nothing left, and the next container runs.
"""
import contextlib
import json
import os
import random
import struct
import subprocess

import children
import inject
import sweep
from oci import NAME, Ground, Trouble
from phialtest import PHIAL_OCI, expect

OLD_KERNEL = ("openat2", "clone3", "close_range", "fsopen", "open_tree", "mount_setattr", "pidfd_open")


def _in_worker(t, task):
    """task(ground), with ground of its own; what it finds is a list of texts."""
    inject.build()

    def work(out):
        children.adopt()
        sweep._own_mounts()
        ground = Ground()
        try:
            for text in task(ground):
                out.write(json.dumps(text) + "\n")
        finally:
            ground.close()
    pid, lines = sweep.in_worker(work)
    faults = [json.loads(line) for line in lines]
    expect(os.waitpid(pid, 0)[1] == 0 and not faults, "\n".join(faults) or "see above")


def _judge(ground, what, done, texts=()):
    """The text of what is wrong, or None: fails with words (one of texts), or runs as it should; nothing is left."""
    try:
        if done.exit < 0:
            raise Trouble("crashed", str(done))
        if done.exit == 0 and done.out != ground.portrait:
            raise Trouble("untrue", f"it is not what it should be: {done}")
        if done.exit and not (done.err.strip() and (not texts or any(text in done.err for text in texts))):
            raise Trouble("untrue", f"does not say why: {done}")
        ground.clear()
        ground.fresh()
    except Trouble as trouble:
        ground.force()
        return f"{what}: {trouble.kind}: {trouble}"
    return None


def _run_words(ground):
    return [str(word) for word in ground.words("run", "-b", ground.bundle, "--config", ground.bundle / "short.json", NAME)]


def _shell(ground, text):
    return ground.subject.run(["/bin/bash", "-c", text, "bash", *_run_words(ground)])


def test_few_descriptors(t):
    def task(ground):
        for limit in range(3, 33):
            yield _judge(ground, f"{limit} descriptors", _shell(ground, f'ulimit -n {limit}; exec "$@"'))
    _in_worker(t, lambda ground: filter(None, _unlimited(ground, task)))


def _unlimited(ground, task):
    """The container's own limits differ where ours do: they are not compared."""
    ground.spec["process"]["rlimits"] = [{"type": "RLIMIT_NOFILE", "soft": 512, "hard": 512}]
    ground.write()
    ground.portrait = None
    ground.fresh()
    yield from task(ground)


def test_closed_streams(t):
    def task(ground):
        for streams in ("<&-", "2>&-", "<&- 2>&-"):
            done = _shell(ground, f'exec "$@" {streams}')
            if done.exit:
                yield f"{streams}: {done}"
            ground.clear()
        done = _shell(ground, 'exec "$@" >&- <&- 2>&-')
        if done.exit < 0:
            yield f"all: {done}"
        ground.clear()
        ground.fresh()
    _in_worker(t, task)


def test_little_memory(t):
    def task(ground):
        for size in (1 << 10, 16 << 10, 17 << 10, 18 << 10, 19 << 10, 20 << 10, 22 << 10, 24 << 10, 28 << 10, 32 << 10, 48 << 10, 64 << 10, 96 << 10):  # KiB
            limit = f"ulimit -v {size}; exec"
            if ground.subject.run(["/bin/bash", "-c", f"{limit} {PHIAL_OCI} --version"]).exit:
                continue  # execve itself finds no room for the program
            done = _shell(ground, f'{limit} "$@"')
            if done.exit < 0:
                yield f"{size} KiB of addresses: {done}"
            ground.clear()
            ground.fresh()
    _in_worker(t, task)


def test_a_full_disk(t):
    def task(ground):
        ground.state.mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "none", ground.state], check=True)
        ground.mounts = ground._mounts()
        for pages in (1, 2, 4, 8, 12, 16, 24):
            subprocess.run(["mount", "-o", f"remount,size={pages * 4096}", "none", ground.state], check=True)
            done = ground.subject.run(_run_words(ground))
            subprocess.run(["mount", "-o", "remount,size=1m", "none", ground.state], check=True)
            yield _judge(ground, f"{pages} pages", done, ("No space left",))
        subprocess.run(["mount", "-o", "remount,ro", "none", ground.state], check=True)
        done = ground.subject.run(_run_words(ground))
        subprocess.run(["mount", "-o", "remount,rw", "none", ground.state], check=True)
        yield _judge(ground, "read-only", done, ("Read-only file system",))
        subprocess.run(["umount", "-l", ground.state], check=True)
    _in_worker(t, lambda ground: filter(None, task(ground)))


def _damages(data, chance):
    yield "empty", b""
    yield "half", data[:len(data) // 2]
    yield "zeroed", bytes(len(data))
    for _ in range(40 if sweep.FULL else 10):
        at = chance.randrange(len(data) * 8)
        changed = bytearray(data)
        changed[at // 8] ^= 1 << at % 8
        yield f"bit {at}", bytes(changed)


def test_damaged_state(t):
    """delete -f removes a container whatever became of one of its files; nothing crashes over it."""
    def task(ground):
        chance = random.Random(sweep.SEED)
        ground.prepare("kill")
        names = [name for name in os.listdir(ground.state / NAME) if (ground.state / NAME / name).is_file()]
        ground.clear()
        for name in names:
            for what in range(13 if not sweep.FULL else 43):
                ground.prepare("kill")
                path = ground.state / NAME / name
                how, data = list(_damages(path.read_bytes(), chance))[what]
                path.write_bytes(data)
                try:
                    for words in (["state", NAME], ["list"]):
                        done = ground.run(*words)
                        if done.exit < 0:
                            raise Trouble("crashed", str(done))
                    done = ground.run("delete", "-f", NAME)
                    if done.exit < 0:
                        raise Trouble("crashed", str(done))
                    ground.clear()
                except Trouble as trouble:
                    yield f"{name} {how} (SEED={sweep.SEED}): {trouble.kind}: {trouble}"
                    ground.force()
        ground.fresh()
    _in_worker(t, task)


def _seal(data):
    """As src/runtime/lifecycle/stored.cpp seals the parts of the file `container`."""
    factor, mask = 0x9e3779b97f4a7c15, (1 << 64) - 1
    seal = len(data) * factor & mask
    words = len(data) // 8
    for word in [*struct.unpack(f"<{words}Q", data[:words * 8]), *data[words * 8:]]:
        seal = (seal ^ word) * factor & mask
        seal ^= seal >> 29
    return seal


def test_another_boot(t):
    """The state directory survived, the machine did not: its containers have stopped, and can be deleted."""
    def task(ground):
        ground.prepare("delete-created")
        path = ground.state / NAME / "container"
        boot = open("/proc/sys/kernel/random/boot_id").read().strip().encode()
        record, sizes, rest = path.read_bytes().split(b"\n", 2)
        config, image, seal, rest_seal = sizes.decode().split()
        assert int(seal) == _seal(record) and boot in record
        record = record.replace(boot, b"0" * len(boot))
        path.write_bytes(b"\n".join((record, f"{config} {image} {_seal(record)} {rest_seal}".encode(), rest)))
        if ground.status() != "stopped":
            yield f"its status is {ground.status()}"
        ground.clear()
        ground.prepare("delete-created")
        children.end([ground.run("state", NAME) and json.loads(ground.ok("state", NAME))["pid"]])
        ground.force()  # a reboot takes processes, cgroups and /run
        ground.fresh()
    _in_worker(t, task)


def test_an_old_kernel(t):
    """Without a call that it needs it refuses, and names it, or it goes another way."""
    def task(ground):
        for name in OLD_KERNEL:
            ground.report.unlink(missing_ok=True)
            done = ground.subject.run(inject.words(ground.report, _run_words(ground), n=1, onwards=True, only=[name],
                                                   error="ENOSYS"))
            yield _judge(ground, f"no {name}", done, (name, "Function not implemented"))
    _in_worker(t, lambda ground: filter(None, task(ground)))
