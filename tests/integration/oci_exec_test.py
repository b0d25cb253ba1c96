"""phial-oci exec: who the process is, where it is, what it is given, and what becomes of it."""
import json
import os
import re
import signal
import subprocess

from ocibox import Box, Receiver, cgroup_mounts, cgroups_of, ended
from phialtest import Skip, expect, wait_until


def test_it_is_the_containers_own_process_with_another_command(t):
    with Box(t) as box:
        box.change(env=["PATH=/bin", "A=1", "TERM=xterm"], cwd="/tmp")
        box.run()
        out = box.ok("exec", "c", "sh", "-c", "pwd; env; id; grep -E 'Cap|NoNewPrivs' /proc/self/status")
        first = open(f"/proc/{box.pid()}/status").read()
        expect(out.startswith("/tmp\n") and "A=1\n" in out and "HOME=/root\n" in out and "uid=0(root)" in out, out)
        for line in re.findall(r"^(?:Cap...|NoNewPrivs):.*$", first, re.M):
            expect(line in out, (line, out))


def test_every_namespace_is_the_containers(t):
    with Box(t) as box:
        box.run()
        theirs = {name: os.stat(f"/proc/{box.pid()}/ns/{name}").st_ino for name in os.listdir("/proc/self/ns")}
        for name, inode in theirs.items():
            done = box.oci("exec", "c", "readlink", f"/proc/self/ns/{name}")
            expect(f"[{inode}]" in done.out, (name, inode, done))


def test_every_cgroup_is_the_containers(t):
    with Box(t) as box:
        box.run()
        child = box.start("exec", "c", "sh", "-c", "echo up; cat")
        expect(child.stdout.readline() == b"up\n")
        inside = [pid for pid in box.processes() if pid != box.pid()]
        expect(inside, "the process is in none of the container's cgroups")
        for pid in inside:
            expect(cgroups_of(pid) == cgroups_of(box.pid()), (cgroups_of(pid), cgroups_of(box.pid())))
        child.communicate(b"", timeout=20)


def test_flags_change_the_process(t):
    with Box(t) as box:
        box.run()
        expect(box.ok("exec", "--cwd", "/etc", "c", "pwd") == "/etc\n")
        out = box.ok("exec", "-e", "A=b=c", "--env", "PATH=/bin:/x", "c", "env")
        expect("A=b=c\n" in out and out.count("PATH=") == 1 and "PATH=/bin:/x\n" in out, out)
        out = box.ok("exec", "--user", "1000:7", "-g", "8", "--additional-gids", "9", "c", "sh", "-c", "id; env")
        expect("uid=1000(joe) gid=7 groups=8,9" in out and "HOME=/home/joe\n" in out, out)
        expect("uid=1000(joe) gid=0" in box.ok("exec", "-u", "1000", "c", "id"))
        before = box.ok("exec", "c", "grep", "CapEff", "/proc/self/status")
        after = box.ok("exec", "--cap", "CAP_SYS_TIME", "c", "grep", "CapEff", "/proc/self/status")
        expect(int(after.split()[1], 16) == int(before.split()[1], 16) | 1 << 25, (before, after))
        box.spec["linux"]["cgroupsPath"] += "2"
        box.change(noNewPrivileges=False)
        box.run("d")
        for words, value in ((["--no-new-privs"], "1"), ([], "0")):
            expect(box.ok("exec", *words, "d", "grep", "NoNewPrivs", "/proc/self/status").split()[1] == value)


def test_a_whole_process_document(t):
    """is taken as it is; what it leaves out the container gives."""
    with Box(t) as box:
        box.change(rlimits=[{"type": "RLIMIT_NOFILE", "soft": 77, "hard": 99}])
        box.run()
        process = {"args": ["sh", "-c", "id; pwd; env; ulimit -n; grep CapBnd /proc/self/status; umask"],
                   "cwd": "/tmp", "env": ["X=y"], "user": {"uid": 5, "gid": 6, "additionalGids": [7], "umask": 0o77},
                   "terminal": False, "capabilities": {"bounding": ["CAP_KILL"], "permitted": ["CAP_KILL"],
                                                       "effective": ["CAP_KILL"]}}
        path = t.file("process.json", json.dumps(process))
        out = box.ok("exec", "--process", path, "c")
        for text in ("uid=5 gid=6 groups=7\n", "\n/tmp\n", "X=y\n", "HOME=/\n", "\n77\n", "0000000000000020\n",
                     "0077\n"):
            expect(text in out, (text, out))
        expect("A=" not in out)
        del process["capabilities"]
        path.write_text(json.dumps(process))
        bounding = next(line for line in open(f"/proc/{box.pid()}/status") if line.startswith("CapBnd"))
        expect(bounding.split()[1] in box.ok("exec", "-p", path, "c"))
        path.write_text('{"args": [], "cwd": "/", "user": {"uid": 0, "gid": 0}}')
        box.fails(255, "exec", "-p", path, "c", err="process args cannot be empty")
        path.write_text('{"args": "x", "cwd": "/"}')
        box.fails(255, "exec", "-p", path, "c", err="process.json:1")
        box.fails(255, "exec", "-p", t.dir / "none", "c", err="o such file")


def test_the_exit_status_is_the_commands(t):
    with Box(t) as box:
        box.run()
        expect(box.oci("exec", "c", "sh", "-c", "exit 42").exit == 42)
        expect(box.oci("exec", "c", "sh", "-c", "kill -TERM $$").exit == 128 + signal.SIGTERM)
        expect(box.ok("exec", "c", "cat", stdin="in and out") == "in and out")


def test_what_cannot_be_executed_has_runcs_words(t):
    """for the engines above map them to 127 and 126; the log has them too."""
    with Box(t) as box:
        box.run()
        log = t.dir / "log"
        (box.rootfs / "bin/nobin").write_text("#!/no/such/shell\n")
        (box.rootfs / "bin/nobin").chmod(0o755)
        (box.rootfs / "bin/junk").write_bytes(b"\x7fELF junk")
        (box.rootfs / "bin/junk").chmod(0o755)
        cases = [(["foo"], 'exec: "foo": executable file not found in $PATH'),
                 (["/foo"], 'exec: "/foo": stat /foo: no such file or directory'),
                 (["/etc/passwd"], 'exec: "/etc/passwd": permission denied'),
                 (["/bin"], 'exec: "/bin": permission denied'),
                 (["/bin/nobin"], "no such file or directory"),
                 (["/bin/junk"], "exec /bin/junk: exec format error"),
                 (["--cwd", "/none", "true"], 'chdir to cwd ("/none") set in config.json failed: no such file')]
        for words, text in cases:
            log.unlink(missing_ok=True)
            flags = words[:-1]
            done = box.oci("--log", log, "--log-format", "json", "exec", *flags, "c", words[-1])
            expect(done.exit == 255 and text in done.err and not done.out, done)
            line = json.loads(log.read_text())
            expect(line["level"] == "error" and text in line["msg"], line)
            expect(line["msg"].startswith("exec failed: unable to start container process: "), line)
        expect(box.processes() == [box.pid()], "a process was left")


def test_create_and_run_have_them_too(t):
    with Box(t) as box:
        for args, text in ((["foo"], 'exec: "foo": executable file not found in $PATH'),
                           (["/etc/passwd"], 'exec: "/etc/passwd": permission denied')):
            box.change(args=args)
            for verb in ("create", "run"):
                box.fails(1, verb, "-b", box.bundle, "c", err="unable to start container process: " + text)
                box.fails(1, "state", "c", err="does not exist")
        box.change(args=["/bin/late"])
        (box.rootfs / "bin/late").symlink_to("busybox")
        box.create()
        (box.rootfs / "bin/late").unlink()
        box.fails(1, "start", "c", err='exec: "/bin/late": stat /bin/late: no such file or directory')
        expect(box.state()["status"] == "stopped")


def test_the_container_has_to_run(t):
    with Box(t) as box:
        box.fails(255, "exec", "none", "true", err="container does not exist")
        box.create()
        expect(box.ok("exec", "c", "echo", "early") == "early\n")
        expect(box.state()["status"] == "created")
        box.ok("start", "c")
        box.ok("pause", "c")
        box.fails(255, "exec", "c", "true", err="cannot exec in a paused container")
        child = box.start("exec", "--ignore-paused", "c", "echo", "thawed")
        wait_until(lambda: len(box.processes()) == 2, "the process in the frozen cgroup")
        expect(child.poll() is None)
        box.ok("resume", "c")
        expect(child.communicate(timeout=20)[0] == b"thawed\n")
        box.ok("kill", "c", "KILL")
        wait_until(lambda: box.state()["status"] == "stopped", "the end")
        box.fails(255, "exec", "c", "true", err="cannot exec in a stopped container")


def test_mistakes_are_refused_before_anything(t):
    with Box(t) as box:
        box.run()
        for words, text in ((["c"], "process args cannot be empty"),
                            (["--user", "1000junk", "c", "true"], "parsing 1000junk as int for uid failed"),
                            (["--user", "0x5", "c", "true"], "parsing 0x5"),
                            (["--user", "-1", "c", "true"], "parsing -1"),
                            (["--user", "1:", "c", "true"], "for gid failed"),
                            (["--user", "4294967295", "c", "true"], "parsing 4294967295"),
                            (["-g", "-5", "c", "true"], "additional-gids must be a positive number"),
                            (["--cap", "CAP_FLY", "c", "true"], "CAP_FLY"),
                            (["-e", "novalue", "c", "true"], "NAME=VALUE"),
                            (["--cwd", "tmp", "c", "true"], "Cwd must be an absolute path"),
                            (["--preserve-fds", "1", "c", "true"], "descriptor 3 is not open"),
                            (["-d", "-t", "c", "true"], "cannot allocate tty if runc will detach"),
                            (["--console-socket", "/x", "c", "true"], "cannot use console socket"),
                            (["--cgroup", "../x", "c", "true"], "is not a sub cgroup path"),
                            (["--cgroup", "nix:/", "c", "true"], "unknown controller nix"),
                            (["--cgroup", ":/", "c", "true"], "empty <controller> prefix"),
                            (["--cgroup", "/none", "c", "true"], "no such file or directory")):
            done = box.fails(255, "exec", *words, err=text)
            expect(not done.out, done)
        expect(box.processes() == [box.pid()])


def test_detached_it_has_a_pid_file_and_a_pidfd(t):
    with Box(t) as box:
        box.run()
        with Receiver(t.dir / "socket") as got:
            box.ok("exec", "-d", "--pid-file", t.dir / "pid", "--pidfd-socket", t.dir / "socket", "c", "sh", "-c",
                   "exec sleep 1000 </dev/null >/dev/null 2>&1")
            pid = int((t.dir / "pid").read_text())
            info = open(f"/proc/self/fdinfo/{got.fd()}").read()
            expect(re.search(rf"^Pid:\t{pid}$", info, re.M), info)
        expect(pid in box.processes())
        box.ok("delete", "--force", "c")
        expect(ended(pid))


def test_only_what_is_preserved_crosses(t):
    with Box(t) as box:
        box.run()
        count = "ls /proc/self/fd | wc -l"
        expect(box.ok("exec", "c", "sh", "-c", count) == "4\n")
        one, two = os.pipe()
        words = " ".join(f"'{word}'" for word in [*box.words, "exec", "--preserve-fds", "2", "c", "sh", "-c"])
        script = f"exec 3<&{one} 4>&{two} 7</dev/null; {words} 'readlink /proc/self/fd/3; echo -n x >&4; {count}'"
        out = subprocess.run(["sh", "-c", script], pass_fds=(one, two), capture_output=True, timeout=20)
        lines = out.stdout.split()
        expect(lines[0].startswith(b"pipe:") and lines[1] == b"6" and os.read(one, 1) == b"x", out)
        script = f"exec 3<&{one}; LISTEN_FDS=1 LISTEN_PID=$$ {words.replace(chr(39) + '2' + chr(39), chr(39) + '0' + chr(39))} 'env | grep LISTEN; {count}'"
        out = subprocess.run(["sh", "-c", script], pass_fds=(one,), capture_output=True, timeout=20)
        expect(b"LISTEN_FDS=1\n" in out.stdout and b"LISTEN_PID=1\n" in out.stdout and out.stdout.endswith(b"5\n"), out)
        os.close(one)
        os.close(two)


def test_the_user_owns_its_streams(t):
    """so that it can open /dev/stderr anew; a device of the host's stays the host's."""
    with Box(t) as box:
        box.run()
        before = os.stat(os.devnull)
        done = box.oci("exec", "-u", "1000", "c", "sh", "-c", "echo anew >/proc/self/fd/2")
        expect(done.exit == 0 and done.err == "anew\n", done)
        with open(os.devnull, "r+b") as null:
            subprocess.call([*map(str, box.words), "exec", "-u", "1000", "c", "true"], stdin=null, stdout=null,
                            stderr=null, timeout=20)
        after = os.stat(os.devnull)
        expect((before.st_uid, before.st_mode) == (after.st_uid, after.st_mode), after)


def test_signals_are_passed_on(t):
    with Box(t) as box:
        box.run()
        child = box.start("exec", "c", "sh", "-c",
                          "trap 'echo usr1' USR1; trap 'echo term; exit 9' TERM; echo up; while :; do sleep 0.05; done")
        expect(child.stdout.readline() == b"up\n")
        child.send_signal(signal.SIGUSR1)
        expect(child.stdout.readline() == b"usr1\n")
        child.send_signal(signal.SIGTERM)
        out, _ = child.communicate(timeout=20)
        expect(out == b"term\n" and child.returncode == 9, (out, child.returncode))


def test_killed_at_any_moment_it_leaves_nothing_half_made(t):
    """Either there is no process, or it is the command."""
    with Box(t) as box:
        box.run()
        for step in range(40):
            child = box.start("exec", "c", "sleep", "777", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
            try:
                child.wait(timeout=0.001 * step / 2)
            except subprocess.TimeoutExpired:
                pass
            child.kill()
            child.wait()

        def whole():
            names = {pid: name_of(pid) for pid in box.processes() if pid != box.pid()}
            return all(name in ("sleep", None) for name in names.values())

        wait_until(whole, "every half-made process to be gone")
        own = {pid for pid in map(int, filter(str.isdigit, os.listdir("/proc"))) if name_of(pid) == "phial-init"}
        expect(not own & set(box.processes()), own)


def name_of(pid):
    try:
        return open(f"/proc/{pid}/comm").read().strip()
    except OSError:
        return None


def test_a_user_namespace_of_its_own(t):
    with Box(t) as box:
        box.spec["linux"]["namespaces"].append({"type": "user"})
        maps = [{"containerID": 0, "hostID": 100000, "size": 65536}]
        box.spec["linux"].update(uidMappings=maps, gidMappings=maps)
        for path in [t.dir, box.bundle, box.rootfs]:
            path.chmod(0o755)
        box.change()
        box.run()
        expect("uid=0(root) gid=0(root)" in box.ok("exec", "c", "id"))
        out = box.ok("exec", "-u", "1000:1000", "c", "sh", "-c", "id; cat /proc/self/uid_map")
        expect("uid=1000(joe)" in out and out.split()[-3:] == ["0", "100000", "65536"], out)
        child = box.start("exec", "-u", "5", "c", "sh", "-c", "echo up; cat")
        expect(child.stdout.readline() == b"up\n")
        pid = max(set(box.processes()) - {box.pid()})
        expect(os.stat(f"/proc/{pid}").st_uid == 100005, os.stat(f"/proc/{pid}"))
        child.communicate(b"", timeout=20)


def test_a_container_without_namespaces_of_pid_and_network(t):
    with Box(t) as box:
        box.spec["linux"]["namespaces"] = [{"type": "mount"}, {"type": "uts"}]
        box.spec["mounts"] = [mount for mount in box.spec["mounts"] if mount["type"] not in ("sysfs", "cgroup")]
        box.change()
        box.run()
        out = box.ok("exec", "c", "sh", "-c", "readlink /proc/self/ns/pid; ls /")
        expect(os.readlink("/proc/self/ns/pid") in out and "home" in out, out)


def test_a_container_without_a_mount_namespace(t):
    """has a root of its own all the same, and there exec goes."""
    with Box(t) as box:
        box.spec["linux"].update(namespaces=[{"type": "pid"}, {"type": "uts"}], maskedPaths=[], readonlyPaths=[])
        box.spec["mounts"] = []
        box.spec["root"]["readonly"] = False
        box.change()
        box.run()
        inside = sorted(os.listdir(box.rootfs))
        expect(sorted(os.listdir(f"/proc/{box.pid()}/root")) == inside)
        expect(sorted(box.ok("exec", "c", "ls", "/").split()) == inside)
        expect(sorted(box.ok("exec", "--cwd", "/etc", "c", "ls", "../..").split()) == inside)


def test_a_time_namespace(t):
    with Box(t) as box:
        if not os.path.exists("/proc/self/ns/time"):
            raise Skip("this kernel has no time namespaces")
        box.spec["linux"]["namespaces"].append({"type": "time"})
        box.spec["linux"]["timeOffsets"] = {"boottime": {"secs": 1_000_000}}
        box.change()
        box.run()
        inside = float(box.ok("exec", "c", "cat", "/proc/uptime").split()[0])
        expect(inside > 1_000_000, inside)


def test_a_cgroup_below_the_containers(t):
    with Box(t) as box:
        box.run()
        place = cgroups_of(box.pid())
        made = []
        for mount in cgroup_mounts():
            for path in set(place.values()):
                if os.path.isdir(f"{mount}{path}") and path.endswith("/box"):
                    os.makedirs(f"{mount}{path}/sub", exist_ok=True)
                    made.append(f"{mount}{path}/sub")
                    for name in ("cpuset.cpus", "cpuset.mems"):  # of version 1: empty ones take no process
                        if os.path.exists(f"{mount}{path}/sub/{name}"):
                            value = open(f"{mount}{path}/{name}").read().strip()
                            if value:
                                open(f"{mount}{path}/sub/{name}", "w").write(value)
        expect(made)
        box.ok("exec", "-d", "--cgroup", "/sub", "--pid-file", t.dir / "pid", "c", "sh", "-c",
               "exec sleep 100 </dev/null >/dev/null 2>&1")
        there = cgroups_of(int((t.dir / "pid").read_text()))
        expect(all(there[key] == path + "/sub" for key, path in place.items() if path.endswith("/box")), (place, there))


def test_two_hundred_in_a_row_and_side_by_side(t):
    with Box(t) as box:
        box.run()
        for _ in range(10):
            children = [box.start("exec", "c", "echo", str(n)) for n in range(8)]
            for n, child in enumerate(children):
                out, err = child.communicate(timeout=60)
                expect(out.decode() == f"{n}\n" and child.returncode == 0, (out, err))
        expect(box.processes() == [box.pid()])


def test_a_container_that_has_moved_its_first_process_down(t):
    """Version 2: others follow it where its cgroup hands controllers on, and only there."""
    unified = next((line.split()[4] for line in open("/proc/self/mountinfo") if " - cgroup2 " in line), None)
    if unified is None or "pids" not in open(f"{unified}/cgroup.controllers").read().split():
        raise Skip("this machine's cgroups are of version 1")
    with Box(t) as box:
        box.run()
        top = cgroups_of(box.pid())[""]
        os.mkdir(f"{unified}{top}/foobar")
        with open(f"{unified}{top}/foobar/cgroup.procs", "w") as procs:
            procs.write(str(box.pid()))

        def place(*words):
            (t.dir / "pid").unlink(missing_ok=True)
            done = box.oci("exec", "-d", *words, "--pid-file", t.dir / "pid", "c", "sh", "-c",
                           "exec sleep 100 </dev/null >/dev/null 2>&1")
            if done.exit != 0:
                return done.err
            pid = int((t.dir / "pid").read_text())
            found = cgroups_of(pid)[""]
            os.kill(pid, signal.SIGKILL)
            wait_until(lambda: ended(pid), "its end")
            return found

        expect(place() == top, "its cgroup hands nothing on: a process can be in it")
        with open(f"{unified}{top}/cgroup.subtree_control", "w") as control:
            control.write("+pids")
        expect(place() == top + "/foobar", place())
        expect("busy" in place("--cgroup", "/"), "no other place was asked for")
        expect(place("--cgroup", "foobar") == top + "/foobar")


def test_the_container_cannot_look_into_what_joins_it(t):
    """From the moment it is born among the container's processes, phial-init's descriptors, memory and environment are
    nothing for the container's root."""
    with Box(t) as box:
        script = ("while [ ! -e /tmp/stop ]; do for p in /proc/[0-9]*; do case $p in /proc/1) continue;; esac; "
                  "for f in $p/fd/*; do l=$(readlink $f) && case $l in *memfd*|*/sys/fs/cgroup/*|*pidfd*|*net:*) "
                  "echo $p $l >>/tmp/seen;; esac; done; done 2>/dev/null; done; echo over >/tmp/over")
        box.spec["root"]["readonly"] = False
        box.change(args=["sh", "-c", script])
        box.run()
        for _ in range(150):
            box.ok("exec", "c", "true")
        (box.rootfs / "tmp/stop").touch()
        wait_until(lambda: (box.rootfs / "tmp/over").exists(), "the container's look around")
        seen = box.rootfs / "tmp/seen"
        expect(not seen.exists(), seen.exists() and seen.read_text()[:2000])
