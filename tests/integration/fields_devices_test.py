"""linux.devices: every type, with mode and owner, in and out of /dev, where something is there already."""
import os

from bundles import Bundle, all_capabilities, spec, with_user_namespace
from phialtest import expect


def device(path, kind="c", major=1, minor=3, **more):
    entry = {"path": path, "type": kind, **more}
    return entry if kind == "p" else {**entry, "major": major, "minor": minor}


def test_types_modes_and_owners(t):
    bundle = Bundle(t)
    config = spec()
    config["linux"]["devices"] = [
        device("/dev/mychar", fileMode=0o640, uid=12, gid=34),
        device("/dev/mychar2", "u", 1, 5, fileMode=0o20600),
        device("/dev/deep/er/block", "b", 7, 200, fileMode=0o660),
        device("/elsewhere/pipe", "p", fileMode=0o622, uid=5),
        device("/dev/usual", minor=9),
    ]
    out = bundle.run(config, "stat -c '%n %F %a %u:%g %t:%T' /dev/mychar /dev/mychar2 /dev/deep/er/block "
                     "/elsewhere/pipe /dev/usual")
    expect(out.splitlines() == [
        "/dev/mychar character special file 640 12:34 1:3", "/dev/mychar2 character special file 600 0:0 1:5",
        "/dev/deep/er/block block special file 660 0:0 7:c8", "/elsewhere/pipe fifo 622 5:0 0:0",
        "/dev/usual character special file 666 0:0 1:9"], out)


def test_something_is_there_already(t):
    """The same device is taken, with the mode and owner asked for; anything else is an error."""
    bundle = Bundle(t)
    os.mknod(bundle.root / "mine", 0o20600, os.makedev(1, 3))
    (bundle.root / "other").write_text("")
    os.mknod(bundle.root / "wrong", 0o20600, os.makedev(1, 5))
    config = spec()
    config["linux"]["devices"] = [device("/mine", fileMode=0o640, uid=7)]
    expect(bundle.run(config, "stat -c '%a %u %t:%T' /mine").strip() == "640 7 1:3")
    for path in ("/other", "/wrong", "/bin"):
        config["linux"]["devices"] = [device(path)]
        done = bundle.refuses(config, "EEXIST", "linux.devices[0]")
        expect(path in done.err, done)


def test_default_devices_can_be_had_otherwise(t):
    bundle = Bundle(t)
    config = spec()
    config["linux"]["devices"] = [device("/dev/null", minor=3, fileMode=0o600, uid=3)]
    expect(bundle.run(config, "stat -c '%a %u %t:%T' /dev/null /dev/zero").split("\n")[:2] == [
        "600 3 1:3", "666 0 1:5"])


def test_in_a_user_namespace(t):
    """Nobody makes devices there: the host's are put over files. Pipes can be made."""
    bundle = Bundle(t)
    config = with_user_namespace(spec())
    config["linux"]["devices"] = [device("/dev/kmsg", "c", 1, 11), device("/dev/pipe", "p", fileMode=0o600, uid=9)]
    out = bundle.run(config, "stat -c '%F %t:%T' /dev/null /dev/kmsg; stat -c '%F %a %u' /dev/pipe; echo x >/dev/null")
    expect(out.splitlines() == ["character special file 1:3", "character special file 1:b", "fifo 600 9"], out)
    config["linux"]["devices"] = [device("/dev/phial-has-none", "c", 1, 200)]
    bundle.refuses(config, "linux.devices[0]", "/dev/phial-has-none")


def test_rules(t):
    """Nodes the container makes itself open only where a rule allows it; the default devices always do."""
    bundle = Bundle(t)
    config = all_capabilities(spec())
    script = ("rm -f /tmp/m /tmp/b; mknod /tmp/m c 1 11 && (head -c 1 /tmp/m >/dev/null 2>&1 && echo kmsg || echo no); "
              "head -c 1 /dev/zero | wc -c; mknod /tmp/b b 7 200 && echo made")
    expect(bundle.run(config, script).split() == ["no", "1", "made"], "only the defaults are allowed")
    config["linux"]["resources"]["devices"].append({"allow": True, "type": "c", "major": 1, "minor": 11,
                                                    "access": "r"})
    expect(bundle.run(config, script).split()[0] == "kmsg")
    config["linux"]["resources"]["devices"] = [{"allow": True, "access": "rwm"},
                                               {"allow": False, "type": "c", "major": 1, "minor": 11, "access": "r"}]
    expect(bundle.run(config, script).split()[0] == "no")


def test_ptmx_is_the_containers_own_whatever_is_asked(t):
    """A privileged container asks for every device of the host, /dev/ptmx too."""
    config = spec()
    config["linux"]["devices"] = [{"path": "/dev/ptmx", "type": "c", "major": 5, "minor": 2, "fileMode": 0o666}]
    expect(Bundle(t).run(config, "readlink /dev/ptmx") == "pts/ptmx\n")
