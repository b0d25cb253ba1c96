"""linux.netDevices: devices of the host that move into the container."""
import json
import subprocess

from bundles import Bundle, spec, with_user_namespace, without_namespace
from phialtest import Skip, expect


def ip(*words):
    return subprocess.run(["ip", *words], capture_output=True, text=True)


def pair(name, *addresses):
    """A veth with addresses; its peer, of the same name with a p, ends with it."""
    made = ip("link", "add", name, "type", "veth", "peer", "name", name + "p")
    if made.returncode != 0:
        raise Skip(f"this host makes no veth devices: {made.stderr.strip()}")
    for address in addresses:
        ip("address", "add", address, "dev", name)


def inside(bundle, config):
    out = bundle.run(config, "ip -o link; ip -o addr")
    return out


def test_moves_with_addresses_and_attributes(t):
    bundle = Bundle(t)
    names = ["phialta", "phialtb", "phialtc", "phialtd"]  # a namespace takes its time to end, and its devices with it
    try:
        for name, change in zip(names, (lambda config: config, with_user_namespace)):
            pair(name, "192.0.2.7/24", "2001:db8::7/64")
            ip("link", "set", name, "mtu", "1400", "address", "02:00:00:00:00:07", "up")
            ip("link", "set", name + "p", "up")
            ip("address", "add", "192.0.2.8/32", "scope", "link", "dev", name)
            config = change(spec())
            config["linux"]["netDevices"] = {name: {"name": "eth7"}}
            out = inside(bundle, config)
            link = next(line for line in out.splitlines() if "eth7" in line)
            expect("mtu 1400" in link and "UP" in link and "02:00:00:00:00:07" in out, out)
            expect("192.0.2.7/24" in out and "2001:db8::7/64" in out and "192.0.2.8" not in out, out)
            expect(ip("link", "show", name).returncode != 0, "it is not the host's any more")
        pair("phialtc")
        config = spec()
        config["linux"]["netDevices"] = {"phialtc": {}}
        expect("phialtc" in inside(bundle, config))
        pair("phialtd", "192.0.2.9/30")
        config["linux"]["netDevices"] = {"phialtd": {"name": "net%d"}}
        out = inside(bundle, config)
        expect("net0" in out and "192.0.2.9/30" in out, out)
    finally:
        for name in names:
            ip("link", "del", name)
            ip("link", "del", name + "p")


def test_what_cannot_move_is_refused(t):
    bundle = Bundle(t)
    config = spec()
    config["linux"]["netDevices"] = {"phial-none": {}}
    bundle.refuses(config, "linux.netDevices.phial-none")
    config = without_namespace(spec(), "network")
    config["linux"]["netDevices"] = {"lo": {}}
    bundle.refuses(config, "linux.netDevices", "network namespace")
    config = spec()
    config["linux"]["netDevices"] = {"phialt1": {"name": "a/b"}}
    bundle.refuses(config, "linux.netDevices.phialt1.name")
    try:
        pair("phialt1")
        config["linux"]["netDevices"] = {"phialt1": {"name": "lo"}}
        bundle.refuses(config, "EEXIST")
        expect(ip("link", "show", "phialt1").returncode == 0, "it is still the host's")
    finally:
        ip("link", "del", "phialt1")
