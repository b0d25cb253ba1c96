"""phial-oci run and exec in the foreground: the terminal they relay, signals, standard input, and how they end."""
import os
import signal
import subprocess
import termios

from ocibox import Box, Receiver, ended, read_until
from phialtest import SLOW, expect, wait_until


def modes(fd):
    return termios.tcgetattr(fd)[:4]


def test_exec_shows_the_containers_terminal(t):
    with Box(t) as box:
        box.run()
        terminal = box.terminal("exec", "-t", "c", "sh", rows=31, columns=101)
        before = modes(terminal.fd)
        terminal.send("tty; stty size; echo $((40+2))\r")
        terminal.wait_for("42")
        expect("/dev/pts/0" in terminal.screen and "31 101" in terminal.screen, terminal.screen)
        expect(modes(terminal.fd) != before, "the caller's terminal is not raw")
        terminal.send("exit 5\r")
        expect(terminal.wait() == 5)
        expect(modes(terminal.fd) == before, "the caller's terminal was not restored")


def test_run_shows_it_too_and_leaves_nothing(t):
    with Box(t) as box:
        box.change(terminal=True, args=["sh"])
        terminal = box.terminal("run", "-b", box.bundle, "c", rows=32, columns=102)
        before = modes(terminal.fd)
        terminal.send("tty; stty size; echo $((40+2))\r")
        terminal.wait_for("42")
        expect("/dev/console" in terminal.screen or "/dev/pts/0" in terminal.screen, terminal.screen)
        expect("32 102" in terminal.screen, terminal.screen)
        terminal.send("exit 6\r")
        expect(terminal.wait() == 6)
        expect(modes(terminal.fd) == before)
        box.fails(1, "state", "c", err="does not exist")


def test_the_size_follows_the_callers(t):
    with Box(t) as box:
        box.run()
        terminal = box.terminal("exec", "-t", "c", "sh", "-c", "trap 'stty size' WINCH; echo up; while :; do sleep 0.05; done")
        terminal.wait_for("up")
        terminal.resize(41, 141)
        terminal.wait_for("41 141")


def test_console_size_is_that_of_the_document_without_a_terminal_of_ones_own(t):
    with Box(t) as box:
        box.change(terminal=True, args=["sh", "-c", "stty size"], consoleSize={"height": 43, "width": 143})
        done = box.oci("run", "-b", box.bundle, "c", stdin="")
        expect(done.exit == 0 and "43 143" in done.out, done)


def test_interrupt_is_a_byte(t):
    """that the container's terminal turns into its signal; phial-oci goes on."""
    with Box(t) as box:
        box.run()
        terminal = box.terminal("exec", "-t", "c", "sh")
        terminal.send("trap 'echo caught' INT; echo re''ady\r")
        terminal.wait_for("ready")
        terminal.send("\x03")
        terminal.wait_for("caught")
        terminal.send("exit 3\r")
        expect(terminal.wait() == 3)


def test_everything_written_is_shown_before_the_end(t):
    with Box(t) as box:
        box.run()
        out = box.oci("exec", "-t", "c", "sh", "-c", "seq 1 60000; echo the end", stdin="")
        expect(out.exit == 0 and out.out.endswith("60000\r\nthe end\r\n"), out)
        expect(out.out.count("\n") == 60001, out.out.count("\n"))
        for _ in range(20):
            expect(box.ok("exec", "-t", "c", "echo", "short") == "short\r\n")


def test_without_a_terminal_of_ones_own(t):
    """input from a pipe goes into the container's, output from it into the pipe."""
    with Box(t) as box:
        box.run()
        child = box.start("exec", "-t", "c", "sh")
        child.stdin.write(b"echo $((40+2)); tty\n")
        child.stdin.flush()
        read_until(child.stdout.fileno(), "/dev/pts/0")
        child.stdin.write(b"exit 4\n")
        child.stdin.close()
        expect(child.wait(20) == 4)
        for stream in (child.stdout, child.stderr):
            stream.close()


def test_a_lot_of_input_that_nobody_reads(t):
    with Box(t) as box:
        box.run()
        child = box.start("exec", "-t", "c", "sh", "-c", "echo up; sleep 0.3; echo fine")
        read_until(child.stdout.fileno(), "up")
        out, _ = child.communicate(b"x" * 200_000, timeout=20)
        expect(child.returncode == 0 and b"fine" in out, out[-100:])


def test_the_modes_come_back_after_failures(t):
    with Box(t) as box:
        box.run()
        for words in (["exec", "-t", "c", "foo"], ["exec", "-t", "--cwd", "/none", "c", "true"]):
            terminal = box.terminal(*words)
            before = modes(terminal.fd)
            expect(terminal.wait() == 255)
            expect(modes(terminal.fd) == before and "exec failed" in terminal.screen, terminal.screen)
        terminal = box.terminal("exec", "-t", "c", "sleep", "100")
        before = modes(terminal.fd)
        wait_until(lambda: modes(terminal.fd) != before, "raw mode")
        box.ok("kill", "c", "KILL")
        expect(terminal.wait() == 128 + signal.SIGKILL)
        expect(modes(terminal.fd) == before)


def test_signals_reach_the_program_in_its_terminal(t):
    with Box(t) as box:
        box.run()
        terminal = box.terminal("exec", "-t", "c", "sh", "-c", "trap 'echo term; exit 8' TERM; echo up; while :; do sleep 0.05; done")
        before = modes(terminal.fd)
        terminal.wait_for("up")
        os.kill(terminal.pid, signal.SIGTERM)
        expect(terminal.wait() == 8 and "term" in terminal.screen, terminal.screen)
        expect(modes(terminal.fd) == before)


def test_a_process_that_lets_go_of_its_terminal(t):
    """costs no processor time while it lives, and its status is had."""
    with Box(t) as box:
        box.run()
        child = box.start("exec", "-t", "c", "sh", "-c", f"echo up; exec </dev/null >/dev/null 2>&1; sleep {0.5 * SLOW}; exit 7",
                          stdin=subprocess.DEVNULL)
        read_until(child.stdout.fileno(), "up")
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = 0
        child.communicate()
        expect(os.waitstatus_to_exitcode(status) == 7, status)
        expect(usage.ru_utime + usage.ru_stime < 0.2 * SLOW, usage)


def test_what_stays_behind_in_the_terminal_does_not_keep_us(t):
    with Box(t) as box:
        box.run()
        done = box.oci("exec", "-t", "c", "sh", "-c", "trap '' HUP; (sleep 50; echo late) & echo done", stdin="")
        expect(done.exit == 0 and "done" in done.out and "late" not in done.out, done)


def test_nobody_reads_what_we_show(t):
    """the process goes on to its end, and so do we."""
    with Box(t) as box:
        box.run()
        child = box.start("exec", "-t", "c", "sh", "-c", "echo up; seq 1 5000; exit 6", stdin=subprocess.DEVNULL)
        read_until(child.stdout.fileno(), "up")
        child.stdout.close()
        expect(child.wait(20) == 6)
        child.stderr.close()


# ---- the console socket ---------------------------------------------------------------------------------------------


def test_the_terminals_master_goes_to_the_console_socket(t):
    with Box(t) as box:
        box.change(terminal=True, args=["sh", "-c", "stty size; cat"], consoleSize={"height": 25, "width": 83})
        with Receiver(t.dir / "console") as got:
            box.ok("create", "-b", box.bundle, "--console-socket", t.dir / "console", "c")
            expect(got.fd() >= 0 and got.name == "/dev/pts/ptmx", got.name)
            box.ok("start", "c")
            read_until(got.fd(), "25 83")
            os.write(got.fd(), b"line\n")
            read_until(got.fd(), "line\r\nline\r\n")
            with Receiver(t.dir / "second") as second:
                box.ok("exec", "-d", "-t", "--console-socket", t.dir / "second", "c", "tty")
                expect("/dev/pts/1" in read_until(second.fd(), "pts/1"))
            box.ok("delete", "--force", "c")


def test_a_receiver_that_is_not_there_or_dies(t):
    with Box(t) as box:
        box.change(terminal=True, args=["sleep", "100"])
        for path in (t.dir / "none", box.bundle / "config.json", "/" + "x" * 200):
            done = box.fails(1, "create", "-b", box.bundle, "--console-socket", path, "c", err="socket")
            expect(not (box.root / "c").exists(), done)
        with Receiver(t.dir / "console", die=True):
            box.oci("create", "-b", box.bundle, "--console-socket", t.dir / "console", "c")
        if (box.root / "c").exists():  # it died with the master in hand: the container's terminal has hung up
            box.ok("start", "c")
            box.ok("delete", "--force", "c")
        box.change(terminal=False)
        box.run()
        done = box.fails(255, "exec", "-d", "-t", "--console-socket", t.dir / "none", "c", "sleep", "99", err="socket")
        wait_until(lambda: box.processes() == [box.pid()], "the end of the process nobody received")


# ---- run ------------------------------------------------------------------------------------------------------------


def test_runs_exit_status(t):
    with Box(t) as box:
        for script, status in (("exit 9", 9), ("kill -KILL $$", 0), ("exit 0", 0)):
            box.change(args=["sh", "-c", script])
            done = box.oci("run", "-b", box.bundle, "c")
            expect(done.exit == status, done)  # the kernel gives PID 1 no signal it sends itself
            expect(not (box.root / "c").exists())
        box.change(args=["sleep", "100"])
        child = box.start("run", "-b", box.bundle, "c")
        wait_until(lambda: box.oci("state", "c").exit == 0 and box.state()["status"] == "running", "running")
        box.ok("kill", "c", "KILL")
        child.communicate(timeout=20)
        expect(child.returncode == 128 + signal.SIGKILL, child.returncode)
        expect(not (box.root / "c").exists())


def test_run_passes_signals_and_input_on(t):
    with Box(t) as box:
        box.change(args=["sh", "-c", "trap 'echo term; exit 8' TERM; echo up; while :; do sleep 0.05; done"])
        child = box.start("run", "-b", box.bundle, "c")
        expect(child.stdout.readline() == b"up\n")
        child.terminate()
        out, _ = child.communicate(timeout=20)
        expect(out == b"term\n" and child.returncode == 8, (out, child.returncode))
        box.change(args=["cat"])
        expect(box.ok("run", "-b", box.bundle, "c", stdin="to its end") == "to its end")


def test_run_keep_leaves_the_state(t):
    with Box(t) as box:
        box.change(args=["sh", "-c", "exit 3"])
        expect(box.oci("run", "--keep", "-b", box.bundle, "c").exit == 3)
        expect(box.state()["status"] == "stopped")
        box.ok("delete", "c")


def test_run_with_closed_streams(t):
    with Box(t) as box:
        box.change(args=["sh", "-c", "ls -l /proc/self/fd >/tmp/fds 2>/dev/null; exit 4"])
        box.spec["root"]["readonly"] = False
        box.change()
        words = " ".join(f"'{word}'" for word in [*box.words, "run", "-b", box.bundle, "c"])
        for closed in ("<&-", "<&- >&-", "<&- >&- 2>&-"):
            expect(subprocess.call(["sh", "-c", f"{words} {closed}"], timeout=20) == 4)
            fds = (box.rootfs / "tmp/fds").read_text()
            expect("0 -> /dev/null" in fds and "memfd" not in fds and "socket" not in fds, fds)


def test_run_detached_with_a_pid_file(t):
    with Box(t) as box:
        with open(os.devnull, "r+b") as null:
            status = subprocess.call([*map(str, box.words), "run", "-d", "--pid-file", str(t.dir / "pid"), "-b",
                                      str(box.bundle), "c"], stdin=null, stdout=null, stderr=null, timeout=20)
        expect(status == 0 and int((t.dir / "pid").read_text()) == box.pid())
        box.change(terminal=True)
        box.fails(1, "run", "-d", "-b", box.bundle, "d", err="cannot allocate tty if runc will detach")


def test_run_of_a_container_that_runs_out_of_memory(t):
    with Box(t) as box:
        box.spec["linux"]["resources"] = {"memory": {"limit": 16 << 20, "swap": 16 << 20}}
        box.change(args=["dd", "if=/dev/zero", "of=/dev/null", "bs=64M", "count=1"])
        done = box.oci("run", "-b", box.bundle, "c")
        expect(done.exit == 128 + signal.SIGKILL, done)
        expect(not (box.root / "c").exists())
