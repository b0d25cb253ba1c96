"""Images and layers that are out for something while they are loaded, imported, unpacked and run by phial."""
import gzip
import hashlib
import io
import json
import os
import shutil
import tarfile
import time

import oracle
from harness import LIMIT, TOOLS, attack
from phialtest import PHIAL
from room import call

# The unpacker's cage opened: no root of its own, no filter, and names resolved as any path.
UNCAGED = "pivot_root:skip=0 umount2:skip=0 move_mount:skip=0 prctl,a0==22:skip=0 seccomp:skip=0"
LOOSE = UNCAGED + " openat2,s2+16&0x10:s2+16=0"


DEFAULT = object()


class Store:
    """phial with a store of the attack's own."""

    def __init__(self, room):
        self.room = room
        room.unlooked.add("mounts")  # a container that runs is not what these are about

    def __call__(self, *words, **more):
        rules = self.room.job.rules
        around = [TOOLS / "meddle", "--log", self.room.meddled, *rules, "--"] if rules else []
        done = call([*around, PHIAL, "--root", self.room.top / "root", "--state", self.room.top / "phial-state", *words], **more)
        self.room.last = done.err.strip() or f"exit status {done.exit}"
        if done.exit == 0:
            self.room.ran = True
        return done

    def load(self, entries, name="hostile:1", config=None, **more):
        return self.load_layers([entries], name, config, **more)

    def load_layers(self, layers, name="hostile:1", config=None, **more):
        blobs = [pack(entries) if isinstance(entries, list) else entries for entries in layers]
        path = self.room.top / "image.tar"
        archive(path, blobs, name, config or {})
        return self("load", "-i", path, **more)

    def clear(self):
        for place in ("root", "phial-state"):
            shutil.rmtree(self.room.top / place, ignore_errors=True)


def entry(name, kind=tarfile.REGTYPE, data=b"x\n", mode=0o644, link="", pax=None, device=(0, 0), uid=0):
    info = tarfile.TarInfo(name)
    info.type, info.mode, info.linkname, info.uid, info.gid = kind, mode, link, uid, uid
    info.size = len(data) if kind == tarfile.REGTYPE else 0
    info.pax_headers = pax or {}
    info.devmajor, info.devminor = device
    return info, data


def directory(name, **more):
    return entry(name, tarfile.DIRTYPE, mode=0o755, **more)


def symlink(name, target, **more):
    return entry(name, tarfile.SYMTYPE, link=str(target), **more)


def hardlink(name, target):
    return entry(name, tarfile.LNKTYPE, link=str(target))


def pack(entries):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for info, data in entries:
            tar.addfile(info, io.BytesIO(data) if info.isreg() else None)
    return out.getvalue()


def digest(data):
    return hashlib.sha256(data).hexdigest()


def archive(path, layers, name, config, diff_ids=None, manifest=DEFAULT, extra=()):
    document = json.dumps({"architecture": "amd64", "os": "linux", "config": config, "rootfs": {
        "type": "layers", "diff_ids": diff_ids or ["sha256:" + digest(data) for data in layers]}}).encode()
    with tarfile.open(path, "w") as tar:
        for number, data in enumerate(layers):
            info = tarfile.TarInfo(f"l{number}/layer.tar")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
        listed = manifest if manifest is not DEFAULT else [{"Config": "config.json", "RepoTags": [name],
                               "Layers": [f"l{number}/layer.tar" for number in range(len(layers))]}]
        for file, data in (("config.json", document), ("manifest.json", json.dumps(listed).encode()), *extra):
            info = tarfile.TarInfo(file)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))


def busybox():
    data = open("/bin/busybox", "rb").read()
    return [entry("bin/busybox", data=data, mode=0o755), symlink("bin/sh", "busybox"), symlink("bin/cat", "busybox"),
            symlink("bin/id", "busybox"), symlink("bin/ls", "busybox"), symlink("bin/env", "busybox")]


def each(room, store, cases):
    """Loads each case and looks at the host after it; the store itself may hold nothing but its own."""
    for number, layers in enumerate(cases):
        store.load_layers(layers if isinstance(layers[0], (list, bytes)) else [layers], f"case:{number}")
        room.compare()
        room.check(not (room.top / "escaped").exists(), f"case {number} left the layer")


OUT = ("/tmp/room/outside", "../../../../../../../../../../tmp/room/outside", "../../../../../outside")


@attack("I01", "CVE-2014-9356: entries' names lead out: .., absolute, doubled, long, with a NUL", engine=True)
def names(room):
    store = Store(room)
    shapes = [f"{out}/new" for out in OUT] + [f"a/../{OUT[1]}/new", "//tmp/room/outside/new", "./../../../../../tmp/room/outside/x",
                                              "..", "../", "a/..", "a/../..", "", "/", "./", "a//../../b", "x" * 5000,
                                              "/".join(["d"] * 3000), "a\x00b", "\n", "a/", "a/.", "tmp/../../../../escaped"]
    each(room, store, [[entry(shape)] for shape in shapes if shape])
    each(room, store, [[directory(shape + "/")] for shape in shapes[:6]])


@attack("I02", "CVE-2014-6407, CVE-2015-3629: a link, then what lies below it, in this layer or the next", fires=LOOSE, engine=True)
def links_then_children(room):
    store = Store(room)
    cases = []
    for out in (str(room.outside), OUT[1], "/proc/self/root" + str(room.outside), "/proc/1/root" + str(room.outside)):
        cases.append([symlink("d", out), entry("d/new")])
        cases.append([symlink("d", out), directory("d/sub"), entry("d/sub/new")])
        cases.append([[symlink("d", out)], [entry("d/new")]])
        cases.append([symlink("d", out), entry("d/tool", data=b"changed\n")])
        cases.append([symlink("a", out), symlink("b", "a"), entry("b/new")])
        cases.append([symlink("d", out), entry("d/.wh..wh..opq")])
    each(room, store, cases)


@attack("I03", "CVE-2026-17106: hard links to files outside, then written through", engine=True)
def hard_links(room):
    store = Store(room)
    cases = []
    for out in (str(room.outside), OUT[1]):
        cases += [[hardlink("h", out + "/tool"), entry("h", data=b"changed\n")],
                  [symlink("d", out), hardlink("h", "d/tool"), entry("h", data=b"changed\n")],
                  [symlink("d", out + "/tool"), hardlink("h", "d"), entry("h", data=b"changed\n", mode=0o4777)],
                  [hardlink("h", "/proc/self/exe"), hardlink("k", "../../config.json")]]
    each(room, store, cases)
    for path, facts in oracle.tree(room.outside).items():
        room.check(facts[3] == room.before["files"][path][3], f"{path} has another link")


@attack("I04", "CVE-2021-29136: the root's own entry is a link, a file, a device", fires=LOOSE, engine=True)
def retyped_root(room):
    store = Store(room)
    cases = []
    for name in (".", "./", "/", "a/..", "./."):
        cases += [[symlink(name, room.outside), entry("new")], [entry(name), entry("new")],
                  [hardlink(name, room.outside / "tool")], [entry(name, tarfile.CHRTYPE, device=(1, 3)), entry("new")],
                  [directory(name, uid=77), symlink("d", room.outside), entry("d/new")]]
    each(room, store, cases)


@attack("I05", "CVE-2021-32760: mode, owner, times and attributes follow a link", fires=LOOSE, engine=True)
def metadata_through_links(room):
    store = Store(room)
    pax = {"SCHILY.xattr.user.x": "y", "SCHILY.xattr.trusted.canary": "croaks", "mtime": "5.5"}
    each(room, store, [[symlink("l", room.outside / "tool", mode=0o4777, uid=77, pax=pax)],
                       [symlink("d", room.outside), directory("d", mode=0o777) if False else directory("d/directory", uid=77)],
                       [symlink("d", room.outside), entry("d/fifo", tarfile.FIFOTYPE, uid=77)],
                       [entry("l"), symlink("l", room.outside / "tool", uid=77), entry("l", mode=0o4777, uid=77)]])


@attack("I06", "whiteouts that hide, or remove, what is not the layer's", fires=LOOSE, engine=True)
def whiteouts(room):
    store = Store(room)
    names = (".wh.", ".wh..", ".wh...", ".wh./", ".wh.a/b", ".wh..wh..opq", ".wh..wh.plnk", ".wh..wh..opq/x", ".wh.\n", ".wh.tool",
             ".wh.directory", ".wh.secret")
    cases = [[entry(name)] for name in names] + [[entry("d/" + name)] for name in names]
    cases += [[symlink("d", room.outside), entry("d/" + name)] for name in names]
    cases += [[[symlink("d", room.outside)], [entry("d/" + name)]] for name in names[-3:]]
    each(room, store, cases)


@attack("I07", "attributes and nodes that overlayfs believes: redirect, opaque, metacopy, 0:0", engine=True,
        fires="fsetxattr,a1~user.plain:t1=trusted.overlay.redirect")
def overlay_attributes(room):
    store = Store(room)
    for prefix in ("trusted.overlay.", "user.overlay."):
        for name, value in (("redirect", "/../../../../outside"), ("metacopy", "\x00"), ("opaque", "y"), ("origin", "x")):
            store.load([directory("d", pax={"SCHILY.xattr." + prefix + name: value, "SCHILY.xattr.user.plain": "y"}),
                        entry("f", pax={"SCHILY.xattr." + prefix + name: value})])
            room.compare()
            for path in (room.top / "root").rglob("*"):
                if path.name in ("d", "f") and not path.is_symlink():
                    held = [key for key in os.listxattr(path, follow_symlinks=False) if "overlay" in key]
                    room.check(not held, f"{path} has {held}")
    store.load([entry("w", tarfile.CHRTYPE, device=(0, 0))], "forged:1")
    for path in (room.top / "root").rglob("w"):
        room.check(False, f"a forged whiteout was made: {path}")


@attack("I09", "CVE-2017-14992: bombs: gzip, sparse files, endless headers, entries without end", fires=(), engine=True, seconds=120)
def bombs(room):
    import resource
    store = Store(room)
    zeros = gzip.compress(b"\0" * (64 << 20), 9)
    sparse = entry("s", data=b"x", pax={"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.size": str(1 << 60),
                                        "GNU.sparse.map": "0,1"})
    header = entry("h", pax={"comment": "c" * (32 << 20)})
    huge = bytearray(pack([entry("big")]))
    huge[124:136] = b"77777777777\0"
    checksum = sum(huge[:148]) + 8 * 32 + sum(huge[156:512])
    huge[148:156] = b"%06o\0 " % checksum
    path = room.top / "bomb.tar"
    for case in ([sparse], [header], bytes(huge), gzip.compress(zeros, 9)):
        store.load_layers([case if isinstance(case, bytes) else case])
    archive(path, [zeros[:len(zeros) // 2]], "cut:1", {})
    store("load", "-i", path)
    many = pack([entry(f"e{number}", data=b"") for number in range(20000)])
    store.load_layers([many])
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    room.check(most < 256 << 10, f"{most} KiB of memory")


@attack("I10", "CVE-2021-20291: cut and broken streams of each compression", fires=(), engine=True)
def broken_streams(room):
    import bz2
    import lzma
    store = Store(room)
    good = pack(busybox())
    for packed in (gzip.compress(good), lzma.compress(good), bz2.compress(good), b"\x28\xb5\x2f\xfd" + os.urandom(5000),
                   b"\x1f\x8b\x08" + os.urandom(5000), b"\xfd7zXZ\0" + os.urandom(5000)):
        for data in (packed[:len(packed) // 2], packed[:20], packed + b"trailing" * 100, packed[:100] + os.urandom(100) + packed[200:],
                     packed + packed):
            began = time.monotonic()
            archive(room.top / "image.tar", [data], "broken:1", {}, diff_ids=["sha256:" + digest(good)])
            store("load", "-i", room.top / "image.tar")
            room.check(time.monotonic() - began < 5, "a broken stream held it up")


@attack("I11", "a layer is not what its digest says", fires=(), engine=True)
def wrong_digests(room):
    store = Store(room)
    layer = pack(busybox())
    for data in (layer[:-1024], layer + b"\0" * 512, layer.replace(b"BusyBox", b"busyBOX", 1), gzip.compress(layer)[:-1]):
        archive(room.top / "image.tar", [data], "wrong:1", {}, diff_ids=["sha256:" + digest(layer)])
        done = store("load", "-i", room.top / "image.tar")
        room.check(done.exit != 0, f"a layer of another digest was taken: {done}")
    listed = store("images", "-q").out
    room.check(listed.strip() == "", f"there is an image: {listed}")


@attack("I12", "CVE-2024-3727: digests and names that are paths", fires=(), engine=True)
def digests_as_paths(room):
    store = Store(room)
    layer = pack(busybox())
    for shape in ("sha256:../../../../outside/x", "sha256:", "../../outside", "sha256:" + "0" * 63, "sha256:" + "G" * 64, "md5:" + "0" * 32,
                  "sha256:" + "0" * 64 + "/../../x", "sha512:" + "0" * 64, "SHA256:" + digest(layer), "sha256:" + digest(layer).upper()):
        archive(room.top / "image.tar", [layer], "wrong:1", {}, diff_ids=[shape])
        done = store("load", "-i", room.top / "image.tar")
        room.check(done.exit != 0, f"the digest {shape!r} was taken: {done}")
        room.compare()
    for config, layers in (("../../outside/secret", ["l0/layer.tar"]), ("config.json", ["../../outside/tool"]),
                           ("/tmp/room/outside/secret", ["/tmp/room/outside/tool"]), ("config.json", ["l0/layer.tar"] * 2000)):
        archive(room.top / "image.tar", [layer], "x", {}, manifest=[{"Config": config, "RepoTags": ["p:1"], "Layers": layers}])
        done = store("load", "-i", room.top / "image.tar")
        room.check(done.exit != 0, f"{config} {layers[:1]} was taken: {done}")
    for tag in ("../../../outside/x", "a:../b", "/abs", "a/../b:1", "a\n:1", "", "x" * 5000, "A:1", "-x", ".."):
        archive(room.top / "image.tar", [layer], tag, {})
        store("load", "-i", room.top / "image.tar")
        store("tag", "p:1", tag)
        room.compare()


@attack("I13", "CVE-2021-41190: documents that contradict themselves, are endless, or have holes", fires=(), engine=True)
def documents(room):
    store = Store(room)
    layer = pack(busybox())
    for manifest in ([], {}, None, [None], [{}], [{"Config": None}], [{"Config": "config.json", "Layers": None}], "x", 1,
                     [{"Config": "config.json", "RepoTags": [None], "Layers": ["l0/layer.tar"]}],
                     [{"Config": "config.json", "RepoTags": "x", "Layers": "l0/layer.tar"}]):
        archive(room.top / "image.tar", [layer], "x", {}, manifest=manifest)
        done = store("load", "-i", room.top / "image.tar")
        nameless = isinstance(manifest, list) and manifest and isinstance(manifest[0], dict) and "RepoTags" in manifest[0]
        room.check(done.exit != 0 or manifest == [] or (nameless and "Loaded image ID" in done.out), f"{manifest!r} was taken: {done}")
    for extra in ((("oci-layout", b'{"imageLayoutVersion":"1.0.0"}'), ("index.json", b"[" * 100000)),
                  (("oci-layout", b'{"imageLayoutVersion":"1.0.0"}'), ("index.json", b'{"manifests":' + b"[" * 5000)),
                  (("oci-layout", b'{"imageLayoutVersion":"1.0.0"}'),
                   ("index.json", b'{"schemaVersion":2,"layers":[],"manifests":[{"digest":"sha256:../x","size":-1}]}')),
                  (("index.json", b" " * (8 << 20)),)):
        archive(room.top / "image.tar", [layer], "x", {}, manifest=[{"Config": "none", "RepoTags": [], "Layers": []}], extra=extra)
        done = store("load", "-i", room.top / "image.tar")
        room.check(done.exit != 0, f"it was taken: {done}")


UNROOTED = "openat2,s2+16&0x10:s2+16-0x10"


@attack("I16", "CVE-2026-55686: WORKDIR is a link to a directory of the host's", fires=UNROOTED, engine=True)
def working_directory(room):
    store = Store(room)
    for target, path in ((room.outside, "/w"), (f"{room.outside}/new", "/w"), (room.outside, "/w/new"), (OUT[1], "/w/new"),
                         ("/proc/self/cwd", "/w/new")):
        store.load([*busybox(), symlink("w", target)], "w:1", {"Cmd": ["/bin/ls"], "WorkingDir": path})
        done = store("run", "--rm", "--cgroup-parent", f"/phial-attacks/{room.job.key}", "w:1")
        room.check("secret" not in done.out, f"the host's: {done}")
        room.compare()
        store.clear()


@attack("I17", "CVE-2022-23648: VOLUMEs with .., or over /proc; their content is a link", fires=UNROOTED, engine=True)
def volumes(room):
    store = Store(room)
    for path in ("../../../../tmp/room/outside", "/proc", "/sys", "/", "/v/../../../tmp/room/outside", "/link", "/link/x", "relative", ""):
        store.load([*busybox(), symlink("link", room.outside), directory("v"), symlink("v/in", room.outside / "secret")], "v:1",
                   {"Cmd": ["/bin/cat", "/v/in", "/link/secret", f"{path}/secret"], "Volumes": {path: {}}})
        done = store("run", "--rm", "--cgroup-parent", f"/phial-attacks/{room.job.key}", "v:1")
        room.check("the host's secret" not in done.out, f"VOLUME {path}: {done}")
        room.compare()
        for volume in (room.top / "root/volumes").rglob("*") if (room.top / "root/volumes").exists() else ():
            room.check(volume.is_symlink() or not volume.is_file() or b"the host's secret" not in volume.read_bytes(), f"copied {volume}")
        store.clear()


@attack("I19", "CVE-2024-5154: /etc/hosts, resolv.conf, hostname and their directory are links", fires=UNROOTED, engine=True)
def engine_files(room):
    store = Store(room)
    for links in ([symlink("etc", room.outside)], [symlink("etc", OUT[1])],
                  [symlink("etc/" + name, room.outside / "tool") for name in ("hosts", "resolv.conf", "hostname", "mtab", "passwd", "group")],
                  [symlink("etc/" + name, room.outside / "created") for name in ("hosts", "resolv.conf", "hostname", "mtab")],
                  [symlink("dev", room.outside)], [symlink("proc", room.outside)], [symlink("sys", room.outside)]):
        store.load([*busybox(), *links], "e:1", {"Cmd": ["/bin/cat", "/etc/hosts"]})
        done = store("run", "--rm", "--cgroup-parent", f"/phial-attacks/{room.job.key}", "e:1")
        room.check("the host's" not in done.out, f"{done}")
        room.compare()
        store.clear()


@attack("I20", "config fields as control data: ENV, USER, ENTRYPOINT, STOPSIGNAL, labels", fires="setresuid:skip=0", engine=True)
def config_fields(room):
    store = Store(room)
    parent = ("--cgroup-parent", f"/phial-attacks/{room.job.key}")
    for env in (["A\nB=1"], ["=x"], ["x"], ["LD_PRELOAD=/x"], ["A=\x00"], ["X=" + "y" * (1 << 20)]):
        store.load(busybox(), "f:1", {"Cmd": ["/bin/env"], "Env": env})
        store("run", "--rm", *parent, "f:1")
    hostile = [entry("etc/passwd", data=b"1:x:0:0::/:/bin/sh\n1000:x:0:0::/:/bin/sh\n-1:x:0:0::/:/bin/sh\n01:x:0:0::/:/bin/sh\n"
                                        b"4294967296:x:0:0::/:/bin/sh\n4294967297:x:0:0::/:/bin/sh\n0x1:x:0:0::/:/bin/sh\n")]
    for user in ("1", "1000", "-1", "01", "4294967296", "4294967297", "2147483648", "1:65536999", "1:1", "0x1"):
        done_load = store.load([*busybox(), *hostile], "u:1", {"Cmd": ["/bin/id", "-u"], "User": user})
        done = store("run", "--rm", *parent, "u:1")
        # A name that is no number may be root's by the image's own passwd; a number never is.
        room.check(user in ("0x1",) or done.out.strip() != "0", f"USER {user!r} is root: {done}")
        assert done_load
    for field in ({"StopSignal": "99999"}, {"StopSignal": "x\n"}, {"Entrypoint": ["x" * (10 << 20)]}, {"Labels": {"a\nb": "c\x00"}},
                  {"Cmd": "x"}, {"Cmd": [1]}, {"Healthcheck": {"Test": ["CMD"] * 100000}}, {"ExposedPorts": {"99999999/x": {}}},
                  {"WorkingDir": "a/b"}, {"WorkingDir": "\x00"}, {"User": "x" * 100000}):
        store.load(busybox(), "g:1", {"Cmd": ["/bin/id"], **field})
        store("run", "--rm", *parent, "g:1")
        room.compare()


@attack("I21", "CVE-2021-21334: one container's environment in another", fires=(), engine=True)
def environments(room):
    store = Store(room)
    store.load(busybox(), "f:1", {"Cmd": ["/bin/env"], "Env": ["PATH=/bin"]})
    parent = ("--cgroup-parent", f"/phial-attacks/{room.job.key}")
    for number in range(4):
        done = store("run", "--rm", *parent, "-e", f"SECRET{number}={number}", "f:1")
        others = [line for line in done.out.splitlines() if line.startswith("SECRET") and not line.startswith(f"SECRET{number}")]
        room.check(not others, f"{others}")


@attack("I25p", "CVE-2024-9676, CVE-2022-4318: the image's passwd is a FIFO, endless, or a link; names with line feeds",
        fires=(), engine=True)
def passwd_of_an_image(room):
    store = Store(room)
    parent = ("--cgroup-parent", f"/phial-attacks/{room.job.key}")
    for hostile in (entry("etc/passwd", tarfile.FIFOTYPE), entry("etc/passwd", tarfile.CHRTYPE, device=(1, 5), mode=0o666),
                    symlink("etc/passwd", room.outside / "secret"), symlink("etc/passwd", "passwd"), directory("etc/passwd"),
                    symlink("etc", room.outside), entry("etc/passwd", data=b"joe:x:0:0::/\n" * 100000)):
        store.load([*busybox(), hostile], "p:1", {"Cmd": ["/bin/ls"]})
        for user in ("joe", "1000", "joe:joe"):
            began = time.monotonic()
            store("run", "--rm", *parent, "-u", user, "p:1")
            room.check(time.monotonic() - began < 5, f"it held phial up for 5 s: {hostile[0].type}")
            room.compare()
        store.clear()
    for name in ("a\nb", "a b", "x" * 300, "1.2.3.4 evil"):
        done = store("run", "--rm", *parent, "--hostname", name, "busybox", "cat", "/etc/hosts", "/etc/hostname")
        room.check(done.exit != 0 or "\n" not in name, f"the host name {name!r} was taken: {done}")


@attack("I27", "the store's own files are cut, changed, links, directories", fires=(), engine=True, seconds=120)
def damaged_store(room):
    store = Store(room)
    store.load(busybox(), "s:1", {"Cmd": ["/bin/ls"]})
    top = room.top / "root"
    keep = room.top / "keep"
    shutil.copytree(top, keep, symlinks=True)
    files = [path.relative_to(top) for path in sorted(top.rglob("*")) if path.is_file() and not path.is_symlink()
             and "layers" not in path.parts]
    for file in files:
        for how in ("empty", "cut", "noise", "link", "directory"):
            place = top / file
            data = place.read_bytes()
            place.unlink()
            if how == "link":
                place.symlink_to(room.outside / "tool")
            elif how == "directory":
                place.mkdir()
            else:
                place.write_bytes({"empty": b"", "cut": data[:len(data) // 2], "noise": b"\xff{[" + data[::-1]}[how])
            for words in (("images",), ("inspect", "s:1"), ("rmi", "-f", "s:1")):
                store(*words)
                room.compare()
            shutil.rmtree(top)
            shutil.copytree(keep, top, symlinks=True)


@attack("L01", "a container's output forges log lines, is endless, holds escapes", fires=(), engine=True)
def forged_logs(room):
    store = Store(room)
    parent = ("--cgroup-parent", f"/phial-attacks/{room.job.key}")
    store.load(busybox(), "l:1", {})
    text = '{"log":"forged\\n","stream":"stderr","time":"2000-01-01T00:00:00Z"}\\n2000-01-01T00:00:00Z stderr F forged\\n\\x00\\x1b[2J'
    store("run", "-d", "--name", "speaker", *parent, "l:1", "/bin/sh", "-c", f"printf '{text}'; exec /bin/busybox head -c 3000000 /dev/zero")
    store("wait", "speaker")
    done = store("logs", "speaker")
    room.check(done.out.count("forged") == 2 and "forged" not in done.err, f"a forged line is told as the log's own: {done.out[:300]!r} {done.err[:300]!r}")
    room.check(len(done.out) > 2900000, f"{len(done.out)} bytes came back")
    store("rm", "-f", "speaker")


assert LIMIT
