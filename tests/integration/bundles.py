"""Bundles for the tests of phial-oci: a root with busybox, a config.json that a test changes, and what came of it.

`spec()` is runc's default config.json without a terminal; `Bundle(t).run(spec, script)` writes it and runs the container.
"""
import json
import os
import pathlib
import shutil
import subprocess

from phialtest import PHIAL_OCI, Skip, command, expect

BUSYBOX = "/bin/busybox"
CAPABILITIES = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
_NAMES = (
    "CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE "
    "NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN "
    "SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE "
    "MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE").split()


def own_capabilities():
    """What this process has: no container can have more."""
    line = next(line for line in open("/proc/self/status") if line.startswith("CapPrm"))
    mask = int(line.split()[1], 16)
    return ["CAP_" + name for number, name in enumerate(_NAMES) if mask >> number & 1]


def spec():
    """A config.json as `phial-oci spec` has it, for a program that is no terminal's."""
    return {
        "ociVersion": "1.3.0",
        "process": {
            "user": {"uid": 0, "gid": 0},
            "args": ["/bin/sh"],
            "env": ["PATH=/bin:/sbin"],
            "cwd": "/",
            "capabilities": {name: list(CAPABILITIES) for name in ("bounding", "effective", "permitted")},
            "noNewPrivileges": True,
        },
        "root": {"path": "rootfs", "readonly": False},
        "mounts": [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs",
             "options": ["nosuid", "strictatime", "mode=755", "size=65536k"]},
            {"destination": "/dev/pts", "type": "devpts", "source": "devpts",
             "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"]},
            {"destination": "/dev/shm", "type": "tmpfs", "source": "shm",
             "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]},
            {"destination": "/sys", "type": "sysfs", "source": "sysfs", "options": ["nosuid", "noexec", "nodev", "ro"]},
        ],
        "linux": {
            "namespaces": [{"type": name} for name in ("pid", "network", "ipc", "uts", "mount", "cgroup")],
            "resources": {"devices": [{"allow": False, "access": "rwm"}]},
        },
    }


def all_capabilities(config):
    config["process"]["capabilities"] = {name: own_capabilities() for name in ("bounding", "effective", "permitted")}
    return config


def with_user_namespace(config, first=100000, size=65536):
    config["linux"]["namespaces"].append({"type": "user"})
    for kind in ("uidMappings", "gidMappings"):
        config["linux"][kind] = [{"containerID": 0, "hostID": first, "size": size}]
    return config


def without_namespace(config, name):
    config["linux"]["namespaces"] = [entry for entry in config["linux"]["namespaces"] if entry["type"] != name]
    return config


class Bundle:
    """A bundle below the test's directory. `root` is its root file system, writable for everybody who is mapped."""

    def __init__(self, t, name="bundle"):
        if not pathlib.Path(BUSYBOX).exists():
            raise Skip(f"there is no {BUSYBOX}")
        self.t = t
        self.dir = t.dir / name
        self.root = self.dir / "rootfs"
        for directory in ("bin", "dev", "proc", "sys", "tmp", "etc"):
            (self.root / directory).mkdir(parents=True)
        shutil.copy(BUSYBOX, self.root / "bin/busybox")
        for word in subprocess.run([BUSYBOX, "--list"], capture_output=True, text=True, check=True).stdout.split():
            if word != "busybox":
                os.link(self.root / "bin/busybox", self.root / "bin" / word)
        self.counter = 0

    def write(self, config):
        (self.dir / "config.json").write_text(json.dumps(config))

    def try_run(self, config, script=None, **more):
        """phial-oci run; what came of it is the caller's to judge."""
        if script is not None:
            config["process"]["args"] = ["/bin/sh", "-c", script]
        self.write(config)
        self.counter += 1
        return command([PHIAL_OCI, "--root", self.t.state, "run", "-b", self.dir, f"{self.t.dir.name}-{self.counter}"],
                       **more)

    def run(self, config, script=None, **more):
        """The output of a container that has to succeed."""
        done = self.try_run(config, script, **more)
        expect(done.exit == 0, f"should have succeeded: {done}")
        return done.out

    def refuses(self, config, *texts):
        """The bundle is refused before a container is made, with each of the texts in the message."""
        done = self.try_run(config, "echo ran")
        expect(done.exit == 1 and "ran" not in done.out, f"should have been refused: {done}")
        for text in texts:
            expect(text in done.err, f"should have said {text!r}: {done}")
        return done

    def explain(self, config):
        self.write(config)
        done = command([PHIAL_OCI, "explain", "-b", self.dir])
        expect(done.exit == 0, done)
        return done.out
