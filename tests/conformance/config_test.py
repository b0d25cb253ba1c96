"""config.md and bundle.md: what is the same on every platform."""
import json
import os
import pathlib

import bundles
from conform import OURS, Box, Skip, command, expect


def test_oci_version_is_required(t):
    """config.md "Specification version": ociVersion REQUIRED, SemVer."""
    with Box(t) as box:
        for wrong in (None, "", "0", "2.0.0"):
            if wrong is None:
                del box.config["ociVersion"]
            else:
                box.config["ociVersion"] = wrong
            done = box.create()
            if done.exit == 0:
                box("delete", "--force", box.id)
            expect(done.exit != 0, f"{wrong!r} was taken")


def test_the_root_is_absolute_or_relative_to_the_bundle(t):
    """config.md "Root", path: absolute, or relative to the bundle; a directory MUST exist at it."""
    with Box(t) as box:
        box.config["root"]["path"] = str(box.root)
        expect(box.output("echo x") == "x\n")
        box.config["root"]["path"] = "no-such"
        box.refused("root")


def test_a_read_only_root(t):
    """config.md "Root", readonly: the root filesystem MUST be read-only inside the container."""
    with Box(t) as box:
        box.config["root"]["readonly"] = True
        expect("Read-only" in box.run_it("touch /x").err)
        expect(not (box.root / "x").exists())


def test_mounts_in_the_listed_order(t):
    """config.md "Mounts": the runtime MUST mount entries in the listed order."""
    with Box(t) as box:
        t.file("one/file", "one")
        t.file("two/file", "two")
        box.mount("/m", "bind", t.dir / "one", "bind")
        box.mount("/m", "bind", t.dir / "two", "bind")
        expect(box.output("cat /m/file") == "two")


def test_a_destination_that_is_not_there_is_made(t):
    """config.md "Mounts", destination: absolute; relative ones are taken as relative to "/"."""
    with Box(t) as box:
        t.file("d/file", "x")
        box.mount("/deep/er/dir", "bind", t.dir / "d", "bind")
        box.mount("/deep/file", "bind", t.dir / "d/file", "bind")
        box.mount("relative", "tmpfs")
        expect(box.output("cat /deep/er/dir/file /deep/file; grep -c ' /relative ' /proc/mounts") == "xx1\n")


def test_a_relative_source_is_relative_to_the_bundle(t):
    """config.md "Mounts", source: for bind mounts either absolute or relative to the bundle."""
    with Box(t) as box:
        (box.dir / "data").mkdir()
        (box.dir / "data/file").write_text("x")
        box.mount("/m", "bind", "data", "bind")
        expect(box.output("cat /m/file") == "x")


def test_mount_options(t):
    """config.md "Linux mount options": runtimes MUST support these."""
    wanted = {"ro": "ro", "nosuid": "nosuid", "nodev": "nodev", "noexec": "noexec", "noatime": "noatime",
              "nodiratime": "nodiratime", "relatime": "relatime", "nosymfollow": "nosymfollow", "sync": "sync",
              "mode=1711": "mode=1711", "size=1m": "size=1024k"}
    with Box(t) as box:
        for i, option in enumerate(wanted):
            box.mount(f"/m{i}", "tmpfs", "tmpfs", option)
        lines = {line.split()[1]: line.split()[3].split(",") for line in box.output("cat /proc/mounts").splitlines()}
        for i, (option, shown) in enumerate(wanted.items()):
            expect(shown in lines[f"/m{i}"], f"{option}: {lines[f'/m{i}']}")


def test_bind_mount_attributes_are_set(t):
    """config.md "Linux mount options": ro, nosuid … of a bind mount."""
    with Box(t) as box:
        t.file("d/file")
        box.mount("/m", "bind", t.dir / "d", "bind", "ro", "nosuid", "nodev", "noexec")
        line = box.output("grep ' /m ' /proc/mounts").split()[3].split(",")
        expect({"ro", "nosuid", "nodev", "noexec"} <= set(line), line)


def test_recursive_attributes(t):
    """config.md "Linux mount options": rro applies to what is mounted below (mount_setattr with AT_RECURSIVE)."""
    with Box(t) as box:
        (t.dir / "d/sub").mkdir(parents=True)
        done = command(["unshare", "-m", "sh", "-c", 'mount -t tmpfs none "$0"; exec "$@"', t.dir / "d/sub", "true"])
        expect(done.exit == 0, done)
        box.mount("/m", "bind", t.dir / "d", "rbind", "rro")
        expect("Read-only" in box.run_it("touch /m/x").err)


def test_tmpcopyup(t):
    """config.md "Linux mount options", tmpcopyup: the tmpfs has what the directory had."""
    with Box(t) as box:
        (box.root / "data/sub").mkdir(parents=True)
        (box.root / "data/sub/file").write_text("kept")
        (box.root / "data/sub/file").chmod(0o640)
        box.mount("/data", "tmpfs", "tmpfs", "tmpcopyup")
        expect(box.output("cat /data/sub/file; stat -c ' %a' /data/sub/file; touch /data/x") == "kept 640\n")
        expect(not (box.root / "data/x").exists())


def test_unknown_mount_types_are_an_error(t):
    """config.md "Mounts": what cannot be mounted is an error of create."""
    with Box(t) as box:
        box.mount("/m", "nosuchfs")
        box.refused("nosuchfs")


def test_process_arguments_environment_directory(t):
    """config.md "Process": args with execvp's semantics, env, cwd."""
    with Box(t) as box:
        box.config["process"]["args"] = ["sh", "-c", 'echo "$0|$1|$A|$PWD"', "zero", "o n e"]
        box.config["process"]["env"] = ["PATH=/bin", "A=b=c"]
        box.config["process"]["cwd"] = "/tmp"
        expect(box.output() == "zero|o n e|b=c|/tmp\n")


def test_cwd_is_absolute(t):
    """config.md "Process", cwd: MUST be an absolute path."""
    with Box(t) as box:
        box.config["process"]["cwd"] = "tmp"
        box.refused("cwd")


def test_args_have_at_least_one_entry(t):
    """config.md "Process", args: at least one entry is REQUIRED on POSIX platforms."""
    with Box(t) as box:
        box.config["process"]["args"] = []
        done = box.create()
        expect(done.exit != 0 or box("start", box.id).exit != 0, "nothing to run was run")


def test_user_group_and_groups(t):
    """config.md "User": uid, gid, umask, additionalGids."""
    with Box(t) as box:
        box.config["process"]["user"] = {"uid": 12, "gid": 34, "umask": 0o077, "additionalGids": [56, 78]}
        expect(box.output("id -u; id -g; id -G; umask").split() == ["12", "34", "34", "56", "78", "0077"])


def test_rlimits(t):
    """config.md "POSIX process", rlimits: each sets its soft and hard limit."""
    with Box(t) as box:
        box.config["process"]["rlimits"] = [{"type": "RLIMIT_NOFILE", "soft": 50, "hard": 60},
                                            {"type": "RLIMIT_CORE", "soft": 0, "hard": 0},
                                            {"type": "RLIMIT_STACK", "soft": 1 << 20, "hard": 2 << 20}]
        expect(box.output("ulimit -Sn; ulimit -Hn; ulimit -Hc; ulimit -Ss; ulimit -Hs").split() ==
               ["50", "60", "0", "1024", "2048"])


def test_rlimits_are_checked(t):
    """config.md "POSIX process", rlimits: type MUST be known; a duplicate type MUST generate an error."""
    with Box(t) as box:
        box.config["process"]["rlimits"] = [{"type": "RLIMIT_FOO", "soft": 1, "hard": 1}]
        box.refused("process.rlimits[0].type", "RLIMIT_FOO")
        box.config["process"]["rlimits"] = [{"type": "RLIMIT_CORE", "soft": 1, "hard": 1}] * 2
        box.refused("rlimits")


def test_capabilities(t):
    """config.md "Linux Process", capabilities: bounding, effective, inheritable, permitted, ambient."""
    with Box(t) as box:
        box.config["process"]["user"] = {"uid": 5, "gid": 5}
        box.config["process"]["capabilities"] = {
            "bounding": ["CAP_KILL", "CAP_CHOWN"], "effective": ["CAP_KILL"], "permitted": ["CAP_KILL"],
            "inheritable": ["CAP_KILL"], "ambient": ["CAP_KILL"]}
        lines = dict(line.split(":\t") for line in box.output("grep Cap /proc/self/status").splitlines())
        expect(int(lines["CapBnd"], 16) == 0x21, lines)
        for name in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
            expect(int(lines[name], 16) == 0x20, lines)


def test_capabilities_that_cannot_be_granted(t):
    """config.md "Linux Process", capabilities: what cannot be mapped or granted MUST be logged as a warning; runtimes
    SHOULD NOT fail."""
    with Box(t) as box:
        names = ["CAP_NO_SUCH", "CAP_KILL"] + ["CAP_" + name for name in bundles._NAMES]
        box.config["process"]["capabilities"] = {name: names for name in ("bounding", "effective", "permitted")}
        expect(box.output("echo ran").endswith("ran\n"))


def test_no_new_privileges(t):
    """config.md "Linux Process", noNewPrivileges: prevents the process from gaining additional privileges."""
    for value in (True, False):
        with Box(t, f"n{value}") as box:
            box.config["process"]["noNewPrivileges"] = value
            expect(box.output("grep NoNewPrivs /proc/self/status").split()[1] == str(int(value)))


def test_oom_score_adj(t):
    """config.md "Linux Process", oomScoreAdj: if set, the runtime MUST set it; if not, MUST NOT change it."""
    with Box(t) as box:
        own = open("/proc/self/oom_score_adj").read()
        expect(box.output("cat /proc/self/oom_score_adj") == own)
    with Box(t, "set") as box:
        box.config["process"]["oomScoreAdj"] = 321
        expect(box.output("cat /proc/self/oom_score_adj") == "321\n")


def test_hostname_and_domainname(t):
    """config.md "Hostname", "Domainname": as seen by processes in the container."""
    with Box(t) as box:
        box.config["hostname"], box.config["domainname"] = "named", "example.test"
        expect(box.output("hostname; cat /proc/sys/kernel/domainname") == "named\nexample.test\n")


def test_hostname_needs_a_namespace(t):
    """config-linux.md "Namespaces": the host's name is not the container's to change."""
    with Box(t) as box:
        bundles.without_namespace(box.config, "uts")
        box.config["hostname"] = "never"
        box.refused("hostname")
        expect(os.uname().nodename != "never")


def test_annotations_are_a_map_of_strings(t):
    """config.md "Annotations": keys MUST be strings and not empty; values MUST be strings; unknown keys are no error."""
    with Box(t) as box:
        box.config["annotations"] = {"org.example.unknown": ""}
        expect(box.output("true") == "")
        box.config["annotations"] = {"a": 1}
        box.refused("annotations")


def test_unknown_properties_are_ignored(t):
    """config.md "Extensibility": an unknown property MUST be ignored."""
    with Box(t) as box:
        box.config["unknown"] = {"a": [1]}
        box.config["process"]["unknown"] = 1
        box.config["linux"]["unknown"] = {"x": None}
        box.config["mounts"][0]["unknown"] = True
        expect(box.output("echo x") == "x\n")


def test_invalid_values_are_an_error(t):
    """config.md "Valid values": MUST generate an error when invalid or unsupported values are encountered."""
    wrong = {
        ("linux", "namespaces"): [{"type": "nosuch"}],
        ("linux", "rootfsPropagation"): "sideways",
        ("process", "capabilities"): ["CAP_KILL"],
        ("process", "user"): {"uid": -1, "gid": 0},
        ("linux", "seccomp"): {"defaultAction": "SCMP_ACT_NO_SUCH"},
        ("linux", "devices"): [{"path": "/dev/x", "type": "z", "major": 1, "minor": 3}],
        ("root", "path"): 5,
        ("mounts",): {},
        ("process", "terminal"): "yes",
        ("linux", "uidMappings"): [{"containerID": 0, "hostID": 0, "size": -1}],
    }
    for path, value in wrong.items():
        with Box(t, "-".join(path).lower()) as box:
            at = box.config
            for name in path[:-1]:
                at = at[name]
            at[path[-1]] = value
            done = box.refused()
            if OURS:
                expect("config.json:" in done.err and path[-1] in done.err, done)


def test_a_config_that_is_no_json(t):
    """bundle.md: config.json MUST exist, be in UTF-8, and be JSON."""
    with Box(t) as box:
        for text in ("", "{", '{"ociVersion": "1.3.0",}', "[]", "null"):
            (box.dir / "config.json").write_text(text)
            done = box.fails("create", "-b", box.dir, box.id)
            expect("config.json" in done.err or not OURS, done)
            box.fails("state", box.id)


def test_a_duplicated_namespace_is_an_error(t):
    """config-linux.md "Namespaces": if a namespaces field contains duplicated namespaces with same type, the runtime
    MUST generate an error."""
    with Box(t) as box:
        box.config["linux"]["namespaces"].append({"type": "pid"})
        box.refused("namespaces")


def test_features(t):
    """features.md: ociVersionMin and ociVersionMax REQUIRED; the rest tells what is supported."""
    with Box(t) as box:
        features = json.loads(box.ok("features"))
        expect(features["ociVersionMin"] and features["ociVersionMax"], features)
        expect({"prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"} <= set(features["hooks"]))
        expect({"pid", "mount", "user", "cgroup"} <= set(features["linux"]["namespaces"]), features["linux"])
        expect(features["linux"]["seccomp"]["enabled"] is True)
