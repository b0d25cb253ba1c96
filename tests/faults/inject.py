"""inject.c from Python: which calls a command's processes make, and the command with one of them killed or failing."""
import errno
import os
import pathlib
import re
import signal
import subprocess

from phialtest import TREE

SOURCE = pathlib.Path(__file__).with_name("inject.c")
BUILD = TREE / "build"
BINARY = BUILD / "tests" / "inject"
CRASHES = {signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE, signal.SIGSYS, signal.SIGTRAP}


def build():
    """The tool, made anew where its source has changed."""
    if BINARY.exists() and BINARY.stat().st_mtime > SOURCE.stat().st_mtime:
        return
    BINARY.parent.mkdir(parents=True, exist_ok=True)
    fresh = BINARY.with_suffix(f".{os.getpid()}")
    subprocess.run(["cc", "-std=c11", "-O2", "-Wall", "-Wextra", "-static", "-o", fresh, SOURCE], check=True)
    fresh.rename(BINARY)


def _call_names():
    text = subprocess.run(["cc", "-E", "-dM", "-include", "sys/syscall.h", "-xc", "/dev/null"], check=True,
                          capture_output=True, text=True).stdout
    return {int(number): name for name, number in re.findall(r"#define __NR_(\w+) (\d+)\n", text)}


NAMES = _call_names()
NUMBERS = {name: number for number, name in NAMES.items()}


class Call:
    """One call of one process: role 0 is the command, then by the order of their making; n counts its calls from 1."""

    def __init__(self, role, n, name, about, program):
        self.role, self.n, self.name, self.about, self.program = role, n, name, about, program

    def __str__(self):
        return f"{self.program}[{self.role}] call {self.n} {self.name} {self.about}".rstrip()


class Report:
    """What the tool wrote: calls (all, or the one at which something was done), crashes."""

    def __init__(self, path, own_folder):
        self.calls, self.fired, self.crashes = [], [], []
        programs = {}
        for line in path.read_bytes().decode(errors="replace").splitlines():
            kind, role, *rest = line.split("\t")
            role = int(role)
            if kind in ("exec", "gone"):
                programs[role] = short_program(rest[0])
            elif kind in ("call", "fired"):
                about = normal(rest[2] if len(rest) > 2 else "", own_folder)
                program = programs.get(role, f"{programs.get(0, 'phial')}'s_child")
                call = Call(role, int(rest[0]), NAMES.get(int(rest[1]), rest[1]), about, program)
                (self.calls if kind == "call" else self.fired).append(call)
            elif kind == "end":
                status = os.waitstatus_to_exitcode(int(rest[0]))
                if -status in CRASHES:
                    who = programs.get(role, "a child")
                    self.crashes.append(f"{who}[{role}] ended by {signal.Signals(-status).name}")


def short_program(path):
    return path.removesuffix(" (deleted)").rsplit("/", 1)[-1].removeprefix("memfd:")


def normal(about, own_folder):
    """Without what differs from run to run."""
    about = about.replace(str(own_folder), "$T")
    about = about.replace(str(BUILD), "$B")
    about = re.sub(r"/phial-faults-\d+", "/phial-faults", about)
    about = re.sub(r"/proc/\d+", "/proc/PID", about)
    about = re.sub(r"(socket|pipe):\[\d+\]", r"\1", about)
    about = re.sub(r"[0-9a-f]{64}", "ID", about)
    return about.replace(" (deleted)", "")


def words(report, command, *, role=None, n=None, kill=False, error=None, trace=False, onwards=False, only=()):
    """The command line that runs `command` and does that."""
    out = [BINARY, "-o", report, "-b", BUILD]
    out += ["-t"] if trace else []
    out += ["-r", role] if role is not None else []
    out += ["-n", n] if n is not None else []
    out += ["-k"] if kill else []
    out += ["-f"] if onwards else []
    out += ["-e", getattr(errno, error)] if error else []
    for name in only:
        out += ["-c", NUMBERS[name]]
    return [*out, "--", *command]
