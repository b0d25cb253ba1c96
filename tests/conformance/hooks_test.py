"""config.md "POSIX-platform Hooks" and the lifecycle's steps in runtime.md."""
import json
import os

from conform import Box, Skip, expect, wait_until

HOST = ("prestart", "createRuntime", "poststart", "poststop")
CONTAINER = ("createContainer", "startContainer")


def test_all_six_in_their_order(t):
    """runtime.md "Lifecycle" 3 to 12: prestart, createRuntime, createContainer, startContainer, [program], poststart,
    poststop."""
    with Box(t) as box:
        log = t.dir / "log"
        log.write_text("")
        box.mount("/log", "bind", log, "bind")
        for name in HOST:
            box.hook(name, f"echo {name} >>{log}")
        box.hook("createContainer", f"echo createContainer >>{log}")
        box.hook("startContainer", "echo startContainer >>/log")
        box.script("echo program >>/log")
        box.created()
        expect(log.read_text().split() == ["prestart", "createRuntime", "createContainer"], log.read_text())
        box.ok("start", box.id)
        box.ended()
        lines = log.read_text().split()
        expect(lines[3] == "startContainer" and sorted(lines[4:]) == ["poststart", "program"], lines)
        box.ok("delete", box.id)
        expect(log.read_text().split()[-1] == "poststop")


def test_several_run_in_the_order_listed(t):
    """config.md "Hooks": hooks MUST be called in the listed order."""
    with Box(t) as box:
        for i in range(5):
            box.hook("createRuntime", f"echo {i} >>{t.dir}/log")
        box.created()
        expect((t.dir / "log").read_text().split() == list("01234"))


def test_they_get_the_state_on_standard_input(t):
    """config.md "Hooks": the state of the container MUST be passed to hooks over stdin."""
    wanted = {"prestart": ("creating", "created"), "createRuntime": ("creating", "created"),
              "createContainer": ("creating", "created"), "poststart": ("running",), "poststop": ("stopped",)}
    with Box(t) as box:
        box.config["annotations"] = {"a": "b"}
        for name in wanted:
            box.hook(name, f"cat >{t.dir}/{name}")
        box.script("sleep 0.3")
        box.started()
        box.ended()
        box.ok("delete", box.id)
        for name, statuses in wanted.items():
            state = json.loads((t.dir / name).read_text())
            expect(state["id"] == box.id and state["bundle"] == str(box.dir) and state["ociVersion"], state)
            expect(state["status"] in statuses, f"{name}: {state}")
            expect(state["annotations"] == {"a": "b"}, state)
            expect(name == "poststop" or state["pid"] > 0, state)


def test_their_arguments_and_environment_are_their_own(t):
    """config.md "Hooks": args and env with the same semantics as execv's and environ."""
    with Box(t) as box:
        box.config["hooks"] = {"createRuntime": [{"path": "/bin/sh", "args": ["name", "-c", f'echo "$0 $1" >{t.dir}/a; env >{t.dir}/e', "zero", "one"],
                                                  "env": ["A=b", "C=d e"]}]}
        box.created()
        expect((t.dir / "a").read_text() == "zero one\n")
        found = {line for line in (t.dir / "e").read_text().splitlines() if not line.startswith(("PWD=", "SHLVL=", "_=", "OLDPWD="))}
        expect(found == {"A=b", "C=d e"}, found)


def test_runtime_hooks_are_in_the_runtimes_namespaces(t):
    """config.md "Prestart", "CreateRuntime", "Poststart", "Poststop": executed in the runtime namespace."""
    with Box(t) as box:
        for name in HOST:
            box.hook(name, f"readlink /proc/self/ns/net /proc/self/ns/pid >{t.dir}/{name}")
        box.script("true")
        box.started()
        box.ended()
        box.ok("delete", box.id)
        own = [os.readlink(f"/proc/self/ns/{kind}") for kind in ("net", "pid")]
        for name in HOST:
            expect((t.dir / name).read_text().split() == own, name)


def test_container_hooks_are_in_the_containers(t):
    """config.md "CreateContainer", "StartContainer": executed in the container namespace; the path of the former
    resolves in the runtime namespace, of the latter in the container's."""
    with Box(t) as box:
        box.hook("createContainer", f"readlink /proc/self/ns/mnt /proc/self/ns/uts >{t.dir}/one")
        box.hook("startContainer", "readlink /proc/self/ns/mnt >/two; readlink /proc/self/ns/uts >>/two; hostname >>/two")
        box.config["hostname"] = "named"
        box.script("readlink /proc/self/ns/mnt; readlink /proc/self/ns/uts; sleep 0.1")
        box.started()
        own = box.ended().split()
        expect((t.dir / "one").read_text().split() == own, f"{(t.dir / 'one').read_text()} {own}")
        expect((box.root / "two").read_text().split() == [*own, "named"], (box.root / "two").read_text())


def test_create_container_comes_before_pivot_root(t):
    """config.md "CreateContainer": called before pivot_root; the mount namespace's mounts are there."""
    with Box(t) as box:
        box.mount("/mnt-made", "tmpfs")
        box.hook("createContainer", f"grep -c ' {box.root}/mnt-made ' /proc/self/mountinfo >{t.dir}/n; test -e {t.dir}")
        box.created()
        expect((t.dir / "n").read_text().strip() == "1", (t.dir / "n").read_text())


def test_a_failing_hook_of_create_stops_it(t):
    """runtime.md "Lifecycle" 4 to 6: if any fails, the runtime MUST generate an error, stop the container, and continue
    at step 12 (poststop)."""
    for name in ("prestart", "createRuntime", "createContainer"):
        with Box(t, name.lower()) as box:
            box.hook(name, "exit 3")
            box.hook("poststop", f"touch {t.dir}/{name}-post")
            expect(box.create().exit != 0, name)
            box.fails("state", box.id)
            expect(not box.cgroups(), box.cgroups())


def test_poststop_hooks_run_after_a_failed_create(t):
    """runtime.md "Lifecycle" 4 to 6: "continue the lifecycle at step 12"."""
    with Box(t) as box:
        box.hook("createRuntime", "exit 3")
        box.hook("poststop", f"touch {t.dir}/post")
        expect(box.create().exit != 0)
        expect((t.dir / "post").exists(), "no poststop")


def test_a_failing_start_container_hook_stops_the_start(t):
    """runtime.md "Lifecycle" 8: MUST generate an error, stop the container."""
    with Box(t) as box:
        box.hook("startContainer", "exit 3")
        box.script("touch /ran")
        box.created()
        box.fails("start", box.id)
        box.ended()
        expect(not (box.root / "ran").exists())


def test_a_failing_poststart_hook_stops_it(t):
    """runtime.md "Lifecycle" 10 (1.3.0): if any poststart hook fails, MUST generate an error and stop the container."""
    with Box(t) as box:
        box.hook("poststart", "exit 3")
        box.script("sleep 1000")
        box.created()
        box.fails("start", box.id)
        wait_until(lambda: box("state", box.id).exit != 0 or box.status() == "stopped", "its end")


def test_a_failing_poststop_hook_is_a_warning(t):
    """runtime.md "Lifecycle" 13: MUST log a warning, and the remaining hooks are executed as if it had succeeded."""
    with Box(t) as box:
        box.hook("poststop", "exit 3")
        box.hook("poststop", f"touch {t.dir}/second")
        box.script("true")
        box.started()
        box.ended()
        done = box("delete", box.id)
        expect(done.exit == 0 and (t.dir / "second").exists(), done)
        box.fails("state", box.id)


def test_a_timeout_aborts_the_hook(t):
    """config.md "Hooks", timeout: the number of seconds before aborting the hook; MUST be greater than zero."""
    with Box(t) as box:
        box.hook("createRuntime", "sleep 60", timeout=1)
        expect(box.create().exit != 0)
        box.config["hooks"]["createRuntime"] = []
        box.hook("createRuntime", "true", timeout=0)
        done = box.create()
        expect(done.exit != 0, "a timeout of 0")


def test_a_hooks_path_is_absolute(t):
    """config.md "Hooks", path: MUST be an absolute path."""
    with Box(t) as box:
        box.config["hooks"] = {"createRuntime": [{"path": "sh"}]}
        box.refused("hooks.createRuntime[0].path")
