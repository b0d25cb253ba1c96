"""runtime.md: state, lifecycle, operations."""
import json
import os
import pathlib
import re
import signal
import subprocess

from conform import OURS, Box, Skip, command, expect, wait_until


def test_state_has_the_required_properties(t):
    """runtime.md "State": ociVersion, id, status, pid, bundle REQUIRED; annotations OPTIONAL; bundle absolute."""
    with Box(t) as box:
        box.config["annotations"] = {"org.example.key": "value"}
        box.script("sleep 1000")
        box.created()
        state = box.state()
        expect(re.fullmatch(r"\d+\.\d+\.\d+.*", state["ociVersion"]), state)
        expect(state["id"] == box.id and state["bundle"] == str(box.dir), state)
        expect(state["annotations"] == {"org.example.key": "value"}, state)
        expect(os.path.exists(f"/proc/{state['pid']}"), state)


def test_statuses_in_their_order(t):
    """runtime.md "State", status: created, running, stopped; pid REQUIRED while created or running."""
    with Box(t) as box:
        box.script("sleep 1000")
        box.created()
        expect(box.status() == "created")
        box.ok("start", box.id)
        expect(box.status() == "running")
        box.ok("kill", box.id, "KILL")
        box.ended()


def test_created_has_not_run_the_program(t):
    """runtime.md "State", created: the container process has neither exited nor executed the user-specified program."""
    with Box(t) as box:
        box.script("touch /ran; sleep 1000")
        box.created()
        expect(not (box.root / "ran").exists())
        box.ok("start", box.id)
        wait_until((box.root / "ran").exists, "what the program does")


def test_the_pid_is_the_runtimes_view(t):
    """runtime.md "State", pid: the ID of the container process, as seen by the host."""
    with Box(t) as box:
        box.script("sleep 1000")
        box.started()
        pid = box.state()["pid"]
        wait_until(lambda: b"sleep" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes(), "the program's command line")
        expect(pathlib.Path(f"/proc/{pid}/status").read_text().find("NSpid:") >= 0)


def test_changes_of_config_after_create_have_no_effect(t):
    """runtime.md "Lifecycle" 2: any updates to config.json after this step MUST NOT affect the container."""
    with Box(t) as box:
        box.script("echo before")
        box.config["annotations"] = {"a": "before"}
        box.created()
        box.script("echo after")
        box.config["annotations"] = {"a": "after"}
        box.write()
        box.ok("start", box.id)
        expect(box.ended() == "before\n")
        expect(box.state()["annotations"] == {"a": "before"})


def test_a_missing_config_is_an_error(t):
    """runtime.md "Create": config.json cannot be read: MUST generate an error and MUST NOT create a container."""
    with Box(t) as box:
        box.fails("create", "-b", box.dir, box.id, says="config.json")
        box.fails("state", box.id)


def test_ids_are_unique(t):
    """runtime.md "Create": if the ID is not unique, the runtime MUST generate an error and a new container MUST NOT be
    created."""
    with Box(t) as box:
        box.script("sleep 1000")
        box.started()
        pid = box.state()["pid"]
        done = command(["sh", "-c", '"$@" >/dev/null 2>&1 </dev/null', "sh", *box_words(box, "create", "-b", box.dir, box.id)])
        expect(done.exit != 0, "a second container of the same id")
        expect(box.state()["pid"] == pid and box.status() == "running")


def box_words(box, *words):
    from conform import runtime_words
    return [*runtime_words(), "--root", box.t.dir / "state", *words]


def test_state_of_none_is_an_error(t):
    """runtime.md "Query State": MUST generate an error if it is not provided the ID of a container."""
    with Box(t) as box:
        box.fails("state", "no-such", says="does not exist")
        box.fails("state")
        box.fails("state", "")


def test_start_of_what_is_not_created_is_an_error(t):
    """runtime.md "Start": a container that is not created: MUST have no effect on the container and MUST generate an
    error."""
    with Box(t) as box:
        box.fails("start", "no-such")
        box.script("sleep 1000")
        box.started()
        box.fails("start", box.id)
        expect(box.status() == "running")
        box.ok("kill", box.id, "KILL")
        box.ended()
        box.fails("start", box.id)
        expect(box.status() == "stopped")


def test_start_without_process_is_an_error(t):
    """runtime.md "Start": MUST generate an error if process was not set."""
    with Box(t) as box:
        del box.config["process"]
        done = box.create()
        expect(done.exit == 0, f"process is OPTIONAL at create: {done}")
        box.fails("start", box.id)


def test_start_of_a_program_that_went_missing_fails(t):
    """runtime.md "Start": the user-specified program MUST be run, or an error told."""
    with Box(t) as box:
        (box.root / "prog").write_text("#!/bin/sh\n")
        (box.root / "prog").chmod(0o755)
        box.config["process"]["args"] = ["/prog"]
        box.created()
        (box.root / "prog").unlink()
        box.fails("start", box.id)
        box.ended()


def test_kill_sends_the_signal(t):
    """runtime.md "Kill": MUST send the specified signal to the container process."""
    for name, number in (("USR1", "10"), ("SIGUSR2", "12"), ("15", "15")):
        with Box(t, f"k{number}") as box:
            box.script("trap 'echo got; exit 0' USR1 USR2 TERM; echo ready; while :; do sleep 0.05; done")
            box.started()
            wait_until(lambda: "ready" in box.out.read_text(), "the trap")
            box.ok("kill", box.id, name)
            expect("got" in box.ended(), name)


def test_kill_of_what_neither_is_created_nor_runs_is_an_error(t):
    """runtime.md "Kill": a container neither created nor running: MUST have no effect and MUST generate an error."""
    with Box(t) as box:
        box.fails("kill", "no-such", "KILL")
        box.script("true")
        box.started()
        box.ended()
        box.fails("kill", box.id, "KILL", says="container not running")


def test_kill_of_a_created_one(t):
    """runtime.md "Kill": allowed for a created container."""
    with Box(t) as box:
        box.created()
        box.ok("kill", box.id, "KILL")
        box.ended()


def test_kill_of_a_signal_there_is_not(t):
    """A signal that is none is refused, and nothing is sent."""
    with Box(t) as box:
        box.script("sleep 1000")
        box.started()
        box.fails("kill", box.id, "NOSUCH")
        expect(box.status() == "running")


def test_delete_of_what_is_not_stopped_is_an_error(t):
    """runtime.md "Delete": a container that is not stopped: MUST have no effect on the container and MUST generate an
    error."""
    with Box(t) as box:
        box.fails("delete", "no-such")
        box.script("sleep 1000")
        box.started()
        box.fails("delete", box.id)
        expect(box.status() == "running")


def test_delete_takes_away_what_create_made(t):
    """runtime.md "Delete": MUST delete the resources created during create; resources not created by it MUST NOT be
    deleted. Once deleted, the ID MAY be used by a subsequent container."""
    with Box(t) as box:
        box.script("true")
        box.created()
        expect(box.cgroups(), "no cgroup")
        box.ok("start", box.id)
        box.ended()
        box.ok("delete", box.id)
        expect(not box.cgroups() and not box.units(), f"{box.cgroups()} {box.units()}")
        box.fails("state", box.id)
        expect((box.root / "bin/busybox").exists() and (box.dir / "config.json").exists())
        box.started()
        box.ended()


def test_a_failed_create_leaves_nothing(t):
    """runtime.md "Create", "Errors": MUST leave the state of the environment as if the operation were never
    attempted."""
    with Box(t) as box:
        before = sorted(os.listdir(box.root))
        mounts = open("/proc/self/mountinfo").read().count(str(t.dir))
        box.mount("/x", "bind", "/no/such/source", "bind")
        expect(box.create().exit != 0)
        box.fails("state", box.id)
        expect(not box.cgroups() and not box.units(), f"{box.cgroups()} {box.units()}")
        expect(open("/proc/self/mountinfo").read().count(str(t.dir)) == mounts)
        expect(not os.path.exists(t.dir / "state" / box.id))
        box.config["mounts"].pop()
        box.script("true")
        box.started()
        if OURS:
            expect(set(before) <= set(os.listdir(box.root)))


def test_a_stopped_ones_pid_is_never_a_strangers(t):
    """runtime.md "Kill": a stopped container is not signalled, whoever has its pid now."""
    with Box(t) as box:
        box.script("true")
        box.started()
        box.ended()
        pid = box.state().get("pid", 0)
        expect(pid == 0 or not os.path.exists(f"/proc/{pid}"), pid)


def test_kill_all_reaches_every_process(t):
    """runc's `kill --all`, which clients use for containers without a pid namespace."""
    with Box(t) as box:
        box.namespaces("mount", "uts", "ipc", "network")
        box.script("sleep 999 & sleep 998 & wait")
        box.started()
        pid = box.state()["pid"]
        children = f"/proc/{pid}/task/{pid}/children"
        wait_until(lambda: len(pathlib.Path(children).read_text().split()) == 2, "two children")
        pids = pathlib.Path(children).read_text().split()
        box.ok("kill", "--all", box.id, "KILL")
        wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in pids), "the end of all")


def test_pid_file(t):
    """The pid file holds the pid of the state."""
    with Box(t) as box:
        box.script("sleep 1000")
        box.created("--pid-file", t.dir / "pid")
        expect((t.dir / "pid").read_text() == str(box.state()["pid"]))


def test_pause_and_resume(t):
    """A paused container is told apart, and a signal does not wake it."""
    with Box(t) as box:
        box.script("sleep 1000")
        box.started()
        box.ok("pause", box.id)
        expect(box.status() == "paused")
        box.ok("resume", box.id)
        expect(box.status() == "running")
        box.fails("resume", box.id)
        box.ok("pause", box.id)
        box.ok("delete", "--force", box.id)


def test_list_has_it(t):
    """`list --format json` has what state says."""
    with Box(t) as box:
        box.created()
        found = [entry for entry in json.loads(box.ok("list", "--format", "json")) if entry["id"] == box.id]
        expect(found and found[0]["status"] == "created" and found[0]["bundle"] == str(box.dir), found)


def test_delete_force_of_all_states(t):
    """runc's `delete --force`: created, running and paused ones, and none at all."""
    with Box(t) as box:
        box.script("sleep 1000")
        for prepare in (box.created, box.started):
            prepare()
            box.ok("delete", "--force", box.id)
            box.fails("state", box.id)
        box.ok("delete", "--force", "no-such")
