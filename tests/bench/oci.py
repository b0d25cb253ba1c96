"""What phial-oci costs beside crun, runc, and a bare C program that makes the same kernel objects (bare.c).

The bundle is runc's default one (`runc spec`) with /bin/true of busybox. All contestants run in turns in one mount
namespace, which has no unified hierarchy where the machine is hybrid: crun takes a machine for version 1 or 2, never
for both, so here all four make cgroups in the same hierarchies. The turns are taken and measured by rounds.c.
"""
import collections
import json
import os
import pathlib
import shutil
import statistics
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
INSIDE = """mount --make-rprivate /
if mountpoint -q /sys/fs/cgroup/unified; then umount /sys/fs/cgroup/unified; fi
exec "$@"
"""


def run(words, **more):
    done = subprocess.run(words, capture_output=True, text=True, check=False, **more)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words[:6])}: exit status {done.returncode}: {done.stderr.strip()[:500]}")
    return done.stdout


def elsewhere(words, **more):
    return run(["unshare", "-m", "sh", "-ec", INSIDE, "sh", *words], **more)


def hierarchies():
    """The version 1 hierarchies that are left in there, or the one of version 2."""
    mounts = [line.split() for line in elsewhere(["cat", "/proc/mounts"]).splitlines()]
    first = [point for _, point, kind, *_ in mounts if kind == "cgroup"]
    return first or ["2:" + point for _, point, kind, *_ in mounts if kind == "cgroup2"][:1]


class Oci:
    def __init__(self, folder, phial_oci, short):
        self.folder, self.phial_oci, self.short = pathlib.Path(folder) / "oci", phial_oci, short
        self.runtimes = {"phial-oci": phial_oci}
        for name in ("crun", "runc"):
            if path := shutil.which(name):
                self.runtimes[name] = path
        for name in ("true", "sleep"):
            self.bundle(name)
        for name in ("bare", "rounds"):
            run(["cc", "-O2", "-static", "-o", str(self.folder / name), str(HERE / f"{name}.c")])

    def bundle(self, program):
        """runc's default bundle with another program."""
        folder = self.folder / program
        (folder / "rootfs" / "bin").mkdir(parents=True)
        for name in ("proc", "dev", "sys"):
            (folder / "rootfs" / name).mkdir()
        shutil.copy("/bin/busybox", folder / "rootfs" / "bin" / program)
        shutil.copy("/bin/busybox", folder / "rootfs" / "bin" / "true")
        run([self.runtimes.get("runc", self.phial_oci), "spec"], cwd=folder)
        config = json.loads((folder / "config.json").read_text())
        config["process"]["args"] = ["/bin/" + program] + (["1000"] if program == "sleep" else [])
        config["process"]["terminal"] = False
        (folder / "config.json").write_text(json.dumps(config, indent=1))

    def take_turns(self, contestants, rounds, pause=0, bundle="true"):
        """{name: {"wall", "cpu": median ms, "least": least wall ms, "rss": KiB}} of {name: [[word…], …]}."""
        words = [str(self.folder / "rounds"), str(rounds + 1), str(pause)]
        for commands in contestants.values():
            words.append("--")
            words += [word for command in commands for word in (*command, ";")][:-1]
        turns = collections.defaultdict(list)
        for line in elsewhere(words, cwd=self.folder / bundle).splitlines():
            which, *cost = map(int, line.split())
            turns[which].append(cost)
        out = {}
        for which, name in enumerate(contestants):
            counted = turns[which][1:]  # the first turn makes what stays: directories, the page cache
            if failed := [status for *_, status in counted if status]:
                raise RuntimeError(f"{name}: exit status {failed[0]} in {len(failed)} of {len(counted)} turns")
            wall, cpu, rss, _ = zip(*counted)
            out[name] = {"wall": statistics.median(wall) / 1000, "cpu": statistics.median(cpu) / 1000,
                         "least": min(wall) / 1000, "rss": max(rss)}
        return out

    def runs(self, pause=0, rounds=None):
        contestants = {name: [[path, "run", f"bench-{name}-@"]] for name, path in self.runtimes.items()}
        contestants["bare C"] = [[str(self.folder / "bare"), str(self.folder / "true" / "rootfs"), "bench-@", *hierarchies()]]
        return self.take_turns(contestants, rounds or (12 if self.short else 60), pause)

    def steps(self):
        """create, start and delete."""
        return self.take_turns(
            {name: [[path, "create", f"steps-{name}-@"], [path, "start", f"steps-{name}-@"],
                    [path, "delete", "--force", f"steps-{name}-@"]] for name, path in self.runtimes.items()},
            6 if self.short else 30)

    def execs(self):
        """exec of /bin/true in a container that runs."""
        try:
            for name, path in self.runtimes.items():
                with open(os.devnull, "r+") as null:  # no pipe of ours: it would stay open as long as the container
                    subprocess.run(["unshare", "-m", "sh", "-ec", INSIDE, "sh", path, "run", "-d", f"bench-{name}"],
                                   cwd=self.folder / "sleep", stdin=null, stdout=null, stderr=null, check=True)
            return self.take_turns(
                {name: [[path, "exec", f"bench-{name}", "/bin/true"]] for name, path in self.runtimes.items()},
                6 if self.short else 30, bundle="sleep")
        finally:
            for name, path in self.runtimes.items():
                subprocess.run(["unshare", "-m", "sh", "-ec", INSIDE, "sh", path, "delete", "--force", f"bench-{name}"],
                               capture_output=True, check=False)

    def system_calls(self):
        """Of one run in all processes, those of the container's program with them."""
        log = self.folder / "calls"
        elsewhere(["strace", "-f", "-qq", "-o", str(log), self.phial_oci, "run", "bench-calls"], cwd=self.folder / "true")
        return sum(1 for line in log.read_text().splitlines()
                   if "(" in line and not line.split(None, 1)[1].startswith(("+++", "---", "<...")))

    def installed_size(self):
        stripped = self.folder / "stripped"
        run(["strip", "-o", str(stripped), self.phial_oci])
        return stripped.stat().st_size

    def is_static(self):
        return "INTERP" not in run(["readelf", "-lW", self.phial_oci])


def add_rows(bench, folder, phial_oci):
    """The rows of phial-oci; those with a limit are gates."""
    oci, gates = Oci(folder, phial_oci, bench.short), bench.budget["phial-oci run"]
    bench.row("phial-oci: bytes, stripped", oci.installed_size(), "B", gates["bytes"])
    bench.row("phial-oci: is static", "yes" if oci.is_static() else "no", "", "yes")
    bench.row("phial-oci run of runc's default bundle: system calls", oci.system_calls(), "", gates["system calls"])
    found = oci.runs()
    bench.row("phial-oci run: peak RSS, with all it waited for", found["phial-oci"]["rss"], "KiB", gates["peak RSS KiB"])
    for name, cost in found.items():
        bench.row(f"{name} run of runc's default bundle: wall, median", round(cost["wall"], 2), "ms")
        bench.row(f"{name} run of runc's default bundle: CPU, median", round(cost["cpu"], 2), "ms")
    for other, limit in gates["ratios"].items():
        for kind in ("wall", "cpu"):
            if other in found:
                bench.row(f"phial-oci to {other}, {kind} of the medians",
                          round(found["phial-oci"][kind] / found[other][kind], 3), "", limit)
    report(bench, "run after a pause of 300 ms", oci.runs(pause=300, rounds=3 if bench.short else 10))
    for what, measure in (("create, start and delete", oci.steps), ("exec", oci.execs)):
        try:
            report(bench, what, measure())
        except (RuntimeError, subprocess.CalledProcessError) as error:
            bench.row(f"{what}: {str(error)[:50]}", "none")


def report(bench, what, found):
    for name, cost in found.items():
        bench.row(f"{name} {what}: wall and CPU, medians", f"{cost['wall']:.1f} {cost['cpu']:.1f}", "ms")
