"""The shell form: what bash, util-linux, iproute2 and coreutils make of `explain --format shell run …` is the container
that `run …` makes. Both are looked at from within (a script in them) and from the host (/proc, cgroup files, the
writable layer); what they show has to be the same once ids, paths and the numbers of namespaces are taken out."""
import difflib
import os
import pathlib
import re
import shutil
import signal
import subprocess

from phialtest import SLOW, Failed, Skip, expect, wait_until

PACKAGES = ("bash", "coreutils", "util-linux", "mount", "iproute2")  # mount(8) is util-linux, in a package of its own

# What the container says of itself; then it waits for its end.
PROBE = r"""
section() { echo "== $1"; }
section identity; id; pwd; umask; hostname; cat /proc/sys/kernel/domainname
section limits; ulimit -a
section devices
find /dev -maxdepth 1 -mindepth 1 | sort | while read -r f; do
  if [ -L "$f" ]; then echo "$f -> $(readlink "$f")"; else stat -c '%n %F %a %u:%g %t:%T' "$f"; fi
done
section directories
for f in / /proc /sys /dev /dev/pts /dev/shm /dev/mqueue /etc /tmp /sys/fs/cgroup /etc/hosts /etc/hostname \
  /etc/resolv.conf $WATCH; do stat -c '%n %F %a %u:%g' "$f"; done
section files; for f in /etc/hosts /etc/hostname /etc/resolv.conf; do echo "$f:"; cat "$f"; done
section writable
for f in / /etc /tmp /dev /dev/shm /dev/null /proc/sys/kernel/hostname /proc/sysrq-trigger /proc/irq /proc/bus /proc/fs \
  /proc/sys/net/ipv4/ip_forward /sys /sys/kernel /sys/fs/cgroup /etc/hosts /etc/resolv.conf $WATCH; do
  [ ! -e "$f" ] || if [ -w "$f" ]; then echo "$f yes"; else echo "$f no"; fi
done
section masked
for f in /proc/acpi /proc/asound /proc/interrupts /proc/kcore /proc/keys /proc/latency_stats /proc/timer_list \
  /proc/sched_debug /proc/scsi /sys/firmware /sys/devices/virtual/powercap; do
  if [ -d "$f" ]; then echo "$f: $(ls -A "$f" | wc -l) entries"
  elif [ -e "$f" ]; then echo "$f: $(head -c 100 "$f" 2>&1 | wc -c) bytes"; fi
done
section sysctls
for f in net/ipv4/ping_group_range net/ipv4/ip_unprivileged_port_start net/ipv4/ip_forward kernel/shmmax kernel/msgmax \
  fs/mqueue/msg_max; do echo "$f $(cat /proc/sys/$f 2>&1)"; done
section network; ls /sys/class/net; ip -o addr | sed 's/ *valid_lft.*//'
section end
sleep 1000 & wait
"""

STATUS = ("Umask", "Uid", "Gid", "Groups", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "SigBlk",
          "SigIgn", "SigCgt", "THP_enabled")
# Files of a cgroup that can be written and are no setting, or one that counts.
NO_SETTING = re.compile(r"cgroup\.(procs|threads|event_control|kill|clone_children)|tasks|.*usage.*|.*failcnt|.*pressure.*|"
                        r".*force_empty|.*reset_stats|.*\.stat|.*peak|.*reclaim|.*numa_stat|.*swap\.peak")


def only_these_packages(t):
    """A directory of links to the programs of the packages, and nothing else: the script's PATH."""
    if not shutil.which("dpkg"):
        raise Skip("dpkg is not here: nobody can say what util-linux, iproute2 and coreutils hold")
    place = t.dir / "path"
    if place.exists():
        return place
    place.mkdir()
    listing = subprocess.run(["dpkg", "-L", *PACKAGES], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in listing.stdout.splitlines():
        path = pathlib.Path(line)
        if path.parent.name in ("bin", "sbin") and os.access(path, os.X_OK) and not path.is_dir():
            link = place / path.name
            if not link.is_symlink():
                link.symlink_to(path)
    for needed in ("bash", "mount", "nsenter", "ip", "mknod"):
        expect((place / needed).exists(), f"{needed} is in none of {PACKAGES}")
    return place


def read(path):
    try:
        return pathlib.Path(path).read_text(errors="replace")
    except OSError as error:
        return f"({error.strerror})"


def ids_of(t):
    """The ids of the containers whose directories are there."""
    return {path.name for path in (t.root / "containers").glob("*") if re.fullmatch("[0-9a-f]{64}", path.name)}


def cgroup_directories(name):
    """The container's directories in all hierarchies."""
    points = [line.split()[4] for line in open("/proc/self/mountinfo")
              if re.search(r" - cgroup2? ", line) and line.split()[4].startswith("/sys/fs/cgroup")]
    return sorted({str(path) for point in points for path in pathlib.Path(point).glob(f"phial/{name}*")})


def normal(text, name):
    return text.replace(name, "ID").replace(name[:12], "ID12")


def counted_layers(options):
    """An overlay's options with the number of its layers: kernels name them in three ways, of which one is by the
    numbers of descriptors."""
    words = options.split(",")
    lower = [word.split("=", 1)[1].split(":") for word in words if word.startswith("lowerdir")]
    words = [word for word in words if not word.startswith("lowerdir")]
    return ",".join(words + [f"{sum(map(len, lower))} layers"] * bool(lower))


def mounts(pid):
    """/proc/PID/mountinfo with parents by name instead of number, and without the numbers of devices and groups."""
    rows = [line.rstrip("\n").split(" ") for line in open(f"/proc/{pid}/mountinfo")]
    point = {row[0]: row[4] for row in rows}
    out = []
    for row in rows:
        dash = row.index("-")
        groups = " ".join(word.split(":")[0] for word in row[6:dash])
        out.append(f"{row[4]} in {point.get(row[1], 'nothing')}: {row[3]} {row[5]} [{groups}] "
                   f"{' '.join(row[dash + 1:dash + 3])} {counted_layers(row[dash + 3])}")
    return sorted(out, key=lambda line: line.split(" in ")[0])  # one above the other keep their order


def namespaces(t, pid):
    """Whose they are: the host's, another container's, or its own."""
    others = {"the host": os.getpid(), **{name: t.inspect(name)["State"]["Pid"] for name in t.others}}
    out = []
    for kind in sorted(os.listdir(f"/proc/{pid}/ns")):
        mine = os.readlink(f"/proc/{pid}/ns/{kind}")
        whose = [who for who, other in others.items() if os.readlink(f"/proc/{other}/ns/{kind}") == mine]
        out.append(f"{kind}: {whose or 'its own'}")
    return out


def status(pid):
    facts = dict(line.split(":", 1) for line in read(f"/proc/{pid}/status").splitlines())
    if "SigIgn" in facts:  # 32 and 33 are the C library's own, nobody can set them back
        facts["SigIgn"] = f"{int(facts['SigIgn'], 16) & ~(3 << 31):x}"
    return [f"{key}: {facts[key].strip()}" for key in STATUS if key in facts] + [
        f"session of its own: {os.getsid(pid) != os.getsid(0)}"]


def descriptors(pid):
    out = []
    for number in sorted(os.listdir(f"/proc/{pid}/fd"), key=int):
        what = re.sub(r"\[\d+\]", "", os.readlink(f"/proc/{pid}/fd/{number}"))
        flags = [line for line in read(f"/proc/{pid}/fdinfo/{number}").splitlines() if line.startswith("flags")]
        out.append(f"{number}: {what} {flags}")
    return out


def cgroup_settings(name):
    out = []
    for directory in cgroup_directories(name):
        for file in sorted(os.listdir(directory)):
            path = os.path.join(directory, file)
            if os.path.isdir(path) or not os.stat(path).st_mode & 0o222 or NO_SETTING.fullmatch(file):
                continue
            out.append(f"{path}: {read(path).strip()}")
    return out


def layer(t, name):
    """What was made in the writable layer: the mount points, mostly."""
    upper = t.root / "containers" / name / "upper"
    out = []
    for path in [upper, *sorted(upper.rglob("*"))]:
        seen = path.lstat()
        out.append(f"/{path.relative_to(upper)} {seen.st_mode:o} {seen.st_uid}:{seen.st_gid} {seen.st_size if path.is_file() else ''}")
    return out


def from_the_host(t, pid, name):
    return {
        "namespaces": namespaces(t, pid),
        "mounts": mounts(pid),
        "cgroups": sorted(read(f"/proc/{pid}/cgroup").splitlines()),
        "cgroup settings": cgroup_settings(name),
        "status": status(pid),
        # A sanitizer forbids core files to the programs it is in, the monitor too.
        "rlimits": [line for line in read(f"/proc/{pid}/limits").splitlines()
                    if "ASAN_OPTIONS" not in os.environ or "core file" not in line],
        "oom_score_adj": [read(f"/proc/{pid}/oom_score_adj").strip()],
        "environment": sorted(read(f"/proc/{pid}/environ").split("\0")),
        "command": read(f"/proc/{pid}/cmdline").split("\0"),
        "executable": [os.readlink(f"/proc/{pid}/exe")],
        "directory": [os.readlink(f"/proc/{pid}/cwd"), os.readlink(f"/proc/{pid}/root")],
        "descriptors": descriptors(pid),
        "writable layer": layer(t, name),
    }


def from_within(text):
    out = {}
    for part in text.split("== ")[1:]:
        title, _, rest = part.partition("\n")
        out["within: " + title] = rest.splitlines()
    return out


def program_of(name):
    """The pid of the container's program: the shell that runs the probe."""
    for directory in cgroup_directories(name):
        for pid in read(directory + "/cgroup.procs").split():
            words = read(f"/proc/{pid}/cmdline").split("\0")
            if words[:2] == ["sh", "-c"] and "== $1" in words[2]:
                return int(pid)
    return None


def seen(t, name, text):
    facts = from_the_host(t, wait_until(lambda: program_of(name), "the container's program"), name)
    facts.update(from_within(text))
    return {title: [normal(line, name) for line in lines] for title, lines in facts.items()}


def really(t, options, before):
    """The container `run` makes."""
    name = t.ok("run", "-d", *options, "busybox", "sh", "-c", PROBE).strip()
    wait_until(lambda: "== end" in t.ok("logs", name), "the end of the probe in the log")
    out = seen(t, name, t.ok("logs", name))
    t.ok("rm", "-f", name)
    return out


class Script:
    """The shell form, run by bash with a PATH of its own."""

    def __init__(self, t, options, path, *command):
        self.text = t.ok("explain", "--format", "shell", "run", *options, "busybox", *command)
        self.name = re.search(r"containers/([0-9a-f]{64})", self.text).group(1)
        self.file = t.file("shell-form.sh", self.text)
        self.temporary = t.dir / "temporary"
        self.temporary.mkdir(exist_ok=True)
        self.out, self.err = t.dir / "out", t.dir / "err"
        self.child = subprocess.Popen(
            [str(path / "bash"), str(self.file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, start_new_session=True, cwd="/",
            env={"PATH": str(path), "TMPDIR": str(self.temporary), "LC_ALL": "C", "SECRET": "of the host"})
        self.output = ""

    def wait_for(self, text):
        os.set_blocking(self.child.stdout.fileno(), False)

        def there():
            self.output += (self.child.stdout.read() or b"").decode(errors="replace")
            return text in self.output or self.child.poll() is not None

        wait_until(there, f"{text!r} from the shell form")
        if text not in self.output:
            raise Failed(f"the shell form ended with {self.child.returncode}: {self.output}\n"
                         f"{self.child.stderr.read().decode(errors='replace')}")

    def end(self, number=signal.SIGTERM):
        """Ends it; what it says on stderr."""
        if self.child.poll() is None:
            self.child.send_signal(number)
        wait_until(lambda: self.child.poll() is not None, "the end of the shell form")
        os.set_blocking(self.child.stderr.fileno(), False)
        errors = (self.child.stderr.read() or b"").decode(errors="replace")
        for stream in (self.child.stdin, self.child.stdout, self.child.stderr):
            stream.close()
        return errors

    def kill(self):
        if self.child.poll() is None:
            os.killpg(self.child.pid, signal.SIGKILL)
            self.child.wait()


def leaves_nothing(t, script):
    expect(not cgroup_directories(script.name), f"cgroups are left: {cgroup_directories(script.name)}")
    expect(program_of(script.name) is None, "the program is left")
    expect(not os.listdir(script.temporary), f"left in the temporary directory: {os.listdir(script.temporary)}")
    expect(str(t.dir) not in read("/proc/self/mountinfo").replace(str(t.dir / "host"), ""), "a mount is left")
    expect(script.name not in ids_of(t), f"the container's directory is left: {ids_of(t)}")


def by_the_script(t, options, path):
    script = Script(t, options, path, "sh", "-c", PROBE)
    try:
        script.wait_for("== end")
        out = seen(t, script.name, script.output)
        errors = script.end()
    finally:
        script.kill()
    expect(errors == "", f"it says on stderr: {errors}")
    leaves_nothing(t, script)
    return out


def differences(real, shell):
    lines = []
    for title in real:
        if real[title] != shell.get(title):
            changes = difflib.unified_diff(real[title], shell.get(title, []), "run", "shell form", n=0, lineterm="")
            lines += [f"{title}:", *("  " + line for line in list(changes)[2:])]
    return "\n".join(lines)


def same(t, *options, others=(), of_cgroups=False):
    """Fails where the shell form's container differs from run's. An emulated machine, there for its cgroups, is asked
    only what has to do with them."""
    if SLOW > 5 and not of_cgroups:
        raise Skip("has nothing to do with cgroups, and this machine is slow")
    t.others = others  # containers whose namespaces it may share
    options = [str(word) for word in options]
    path = only_these_packages(t)
    real = really(t, options, ids_of(t))
    expect(len(real) > 20 and len(real["mounts"]) > 10, f"the probe has seen too little: {real}")
    text = differences(real, by_the_script(t, options, path))
    expect(not text, f"run {' '.join(options)}: - of the run, + of the shell form\n{text}")


def test_plain(t):
    same(t, of_cgroups=True)


def test_limits(t):
    same(t, "-m", "64m", "--memory-swap", "96m", "--cpus", "0.5", "--pids-limit", "40", of_cgroups=True)


def test_shares_and_sets(t):
    same(t, "--cpu-shares", "512", "--cpuset-cpus", "0", "--memory-reservation", "32m", of_cgroups=True)


def test_binds_and_tmpfs(t):
    tree = t.dir / "host"
    (tree / "below").mkdir(parents=True)
    (tree / "below" / "file").write_text("text")
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", tree / "below"], check=True)
    try:
        file = t.file("one", "one\n")
        same(t, "-v", f"{tree}:/rw", "-v", f"{tree}:/ro:ro", "-v", f"{file}:/etc/deep/er/one:ro", "--tmpfs",
             "/scratch:size=1m,mode=1770,exec", "--mount", f"type=bind,src={tree},dst=/mounted,readonly", "--mount",
             "type=tmpfs,dst=/memory,tmpfs-size=2m,tmpfs-mode=0700", "-v", f"{tree}:/slave:rslave", "-v",
             f"{tree}:/with space:ro", "-e", "WATCH=/rw /ro /ro/below /etc/deep/er /etc/deep/er/one /scratch /memory /slave")
    finally:
        subprocess.run(["umount", tree / "below"], check=True)


def test_propagation(t):
    tree = t.dir / "host"
    tree.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", tree], check=True)
    try:
        subprocess.run(["mount", "--make-shared", tree], check=True)
        (tree / "below").mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", tree / "below"], check=True)
        same(t, "-v", f"{tree}:/private", "-v", f"{tree}:/slave:rslave")
    finally:
        subprocess.run(["umount", "-R", tree], check=True)


def test_volume(t):
    same(t, "-v", "kept:/kept", "-e", "WATCH=/kept")


def test_read_only(t):
    same(t, "--read-only", "--tmpfs", "/run")


def test_user_and_directory(t):
    same(t, "-u", "1000", "-w", "/tmp")


def test_user_with_group_and_new_directory(t):
    same(t, "-u", "1000:1001", "-w", "/srv/some where/deep", "-e", "WATCH=/srv")


def test_capabilities(t):
    same(t, "--cap-drop", "all", "--cap-add", "net_admin", "--cap-add", "chown")


def test_capabilities_of_a_user(t):
    same(t, "-u", "1000", "--cap-add", "net_admin", "--cap-drop", "mknod")


def test_privileged(t):
    same(t, "--privileged")


def test_sysctls(t):
    same(t, "--sysctl", "net.ipv4.ip_forward=1", "--sysctl", "kernel.shmmax=123456")


def test_ulimits(t):
    same(t, "--ulimit", "nofile=512:1024", "--ulimit", "core=0", "--ulimit", "nproc=100")


def test_hostname_and_environment(t):
    same(t, "--hostname", "glass", "-e", "EMPTY=", "-e", "QUOTES=it's \"so\" $HOME `id`\\", "-e", "LINES2=a\nb")


def test_init(t):
    same(t, "--init")


def test_init_of_a_user(t):
    same(t, "--init", "-u", "1000", "--ulimit", "nofile=100")


def test_namespaces_of_the_host(t):
    same(t, "--network", "host", "--ipc", "host", "--uts", "host")


def test_namespaces_of_a_container(t):
    t.ok("run", "-d", "--name", "other", "busybox", "sleep", "1000")
    same(t, "--network", "container:other", others=["other"])
    # Another's /dev/shm is what no script can have.
    same(t, "--pid", "container:other", "--ipc", "container:other", "--tmpfs", "/dev/shm", others=["other"])
    t.ok("rm", "-f", "other")


def test_pid_namespace_of_the_host(t):
    same(t, "--pid", "host")


def test_cgroup_namespace_of_the_host(t):
    same(t, "--cgroupns", "host", of_cgroups=True)


def test_no_new_privileges(t):
    same(t, "--security-opt", "no-new-privileges")


def test_shm_size(t):
    same(t, "--shm-size", "1m")


def test_devices(t):
    same(t, "--device", "/dev/kmsg", "--device", "/dev/zero:/dev/nothing:r", "--device", "/dev/null:/dev/deep/null")


def test_oom_score(t):
    same(t, "--oom-score-adj", "321")


def test_exit_status_and_streams(t):
    """It is used like a program: its streams and its status are the container's, and nothing is left."""
    path = only_these_packages(t)
    t.ok("images")
    for words, expected in ((["sh", "-c", "echo out; echo err >&2; exit 3"], (3, b"out\n", b"err\n")),
                            (["no-such-program"], (127, b"", None)), (["/etc/passwd"], (126, b"", None))):
        script = Script(t, [], path, *words)
        out, err = script.child.communicate(timeout=60)
        expect((script.child.returncode, out) == expected[:2], (words, script.child.returncode, out, err))
        expect(expected[2] in (None, err), err)
        leaves_nothing(t, script)


def test_filters_stand_in_it_as_comments(t):
    text = t.ok("explain", "--format", "shell", "run", "busybox", "true")
    lines = [line for line in text.splitlines() if "seccomp" in line]
    expect(lines and all(line.startswith("#") for line in lines), lines)


def test_explain_leaves_nothing_behind(t):
    """Nothing in the store and the state but the image, no cgroup, no volume."""
    t.ok("images")

    def all_files():
        return sorted(str(path) for place in (t.root, t.state) for path in place.rglob("*"))

    groups = len(cgroup_directories(""))
    t.ok("explain", "run", "busybox", "true")
    before = all_files()
    source = t.dir / "not-there"
    for verb in ("run", "create"):
        for form in ("calls", "shell", "json"):
            t.ok("explain", "--format", form, verb, "--name", "shown", "-m", "64m", "-v", "volume:/v", "-v",
                 f"{source}:/source", "busybox", "true")
    t.fails(125, "explain", "run", "no-such-image", "true", err="no-such-image")
    expect(all_files() == before, f"left behind: {sorted(set(all_files()) ^ set(before))}")
    expect(not source.exists(), "the source of a bind mount was made")
    expect(len(cgroup_directories("")) <= groups, "a cgroup was made")
