"""The examples that come with the runtime-spec's JSON schemas: those in `good` are read, those in `bad` are refused.

PHIAL_SCHEMAS names the directory with the schemas of runtime-spec; without it they are looked for beside the checkout.
"""
import json
import os
import pathlib

from phialtest import PHIAL_OCI, TREE, Skip, command, expect


def examples(kind):
    given = os.environ.get("PHIAL_SCHEMAS")
    places = [pathlib.Path(given)] if given else [parent / "shared/schemas/runtime-spec" for parent in TREE.parents]
    for place in places:
        if (place / "test/config").is_dir():
            return sorted((place / "test/config" / kind).glob("*.json"))
    raise Skip("the runtime-spec's schemas are not there; PHIAL_SCHEMAS names their directory")


def explain(t, path):
    """Whether the document is read: `explain` compiles it and makes nothing."""
    bundle = t.dir / path.stem
    (bundle / "rootfs").mkdir(parents=True)
    text = path.read_text()
    try:  # the root is the only thing of the bundle's own that has to be there
        config = json.loads(text)
        if "root" in config:
            config["root"]["path"] = "rootfs"
            text = json.dumps(config)
    except json.JSONDecodeError:
        pass
    (bundle / "config.json").write_text(text)
    return command([PHIAL_OCI, "explain", "-b", bundle])


# What an example asks of the host, which may not have it; the document itself is in order.
HOSTS = ("AppArmor", "SELinux", "resctrl", "is required to start the container", "no network device", "does not exist",
         "controller", "namespace of its own", "needs the", "root: is required")


def test_good_examples_are_read(t):
    for path in examples("good"):
        done = explain(t, path)
        expect(done.exit == 0 or any(word in done.err for word in HOSTS), f"{path.name}: {done}")


def test_bad_examples_are_refused(t):
    for path in examples("bad"):
        done = explain(t, path)
        expect(done.exit != 0 and "config.json" in done.err, f"{path.name}: {done}")
