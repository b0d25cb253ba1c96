"""Each system call of phial, of phial-monitor, of the unpacker and of phial-init fails once, with each of eight errors: a
clean failure or a success that is whole, nothing left, and no error passed over that is not in ignored.txt.
"""
import engine
import sweep
from phialtest import expect


def swept(verbs, sample=80):
    faults = sweep.run(engine.EngineGround, verbs, errors=sweep.ERRORS, sample=sample)
    expect(not faults, f"{len(faults)} faults with SEED={sweep.SEED}:\n" + "\n".join(faults[:40]))


def test_run(t):
    swept(["run", "run-rm", "run-detached"])


def test_create_and_start(t):
    swept(["create", "start"])


def test_exec(t):
    swept(["exec"])


def test_stop_and_rm(t):
    swept(["stop", "rm"])


def test_import_and_load(t):
    swept(["import", "load"])
