"""Goes through the points of a verb, one process of ours and one of its calls each, and judges what came of each.

The points are shared out among as many workers as there are processors; each has ground of its own.
"""
import fnmatch
import json
import os
import pathlib
import random
import sys
import time
import traceback

import children
import inject
from oci import Trouble

ERRORS = ("EIO", "ENOSPC", "ENOMEM", "EMFILE", "EINTR", "EAGAIN", "EPERM", "ENOSYS")
FULL = bool(os.environ.get("PHIAL_FAULTS_FULL"))
SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(1 << 32))
WORKERS = int(os.environ.get("JOBS") or os.cpu_count())
EACH = 25  # after so many points a fresh container has to run


def can_fail(call, error):
    """exit never returns, sigreturn gives back what was before, and without its first brk the C library does not begin."""
    return call.name not in ("exit", "exit_group", "rt_sigreturn", "brk")


# ---- errors that are passed over

class Ignored:
    """The reviewed list: PROGRAM CALL ABOUT ERRORS | WHY a line, with * and ? as in file names."""

    def __init__(self, path=pathlib.Path(__file__).with_name("ignored.txt")):
        self.rows = []
        for line in path.read_text().splitlines():
            if line.strip() and not line.startswith("#"):
                row, _, why = line.partition(" | ")
                words = row.split()
                assert len(words) == 4 and why.strip(), f"{path.name}: {line}"
                self.rows.append(words)

    def has(self, call, error):
        about = call.about.replace(" ", "_") or "-"
        return any(fnmatch.fnmatchcase(call.program, program) and fnmatch.fnmatchcase(call.name, name) and
                   fnmatch.fnmatchcase(about, pattern) and (errors == "*" or error in errors.split(","))
                   for program, name, pattern, errors in self.rows)


# ---- one point

def pass_through(ground, verb, call, error, ignored):
    """("clean" | "unreached" | "ignored" | kind of trouble, text)."""
    kind, text = "clean", ""
    passed_over = None
    try:
        ground.prepare(verb)
        try:
            done = ground.injected(verb, role=call.role, n=call.n, kill=error is None, error=error)
        except children.Hung as hung:
            raise Trouble("hung", str(hung)) from None
        found = ground.findings()
        hit = found.fired[0] if found.fired else None
        if hit and error and not can_fail(hit, error):  # not every run makes the same calls
            hit = None
        if error and done.exit == 0 and hit:
            wrong = ground.works(verb, done)
            if wrong:
                raise Trouble("untrue", f"succeeded all the same, and {wrong}")
            passed_over = hit
        if error and done.exit > 0 and not done.err.strip() and "2" not in (hit.about if hit else ""):
            raise Trouble("untrue", f"failed without a word: {done}")
        crashes = found.crashes + ([f"ended by signal {-done.exit}"] if done.exit < 0 and error else [])
        if not hit:
            kind = "unreached"
        ground.clear()
        crashes += [crash for crash in ground.findings().crashes if crash not in crashes]
        if crashes:
            raise Trouble("crashed", "; ".join(crashes) + "\n" + done.err)
        if passed_over and ignored.has(passed_over, error):
            kind = "ignored"
        elif passed_over:
            kind, text = "unlisted", f"{passed_over.program} {passed_over.name} {passed_over.about.replace(' ', '_') or '-'} {error}"
    except Trouble as trouble:
        kind, text = trouble.kind, str(trouble)
    except OSError:
        kind, text = "untrue", traceback.format_exc()
    if text and kind != "unlisted":
        text = f"{verb}: {'killed' if error is None else error} at {call}: {text}"
    if kind not in ("clean", "unreached", "ignored", "unlisted"):
        ground.force()
    return kind, text


def points_of(ground, verb):
    """Every call of every process of ours, in the order they were made."""
    ground.prepare(verb)
    done = ground.injected(verb, trace=True)
    wrong = ground.works(verb, done) if done.exit == 0 else str(done)
    ground.clear()
    if wrong:
        raise Trouble("untrue", f"{verb} unharmed: {wrong}")
    return ground.findings().calls


# ---- all of them

def _worker(make_ground, items, out):
    children.adopt()
    if not _own_mounts():
        raise OSError("unshare")
    ground = make_ground()
    ignored = Ignored()
    try:
        for number, (verb, call, error) in enumerate(items, 1):
            began = time.monotonic()
            kind, text = pass_through(ground, verb, call, error, ignored)
            if os.environ.get("PHIAL_FAULTS_SLOW") and time.monotonic() - began > float(os.environ["PHIAL_FAULTS_SLOW"]):
                print(f"  {time.monotonic() - began:.1f} s: {verb}: {error or 'killed'} at {call}: {kind} {text[:300]}", flush=True)
            if number % EACH == 0 or number == len(items):
                try:
                    ground.fresh()
                except Trouble as trouble:
                    kind, text = trouble.kind, f"after {verb}, {error or 'killed'} at {call}: {text} {trouble}"
                    ground.force()
            out.write(json.dumps([verb, error, kind, text]) + "\n")
            out.flush()
    finally:
        ground.close()


def _own_mounts():
    import ctypes
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.unshare(0x00020000) == 0 and libc.mount(b"none", b"/", None, 0x4000 | 0x40000, None) == 0


def in_worker(task, *arguments):
    """What `task(*arguments)` gives, made in a process of its own, for it changes things for good; None: it died."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(reading)
            with os.fdopen(writing, "w") as out:
                task(*arguments, out)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    os.close(writing)
    return pid, os.fdopen(reading)


def _points_task(make_ground, verbs, out):
    children.adopt()
    _own_mounts()
    ground = make_ground()
    try:
        for verb in verbs:
            for call in points_of(ground, verb):
                out.write(json.dumps([verb, vars(call)]) + "\n")
    finally:
        ground.close()


def all_points(make_ground, verbs):
    """[(verb, Call)]"""
    pid, lines = in_worker(_points_task, make_ground, verbs)
    points = [(verb, inject.Call(**{key: what[key] for key in ("role", "n", "name", "about", "program")}))
              for verb, what in map(json.loads, lines)]
    if os.waitpid(pid, 0)[1]:
        raise AssertionError("the calls of the unharmed verbs cannot be listed: see above")
    return points


class Tally:
    """Over all sweeps of a run."""

    KINDS = ("clean", "leaked", "hung", "crashed", "untrue")

    def __init__(self):
        self.counts = dict.fromkeys((*self.KINDS, "ignored", "unlisted", "unreached"), 0)

    def add(self, counts):
        for kind, count in counts.items():
            self.counts[kind] += count

    def line(self):
        counts = self.counts
        clean = counts["clean"] + counts["ignored"] + counts["unlisted"]
        points = clean + sum(counts[kind] for kind in self.KINDS[1:])
        on_list = "all on the list" if not counts["unlisted"] else f"{counts['unlisted']} of them not on the list"
        parts = [f"{clean} clean"] + [f"{counts[kind]} {kind}" for kind in self.KINDS[1:4]]
        parts += [f"{counts['untrue']} untrue"] if counts["untrue"] else []
        return (f"{points} points: {', '.join(parts)}; {counts['ignored'] + counts['unlisted']} errors ignored, {on_list}")


TALLY = Tally()


def run(make_ground, verbs, errors=(None,), whole=(), sample=None):
    """Sweeps the verbs: those in `whole` at every point, of the others `sample` points each (None: all). The list of
    what went wrong, each a text."""
    inject.build()
    chance = random.Random(SEED)
    items = []
    for verb in verbs:
        mine = [(verb, call, error) for name, call in all_points(make_ground, [verb]) for error in errors
                if error is None or can_fail(call, error)]
        if not FULL and verb not in whole and sample and len(mine) > sample:
            mine = chance.sample(mine, sample)
        items += mine
    chance.shuffle(items)
    began = time.monotonic()
    workers = [in_worker(_worker, make_ground, items[i::WORKERS]) for i in range(WORKERS)]
    tally = Tally()
    faults = []
    for pid, lines in workers:
        for line in lines:
            verb, error, kind, text = json.loads(line)
            tally.add({kind: 1})
            if text:
                faults.append(text if kind != "unlisted" else f"ignored, and not on the list: {verb}: {text}")
        if os.waitpid(pid, 0)[1]:
            faults.append("a worker died")
    TALLY.add(tally.counts)
    seconds = time.monotonic() - began
    print(f"  {' '.join(verbs)}: {tally.line()} (SEED={SEED}, {seconds:.0f} s, {tally.counts['unreached']} not reached)",
          flush=True)
    return faults
