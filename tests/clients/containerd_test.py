"""containerd with its runc shim and phial-oci as the shim's BinaryName, by ctr."""
import json
import os
import subprocess

from client import MANY, RUNTIME, SYSTEMD, V2, Place, Skip, command, expect, once, program, wait_until
from phialtest import Terminal

IMAGE = "example.test/box:latest"


def image_archive(place):
    """An OCI image of the busybox root, written by hand: containerd has no `import` of a bare root."""
    import hashlib
    import io
    import tarfile
    path = place.dir / "image.tar"
    layer = place.tar().read_bytes()

    def named(data):
        return "sha256:" + hashlib.sha256(data).hexdigest()

    config = json.dumps({"architecture": "amd64" if os.uname().machine == "x86_64" else "arm64", "os": "linux",
                         "config": {"Cmd": ["sh"], "Env": ["PATH=/bin"]},
                         "rootfs": {"type": "layers", "diff_ids": [named(layer)]}}).encode()
    oci = "application/vnd.oci.image."
    manifest = json.dumps({"schemaVersion": 2, "mediaType": oci + "manifest.v1+json", "config": {
        "mediaType": oci + "config.v1+json", "digest": named(config), "size": len(config)}, "layers": [
            {"mediaType": oci + "layer.v1.tar", "digest": named(layer), "size": len(layer)}]}).encode()
    index = json.dumps({"schemaVersion": 2, "manifests": [{
        "mediaType": oci + "manifest.v1+json", "digest": named(manifest), "size": len(manifest),
        "annotations": {"io.containerd.image.name": IMAGE, "org.opencontainers.image.ref.name": "latest"}}]}).encode()
    files = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}', "index.json": index}
    files |= {"blobs/sha256/" + named(data)[7:]: data for data in (layer, config, manifest)}
    with tarfile.open(path, "w") as archive:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return path


class Containerd:
    def __init__(self):
        daemon, self.path = program("containerd"), program("ctr")
        program("containerd-shim-runc-v2")
        self.place = Place("containerd")
        here = self.place.dir
        config = here / "config.toml"
        config.write_text(f"""version = 2
root = "{here}/root"
state = "{here}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "{here}/containerd.sock"
""")
        self.place.daemon([daemon, "-c", config], here / "containerd.sock")
        self.count = self.scopes = 0
        self.ok("image", "import", image_archive(self.place))

    def words(self, *words):
        words = [str(word) for word in words]
        if words[0] == "run":
            words[1:1] = ["--runc-binary", RUNTIME]
            if SYSTEMD:  # ctr wants to be told the name of the scope
                self.scopes += 1
                words[1:1] = ["--runc-systemd-cgroup", "--cgroup", f"{self.place.cgroup}:ctr:{self.scopes}"]
        return [self.path, "-a", str(self.place.dir / "containerd.sock"), "-n", self.place.cgroup, *words]

    def __call__(self, *words, **more):
        return command(self.words(*words), **more)

    def ok(self, *words, **more):
        done = self(*words, **more)
        expect(done.exit == 0, f"should have succeeded: {done}")
        return done.out

    def new_name(self):
        self.count += 1
        return f"c{self.count}"

    def run(self, *command_words, flags=()):
        return self("run", "--rm", *flags, IMAGE, self.new_name(), *command_words)

    def running(self, *flags):
        name = self.new_name()
        self.ok("run", "-d", *flags, IMAGE, name, "sleep", "1000")
        return name

    def removed(self, name):
        self("task", "kill", "-s", "9", name)
        wait_until(lambda: self("task", "delete", name).exit == 0, f"{name} deleted")
        self.ok("container", "delete", name)


containerd = once(Containerd)


def test_run_and_its_exit_status(t):
    client = containerd()
    done = client.run("echo", "hello")
    expect(done.exit == 0 and done.out == "hello\n", done)
    expect(client.run("sh", "-c", "exit 7").exit == 7)
    done = client.run("/no/such/program")
    expect(done.exit == 1 and "no such file or directory" in done.err.lower(), done)
    done = client.run("nosuchprogram")
    expect(done.exit == 1 and "executable file not found in $PATH" in done.err, done)


def test_the_shim_runs_our_runtime(t):
    client = containerd()
    name = client.running()
    state = client.place.dir / "state"
    found = subprocess.run(["find", "/run/containerd/runc", "/run/phial-oci", str(state), "-name", name], check=False,
                           capture_output=True, text=True).stdout
    expect(found, "no state directory")
    client.removed(name)


def test_tasks_exec_and_their_statuses(t):
    client = containerd()
    name = client.running()
    expect(name in client.ok("task", "ls") and "RUNNING" in client.ok("task", "ls"))
    expect(client.ok("task", "exec", "--exec-id", "e1", name, "echo", "in") == "in\n")
    expect(client("task", "exec", "--exec-id", "e2", name, "sh", "-c", "exit 5").exit == 5)
    done = client("task", "exec", "--exec-id", "e3", name, "nosuchprogram")
    expect(done.exit != 0 and "executable file not found in $PATH" in done.err, done)
    terminal = Terminal(client.words("task", "exec", "-t", "--exec-id", "e4", name, "sh"))
    try:
        terminal.send("tty; echo done-$((1+1)); exit 4\n")
        terminal.wait_for("done-2")
        expect(terminal.wait() == 4 and "/dev/pts/" in terminal.screen, terminal.screen)
    finally:
        terminal.close()
    client.removed(name)


def test_on_a_terminal(t):
    client = containerd()
    terminal = Terminal(client.words("run", "--rm", "-t", IMAGE, client.new_name(), "sh"))
    try:
        terminal.send("tty; echo done-$((1+1)); exit 4\n")
        terminal.wait_for("done-2")
        expect(terminal.wait() == 4 and "/dev/pts/" in terminal.screen, terminal.screen)
    finally:
        terminal.close()


def test_pause_resume_processes_metrics(t):
    client = containerd()
    name = client.running("--memory-limit", str(64 << 20))
    client.ok("task", "pause", name)
    expect("PAUSED" in client.ok("task", "ls"))
    client.ok("task", "resume", name)
    expect("RUNNING" in client.ok("task", "ls"))
    expect(len(client.ok("task", "ps", name).splitlines()) == 2)
    expect("memory" in client.ok("task", "metrics", name))
    client.removed(name)


def test_limits(t):
    client = containerd()
    # ctr makes no cgroup namespace: of version 2 the whole tree is seen.
    file = "$(sed s/0::// /proc/self/cgroup)/memory.max" if V2 else "memory/memory.limit_in_bytes"
    done = client.run("sh", "-c", f"cat /sys/fs/cgroup/{file}", flags=["--memory-limit", str(64 << 20), "--mount",
                                                             "type=cgroup,src=cgroup,dst=/sys/fs/cgroup,options=ro:nosuid"])
    expect(done.out.strip() == str(64 << 20), done)


def test_options(t):
    client = containerd()
    t.file("data/file", "from the host")
    done = client.run("cat", "/data/file", flags=["--mount", f"type=bind,src={t.dir}/data,dst=/data,options=rbind:ro"])
    expect(done.out == "from the host", done)
    done = client.run("touch", "/x", flags=["--read-only"])
    expect(done.exit == 1 and "Read-only" in done.err, done)
    done = client.run("sh", "-c", "echo $A; pwd", flags=["--env", "A=b", "--cwd", "/tmp"])
    expect(done.out == "b\n/tmp\n", done)
    done = client.run("readlink", "/proc/self/ns/net", flags=["--net-host"])
    expect(done.out.strip() == os.readlink("/proc/self/ns/net"), done)
    done = client.run("grep", "Seccomp:", "/proc/self/status", flags=["--seccomp"])
    expect(done.out.split() == ["Seccomp:", "2"], done)
    done = client.run("grep", "Seccomp:", "/proc/self/status", flags=["--privileged"])
    expect(done.out.split() == ["Seccomp:", "0"], done)
    done = client.run("grep", "CapBnd", "/proc/self/status", flags=["--cap-drop", "CAP_CHOWN"])
    expect(int(done.out.split()[1], 16) & 1 == 0, done)


def test_kill_and_its_status(t):
    client = containerd()
    name = client.running()
    client.ok("task", "kill", "-s", "SIGKILL", name)
    wait_until(lambda: "STOPPED" in client.ok("task", "ls"), "the end")
    done = client("task", "delete", name)
    expect("non-zero exit code 137" in done.err, done)
    client.ok("container", "delete", name)


def test_many_in_a_row(t):
    client = containerd()
    for i in range(MANY):
        done = client.run("echo", str(i))
        expect(done.exit == 0 and done.out == f"{i}\n", f"number {i}: {done}")


def test_several_side_by_side(t):
    client = containerd()
    children = [subprocess.Popen(client.words("run", "--rm", IMAGE, client.new_name(), "sh", "-c", f"sleep 0.2; exit {i}"),
                                 stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                for i in range(8)]
    ends = [(child.communicate(timeout=120)[0], child.returncode) for child in children]
    expect([status for _, status in ends] == list(range(8)), ends)


def after_all():
    client = containerd.client
    if client:
        for name in client.ok("container", "ls", "-q").split():
            client("task", "delete", "-f", name)
            client("container", "delete", name)
        client.place.close()
