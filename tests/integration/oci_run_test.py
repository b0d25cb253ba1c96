"""phial-oci run in the foreground: others may act on the container meanwhile."""
from bundles import Bundle, spec
from ocibox import Box
from phialtest import PHIAL_OCI, command, expect, wait_until


def attended(box, name="c"):
    child = box.start("run", "-b", box.bundle, name)
    wait_until(lambda: box.oci("state", name).exit == 0 and box.state(name)["status"] == "running", "the container")
    return child


def test_others_change_pause_and_delete_it(t):
    with Box(t) as box:
        child = attended(box)
        box.ok("update", "--pids-limit", "100", "c", seconds=10)
        box.ok("pause", "c", seconds=10)
        box.ok("resume", "c", seconds=10)
        expect("already exists" in box.oci("create", "-b", box.bundle, "c", seconds=10).err, "the name is taken")
        box.ok("delete", "--force", "c", seconds=10)
        out, err = child.communicate(timeout=60)
        expect(child.returncode == 137 and not out and not err, (child.returncode, out, err))
        box.fails(1, "state", "c", err="does not exist")


def test_signals_that_the_caller_ignores_are_as_usual_in_the_container(t):
    """An engine may ignore SIGPIPE; what it starts in a container is not to live on with it, nor hooks."""
    bundle = Bundle(t)
    hook = t.file("hook", f"#!/bin/sh\ngrep SigIgn /proc/$$/status > {t.dir}/hook.out\n", 0o755)
    config = spec()
    config["hooks"] = {"createRuntime": [{"path": str(hook)}]}
    config["process"]["args"] = ["/bin/sh", "-c", "grep SigIgn /proc/self/status; exit 7"]
    bundle.write(config)
    ignoring = ["env", "--ignore-signal=PIPE,HUP,CHLD,USR1,RTMIN+5", PHIAL_OCI, "--root", t.state]
    done = command([*ignoring, "run", "-b", bundle.dir, f"{t.dir.name}-run"])
    expect(done.exit == 7 and done.out == "SigIgn:\t0000000000000000\n", done)
    expect((t.dir / "hook.out").read_text() == "SigIgn:\t0000000000000000\n", "the hook ignores some")
    config["process"]["args"] = ["/bin/sleep", "1000"]
    bundle.write(config)
    name = f"{t.dir.name}-exec"
    alone = ["sh", "-c", 'exec "$@" </dev/null >/dev/null 2>&1', "sh"]  # or the container would hold our pipes
    expect(command([*alone, *ignoring, "run", "-d", "-b", bundle.dir, name]).exit == 0, "it runs")
    done = command([*ignoring, "exec", name, "/bin/sh", "-c", "grep SigIgn /proc/self/status; exit 8"])
    expect(done.exit == 8 and done.out == "SigIgn:\t0000000000000000\n", done)
    expect(command([PHIAL_OCI, "--root", t.state, "delete", "-f", name]).exit == 0, "it goes")


def test_another_of_the_same_name_is_left_alone(t):
    with Box(t) as box:
        first = attended(box)
        box.ok("delete", "--force", "c", seconds=10)
        second = attended(box)
        first.communicate(timeout=60)
        expect(second.poll() is None and box.state("c")["status"] == "running", "the second went with the first")
        box.ok("kill", "c", "KILL")
        second.communicate(timeout=60)
        box.fails(1, "state", "c", err="does not exist")
