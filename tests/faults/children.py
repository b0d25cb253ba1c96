"""Commands and everything that comes of them: the caller is their subreaper, so that no process gets lost, and buries
the dead as PID 1 does. Without threads: one blocking wait, and an alarm for the time limit.
"""
import contextlib
import ctypes
import os
import pathlib
import signal
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "integration"))
from phialtest import SLOW, Done  # noqa: E402

PR_SET_CHILD_SUBREAPER = 36
HANG = 10  # seconds, as long as any command may take


class Hung(Exception):
    pass


class _Late(Exception):
    pass


def _late(*_):
    raise _Late


def adopt():
    """From now on orphans of ours are our children. Not to be undone: for processes that do nothing else."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    signal.signal(signal.SIGALRM, _late)


def bury():
    """Waits for all that are dead."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def living():
    """{pid: command line} of our children that live."""
    found = {}
    bury()
    for pid in pathlib.Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
        with contextlib.suppress(OSError):
            if pathlib.Path("/proc", pid, "stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX":
                line = pathlib.Path("/proc", pid, "cmdline").read_bytes()
                found[int(pid)] = line.replace(b"\0", b" ").decode(errors="replace").strip()
    return found


def end(pids):
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


class Runner:
    """Runs commands one after the other; their output goes through two files in `folder`."""

    def __init__(self, folder, name=""):
        self.out, self.err = str(folder / f"{name}out"), str(folder / f"{name}err")

    def run(self, words, seconds=HANG):
        """Done, or Hung: then it has been killed."""
        words = [str(word) for word in words]
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL  # new ones: a container in the background still has the last
        for path in (self.out, self.err):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
        streams = [(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDWR, 0),
                   (os.POSIX_SPAWN_OPEN, 1, self.out, flags, 0o600), (os.POSIX_SPAWN_OPEN, 2, self.err, flags, 0o600)]
        pid = os.posix_spawn(words[0], words, os.environ, file_actions=streams, setsid=True)
        try:
            signal.setitimer(signal.ITIMER_REAL, seconds * SLOW)
            while True:
                who, status = os.waitpid(-1, 0)
                if who == pid:
                    break
        except _Late:
            stack = self._stack(pid)
            end([pid])
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
            raise Hung(f"{' '.join(words)}: not finished after {seconds * SLOW:.0f} s\n{stack}{self.read(self.err)}") from None
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        return Done(words, os.waitstatus_to_exitcode(status), self.read(self.out), self.read(self.err))

    @staticmethod
    def _stack(pid):
        text = ""
        for name in ("wchan", "syscall"):
            with contextlib.suppress(OSError):
                text += f"  {name}: {pathlib.Path('/proc', str(pid), name).read_text().strip()}\n"
        return text

    @staticmethod
    def read(path):
        with contextlib.suppress(OSError), open(path, "rb") as file:
            return file.read().decode(errors="replace")
        return ""


def patiently(condition, seconds=5):
    """Whether it comes true."""
    limit = time.monotonic() + seconds * SLOW
    pause = 0.001
    while not condition():
        if time.monotonic() > limit:
            return False
        time.sleep(pause)
        pause = min(pause * 2, 0.05)
    return True
