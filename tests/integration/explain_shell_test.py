"""The shell form of a program, run by bash with util-linux, iproute2 and coreutils alone, makes the container that the
run makes: the same namespaces, mounts, limits and capabilities."""
import os
import re

from phialtest import command, expect

# Printed from inside, so that both containers are asked the same way.
PROBE = r"""
echo "== namespaces"
for n in cgroup ipc mnt net pid time user uts; do echo "$n $(readlink /proc/self/ns/$n)"; done
echo "== mounts"
cat /proc/self/mountinfo
echo "== limits"
for f in memory/memory.limit_in_bytes memory/memory.memsw.limit_in_bytes pids/pids.max cpu/cpu.cfs_quota_us \
    cpu/cpu.cfs_period_us cpu/cpu.shares memory.max memory.swap.max pids.max cpu.max cpu.weight; do
  [ -e /sys/fs/cgroup/$f ] && echo "$f $(cat /sys/fs/cgroup/$f)"
done
echo "== process"
grep -E '^(Cap|NoNewPrivs|Uid|Gid|Groups)' /proc/self/status
echo "pid $$"; hostname; pwd; env | sort | grep -E '^(PATH|HOME|TERM|GREETING)='
echo "== devices"
ls -l /dev | sed 's/  */ /g' | cut -d' ' -f1,5,6,10- | sort
"""


def sections(text):
    out, name = {}, None
    for line in text.splitlines():
        if line.startswith("== "):
            name = line[3:]
            out[name] = []
        elif name:
            out[name].append(line)
    return out


def own_namespaces(lines):
    """Which of them are not the host's."""
    return sorted(name for name, link in (line.split() for line in lines) if link != os.readlink(f"/proc/self/ns/{name}"))


def mounts(lines):
    """Where, of which type, with which options; without what differs between two runs of the same thing. mount(8) makes
    the file system read-only as well as the mount; the run only the mount, which is what the container meets first."""
    found = []
    for line in lines:
        left, right = line.split(" - ")
        words = left.split()
        kind, _, options = right.split(" ", 2)
        if words[4] == "/":
            options = ""
        options = ",".join(sorted(option for option in options.split(",")
                                  if not re.match(r"(r[ow]$|lowerdir|upperdir|workdir|size|inode64|mode=755|uid|gid)", option)))
        found.append((words[4], kind, ",".join(sorted(words[5].split(","))), options))
    return sorted(found)


def compare(t, *flags):
    arguments = ["run", "--rm", "--hostname", "glass", *flags, "busybox", "sh", "-c", PROBE]
    script = t.file("container.sh", t.ok("explain", "--format", "shell", *arguments), 0o755)
    real = sections(t.ok(*arguments))
    done = command(["bash", script])
    expect(done.exit == 0, done)
    shell = sections(done.out)
    expect(set(real) == set(shell), done)
    expect(own_namespaces(real["namespaces"]) == own_namespaces(shell["namespaces"]),
           f"namespaces: {real['namespaces']} {shell['namespaces']}")
    ours, theirs = mounts(real["mounts"]), mounts(shell["mounts"])
    expect(ours == theirs, "mounts: only in the run:\n%s\nonly in the script's:\n%s" % (
        "\n".join(map(str, [m for m in ours if m not in theirs])), "\n".join(map(str, [m for m in theirs if m not in ours]))))
    for name in ("limits", "process", "devices"):
        expect(real[name] == shell[name], f"{name}: {real[name]}\n{shell[name]}")
    expect(real["limits"], "no limit could be read")


def test_the_default_container(t):
    compare(t, "-m", "64m", "--cpus", "0.5", "--pids-limit", "32")


def test_one_with_mounts_a_user_and_fewer_capabilities(t):
    t.file("shared/file", "text")
    compare(t, "-m", "32m", "-v", f"{t.dir}/shared:/data:ro", "--tmpfs", "/scratch", "--cap-drop", "CHOWN", "-e",
            "GREETING=hello there", "-w", "/tmp", "--read-only", "-u", "1000:100")
