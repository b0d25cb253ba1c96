"""Attacks as a table: what one is, what its verdict means, how it is carried out and what is printed of it.

An attack is a function f(room) with @attack(number, title, fires=…) in a file *_attacks.py. It makes containers that are
out for something and calls room.escaped() where they got it. Whatever it does, the host's side is compared before and
after it. Its verdict:

  BLOCKED    the runtime refused, with an error            ESCAPED  something outside was changed or reached
  CONTAINED  the container ran, and nothing came of it     HUNG     a command took more than ten seconds
                                                           CRASHED  a program of the runtime's ended by a signal
  SKIPPED    the runtime or the machine has not what the attack is about

`fires` says on what the attack has its effect, for one that never had any is no test: the name of another runtime, or
rules of tools/meddle.c that take one defence away from this one. fired.json has what came of them; --prove does it anew.
"""
import argparse
import contextlib
import importlib
import itertools
import json
import os
import pathlib
import random
import select
import shutil
import signal
import subprocess
import sys
import time
import traceback

import sandbox
from phialtest import PHIAL, PHIAL_OCI, SLOW, TREE

HERE = pathlib.Path(__file__).resolve().parent
RUNTIME = os.path.realpath(PHIAL_OCI)
OURS = os.path.basename(RUNTIME) == "phial-oci"
TOOLS = TREE / "build" / "attacks"
LIMIT = 10  # seconds, for one command of a runtime
GOOD = ("BLOCKED", "CONTAINED")
BAD = ("ESCAPED", "HUNG", "CRASHED")


class Escaped(Exception):
    pass


class Hung(Exception):
    pass


class Crashed(Exception):
    pass


class Attack:
    def __init__(self, work, number, title, fires, engine, seconds):
        self.work, self.number, self.title, self.fires, self.engine = work, number, title, fires, engine
        self.seconds = seconds


_counter = itertools.count()


class Job:
    """One execution of an attack: on which runtime, with which of its system calls altered."""

    def __init__(self, attack, runtime=RUNTIME, rules=(), full=False, seed=0):
        self.attack, self.runtime, self.rules, self.full, self.seed = attack, runtime, list(rules), full, seed
        self.name = os.path.basename(runtime)
        self.ours = self.name == "phial-oci"
        self.key = f"{attack.number}-{os.getpid()}-{next(_counter)}"

    def random(self):
        return random.Random(f"{self.seed} {self.attack.number}")


registry = []


def attack(number, title, fires=(), engine=False, seconds=60):
    """`engine`: it is about phial, not about an OCI runtime. `seconds`: the longest it may take in all."""

    def keep(work):
        registry.append(Attack(work, number, title, [fires] if isinstance(fires, str) else list(fires), engine, seconds))
        return work

    return keep


def collect():
    for path in sorted(HERE.glob("*_attacks.py")):
        importlib.import_module(path.stem)
    numbers = [one.number for one in registry]
    assert len(set(numbers)) == len(numbers), f"two attacks of one number: {numbers}"
    return sorted(registry, key=lambda one: one.number)


def build_tools():
    TOOLS.mkdir(parents=True, exist_ok=True)
    for source in sorted((HERE / "tools").glob("*.c")):
        program = TOOLS / source.stem
        if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
            subprocess.run(["cc", "-O2", "-static", "-Wall", "-Wextra", "-o", program, source], check=True)


# ---- one attack ------------------------------------------------------------------------------------------------------


def _carry_out(job):
    """In the sandbox: (verdict, what to say about it)."""
    from room import Room
    from phialtest import Skip
    room = None
    try:
        if job.attack.engine and not job.ours:
            raise Skip("it is about the engine")
        room = Room(job)
        with room:
            said = job.attack.work(room)
        verdict = "CONTAINED" if room.ran else "BLOCKED"
        return verdict, said or room.last
    except Skip as reason:
        return "SKIPPED", str(reason)
    except Escaped as error:
        return "ESCAPED", str(error)
    except Hung as error:
        return "HUNG", str(error)
    except Crashed as error:
        return "CRASHED", str(error)
    except Exception:
        return "BROKEN", traceback.format_exc()


class Running:
    """An attack under way in its sandbox; ended() once its verdict is there, or its time is up."""

    def __init__(self, job):
        self.job = job
        self.reader, writer = os.pipe()
        self.text = b""
        self.began = time.monotonic()
        self.end = self.began + job.attack.seconds * SLOW

        def work():
            os.close(self.reader)
            null = os.open(os.devnull, os.O_RDONLY)
            os.dup2(null, 0)
            os.close(null)
            high = os.dup2(writer, 500, inheritable=False)  # attacks fill the low ones
            os.close(writer)
            verdict, said = _carry_out(job)
            os.write(high, json.dumps({"verdict": verdict, "said": (said or "")[:20000]}).encode())

        self.pid = sandbox.inside(work, without_unified=not job.ours)
        os.close(writer)

    def read(self):
        """Whether this was the end of what there is to read."""
        piece = os.read(self.reader, 65536)
        self.text += piece
        with contextlib.suppress(ValueError):
            json.loads(self.text)
            return True
        return not piece

    def result(self):
        """{"verdict", "said", "seconds"}; what is left of the attack is gone."""
        os.close(self.reader)
        late = time.monotonic() >= self.end
        os.kill(self.pid, signal.SIGTERM)  # whose end ends all that is in the sandbox
        patience = time.monotonic() + 20
        while os.waitpid(self.pid, os.WNOHANG)[0] == 0 and time.monotonic() < patience:
            remove_cgroups(f"/phial-attacks/{self.job.key}")  # what is frozen does not end
            time.sleep(0.01)
        remove_cgroups(f"/phial-attacks/{self.job.key}")
        try:
            out = json.loads(self.text)
        except ValueError:
            out = {"verdict": "HUNG", "said": f"not over after {self.job.attack.seconds * SLOW:.0f} s"} if late else {
                "verdict": "BROKEN", "said": "the harness's own process died"}
        out["seconds"] = time.monotonic() - self.began
        return out


def execute(jobs, at_once):
    """(job, its result) in the order of the jobs, of which `at_once` are under way together."""
    waiting, running, done = list(enumerate(jobs)), {}, {}
    told = 0
    try:
        while told < len(jobs):
            while waiting and len(running) < at_once:
                number, job = waiting.pop(0)
                running[number] = Running(job)
            pause = max(0, min(one.end for one in running.values()) - time.monotonic()) if running else 0
            ready, _, _ = select.select([one.reader for one in running.values()], [], [], pause)
            for number, one in list(running.items()):
                if (one.reader in ready and one.read()) or time.monotonic() >= one.end:
                    del running[number]
                    done[number] = one.result()
            while told in done:
                yield jobs[told], done.pop(told)
                told += 1
    finally:
        for one in running.values():
            one.result()


def cgroup_mounts():
    return [line.split()[1] for line in open("/proc/mounts") if line.split()[2] in ("cgroup", "cgroup2")]


def remove_cgroups(path):
    """A cgroup with all below it, in every hierarchy; what runs there is killed. The harness's own name only."""
    assert path.startswith("/phial-attacks")
    for hierarchy in cgroup_mounts():
        top = pathlib.Path(hierarchy + path)
        for _ in range(50):
            if not top.exists():
                break
            for folder, _, files in os.walk(top, topdown=False):
                with contextlib.suppress(OSError):
                    if "freezer.state" in files:
                        pathlib.Path(folder, "freezer.state").write_text("THAWED")
                    for pid in pathlib.Path(folder, "cgroup.procs").read_text().split():
                        with contextlib.suppress(ProcessLookupError):
                            os.kill(int(pid), signal.SIGKILL)
                with contextlib.suppress(OSError):
                    os.rmdir(folder)
            if top.exists():
                time.sleep(0.02)


# ---- all of them -----------------------------------------------------------------------------------------------------


def version(runtime):
    done = subprocess.run([runtime, "--version"], capture_output=True, text=True)
    words = done.stdout.split()
    return f"{words[0]} {words[2]}" if len(words) > 2 and words[1] == "version" else os.path.basename(runtime)


def job_for(one, on, options):
    """A job of what `fires` names."""
    other = shutil.which(on, path=os.environ["PATH"] + ":/usr/sbin:/sbin") if " " not in on and ":" not in on else None
    if other:
        return Job(one, os.path.realpath(other), (), options.full, options.seed)
    if ":" not in on:
        return None  # not installed
    return Job(one, str(TREE / "build" / "phial-oci"), on.split(), options.full, options.seed)


def prove(attacks, options):
    """Carries each attack out on what it fires on; keeps in fired.json what came of it."""
    path = HERE / "fired.json"
    fired = json.loads(path.read_text()) if path.exists() else {}
    jobs = [(one, on, job) for one in attacks for on in one.fires if (job := job_for(one, on, options))]
    silent = []
    for (one, on, _), (job, out) in zip(jobs, execute([job for _, _, job in jobs], options.jobs)):
        if out["verdict"] in BAD:
            name = version(job.runtime) if not job.rules else "phial-oci with " + on
            fired.setdefault(one.number, {})[on] = {"on": name, "verdict": out["verdict"]}
        else:
            fired.get(one.number, {}).pop(on, None)
            silent.append(one.number)
        print(f"{out['verdict']:10}{one.number:6}{on}: {first_line(out['said'])}", flush=True)
        if out["verdict"] == "BROKEN":
            print(out["said"], flush=True)
    known = {one.number: one for one in registry}
    fired = {number: {on: what for on, what in entries.items() if on in known[number].fires}
             for number, entries in sorted(fired.items()) if number in known}
    path.write_text(json.dumps({number: entries for number, entries in fired.items() if entries}, indent=1) + "\n")
    print(f"{len(jobs)} proofs: {len(jobs) - len(silent)} fired, {len(silent)} silent"
          + (": " + " ".join(silent) if silent else ""))
    print(f"{len(jobs) - len(silent)} passed, {len(silent)} failed, 0 skipped")
    return 1 if silent else 0


def first_line(text):
    lines = [line for line in (text or "").strip().splitlines() if line.strip()]
    return lines[0][:160] if lines else ""


def proofs(one, fired):
    return sorted({"ours, altered" if " with " in entry["on"] else entry["on"].split("+")[0]
                   for entry in fired.get(one.number, {}).values()})


def run(attacks, options):
    fired = json.loads((HERE / "fired.json").read_text()) if (HERE / "fired.json").exists() else {}
    counts = dict.fromkeys((*GOOD, *BAD, "SKIPPED", "BROKEN"), 0)
    print(f"the runtime: {version(RUNTIME)} ({RUNTIME}); the seed of what is sampled: {options.seed}")
    results = {}
    for job, out in execute([Job(one, RUNTIME, (), options.full, options.seed) for one in attacks], options.jobs):
        one = job.attack
        verdict = out["verdict"]
        counts[verdict] += 1
        results[one.number] = verdict
        on = ", ".join(proofs(one, fired))
        print(f"{verdict:10}{one.number:6}{one.title} ({out['seconds']:.1f} s)" + (f" [fires on {on}]" if on else ""),
              flush=True)
        if verdict not in GOOD:
            print("\n".join("          " + line for line in (out["said"] or "").strip().splitlines()), flush=True)
        elif options.verbose:
            print(f"          {first_line(out['said'])}", flush=True)
    proven = sum(1 for one in attacks if results[one.number] != "SKIPPED" and fired.get(one.number))
    took = sum(counts.values()) - counts["SKIPPED"]
    print(f"{took} attacks: {counts['BLOCKED']} blocked, {counts['CONTAINED']} contained, {counts['ESCAPED']} escaped, "
          f"{counts['HUNG']} hung, {counts['CRASHED']} crashed; {proven} proven to fire")
    bad = sum(counts[verdict] for verdict in BAD) + counts["BROKEN"]
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(
            {"passed": took - bad, "failed": bad, "skipped": counts["SKIPPED"], "attacks": results, "counts": counts}))
    print(f"{took - bad} passed, {bad} failed, {counts['SKIPPED']} skipped")
    return 1 if bad else 0


def main():
    parser = argparse.ArgumentParser(prog="run", description=sys.modules["__main__"].__doc__)
    parser.add_argument("patterns", nargs="*", metavar="PATTERN", help="only attacks whose number or title has it")
    parser.add_argument("-l", "--list", action="store_true")
    parser.add_argument("-v", "--verbose", action="store_true", help="what the runtime or the container said")
    parser.add_argument("--prove", action="store_true", help="carry each out on what it fires on, and keep that")
    parser.add_argument("--full", action="store_true", help="races at every system call, not at a sample")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("-j", "--jobs", type=int, default=os.cpu_count())
    options = parser.parse_args()
    attacks = [one for one in collect()
               if not options.patterns or any(word in one.number or word in one.title for word in options.patterns)]
    if options.list:
        for one in attacks:
            print(f"{one.number:6}{one.title}" + "".join(f"\n      fires on {on}" for on in one.fires))
        return 0
    if os.geteuid() != 0:
        print("the attacks need root: they make containers", file=sys.stderr)
        return 2
    if not attacks:
        print(f"no attack matches {' '.join(options.patterns)}", file=sys.stderr)
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what is under way is ended
    build_tools()
    try:
        return prove(attacks, options) if options.prove else run(attacks, options)
    finally:
        for hierarchy in cgroup_mounts():
            with contextlib.suppress(OSError):
                os.rmdir(hierarchy + "/phial-attacks")
