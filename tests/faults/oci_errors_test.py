"""Each system call of phial-oci, of its clone and of phial-init fails once, with each of eight errors: a clean failure or
a success that is whole, nothing left once `delete -f` has run, and no error passed over that is not in ignored.txt.
"""
import oci
import sweep
from phialtest import expect

WHOLE = ("create", "start", "run", "delete")


def swept(verbs, make_ground=oci.Ground, sample=250, whole=WHOLE):
    faults = sweep.run(make_ground, verbs, errors=sweep.ERRORS, whole=whole, sample=sample)
    expect(not faults, f"{len(faults)} faults with SEED={sweep.SEED}:\n" + "\n".join(faults[:60]))


def test_create(t):
    swept(["create"])


def test_start(t):
    swept(["start"])


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
