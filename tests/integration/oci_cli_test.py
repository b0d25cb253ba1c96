"""phial-oci's command line: what needs no container, the log, and mistakes."""
import json
import os
import re
import shutil
import subprocess

from phialtest import PHIAL_OCI, SLOW, Skip, command, expect, wait_until


def oci(t, *words, **more):
    return command([PHIAL_OCI, "--root", t.dir / "oci", *words], **more)


def test_spec_writes_a_bundles_config(t):
    """and does not touch one that is there."""
    t.file("box/rootfs/.keep")
    done = oci(t, "spec", "-b", t.dir / "box")
    expect(done.exit == 0 and not done.out, done)
    spec = json.loads((t.dir / "box/config.json").read_text())
    expect(spec["process"]["args"] == ["sh"] and spec["root"] == {"path": "rootfs", "readonly": True}, spec)
    (t.dir / "box/config.json").write_text("mine")
    done = oci(t, "spec", "-bundle", t.dir / "box")
    expect(done.exit == 1 and "config.json exists. Remove it first" in done.err, done)
    expect((t.dir / "box/config.json").read_text() == "mine")


def test_spec_rootless_needs_nothing_of_roots(t):
    t.file("box/rootfs/.keep")
    expect(oci(t, "spec", "--rootless", cwd=t.dir / "box").exit == 0)
    spec = json.loads((t.dir / "box/config.json").read_text())
    kinds = [entry["type"] for entry in spec["linux"]["namespaces"]]
    expect("user" in kinds and "network" not in kinds, kinds)
    expect(spec["linux"]["uidMappings"] == [{"containerID": 0, "hostID": os.geteuid(), "size": 1}], spec["linux"])
    expect("resources" not in spec["linux"], spec["linux"])
    expect(not any(option.startswith("gid=") for mount in spec["mounts"] for option in mount.get("options", [])))


def test_features_are_those_of_the_kernel(t):
    features = oci(t, "features").json
    expect(features["ociVersionMax"] == "1.3.0", features)
    there = {"mnt": "mount", "net": "network"}
    kernel = {there.get(name, name) for name in os.listdir("/proc/self/ns") if not name.endswith("_for_children")}
    expect(set(features["linux"]["namespaces"]) == kernel, features["linux"]["namespaces"])
    available = open("/proc/sys/kernel/seccomp/actions_avail").read().split()
    expect(("user_notif" in available) == ("SCMP_ACT_NOTIFY" in features["linux"]["seccomp"]["actions"]))
    last = int(open("/proc/sys/kernel/cap_last_cap").read())
    expect(len(features["linux"]["capabilities"]) == min(last, 40) + 1)
    for option in ("ro", "rro", "idmap", "tmpcopyup", "rbind", "nosymfollow"):
        expect(option in features["mountOptions"], option)


def test_version_is_runcs_form(t):
    done = command([PHIAL_OCI, "--version"])
    expect(re.fullmatch(r"phial-oci version \S+\ncommit: \w+\nspec: 1\.3\.0\n(\+[A-Z]+ ?)+\n", done.out), done)


def test_mistakes_are_told_in_a_sentence_and_in_the_log(t):
    """runc's exit statuses; nothing is made but the log."""
    log = t.dir / "log.json"
    mistakes = [
        (["creat", "x"], 1, "unknown command: creat"),
        (["creat", "--help"], 1, "No help topic for 'creat'"),
        (["create", "--bundel", "b", "x"], 1, "unknown flag: --bundel"),
        (["create"], 1, "requires 1 argument"),
        (["exec", "--usr", "1", "x", "true"], 255, "unknown flag: --usr"),
        (["exec"], 255, "requires at least 1 argument"),
        (["list", "--format", "xml"], 1, "is none of table, json"),
        (["--rootless=maybe", "list"], 1, "is none of true, false, auto"),
        (["--no-such-flag", "list"], 1, "unknown flag: --no-such-flag"),
    ]
    for words, status, text in mistakes:
        log.unlink(missing_ok=True)
        done = oci(t, "--log", log, "--log-format", "json", *words)
        expect(done.exit == status and text in done.err and not done.out, done)
        lines = log.read_text().splitlines()
        expect(len(lines) == 1, lines)
        line = json.loads(lines[0])
        expect(list(line) == ["level", "msg", "time"] and line["level"] == "error" and text in line["msg"], line)
        expect(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", line["time"]), line)
    expect(log.stat().st_mode & 0o777 == 0o644)
    expect(not (t.dir / "oci").exists(), "a mistake made the state directory")


def test_the_log_in_text_is_logfmt_and_is_appended_to(t):
    log = t.dir / "log"
    for _ in range(2):
        oci(t, "--log", log, "list", "--bogus")
    lines = log.read_text().splitlines()
    expect(len(lines) == 2, lines)
    expect(re.fullmatch(r'time="[^"]+" level=error msg="unknown flag: --bogus"', lines[0]), lines)


def test_debug_logs_more(t):
    log = t.dir / "log"
    expect(oci(t, "--debug", "--log", log, "features").exit == 0)
    expect("level=debug" in log.read_text(), log.read_text())


def test_help_and_man_pages_know_every_command(t):
    page = command([PHIAL_OCI]).out
    for verb in "create start state kill delete run exec ps list pause resume update events spec features checkpoint restore".split():
        expect(f"\n  {verb} " in page, verb)
        expect(command([PHIAL_OCI, verb, "--help"]).out.startswith(f"Usage: phial-oci {verb}"), verb)
        expect(f".TH" in command([PHIAL_OCI, "__man", verb]).out, verb)
    expect("--pid-file" in command([PHIAL_OCI, "__complete", "--", "create", "--pid"]).out)


def bundle(t, *arguments, change=None):
    """A bundle whose container runs busybox with these arguments; its directory."""
    box = t.dir / "box"
    (box / "rootfs/bin").mkdir(parents=True, exist_ok=True)
    if not (box / "rootfs/bin/sh").exists():
        for name in ("sh", "sleep", "dd"):
            shutil.copy("/bin/busybox", box / "rootfs/bin" / name)
    spec = box / "config.json"
    spec.unlink(missing_ok=True)
    expect(oci(t, "spec", "-b", box).exit == 0)
    config = json.loads(spec.read_text())
    config["process"].update(terminal=False, args=list(arguments))
    if change:
        change(config)
    spec.write_text(json.dumps(config))
    return box


class Running:
    """A started container, gone at the end."""

    def __init__(self, t, name, *arguments, change=None):
        self.t, self.name = t, name
        box = bundle(t, *arguments, change=change)
        with open(os.devnull, "w+b") as null:  # what the container keeps open must not be our pipes
            status = subprocess.run([PHIAL_OCI, "--root", t.dir / "oci", "create", "-b", box, name], stdin=null,
                                    stdout=null, stderr=subprocess.STDOUT, timeout=60 * SLOW).returncode
        expect(status == 0, f"create ended with {status}")
        self.ok("start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        oci(self.t, "delete", "--force", self.name)

    def run(self, verb, *flags, rest=(), **more):
        return oci(self.t, verb, *flags, self.name, *rest, **more)

    def ok(self, verb, *flags, **more):
        done = self.run(verb, *flags, **more)
        expect(done.exit == 0, done)
        return done.out

    @property
    def state(self):
        return json.loads(self.ok("state"))

    def cgroup_file(self, *names):
        """The text of the first of these files that its cgroups have: version 1's name and version 2's."""
        for line in open(f"/proc/{self.state['pid']}/cgroup"):
            number, controllers, path = line.strip().split(":", 2)
            for mount in open("/proc/self/mountinfo"):
                left, right = mount.split(" - ")
                kind, _, options = right.split()[:3]
                if kind == "cgroup2" and number == "0" or kind == "cgroup" and controllers and all(
                        word in options.split(",") for word in controllers.split(",")):
                    for name in names:
                        file = left.split()[4] + path + "/" + name
                        if os.path.exists(file):
                            return open(file).read().strip()
        raise Skip(f"no cgroup here has {' or '.join(names)}")


def test_list_is_runcs_table_and_json(t):
    expect(oci(t, "list", "-f", "json").out == "null\n")
    expect(oci(t, "list").out == "ID          PID         STATUS      BUNDLE      CREATED     OWNER\n")
    with Running(t, "one", "sleep", "1000", change=lambda c: c.update(annotations={"k": "v"})) as box:
        [entry] = oci(t, "list", "--format=json").json
        expect(list(entry) == ["ociVersion", "id", "pid", "status", "bundle", "rootfs", "created", "annotations",
                               "owner"], entry)
        expect(entry["status"] == "running" and entry["bundle"] == str(t.dir / "box"), entry)
        expect(entry["annotations"] == {"k": "v"} and entry["pid"] == box.state["pid"], entry)
        expect(oci(t, "list", "-q").out == "one\n")
        heading, row = oci(t, "list").out.splitlines()
        expect(row.split()[:3] == ["one", str(entry["pid"]), "running"], row)
        expect(heading.index("STATUS") == row.index("running"), row)


def test_ps_shows_the_containers_processes(t):
    with Running(t, "one", "sh", "-c", "sleep 1000 & wait") as box:
        wait_until(lambda: len(json.loads(box.ok("ps", "--format", "json"))) == 2, "both processes")
        pids = json.loads(box.ok("ps", "-f", "json"))
        expect(box.state["pid"] in pids and pids == sorted(pids), pids)
        lines = box.ok("ps").splitlines()
        expect(lines[0].split()[:2] == ["UID", "PID"], lines)
        expect({int(line.split()[1]) for line in lines[1:]} == set(pids), lines)
        done = box.run("ps", rest=["-o", "comm,pid"])
        expect(done.out.splitlines()[0].split() == ["COMMAND", "PID"], done)
        done = box.run("ps", rest=["-o", "comm"])
        expect(done.exit == 1 and "couldn't find PID field" in done.err, done)


def test_pause_and_resume(t):
    with Running(t, "one", "sh", "-c", "while :; do :; done") as box:
        box.ok("pause")
        expect(box.state["status"] == "paused", box.state)
        expect(box.run("pause").exit == 1)
        box.ok("resume")
        expect(box.state["status"] == "running", box.state)
        done = box.run("resume")
        expect(done.exit == 1 and "not paused" in done.err, done)


def test_update_changes_limits_and_leaves_the_rest(t):
    def limits(config):
        config["linux"]["resources"].update(pids={"limit": 50}, memory={"limit": 64 << 20})

    with Running(t, "one", "sleep", "1000", change=limits) as box:
        memory = ("memory.limit_in_bytes", "memory.max")
        box.ok("update", "--memory", "128m", "--cpu-quota", "50000", "--cpu-period", "100000")
        expect(box.cgroup_file(*memory) == str(128 << 20), box.cgroup_file(*memory))
        expect(box.cgroup_file("pids.max") == "50")
        expect(box.cgroup_file("cpu.cfs_quota_us", "cpu.max").split()[0] == "50000")
        box.ok("update", "-r", "-", stdin=json.dumps({"pids": {"limit": 7}, "memory": {"limit": 96 << 20}}))
        expect(box.cgroup_file("pids.max") == "7")
        expect(box.cgroup_file(*memory) == str(96 << 20))
        stored = json.loads((t.dir / "oci/one/config.json").read_text())["linux"]["resources"]
        expect(stored["pids"]["limit"] == 7 and stored["cpu"]["quota"] == 50000, stored)


def test_update_of_memory_and_swap_in_either_direction(t):
    def limits(config):
        config["linux"]["resources"]["memory"] = {"limit": 32 << 20, "swap": 64 << 20}

    with Running(t, "one", "sleep", "1000", change=limits) as box:
        for limit, swap in ((128, 256), (16, 32), (64, 64)):
            box.ok("update", "--memory", f"{limit}m", "--memory-swap", f"{swap}m")
            expect(box.cgroup_file("memory.limit_in_bytes", "memory.max") == str(limit << 20))
            both = box.cgroup_file("memory.memsw.limit_in_bytes", "memory.swap.max")
            expect(both in (str(swap << 20), str(swap - limit << 20)), both)


def test_a_failed_update_leaves_everything_as_it_was(t):
    with Running(t, "one", "sleep", "1000") as box:
        before = (box.cgroup_file("cpu.cfs_quota_us", "cpu.max"), box.cgroup_file("pids.max"))
        def stored():
            # but for the journal, which the running container's own process writes
            return {file.name: file.read_bytes() for file in (t.dir / "oci/one").iterdir() if file.name == "container" or
                    file.name == "config.json"}

        stored_before = stored()
        for words in (["--cpu-quota", "50000", "--cpuset-cpus", "4000"], ["--memory", "lots"],
                      ["--resources", "/nonexistent"], ["--cpu-period", "7"]):
            done = box.run("update", "--pids-limit", "9", *words)
            expect(done.exit == 1 and done.err, done)
        done = box.run("update", "-r", "-", stdin='{"memory": {"limit": "many"}}')
        expect(done.exit == 1 and "memory.limit" in done.err, done)
        expect(before == (box.cgroup_file("cpu.cfs_quota_us", "cpu.max"), box.cgroup_file("pids.max")))
        expect(stored() == stored_before and list(stored_before) == ["container"], stored_before.keys())


def test_events_are_lines_of_json_until_the_end(t):
    with Running(t, "one", "sleep", "1000") as box:
        event = json.loads(box.ok("events", "--stats"))
        expect(list(event) == ["type", "id", "data"] and event["type"] == "stats" and event["id"] == "one", event)
        expect(list(event["data"]) == ["cpu", "cpuset", "memory", "pids", "blkio", "hugetlb", "intel_rdt",
                                       "network_interfaces"], event)
        expect(event["data"]["cpu"]["usage"]["total"] > 0 and event["data"]["pids"]["current"] == 1, event["data"])
        watching = subprocess.Popen([PHIAL_OCI, "--root", t.dir / "oci", "events", "--interval", "20ms", "one"],
                                    stdout=subprocess.PIPE, text=True)
        expect(json.loads(watching.stdout.readline())["type"] == "stats")
        box.ok("kill", rest=["KILL"])
        watching.communicate(timeout=20 * SLOW)
        expect(watching.returncode == 0)
        done = box.run("events")
        expect(done.exit == 1 and "is not running" in done.err, done)


def test_events_tell_of_a_want_of_memory(t):
    def limits(config):
        config["linux"]["resources"]["memory"] = {"limit": 16 << 20, "swap": 16 << 20}

    eat = "while [ ! -e /go ]; do sleep 0.05; done; dd if=/dev/zero of=/dev/null bs=64M count=1; sleep 1000"
    with Running(t, "one", "sh", "-c", eat,
                 change=limits) as box:
        watching = subprocess.Popen([PHIAL_OCI, "--root", t.dir / "oci", "events", "--interval", "60s", "one"],
                                    stdout=subprocess.PIPE, text=True)
        try:
            wait_until(lambda: any("eventfd" in name or "inotify" in name for name in links(watching.pid)), "the watch")
            (t.dir / "box/rootfs/go").touch()
            expect(json.loads(watching.stdout.readline()) == {"type": "oom", "id": "one"})
        finally:
            watching.kill()
            watching.wait()


def links(pid):
    """What a process's descriptors are."""
    try:
        return [os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd")]
    except OSError:
        return []


def test_verbs_refuse_a_container_that_is_not_there(t):
    for words in (["ps", "no"], ["pause", "no"], ["resume", "no"], ["update", "--pids-limit", "3", "no"],
                  ["events", "no"], ["state", "no"]):
        done = oci(t, *words)
        expect(done.exit == 1 and "container does not exist" in done.err, done)
    done = oci(t, "ps", "../x")
    expect(done.exit == 1 and done.err, done)


def test_checkpoint_without_criu_is_one_clear_sentence(t):
    with Running(t, "one", "sleep", "1000") as box:
        for verb in ("checkpoint", "restore"):
            done = oci(t, verb, "one", env={"PATH": str(t.dir)})
            expect(done.exit == 1 and "criu is not installed" in done.err, done)
        done = box.run("checkpoint", "--page-server", "nowhere")
        expect(done.exit == 1 and "is not ADDRESS:PORT" in done.err, done)
        expect(box.state["status"] == "running")


def test_checkpoint_and_restore(t):
    """The container goes on where it was: its counter, its cgroup with the limits, its id."""
    if not shutil.which("criu"):
        raise Skip("criu is not installed")
    works = command(["criu", "check"], cwd=t.dir)
    if works.exit != 0:
        raise Skip("criu does not work here: " + (works.err.strip().splitlines() or ["?"])[-1])

    def change(config):
        config["root"]["readonly"] = False
        config["linux"]["resources"]["pids"] = {"limit": 33}
        config["linux"]["namespaces"] = [entry for entry in config["linux"]["namespaces"] if entry["type"] != "network"]

    count = "i=0; while :; do i=$((i+1)); echo $i > /count; sleep 0.05; done"
    counter = t.dir / "box/rootfs/count"
    images = t.dir / "images"
    with Running(t, "one", "sh", "-c", count, change=change) as box:
        wait_until(lambda: counter.exists() and counter.read_text().strip() > "3", "the counter")
        box.ok("checkpoint", "--image-path", images, "--leave-running", seconds=120)
        expect(box.state["status"] == "running", box.state)
        shutil.rmtree(images)
        box.ok("checkpoint", "--image-path", images, seconds=120)
        expect(oci(t, "state", "one").exit == 1, "a saved container is still there")
        before = int(counter.read_text())
        counter.unlink()
        with open(os.devnull, "w+b") as null:
            done = subprocess.run([PHIAL_OCI, "--root", t.dir / "oci", "restore", "-d", "-b", t.dir / "box",
                                   "--image-path", images, "--pid-file", t.dir / "pid", "one"], stdin=null, stdout=null,
                                  stderr=subprocess.PIPE, text=True, timeout=120 * SLOW)
        expect(done.returncode == 0, done.stderr)
        wait_until(lambda: counter.exists() and counter.read_text().strip(), "the counter after the restore")
        expect(int(counter.read_text()) >= before, "it began anew")
        expect(box.state["status"] == "running" and str(box.state["pid"]) == (t.dir / "pid").read_text(), box.state)
        expect(box.cgroup_file("pids.max") == "33")
        images2 = t.dir / "images2"
        box.ok("checkpoint", "--image-path", images2, seconds=120)
        waiting = subprocess.Popen([PHIAL_OCI, "--root", t.dir / "oci", "restore", "-b", t.dir / "box", "--image-path",
                                    images2, "one"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        wait_until(lambda: oci(t, "state", "one").exit == 0, "the container in the foreground", seconds=60)
        box.run("kill", rest=["KILL"])
        expect(waiting.wait(60 * SLOW) == 128 + 9, "its end is the foreground's status")
        expect(oci(t, "state", "one").exit == 1, "a container that ended in the foreground is still there")


def test_what_is_left_out_is_logged(t):
    """runtime-spec config.md, "Linux Process", capabilities: what cannot be granted MUST be logged as a warning."""
    box = bundle(t, "sh", "-c", "exit 0", change=lambda config: config["process"]["capabilities"]["bounding"].append("CAP_NO_SUCH"))
    log = t.dir / "log"
    done = oci(t, "--log", log, "--log-format", "json", "run", "-b", box, "without")
    expect(done.exit == 0 and done.err == "", done)
    line = json.loads(log.read_text())
    expect(line["level"] == "warning" and "CAP_NO_SUCH" in line["msg"], line)
