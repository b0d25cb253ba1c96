"""SIGKILL of phial-oci, of its clone or of phial-init before each system call each of them makes: once `delete -f` has
run there is nothing left, and the next container runs.
"""
import oci
import sweep
from phialtest import expect

WHOLE = ("create", "start", "run", "delete")


def swept(verbs, make_ground=oci.Ground, sample=150, whole=WHOLE):
    faults = sweep.run(make_ground, verbs, whole=whole, sample=sample)
    expect(not faults, f"{len(faults)} faults with SEED={sweep.SEED}:\n" + "\n".join(faults[:40]))


def test_create_and_start(t):
    swept(["create", "start"])


def test_run(t):
    swept(["run", "run-detached"])


def test_exec(t):
    swept(["exec"])


def test_kill_delete(t):
    swept(["kill", "delete", "delete-created", "delete-force"])


def test_update_pause_resume(t):
    swept(["update", "pause", "resume"])


def test_with_a_user_namespace(t):
    swept(["create", "run"], lambda: oci.Ground("user"), whole=())
