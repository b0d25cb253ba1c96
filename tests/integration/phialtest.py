"""What the integration tests stand on: a private store per test, commands with a time limit, waiting for a condition.

A test is a function `test_SUBJECT(t)` in a file `FEATURE_test.py`; `t` is a Test. Its docstring, if it has one, says
what is shown. It fails by any exception, most readably by those of t.ok, t.fails, expect and wait_until.
"""
import json
import os
import pathlib
import pty
import select
import shutil
import signal
import subprocess
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
TREE = HERE.parent.parent
PHIAL = os.environ.get("PHIAL", str(TREE / "build" / "phial"))
PHIAL_OCI = os.environ.get("PHIAL_OCI", str(pathlib.Path(PHIAL).parent / "phial-oci"))
# How much slower this machine is than a common one; every time limit is multiplied by it (10 under emulation).
SLOW = float(os.environ.get("PHIAL_TEST_SLOW", "1"))


class Skip(Exception):
    """Raised where the machine lacks what a test is about; its text says what."""


class Failed(AssertionError):
    pass


class Done:
    """One finished command: exit (an int, -N for signal N), out, err."""

    def __init__(self, command, status, out, err):
        self.command, self.exit, self.out, self.err = command, status, out, err

    def __str__(self):
        def block(name, text):
            text = text if len(text) < 4000 else text[:2000] + "\n[…]\n" + text[-2000:]
            return f"\n  {name}:\n" + "\n".join("    " + line for line in text.splitlines()) if text else ""

        return f"{' '.join(map(str, self.command))}\n  exit status {self.exit}" + block("out", self.out) + block(
            "err", self.err)

    @property
    def json(self):
        return json.loads(self.out)


def expect(condition, text=""):
    if not condition:
        raise Failed(str(text))


def wait_until(condition, what, seconds=20):
    """Calls `condition` until it returns something true and returns that; fails after `seconds` (times SLOW)."""
    end = time.monotonic() + seconds * SLOW
    pause = 0.005
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise Failed(f"waited {seconds * SLOW:.0f} s in vain for: {what}")
        time.sleep(pause)
        pause = min(pause * 1.5, 0.1)


def command(words, stdin="", seconds=60, env=None, cwd=None, binary=False):
    """Runs a command to its end. A command over its time is killed with its session, and the test fails."""
    words = [str(word) for word in words]
    try:
        child = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=env,
                                 cwd=cwd, start_new_session=True)
    except OSError as error:
        raise Failed(f"{words[0]} cannot be started: {error}") from None
    data = stdin if isinstance(stdin, bytes) else stdin.encode()
    try:
        out, err = child.communicate(data, timeout=seconds * SLOW)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        try:  # a grandchild of another session may hold the pipes
            out, err = child.communicate(timeout=5)
        except subprocess.TimeoutExpired as late:
            out, err = late.stdout or b"", late.stderr or b""
        raise Failed(f"not finished after {seconds * SLOW:.0f} s: "
                     f"{Done(words, -9, out.decode(errors='replace'), err.decode(errors='replace'))}")
    if not binary:
        out = out.decode(errors="replace")
    return Done(words, child.returncode, out, err.decode(errors="replace"))


class Terminal:
    """A program on a terminal of its own. `screen` is all it wrote so far."""

    def __init__(self, words, env=None, rows=24, columns=80):
        import fcntl
        import struct
        import termios
        self.words = [str(word) for word in words]
        self.screen = ""
        self.status = None
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
                os.execvpe(self.words[0], self.words, env or os.environ)
            finally:
                os._exit(127)

    def resize(self, rows, columns):
        import fcntl
        import struct
        import termios
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def send(self, text):
        os.write(self.fd, text.encode())

    def _read(self):
        ready, _, _ = select.select([self.fd], [], [], 0)
        if not ready:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            return False
        self.screen += data.decode(errors="replace")
        return bool(data)

    def wait_for(self, text, seconds=20):
        def seen():
            ended = self._ended()
            while self._read():
                pass
            if ended and text not in self.screen:
                raise Failed(f"{' '.join(self.words)} ended with {self.status} before it wrote {text!r}")
            return text in self.screen

        try:
            wait_until(seen, f"{text!r} on the terminal of {' '.join(self.words)}", seconds)
        except Failed as late:
            raise Failed(f"{late}\n  the terminal shows:\n{self.screen}") from None

    def _ended(self):
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None

    def wait(self, seconds=20):
        """The exit status, when it has ended."""

        def ended():
            while self._read():
                pass
            return self._ended()

        if self.status is None:
            wait_until(ended, f"the end of {' '.join(self.words)}", seconds)
            while self._read():
                pass
        return self.status

    def close(self):
        if self.status is None:
            try:
                os.kill(self.pid, signal.SIGKILL)
                os.waitpid(self.pid, 0)
            except (ProcessLookupError, ChildProcessError):
                pass
        os.close(self.fd)


class Test:
    """A private store and a place for files; both are gone after the test, and nothing may be left in them."""

    def __init__(self, name):
        self.name = name
        parent = os.environ.get("PHIAL_TEST_DIR") or None
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="phial-test-", dir=parent))
        self.dir.chmod(0o755)
        self.root = self.dir / "root"
        self.state = self.dir / "state"
        self._terminals = []

    def words(self, *arguments):
        return [PHIAL, "--root", self.root, "--state", self.state, *arguments]

    def phial(self, *arguments, **more):
        """phial with this test's store; the exit status is the caller's to judge."""
        return command(self.words(*arguments), **more)

    def ok(self, *arguments, **more):
        """phial, which has to succeed; its output."""
        done = self.phial(*arguments, **more)
        expect(done.exit == 0, f"should have succeeded: {done}")
        return done.out

    def fails(self, status, *arguments, err=(), **more):
        """phial, which has to end with `status` and to say each of `err` (a text or several) on stderr."""
        done = self.phial(*arguments, **more)
        expect(done.exit == status, f"should have ended with {status}: {done}")
        for text in [err] if isinstance(err, str) else err:
            expect(text in done.err, f"should have said {text!r}: {done}")
        return done

    def start(self, *arguments, **more):
        """phial in the background: a subprocess.Popen with pipes; killed at the end of the test."""
        child = subprocess.Popen([str(word) for word in self.words(*arguments)], stdin=subprocess.PIPE,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, **more)
        self._terminals.append(_Killed(child))
        return child

    def terminal(self, *arguments, **more):
        """phial on a terminal of its own."""
        terminal = Terminal(self.words(*arguments), **more)
        self._terminals.append(terminal)
        return terminal

    def inspect(self, name):
        return json.loads(self.ok("inspect", name))[0]

    def file(self, name, text="", mode=0o644):
        """A file beside the store; its path."""
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        path.chmod(mode)
        return path

    def close(self):
        for terminal in self._terminals:
            terminal.close()
        if self.root.exists() and os.access(PHIAL, os.X_OK):
            left = self.phial("ps", "-aq").out.split()
            if left:
                done = self.phial("rm", "-f", *left)
                expect(done.exit == 0, f"the test's containers cannot be removed: {done}")
        holders = processes_holding(str(self.dir))
        mounts = [line.split()[4] for line in open("/proc/self/mountinfo") if f" {self.dir}/" in line]
        for mount in reversed(mounts):
            subprocess.run(["umount", "-l", mount], check=False)
        for pid in holders:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        shutil.rmtree(self.dir)
        expect(not mounts, f"left mounts behind: {mounts}")
        expect(not holders, f"left processes behind: {holders}")


class _Killed:
    def __init__(self, child):
        self.child = child

    def close(self):
        if self.child.poll() is None:
            try:
                os.killpg(self.child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.child.wait()
        for stream in (self.child.stdin, self.child.stdout, self.child.stderr):
            if stream:
                stream.close()


def processes_holding(path):
    """{pid: command line} of processes whose command line names `path`; the dying are waited for."""
    found = {}
    for _ in range(int(100 * SLOW)):
        found = {}
        for entry in os.listdir("/proc"):
            if not entry.isdigit() or int(entry) == os.getpid():
                continue
            try:
                line = pathlib.Path("/proc", entry, "cmdline").read_bytes()
                stat = pathlib.Path("/proc", entry, "stat").read_text()
            except OSError:
                continue
            if path.encode() in line and stat.rsplit(")", 1)[1].split()[0] != "Z":
                found[int(entry)] = line.replace(b"\0", b" ").decode(errors="replace")
        if not found:
            break
        time.sleep(0.02)
    return found
