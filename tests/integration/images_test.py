"""Images: in from archives, directories and other engines; names; removal; many layers; a whole Debian."""
import gzip
import hashlib
import io
import json
import os
import pathlib
import shutil
import subprocess
import tarfile

from phialtest import Skip, expect


def add(tar, name, data=b"", mode=0o644, kind=tarfile.REGTYPE):
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.type = len(data), mode, kind
    tar.addfile(info, io.BytesIO(data))


def layer(files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in files.items():
            add(tar, name, data, 0o755 if name.startswith("bin/") else 0o644)
    return out.getvalue()


def digest(data):
    return hashlib.sha256(data).hexdigest()


def docker_archive(path, layers, tag, config):
    """What `docker save` writes."""
    document = json.dumps({"architecture": "amd64", "os": "linux", "config": config,
                           "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest(data) for data in layers]}}).encode()
    with tarfile.open(path, "w") as tar:
        for data in layers:
            add(tar, f"{digest(data)}/layer.tar", data)
        add(tar, digest(document) + ".json", document)
        add(tar, "manifest.json", json.dumps([{"Config": digest(document) + ".json", "RepoTags": [tag],
                                               "Layers": [f"{digest(data)}/layer.tar" for data in layers]}]).encode())


def busybox():
    return pathlib.Path("/bin/busybox").read_bytes()


def test_many_layers(t):
    layers = [layer({"bin/sh": busybox(), "bin/cat": busybox(), "bin/ls": busybox()})]
    layers += [layer({f"layer/{number}": b"%d\n" % number, "top": b"%d\n" % number}) for number in range(1, 60)]
    layers.append(layer({"layer/.wh.7": b"", "added": b""}))
    docker_archive(t.dir / "many.tar", layers, "many:1", {"Cmd": ["cat", "/top"], "Env": ["PATH=/bin"]})
    expect("many:1" in t.ok("load", "-i", t.dir / "many.tar"))
    expect(t.ok("run", "--rm", "many:1") == "59\n")
    expect(len(t.ok("run", "--rm", "many:1", "ls", "/layer").split()) == 58, "a whiteout in the last layer hides a file")


def test_oci_archive(t):
    data = layer({"bin/sh": busybox()})
    config = json.dumps({"architecture": "amd64", "os": "linux", "config": {"Cmd": ["sh", "-c", "echo from oci"]},
                         "rootfs": {"type": "layers", "diff_ids": ["sha256:" + digest(data)]}}).encode()
    packed = gzip.compress(data)
    kind = "application/vnd.oci.image."
    manifest = json.dumps({
        "schemaVersion": 2, "mediaType": kind + "manifest.v1+json",
        "config": {"mediaType": kind + "config.v1+json", "digest": "sha256:" + digest(config), "size": len(config)},
        "layers": [{"mediaType": kind + "layer.v1.tar+gzip", "digest": "sha256:" + digest(packed), "size": len(packed)}],
    }).encode()
    index = json.dumps({"schemaVersion": 2, "manifests": [{
        "mediaType": kind + "manifest.v1+json", "digest": "sha256:" + digest(manifest), "size": len(manifest),
        "annotations": {"org.opencontainers.image.ref.name": "one:2"}}]}).encode()
    with tarfile.open(t.dir / "one.oci", "w") as tar:
        add(tar, "oci-layout", b'{"imageLayoutVersion":"1.0.0"}')
        add(tar, "index.json", index)
        for blob in (config, manifest, packed):
            add(tar, "blobs/sha256/" + digest(blob), blob)
    t.ok("load", "-i", t.dir / "one.oci")
    expect(t.ok("run", "--rm", "one:2") == "from oci\n")


def test_import_of_a_directory_and_a_tar(t):
    tree = t.dir / "tree"
    (tree / "bin").mkdir(parents=True)
    shutil.copy("/bin/busybox", tree / "bin/sh")
    t.ok("import", tree, "from-dir")
    expect(t.ok("run", "--rm", "from-dir", "sh", "-c", "echo $0") == "sh\n")
    with tarfile.open(t.dir / "tree.tar.gz", "w:gz") as tar:
        tar.add(tree, ".")
    t.ok("import", "--change", 'CMD ["sh", "-c", "echo imported"]', t.dir / "tree.tar.gz", "from-tar:2")
    expect(t.ok("run", "--rm", "from-tar:2") == "imported\n")


def test_names(t):
    t.ok("run", "--rm", "busybox", "true")
    t.ok("tag", "busybox", "copy:v1")
    listed = t.ok("images", "--format", "{{.Repository}}:{{.Tag}}").split()
    expect(sorted(listed) == ["busybox:latest", "copy:v1"], listed)
    expect(t.phial("image", "inspect", "copy:v1").json[0]["RepoTags"], "inspect")
    t.ok("rmi", "copy:v1")
    expect(t.ok("images", "-q").split() and "copy" not in t.ok("images"))
    t.fails(1, "rmi", "copy:v1", err="copy:v1")
    t.fails(1, "tag", "no-such", "x", err="no-such")


def test_an_image_in_use_stays(t):
    t.ok("create", "--name", "user", "busybox", "true")
    t.fails(1, "rmi", "busybox", err="user")
    t.ok("rm", "user")
    t.ok("rmi", "busybox")
    expect(t.ok("images", "-q") == "")


def test_malformed_archives_are_refused_whole(t):
    good = [layer({"bin/sh": busybox()})]
    docker_archive(t.dir / "good.tar", good, "good:1", {})
    whole = (t.dir / "good.tar").read_bytes()
    for name, data in (("empty", b""), ("noise", b"\x00\x01noise" * 1000), ("cut", whole[: len(whole) // 2]),
                       ("changed", whole.replace(b"BusyBox", b"busyBOX", 1))):
        (t.dir / name).write_bytes(data)
        done = t.phial("load", "-i", t.dir / name)
        expect(done.exit == 1 and name in done.err, done)
    expect(t.ok("images", "-q") == "")
    layers = t.root / "layers"
    expect(not layers.exists() or list(layers.iterdir()) == [], "a layer of a refused image stayed")


def test_a_debian_root(t):
    if not shutil.which("debootstrap"):
        raise Skip("debootstrap is not installed")
    if os.environ.get("PHIAL_VM"):
        raise Skip("the virtual machine has no network to fetch a Debian by")
    tree = t.dir / "debian"
    done = subprocess.run(["debootstrap", "--variant=minbase", "bookworm", str(tree)], capture_output=True)
    if done.returncode != 0:
        raise Skip("no Debian mirror can be reached")
    t.ok("import", tree, "debian", seconds=300)
    shutil.rmtree(tree)
    expect("12" in t.ok("run", "--rm", "debian", "bash", "-c", ". /etc/os-release; echo $VERSION_ID; dpkg -l | wc -l"))
