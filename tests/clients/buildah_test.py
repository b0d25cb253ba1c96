"""buildah's `bud` (RUN) and `run`, with `--runtime phial-oci`, its isolation being that of an OCI runtime. It has the
runtime make the cgroups itself, whatever its configuration says of systemd.
"""
import os

from client import RUNTIME, Place, command, expect, once, program

IMAGE = "box"


class Buildah:
    def __init__(self):
        self.path = program("buildah")
        self.place = Place("buildah", systemd=False)
        config = self.place.dir / "containers.conf"
        config.write_text('[containers]\ndefault_ulimits = ["nofile=1024:4096", "nproc=4096:4096"]\n')
        self.settings = {**os.environ, "CONTAINERS_CONF": str(config)}
        self.place.tar()
        self.build("FROM scratch\nADD box.tar /\nCMD sh\n", IMAGE)

    def words(self, *words):
        words = [str(word) for word in words]
        if words[0] in ("bud", "run"):
            words[1:1] = ["--runtime", RUNTIME, "--isolation", "oci"]
        return [self.path, "--root", self.place.dir / "root", "--runroot", self.place.dir / "run", "--storage-driver",
                "overlay", *words]

    def __call__(self, *words, **more):
        return command(self.words(*words), env=self.settings, **more)

    def ok(self, *words, **more):
        done = self(*words, **more)
        expect(done.exit == 0, f"should have succeeded: {done}")
        return done.out

    def bud(self, text, tag, *flags):
        (self.place.dir / "Containerfile").write_text(text)
        return self("bud", "--network", "none", "--cgroup-parent", self.place.parent, *flags, "-t", tag, "-f",
                    self.place.dir / "Containerfile", self.place.dir)

    def build(self, *words):
        done = self.bud(*words)
        expect(done.exit == 0, f"should have succeeded: {done}")
        return done.out


buildah = once(Buildah)


def test_run_instructions(t):
    client = buildah()
    out = client.build("FROM box\nENV A=b\nWORKDIR /work\nRUN echo $A >file; pwd\nRUN cat file; id -u\nUSER 1000\n"
                       "RUN id -u; cat /proc/1/comm\n", "built")
    for text in ("/work\n", "b\n0\n", "1000\n"):
        expect(text in out, out)


def test_a_failing_instruction_fails_the_build(t):
    client = buildah()
    done = client.bud("FROM box\nRUN exit 9\n", "never")
    expect(done.exit != 0 and "exit status 9" in done.err, done)
    done = client.bud('FROM box\nRUN ["/no/such/program"]\n', "never")
    expect(done.exit != 0 and "no such file or directory" in (done.err + done.out).lower(), done)


def test_volumes_limits_and_capabilities_of_a_build(t):
    client = buildah()
    t.file("data/file", "from the host")
    done = client.bud("FROM box\nRUN cat /data/file; grep CapBnd /proc/self/status; ulimit -n\n", "limited", "-v",
                     f"{t.dir}/data:/data:ro", "--cap-drop", "all", "--ulimit", "nofile=77:77", "--memory", "64m")
    expect("from the host" in done.out and "\n77\n" in done.out, done)


def test_run_in_a_working_container(t):
    client = buildah()
    name = client.ok("from", IMAGE).strip()
    expect(client.ok("run", name, "--", "echo", "run") == "run\n")
    expect(client("run", name, "--", "sh", "-c", "exit 6").exit == 6)
    expect(client.ok("run", "--user", "1000", name, "--", "id", "-u") == "1000\n")
    expect("/dev/pts/0" in client.ok("run", "-t", name, "--", "tty"))
    client.ok("rm", name)


def test_several_builds_in_a_row(t):
    client = buildah()
    for i in range(10):
        expect(f"number {i}\n" in client.build(f"FROM box\nRUN echo number {i}\n", f"row{i}"))


def after_all():
    client = buildah.client
    if client:
        client("rm", "-a")
        client.place.close()
