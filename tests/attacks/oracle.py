"""What is looked at from the host, before an attack and after it: files outside of the root, mounts, settings, the
runtime's own program; and of a process what /proc says. Nothing here asks the container.
"""
import hashlib
import os
import pathlib

SETTINGS = ("kernel/core_pattern kernel/hostname kernel/domainname kernel/modprobe kernel/shmmax kernel/msgmax "
            "kernel/sysrq kernel/panic kernel/randomize_va_space vm/overcommit_memory vm/panic_on_oom fs/suid_dumpable "
            "fs/protected_symlinks net/ipv4/ip_forward net/ipv4/conf/all/forwarding net/ipv4/conf/all/route_localnet "
            "net/ipv4/ip_unprivileged_port_start net/core/somaxconn fs/mqueue/msg_max").split()


def plant(folder):
    """Files outside of the container's root that an attack must neither change nor read."""
    folder.mkdir(mode=0o755)
    (folder / "secret").write_text("the host's secret\n")
    (folder / "secret").chmod(0o600)
    (folder / "tool").write_text("#!/bin/sh\necho the host's tool\n")
    (folder / "tool").chmod(0o755)
    (folder / "empty").write_text("")
    (folder / "directory").mkdir()
    (folder / "directory/file").write_text("a file\n")
    (folder / "link").symlink_to("secret")
    os.mkfifo(folder / "fifo")
    os.setxattr(folder / "tool", "trusted.canary", b"sings")
    for path in folder.rglob("*"):
        if not path.is_symlink():
            os.utime(path, (1_000_000_000, 1_000_000_000))
    os.utime(folder, (1_000_000_000, 1_000_000_000))


def tree(folder):
    """{path: everything about it} of a tree, itself included."""
    out = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        status = path.lstat()
        facts = [oct(status.st_mode), status.st_uid, status.st_gid, status.st_nlink, status.st_rdev, status.st_mtime_ns]
        facts += [(name, os.getxattr(path, name, follow_symlinks=False))
                  for name in os.listxattr(path, follow_symlinks=False)]
        if path.is_symlink():
            facts.append(os.readlink(path))
        elif path.is_file():
            facts.append(hashlib.sha256(path.read_bytes()).hexdigest())
        out[str(path)] = facts
    return out


def mounts():
    """mountinfo's lines, without their numbers, which change."""
    return sorted(" ".join(line.split()[2:]) for line in open("/proc/self/mountinfo"))


def settings():
    out = {}
    for name in SETTINGS:
        try:
            out[name] = pathlib.Path("/proc/sys", name).read_text()
        except OSError:
            pass
    return out


def program(path):
    return hashlib.sha256(pathlib.Path(path).read_bytes()).hexdigest()


def differences(before, after):
    """What changed, in words."""
    return [f"{'new' if key not in before else 'gone' if key not in after else 'changed'}: {key}"
            for key in sorted({*before, *after}) if before.get(key) != after.get(key)]


class Process:
    """What the host sees of a process."""

    def __init__(self, pid):
        self.pid = pid
        self.status = dict(line.rstrip("\n").split(":\t", 1) for line in open(f"/proc/{pid}/status") if ":\t" in line)

    def capabilities(self):
        return {name: int(self.status["Cap" + name], 16) for name in ("Inh", "Prm", "Eff", "Bnd", "Amb")}

    def ids(self, kind="Uid"):
        return [int(word) for word in self.status[kind].split()]

    def groups(self):
        return sorted(int(word) for word in self.status["Groups"].split())

    def number(self, name):
        return int(self.status[name].split()[0])

    def namespace(self, name):
        return os.readlink(f"/proc/{self.pid}/ns/{name}")

    def namespaces(self):
        return {name: self.namespace(name) for name in ("mnt", "pid", "net", "ipc", "uts", "user", "cgroup")}

    def cgroups(self):
        return {line.split(":")[1]: line.rstrip("\n").split(":", 2)[2] for line in open(f"/proc/{self.pid}/cgroup")}

    def mounts(self):
        """[(the path within the file system, the place, options, kind, source)]"""
        out = []
        for line in open(f"/proc/{self.pid}/mountinfo"):
            words = line.split()
            rest = words[words.index("-") + 1:]
            out.append((words[3], words[4], words[5].split(","), rest[0], rest[1]))
        return out

    def mount_at(self, place):
        found = [entry for entry in self.mounts() if entry[1] == place]
        return found[-1] if found else None
