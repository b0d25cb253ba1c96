"""phial-oci run in the foreground: others may act on the container meanwhile."""
from ocibox import Box
from phialtest import expect, wait_until


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
