"""config.json "mounts", the root's propagation, masked and read-only paths, asked of the live kernel."""
import os
import socket
import subprocess

from bundles import Bundle, all_capabilities, spec, with_user_namespace, without_namespace
from phialtest import Skip, expect


def add(config, destination, kind="", source="", options=(), **more):
    entry = {"destination": destination, "type": kind, "source": str(source), "options": list(options)}
    config["mounts"].append({key: value for key, value in {**entry, **more}.items() if value})
    return config


def mount_line(text, point):
    """{"options", "tags", "type", "source", "super"} of the last mount at `point` in a mountinfo."""
    lines = [line for line in text.splitlines() if len(line.split()) > 6 and line.split()[4] == point]
    expect(lines, f"nothing is mounted on {point}:\n{text}")
    before, after = lines[-1].split(" - ")
    kind, source, supers = after.split(" ", 2)
    return {"options": before.split()[5].split(","), "tags": before.split()[6:], "type": kind, "source": source,
            "super": supers.split(",")}


def test_tmpcopyup(t):
    """The tmpfs begins as a copy of what it covers: files, links, modes, owners; and is the container's alone."""
    for number, change in enumerate((lambda config: config, with_user_namespace)):
        bundle = Bundle(t, f"bundle{number}")
        first = 100000 * number
        data = bundle.root / "data"
        (data / "below").mkdir(parents=True)
        (data / "file").write_text("text\n")
        os.chmod(data / "file", 0o4711)
        os.link(data / "file", data / "below/same")
        os.symlink("../file", data / "below/link")
        os.mkfifo(data / "fifo", 0o640)
        for path, _, files in os.walk(bundle.root):
            for name in (path, *(os.path.join(path, file) for file in files)):
                os.chown(name, first, first, follow_symlinks=False)
        os.chown(data / "fifo", first + 12, first + 34)
        os.chown(data, first + 5, first + 6)
        os.chmod(data, 0o1751)
        os.chmod(data / "file", 0o4711)
        os.utime(data / "file", (1000000000, 1000000000))
        config = add(change(spec()), "/data", "tmpfs", "tmpfs", ["tmpcopyup", "size=1m", "nodev"])
        out = bundle.run(config, "cd /data; stat -c '%n %a %u:%g' . file below/same fifo; cat file below/link; "
                         "readlink below/link; [ file -ef below/same ] && echo linked; stat -c %Y file; "
                         "echo more >new && rm -r below; grep ' /data ' /proc/self/mountinfo")
        lines = out.splitlines()
        expect(lines[:4] == [". 1751 5:6", "file 4711 0:0", "below/same 4711 0:0", "fifo 640 12:34"], out)
        expect(lines[4:9] == ["text", "text", "../file", "linked", "1000000000"], out)
        line = mount_line(out, "/data")
        expect(line["type"] == "tmpfs" and "nodev" in line["options"] and "size=1024k" in line["super"], out)
        expect((data / "below/link").is_symlink() and not (data / "new").exists(), "the root is as it was")
    os.chown(data, 0, 0)
    os.chown(data / "file", 0, 0)
    config = add(spec(), "/data", "tmpfs", "tmpfs", ["tmpcopyup", "ro", "mode=700"])
    out = bundle.run(config, "stat -c %a /data; cat /data/file; touch /data/x 2>&1; true")
    expect(out.split("\n")[:2] == ["700", "text"] and "Read-only" in out, out)
    config = add(spec(), "/nowhere", "tmpfs", "tmpfs", ["tmpcopyup"])
    expect(bundle.run(config, "ls /nowhere; echo empty") == "empty\n")
    bundle.refuses(add(spec(), "/data", "bind", data, ["bind", "tmpcopyup"]), "tmpcopyup")


def test_idmapped_mounts(t):
    """Files of one owner on the host show as another's below the mount, and what is written comes back the same way."""
    bundle = Bundle(t)
    source = t.dir / "source"
    (source / "below").mkdir(parents=True)
    (source / "file").write_text("text")
    os.chown(source / "file", 5, 6)
    os.chmod(source, 0o777)
    maps = {"uidMappings": [{"containerID": 0, "hostID": 1000, "size": 10}],
            "gidMappings": [{"containerID": 0, "hostID": 2000, "size": 10}]}
    config = add(all_capabilities(spec()), "/d", "bind", source, ["bind", "idmap"], **maps)
    done = bundle.try_run(config, "stat -c %u:%g /d/file; grep ' /d ' /proc/self/mountinfo")
    if "mount_setattr" in done.err and "EINVAL" in done.err:
        raise Skip("the file system of the tests' directory knows no idmapped mounts")
    expect(done.out.split()[0] == "1005:2006" and "idmapped" in mount_line(done.out, "/d")["options"], done)
    config["process"]["user"] = {"uid": 1003, "gid": 2003}
    bundle.run(config, "touch /d/made")
    made = os.stat(source / "made")
    expect((made.st_uid, made.st_gid) == (3, 3), made)
    # Without maps of its own it takes those of the container's user namespace.
    config = add(with_user_namespace(spec()), "/d", "bind", source, ["rbind", "ridmap"])
    expect(bundle.run(config, "stat -c %u:%g /d/file; touch /d/root").strip() == "5:6")
    expect(os.stat(source / "root").st_uid == 0, "root of the container wrote it")
    config = add(with_user_namespace(spec()), "/d", "bind", source, ["bind"],
                 uidMappings=[{"containerID": 0, "hostID": 100007, "size": 10}],
                 gidMappings=[{"containerID": 0, "hostID": 100008, "size": 10}])
    expect(bundle.run(config, "stat -c %u:%g /d/file").strip() == "12:14", "maps without the option are a plain idmap")
    bundle.refuses(add(spec(), "/d", "bind", source, ["bind", "idmap"]), "mounts[5]", "user namespace")
    bundle.refuses(add(spec(), "/d", "tmpfs", "tmpfs", ["idmap"], **maps), "mounts[5]", "bind mounts")
    bundle.refuses(add(spec(), "/d", "bind", source, ["bind"], uidMappings=maps["uidMappings"]), "gidMappings")


def test_idmap_reaches_below_only_where_asked(t):
    bundle = Bundle(t)
    source = t.dir / "source"
    (source / "below").mkdir(parents=True)
    maps = {"uidMappings": [{"containerID": 0, "hostID": 1000, "size": 10}],
            "gidMappings": [{"containerID": 0, "hostID": 2000, "size": 10}]}
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", source / "below"], check=True)
    try:
        for option, owner in (("idmap", "0"), ("ridmap", "1000")):
            config = add(spec(), "/d", "bind", source, ["rbind", option], **maps)
            done = bundle.try_run(config, "stat -c %u /d /d/below")
            if "mount_setattr" in done.err and "EINVAL" in done.err:
                raise Skip("the file system of the tests' directory knows no idmapped mounts")
            expect(done.out.split() == ["1000", owner], f"{option}: {done}")
    finally:
        subprocess.run(["umount", source / "below"], check=True)


def test_recursive_attributes(t):
    bundle = Bundle(t)
    source = t.dir / "source"
    (source / "below").mkdir(parents=True)
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", source / "below"], check=True)
    try:
        for option, word in (("ro", "ro"), ("nosuid", "nosuid"), ("nodev", "nodev"), ("noexec", "noexec"),
                             ("noatime", "noatime"), ("nodiratime", "nodiratime"), ("nosymfollow", "nosymfollow")):
            for prefix in ("", "r"):
                config = add(spec(), "/d", "bind", source, ["rbind", prefix + option])
                out = bundle.run(config, "cat /proc/self/mountinfo")
                expect(word in mount_line(out, "/d")["options"], out)
                expect((word in mount_line(out, "/d/below")["options"]) == (prefix == "r"), f"{prefix}{option}: {out}")
        config = add(spec(), "/d", "bind", source, ["rbind", "ro", "rro", "rrw", "rstrictatime"])
        out = bundle.run(config, "cat /proc/self/mountinfo")
        expect("rw" in mount_line(out, "/d/below")["options"], out)
        expect("relatime" not in mount_line(out, "/d/below")["options"], out)
    finally:
        subprocess.run(["umount", source / "below"], check=True)


def test_destinations(t):
    """Relative ones, nested ones, through links of the root (never out of it), onto files, with odd names."""
    bundle = Bundle(t)
    source = t.dir / "source"
    source.mkdir()
    (source / "file").write_text("from the host\n")
    (bundle.root / "link").symlink_to("/real/../real")
    (bundle.root / "out").symlink_to("/../../../../" + str(t.dir).lstrip("/"))
    (bundle.root / "real").mkdir()
    (bundle.root / str(t.dir).lstrip("/")).mkdir(parents=True)
    (bundle.root / "old").write_text("old\n")
    config = spec()
    add(config, "relative/path", "bind", source, ["bind"])
    add(config, "/relative/path/deep/er", "tmpfs", "tmpfs")
    add(config, "/link/x", "bind", source, ["bind"])
    add(config, "/out/y", "tmpfs", "tmpfs")
    add(config, "/old", "bind", source / "file", ["bind", "ro"])
    add(config, "/new/file", "bind", source / "file", ["bind"])
    add(config, "/a b//c\\d/../é", "bind", source, ["bind"])
    out = bundle.run(config, "cat /relative/path/file /real/x/file /old /new/file '/a b/é/file'; "
                     "grep -c ' /relative/path/deep/er ' /proc/self/mountinfo; echo x >/old || true")
    expect(out == "from the host\n" * 5 + "1\n", out)
    expect((source / "deep/er").is_dir() and not (t.dir / "y").exists(), "nothing is made outside of the root")


def test_destinations_behind_links_to_nothing(t):
    """What such a link names is made, in the root, wherever it leads; as securejoin has it for runc."""
    bundle = Bundle(t)
    outside = t.dir / "outside"
    outside.mkdir()
    (bundle.root / "etc").mkdir(exist_ok=True)
    for link, to in (("etc/resolv.conf", "../run/resolve/stub.conf"), ("data", "/srv/real/data"),
                     ("up", "../../../../../../../.." + str(outside / "made")), ("host", str(outside / "other"))):
        os.symlink(to, bundle.root / link)
    file = t.file("resolv", "nameserver 10.0.0.1\n")
    config = add(spec(), "/etc/resolv.conf", "bind", file, ["bind", "ro"])
    for destination in ("/data/below", "/up", "/host"):
        add(config, destination, "tmpfs", "tmpfs")
    out = bundle.run(config, "cat /etc/resolv.conf /run/resolve/stub.conf; cat /proc/self/mountinfo")
    expect(out.count("nameserver 10.0.0.1\n") == 2, out)
    for point in ("/srv/real/data/below", f"{outside}/made", f"{outside}/other"):
        expect(mount_line(out, point)["type"] == "tmpfs", out)
    expect((bundle.root / "run/resolve/stub.conf").is_file() and (bundle.root / "data").is_symlink(), "links stay links")
    expect(os.listdir(outside) == [], "something was made outside of the root")
    os.symlink("loop", bundle.root / "loop")
    bundle.refuses(add(spec(), "/loop/x", "tmpfs", "tmpfs"), "ELOOP")


def test_sources(t):
    """Files, sockets, directories; relative to the bundle; missing ones are refused with their field."""
    bundle = Bundle(t)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(t.dir / "socket"))
    listener.listen(1)
    (bundle.dir / "beside").write_text("beside\n")
    config = spec()
    add(config, "/run/socket", "bind", t.dir / "socket", ["bind"])
    add(config, "/beside", "bind", "beside", ["bind"])
    add(config, "/beside2", "", "beside", ["rbind"])
    add(config, "/beside3", "none", "beside", ["bind"])
    add(config, "/beside4", "bind", "beside")
    out = bundle.run(config, "[ -S /run/socket ] && echo socket; cat /beside /beside2 /beside3 /beside4")
    expect(out == "socket\n" + "beside\n" * 4, out)
    bundle.refuses(add(spec(), "/d", "bind", "/no/where", ["bind"]), "mounts[5]", "/no/where")
    bundle.refuses(add(spec(), "/d", "none", "none", ["ro"]), "mounts[5]", "none")
    bundle.refuses(add(spec(), "/d", "nosuchfs", "none"), "nosuchfs")


def test_remount(t):
    """A later entry changes the mount an earlier one made."""
    bundle = Bundle(t)
    config = add(spec(), "/d", "tmpfs", "tmpfs", ["nosuid"])
    add(config, "/d", "none", "none", ["remount", "bind", "ro", "noexec"])
    add(config, "/dev/shm", "tmpfs", "shm", ["remount", "size=128k"])
    out = bundle.run(config, "cat /proc/self/mountinfo")
    line = mount_line(out, "/d")
    expect({"ro", "nosuid", "noexec"} <= set(line["options"]), line)
    expect("size=128k" in mount_line(out, "/dev/shm")["super"], out)
    bundle.refuses(add(spec(), "/nowhere", "none", "none", ["remount", "bind", "ro"]), "ENOENT")


def test_propagation_of_mounts(t):
    bundle = Bundle(t)
    source = t.dir / "source"
    source.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", source], check=True)
    try:
        subprocess.run(["mount", "--make-shared", source], check=True)
        for option, tags in (([], []), (["private"], []), (["rprivate"], []), (["slave"], ["master"]),
                             (["rslave"], ["master"]), (["shared"], ["shared"]), (["rshared"], ["shared"]),
                             (["unbindable"], ["unbindable"])):
            config = add(spec(), "/d", "bind", source, ["bind", *option])
            line = mount_line(bundle.run(config, "cat /proc/self/mountinfo"), "/d")
            expect([tag.split(":")[0] for tag in line["tags"]] == tags, f"{option}: {line}")
    finally:
        subprocess.run(["umount", source], check=True)
    config = add(spec(), "/d", "tmpfs", "tmpfs", ["shared"])
    line = mount_line(bundle.run(config, "cat /proc/self/mountinfo"), "/d")
    expect([tag.split(":")[0] for tag in line["tags"]] == ["shared"], line)


def test_propagation_of_the_root(t):
    """Whether what is mounted in the container shows in another place of the root that is bound there."""
    bundle = Bundle(t)
    for word in ("private", "rprivate", "slave", "rslave", "shared", "rshared", "unbindable", "runbindable"):
        config = all_capabilities(spec())
        config["linux"]["rootfsPropagation"] = word
        script = ("mkdir -p /a /b; mount --bind / /b && { mount -t tmpfs tmpfs /a; : >/a/file; "
                  "[ -e /b/a/file ] && echo shared || echo apart; } || echo unbindable")
        expected = "shared" if "shared" in word else "unbindable" if "unbindable" in word else "apart"
        done = bundle.try_run(config, script)
        expect(done.out.strip() == expected, f"{word}: {done}")
    config["linux"]["rootfsPropagation"] = "sharing"
    bundle.refuses(config, "linux.rootfsPropagation", "sharing")


def test_masked_and_read_only_paths(t):
    bundle = Bundle(t)
    (bundle.root / "secret/inner").mkdir(parents=True)
    (bundle.root / "secret/inner/file").write_text("x")
    (bundle.root / "file").write_text("x")
    (bundle.root / "kept/inner").mkdir(parents=True)
    config = spec()
    config["linux"]["maskedPaths"] = ["/secret", "/secret/inner", "/file", "/absent", "/file/below", "/proc/kcore",
                                      "/proc/acpi"]
    config["linux"]["readonlyPaths"] = ["/kept", "/kept/inner", "/proc/sys", "/absent", "/file/below"]
    out = bundle.run(config, "ls -A /secret | wc -l; wc -c </file; echo x >/file; wc -c </file; "
                     "touch /kept/x /kept/inner/x 2>&1; echo 1 >/proc/sys/net/ipv4/ip_forward; touch /secret/x 2>&1; "
                     "true")
    expect(out.split("\n")[:3] == ["0", "0", "0"] and out.count("Read-only") >= 3, out)
    for field in ("maskedPaths", "readonlyPaths"):
        config = without_namespace(spec(), "mount")
        config["linux"][field] = ["/proc/kcore"]
        bundle.refuses(config, f"linux.{field}", "mount namespace")


def test_read_only_root(t):
    bundle = Bundle(t)
    config = spec()
    config["root"]["readonly"] = True
    out = bundle.run(config, "touch /x 2>&1; touch /dev/shm/x && echo writable; true")
    expect("Read-only" in out and "writable" in out, out)


def test_without_a_mount_namespace(t):
    """The mounts are the host's then, below the bundle's root, and are gone with the container."""
    bundle = Bundle(t)
    config = without_namespace(spec(), "mount")
    inside = bundle.run(config, "readlink /proc/self/ns/mnt; ls -d /bin /proc/1; touch /made; pwd").split()
    expect(inside == [os.readlink("/proc/self/ns/mnt"), "/bin", "/proc/1", "/"], inside)
    expect((bundle.root / "made").exists(), "the root is the bundle's")
    expect(str(bundle.root) not in open("/proc/self/mountinfo").read(), "a mount is left")
    config = with_user_namespace(without_namespace(spec(), "mount"))
    bundle.refuses(config, "mount namespace")


def test_default_devices_and_links_are_not_put_into_a_bound_dev(t):
    bundle = Bundle(t)
    dev = t.dir / "dev"
    dev.mkdir()
    config = spec()
    config["mounts"] = [entry for entry in config["mounts"] if not entry["destination"].startswith("/dev")]
    add(config, "/dev", "bind", dev, ["bind"])
    bundle.run(config, "true")
    expect(list(dev.iterdir()) == [], "the host's directory is as it was")


def test_default_links(t):
    bundle = Bundle(t)
    out = bundle.run(spec(), "for link in fd stdin stdout stderr ptmx; do readlink /dev/$link; done; "
                     "stat -c '%F %a' /dev/null")
    expect(out.split("\n")[:5] == ["/proc/self/fd", "/proc/self/fd/0", "/proc/self/fd/1", "/proc/self/fd/2",
                                   "pts/ptmx"], out)
    expect("character special file 666" in out, out)
