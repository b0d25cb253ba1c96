"""exec: not of the specification, but of every runtime's command line; the process has config.md's process fields."""
import json

from conform import OURS, Box, expect


def test_exec_joins_everything(t):
    """The same namespaces, root and cgroup as the container's first process."""
    with Box(t) as box:
        box.script("sleep 1000")
        box.started()
        shown = "for n in pid net mnt uts ipc cgroup; do readlink /proc/%s/ns/$n; done; cat /proc/%s/cgroup; ls /"
        expect(box.ok("exec", box.id, "sh", "-c", shown % ("self", "self")) ==
               box.ok("exec", box.id, "sh", "-c", shown % (1, 1)))


def test_exec_statuses(t):
    """The program's own; 128+n; 255 for what cannot be run."""
    with Box(t) as box:
        box.script("sleep 1000")
        box.started()
        expect(box("exec", box.id, "sh", "-c", "exit 7").exit == 7)
        expect(box("exec", box.id, "sh", "-c", "kill -9 $$").exit == 137)
        box.fails("exec", box.id, "nosuch", says="executable file not found in $PATH")
        if OURS:
            expect(box("exec", box.id, "nosuch").exit == 255)


def test_exec_flags(t):
    """--cwd, --env, --user, --additional-gids."""
    with Box(t) as box:
        box.script("sleep 1000")
        box.started()
        out = box.ok("exec", "--cwd", "/tmp", "--env", "A=b", "--user", "5:6", "--additional-gids", "7", box.id, "sh", "-c",
                     "pwd; echo $A; id -u; id -g; id -G")
        expect(out.split() == ["/tmp", "b", "5", "6", "6", "7"], out)


def test_exec_of_a_process_document(t):
    """--process FILE: config.json's process."""
    with Box(t) as box:
        box.script("sleep 1000")
        box.started()
        process = dict(box.config["process"], args=["sh", "-c", "echo $A; ulimit -n; grep -E 'CapEff|NoNew' /proc/self/status"],
                       env=["PATH=/bin", "A=doc"], rlimits=[{"type": "RLIMIT_NOFILE", "soft": 99, "hard": 99}],
                       capabilities={name: ["CAP_KILL"] for name in ("bounding", "effective", "permitted")})
        path = t.file("process.json", json.dumps(process))
        out = box.ok("exec", "--process", path, box.id).split()
        expect(out[0] == "doc" and out[1] == "99" and int(out[3], 16) == 1 << 5 and out[5] == "1", out)


def test_exec_into_what_does_not_run_is_an_error(t):
    """Stopped, paused, not there."""
    with Box(t) as box:
        box.fails("exec", "no-such", "true")
        box.script("sleep 1000")
        box.started()
        box.ok("pause", box.id)
        box.fails("exec", box.id, "true")
        box.ok("resume", box.id)
        box.ok("kill", box.id, "KILL")
        box.ended()
        box.fails("exec", box.id, "true")


def test_exec_detached_with_a_pid_file(t):
    with Box(t) as box:
        box.script("sleep 1000")
        box.started()
        box.ok("exec", "-d", "--pid-file", t.dir / "pid", box.id, "sh", "-c", "exec >/dev/null 2>&1; sleep 999")
        pid = (t.dir / "pid").read_text()
        expect(b"s" in open(f"/proc/{pid}/cmdline", "rb").read())
