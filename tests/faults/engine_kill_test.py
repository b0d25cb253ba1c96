"""SIGKILL of phial, of phial-monitor, of the unpacker or of phial-init before each system call each of them makes: ps
says the truth, rm -f and the next command leave nothing.
"""
import engine
import sweep
from phialtest import expect


def swept(verbs, sample=120):
    faults = sweep.run(engine.EngineGround, verbs, sample=sample)
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
