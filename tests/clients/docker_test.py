"""The docker engine with `--add-runtime phial=...` as its default runtime, and a containerd of its own."""
import json
import os

import scenarios
from client import DRIVER, RUNTIME, Place, Skip, expect, once, program, wait_until
from scenarios import IMAGE


class Docker(scenarios.Client):
    name = "docker"
    health_interval = "1s"
    missing = (126, 127)  # versions before 23 say 126 for all that exec cannot do

    def __init__(self):
        daemon, containerd, self.path = program("dockerd"), program("containerd"), program("docker")
        self.place = Place("docker")
        here = self.place.dir
        config = here / "containerd.toml"
        config.write_text(f"""version = 2
root = "{here}/containerd"
state = "{here}/containerd-state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
address = "{here}/containerd.sock"
""")
        self.place.daemon([containerd, "-c", config], here / "containerd.sock")
        settings = here / "daemon.json"
        settings.write_text(json.dumps({"runtimes": {"phial": {"path": RUNTIME}}, "default-runtime": "phial"}))
        self.place.daemon(
            [daemon, "--config-file", settings, "--data-root", here / "data", "--exec-root", here / "exec", "--pidfile",
             here / "docker.pid", "--host", f"unix://{here}/docker.sock", "--containerd", here / "containerd.sock",
             "--iptables=false", "--ip6tables=false", "--bridge=none", "--exec-opt", f"native.cgroupdriver={DRIVER}",
             "--cgroup-parent", self.place.parent], here / "docker.sock")
        self.settings = {**os.environ, "DOCKER_CONFIG": str(here / "config"), "DOCKER_HOST": f"unix://{here}/docker.sock"}
        wait_until(lambda: self("version").exit == 0, "dockerd's answer", 60)
        self.ok("import", "-c", "CMD [\"sh\"]", self.place.tar(), IMAGE)

    def words(self, *words):
        words = list(words)
        if words[0] in ("run", "create") and not any("--net" in str(word) for word in words):
            words[1:1] = ["--network", "none"]
        return [self.path, *words]

    def health(self, name, wanted, _):
        wait_until(lambda: self.inspect(name)["State"]["Health"]["Status"] == wanted, f"{name} being {wanted}", 60)

    def container_cgroups(self):
        return [path for path in self.place.cgroups() if os.path.basename(path) != self.place.cgroup]


docker = once(Docker)


globals().update(scenarios.tests(docker))


def test_oom_is_reported(t):
    client = docker()
    name = client.ok("run", "-d", "-m", "16m", "--memory-swap", "16m", IMAGE, "tail", "/dev/zero").strip()
    client.ok("wait", name)
    wait_until(lambda: client.inspect(name)["State"]["OOMKilled"], "OOMKilled")
    client.removed(name)


def test_info_knows_the_runtime(t):
    info = json.loads(docker().ok("info", "--format", "{{json .}}"))
    expect(info["DefaultRuntime"] == "phial" and info["Runtimes"]["phial"]["path"] == RUNTIME, info["Runtimes"])


def test_a_restart_policy_starts_it_again(t):
    client = docker()
    name = client.ok("run", "-d", "--restart", "on-failure:2", IMAGE, "sh", "-c", "echo once; exit 1").strip()
    wait_until(lambda: client.inspect(name)["RestartCount"] == 2, "two restarts")
    wait_until(lambda: client.ok("logs", name).count("once") == 3, "three lines")
    client.removed(name)


def after_all():
    client = docker.client
    if client:
        left = client.ok("ps", "-aq").split()
        if left:
            client("rm", "-f", *left)
        client.place.close()
