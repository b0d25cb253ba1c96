"""linux.seccomp with a listener: who gets the descriptor, what is said of the container, whose answers hold."""
import array
import errno
import fcntl
import json
import os
import select
import socket
import struct
import threading

from bundles import Bundle, all_capabilities, spec, with_user_namespace
from phialtest import SLOW, expect

RECEIVE, SEND = 0xC0502100, 0xC0182101  # SECCOMP_IOCTL_NOTIF_RECV, _SEND


class Listener(threading.Thread):
    """Accepts one connection, takes the descriptor and answers every call with ENOMSG until the container has ended."""

    def __init__(self, path):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.bind(str(path))
        self.socket.listen(1)
        self.socket.settimeout(30 * SLOW)
        self.told, self.pids, self.seen = None, [], 0
        self.start()

    def run(self):
        connection, _ = self.socket.accept()
        text, control, _, _ = connection.recvmsg(65536, socket.CMSG_SPACE(4))
        self.told = json.loads(text)
        self.seen_pid = self.told["pid"]
        descriptor = array.array("i", control[0][2])[0]
        ready = select.poll()
        ready.register(descriptor, select.POLLIN)
        try:
            # POLLHUP: nobody uses the filter any more. Before Linux 6.11 the reading itself would wait for ever.
            while any(events & select.POLLIN for _, events in ready.poll(30_000 * SLOW)):
                request = bytearray(80)
                fcntl.ioctl(descriptor, RECEIVE, request)
                number, pid = struct.unpack_from("=QI", request)
                self.seen += 1
                self.pids.append(pid)
                fcntl.ioctl(descriptor, SEND, bytearray(struct.pack("=QqiI", number, 0, -errno.ENOMSG, 0)))
        except OSError:  # it ended between the two
            pass
        os.close(descriptor)


def profile(path, *names):
    return {"defaultAction": "SCMP_ACT_ALLOW", "listenerPath": str(path), "listenerMetadata": "for \"the\" agent",
            "flags": ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", "SECCOMP_FILTER_FLAG_TSYNC"],
            "syscalls": [{"names": list(names), "action": "SCMP_ACT_NOTIFY"}]}


def test_listener(t):
    for number, change in enumerate((lambda config: config, with_user_namespace, all_capabilities)):
        bundle = Bundle(t, f"bundle{number}")
        config = change(spec())
        if number == 2:  # without no_new_privs, and as somebody else
            config["process"]["noNewPrivileges"] = False
            config["process"]["user"] = {"uid": 1000, "gid": 1000}
        path = t.dir / f"listener{number}"
        listener = Listener(path)
        config["annotations"] = {"org.example.key": "value"}
        config["linux"]["seccomp"] = profile(path, "mkdir", "mkdirat")
        out = bundle.run(config, "mkdir /tmp/x 2>&1; ls /tmp; ls /proc/self/fd")
        listener.join(30 * SLOW)
        expect("No message" in out and "0\n1\n2\n3\n" in out, out)
        told = listener.told
        expect(listener.seen == 1 and told["fds"] == ["seccompFd"], told)
        expect(told["metadata"] == 'for "the" agent' and told["ociVersion"] == "1.3.0", told)
        state = told["state"]
        expect(state["id"] == f"{t.dir.name}-1" and state["bundle"] == str(bundle.dir), told)
        expect(state["annotations"] == config["annotations"], told)
        expect(told["pid"] == state["pid"] and told["pid"] > 1 and state["status"] == "creating", told)


def test_listener_that_cannot_work_is_refused(t):
    bundle = Bundle(t)
    config = spec()
    config["linux"]["seccomp"] = profile(t.dir / "none", "sendmsg")
    bundle.refuses(config, "sendmsg has to be allowed")
    config["linux"]["seccomp"] = profile(t.dir / "none", "mkdir")
    config["linux"]["seccomp"]["defaultAction"] = "SCMP_ACT_ERRNO"
    bundle.refuses(config, "sendmsg has to be allowed")
    config["linux"]["seccomp"] = profile(t.dir / "none", "mkdir")
    bundle.refuses(config, "connect", "ENOENT")
    config["linux"]["seccomp"] = profile("/" + "x" * 200, "mkdir")
    bundle.refuses(config, "linux.seccomp.listenerPath", "107")


def test_filter_need_not_allow_what_the_init_does(t):
    """With no_new_privs the filter is loaded last: of the init's own calls only execve has to pass it."""
    bundle = Bundle(t)
    config = spec()
    config["linux"]["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [
        {"names": ["close_range", "capset", "sendmsg"], "action": "SCMP_ACT_KILL_PROCESS"}]}
    expect(bundle.run(config, "echo ran") == "ran\n")


def test_every_flag_is_taken(t):
    bundle = Bundle(t)
    config = spec()
    for flags in ([], ["SECCOMP_FILTER_FLAG_LOG"], ["SECCOMP_FILTER_FLAG_SPEC_ALLOW"], ["SECCOMP_FILTER_FLAG_TSYNC"],
                  ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]):
        config["linux"]["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "flags": flags, "syscalls": [
            {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 42}]}
        expect("No message" in bundle.run(config, "mkdir /tmp/x 2>&1; true"), flags)
    config["linux"]["seccomp"]["flags"] = ["SECCOMP_FILTER_FLAG_NEW"]
    bundle.refuses(config, "linux.seccomp.flags[0]")
