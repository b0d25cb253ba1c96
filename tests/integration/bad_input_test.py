"""What cannot run is refused with the reason and the fix, docker's exit status, and nothing left behind."""
import os
import pathlib
import platform
import shutil
import tarfile

from phialtest import Skip, expect

BUSYBOX = "/bin/busybox"


def image(t, name, files, base=True):
    """An image of these files {path: (text or bytes, mode)}, with busybox as its shell where `base`."""
    root = t.dir / f"root-{name}"
    root.mkdir()
    if base:
        if not os.path.exists(BUSYBOX):
            raise Skip("no busybox here")
        (root / "bin").mkdir()
        shutil.copy(BUSYBOX, root / "bin/busybox")
        for applet in ("sh", "ls", "cat", "env", "true"):
            (root / "bin" / applet).symlink_to("busybox")
    for path, (text, mode) in files.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(text if isinstance(text, bytes) else text.encode())
        place.chmod(mode)
    archive = t.dir / f"{name}.tar"
    with tarfile.open(archive, "w") as tar:
        tar.add(root, arcname=".")
    t.ok("import", archive, name)


def refused(t, status, *arguments, err):
    """As t.fails of a run, and nothing is left: no container, no cgroup, no state."""
    cid = t.dir / "cid"
    cid.unlink(missing_ok=True)
    t.fails(status, "run", "--cidfile", cid, "--rm", *arguments, err=err)
    expect(t.ok("ps", "-aq") == "", "a container is left behind")
    places = t.state / "containers"
    expect(not places.exists() or not list(places.iterdir()), "state is left behind")
    if cid.exists() and cid.read_text():
        left = [str(path) for pattern in ("phial/", "*/phial/")
                for path in pathlib.Path("/sys/fs/cgroup").glob(pattern + cid.read_text())]
        expect(not left, f"cgroups are left behind: {left}")


def test_an_unknown_image(t):
    refused(t, 125, "no-such-image", "true", err=["no-such-image", "hint:"])


def test_a_command_that_is_not_there(t):
    refused(t, 127, "busybox", "sleeep", "1", err=['"sleeep" is in none of /', 'did you mean "sleep"?'])
    refused(t, 127, "busybox", "/bin/slep", err=["/bin/slep", "did you mean /bin/sleep?"])
    refused(t, 127, "busybox", "echo hello", err="is one word")
    refused(t, 127, "busybox", "cd", "/tmp", err="sh -c 'cd /tmp'")
    image(t, "bare", {"server": (b"\x7fELF", 0o755)}, base=False)
    refused(t, 127, "bare", "sh", err=["none of the directories of PATH", "/server"])


def test_a_script_without_its_interpreter(t):
    image(t, "scripts", {"bin/report": ("#!/usr/bin/python9\nprint()\n", 0o755),
                         "bin/dos": ("#!/bin/sh\r\necho\r\n", 0o755),
                         "bin/plain": ("echo hello\n", 0o755),
                         "bin/asks": ("#!/bin/env python9\n", 0o755)})
    refused(t, 127, "scripts", "report", err=["/usr/bin/python9", "in its first line", "/bin/report"])
    refused(t, 127, "scripts", "/bin/dos", err=["carriage return", "dos2unix"])
    refused(t, 126, "scripts", "plain", err=["without a #! line", "#!/bin/sh"])
    refused(t, 127, "scripts", "asks", err=['asks env for "python9"'])


def test_a_program_without_its_loader_or_libraries(t):
    loader = {"x86_64": "/lib64/ld-linux-x86-64.so.2", "aarch64": "/lib/ld-linux-aarch64.so.1"}.get(platform.machine())
    if loader is None or not os.path.exists(loader):
        raise Skip("no glibc here")
    ls = pathlib.Path("/bin/ls").read_bytes()
    image(t, "lost", {"bin/list": (ls, 0o755)})
    refused(t, 127, "lost", "list", err=["/bin/list", loader, "no loader at all"])
    image(t, "musl", {"bin/list": (ls, 0o755), "lib/ld-musl-x86_64.so.1": (b"", 0o755)})
    refused(t, 127, "musl", "list", err=["linked against glibc, the image has musl"])
    image(t, "half", {"bin/list": (ls, 0o755), loader[1:]: (pathlib.Path(loader).read_bytes(), 0o755)})
    refused(t, 127, "half", "list", err=["libc.so.6", "its loader does not find"])


def test_what_is_no_program(t):
    foreign = bytearray(pathlib.Path(BUSYBOX).read_bytes()[:4096]) if os.path.exists(BUSYBOX) else bytearray(64)
    foreign[18:20] = (22).to_bytes(2, "little")  # EM_S390
    image(t, "odd", {"bin/text": ("#!/bin/sh\n", 0o644), "bin/private": ("#!/bin/sh\n", 0o700),
                     "bin/foreign": (bytes(foreign), 0o755), "bin/cut": (b"\x7fELF\x02\x01\x01", 0o755),
                     "bin/empty": ("", 0o755)})
    refused(t, 126, "odd", "/bin", err=["/bin is a directory"])
    refused(t, 126, "odd", "text", err=["not executable (mode 0644", "chmod +x"])
    refused(t, 126, "--user", "1000", "odd", "private", err=["for uid 1000", "--user"])
    refused(t, 126, "odd", "foreign", err=["is made for s390", "this machine is"])
    refused(t, 126, "odd", "cut", err="damaged ELF file")
    refused(t, 126, "odd", "empty", err="is empty")


def test_a_mount_in_the_way(t):
    image(t, "app", {"app/serve": ("#!/bin/sh\n", 0o755)})
    host = t.dir / "host"
    host.mkdir()
    (host / "tool").write_text("#!/bin/sh\nexit 3\n")
    refused(t, 127, "-v", f"{host}:/app", "app", "/app/serve", err="mounted on /app hides it")
    refused(t, 126, "-v", f"{host}:/app", "app", "/app/tool", err="/app/tool is not executable")
    (host / "tool").chmod(0o755)
    t.fails(3, "run", "--rm", "-v", f"{host}:/app", "app", "/app/tool")


def test_a_failed_start_is_remembered_and_exec_says_the_same(t):
    t.fails(127, "run", "--name", "kept", "busybox", "sleeep", err="sleeep")
    expect("sleeep" in t.inspect("kept")["State"]["Error"], t.inspect("kept")["State"])
    t.ok("rm", "kept")
    t.ok("run", "-d", "--name", "up", "busybox", "sleep", "1000")
    t.fails(127, "exec", "up", "sleeep", err='did you mean "sleep"?')
    t.fails(126, "exec", "up", "/etc", err="/etc is a directory")
    t.ok("rm", "-f", "up")


def test_a_command_that_ends_with_127_itself_is_left_alone(t):
    done = t.fails(127, "run", "--rm", "busybox", "sh", "-c", "exit 127")
    expect(done.err == "", done)
