"""podman, as root, with `--runtime phial-oci`."""
import os

import scenarios
from client import DRIVER, RUNTIME, Place, expect, once, program
from phialtest import wait_until
from scenarios import IMAGE

CONFIG = f"""
[containers]
default_ulimits = ["nofile=1024:4096", "nproc=4096:4096"]
log_driver = "k8s-file"
netns = "none"
[engine]
events_logger = "file"
cgroup_manager = "{DRIVER}"
runtime_supports_json = ["phial-oci"]
runtime_supports_nocgroup = ["phial-oci"]
"""


class Podman(scenarios.Client):
    name = "podman"
    health_interval = "disable"  # podman has systemd call its checks; here the test does

    def __init__(self):
        self.path = program("podman")
        self.place = Place("podman")
        config = self.place.dir / "containers.conf"
        config.write_text(CONFIG)
        self.settings = {**os.environ, "CONTAINERS_CONF": str(config)}
        self.ok("import", "-c", "CMD [\"sh\"]", self.place.tar(), IMAGE)

    def words(self, *words):
        here = self.place.dir
        words = list(words)
        if words[0] in ("run", "create"):
            words[1:1] = ["--cgroup-parent", self.place.parent]
        return [self.path, "--root", here / "root", "--runroot", here / "run", "--tmpdir", here / "tmp", "--storage-driver",
                "overlay", "--runtime", RUNTIME, *words]

    def health(self, name, wanted, status):
        done = self("healthcheck", "run", name)
        expect(done.exit == status, done)
        state = self.inspect(name)["State"]
        found = state.get("Health") or state.get("Healthcheck")
        expect(found["Status"] == wanted, found)

    def container_cgroups(self):
        return [path for path in self.place.cgroups() if os.path.basename(path).startswith("libpod-")
                and "conmon" not in path]


podman = once(Podman)


globals().update(scenarios.tests(podman))


def test_descriptors_are_passed_on(t):
    client = podman()
    path = t.file("three", "by descriptor")
    done = scenarios.command(["sh", "-c", 'exec 3<"$0"; exec "$@"', path,
                              *client.words("run", "--rm", "--preserve-fds", "1", IMAGE, "cat", "/proc/self/fd/3")],
                             env=client.settings)
    expect(done.exit == 0 and done.out == "by descriptor", done)


def test_a_user_namespace(t):
    out = podman().run("--uidmap", "0:100000:65536", "--gidmap", "0:100000:65536", IMAGE, "sh", "-c",
                       "id -u; cat /proc/self/uid_map; touch /root/x && stat -c %u /root/x")
    expect(out.split() == ["0", "0", "100000", "65536", "0"], out)


def test_without_cgroups(t):
    client = podman()
    done = scenarios.command([word for word in client.words("run", "--rm", "--cgroups=disabled", IMAGE, "echo", "free")
                              if word not in ("--cgroup-parent", client.place.parent)], env=client.settings)
    expect(done.exit == 0 and done.out == "free\n", done)


def test_a_pod_shares_its_namespaces(t):
    client = podman()
    pod = client.ok("pod", "create", "--infra-command", "/bin/sleep 1000", "--infra-image", IMAGE, "--share", "ipc,uts,pid",
                    "--cgroup-parent", client.place.parent).strip()
    try:
        one, two = (client.run("--pod", pod, IMAGE, "sh", "-c", "readlink /proc/self/ns/ipc; readlink /proc/self/ns/pid")
                    for _ in range(2))
        expect(one == two, f"{one}{two}")
    finally:
        client.ok("pod", "rm", "-f", "-t", "0", pod)


def test_a_root_of_a_directory(t):
    client = podman()
    expect(client.run("--rootfs", client.place.dir / "box", "echo", "rooted") == "rooted\n")


def test_info_knows_the_runtime(t):
    runtime = __import__("json").loads(podman().ok("info", "--format", "json"))["host"]["ociRuntime"]
    expect(runtime["path"] == RUNTIME and "version" in runtime["version"], runtime)


def after_all():
    client = podman.client
    if client:
        client("rm", "-fa", "-t", "0")
        # A pod's cgroup is podman's, which removes it in the hierarchies it knows.
        client.place.close(own=lambda name: not name.startswith("libpod-") or "conmon" in name)
