"""phial-oci's command line: what needs no container, the log, and mistakes."""
import json
import os
import re

from phialtest import PHIAL_OCI, command, expect


def oci(t, *words, **more):
    return command([PHIAL_OCI, "--root", t.dir / "oci", *words], **more)


def test_spec_writes_a_bundles_config(t):
    """and does not touch one that is there."""
    t.file("box/rootfs/.keep")
    done = oci(t, "spec", "-b", t.dir / "box")
    expect(done.exit == 0 and not done.out, done)
    spec = json.loads((t.dir / "box/config.json").read_text())
    expect(spec["process"]["args"] == ["sh"] and spec["root"] == {"path": "rootfs", "readonly": True}, spec)
    (t.dir / "box/config.json").write_text("mine")
    done = oci(t, "spec", "-bundle", t.dir / "box")
    expect(done.exit == 1 and "config.json exists. Remove it first" in done.err, done)
    expect((t.dir / "box/config.json").read_text() == "mine")


def test_spec_rootless_needs_nothing_of_roots(t):
    t.file("box/rootfs/.keep")
    expect(oci(t, "spec", "--rootless", cwd=t.dir / "box").exit == 0)
    spec = json.loads((t.dir / "box/config.json").read_text())
    kinds = [entry["type"] for entry in spec["linux"]["namespaces"]]
    expect("user" in kinds and "network" not in kinds, kinds)
    expect(spec["linux"]["uidMappings"] == [{"containerID": 0, "hostID": os.geteuid(), "size": 1}], spec["linux"])
    expect("resources" not in spec["linux"], spec["linux"])
    expect(not any(option.startswith("gid=") for mount in spec["mounts"] for option in mount.get("options", [])))


def test_features_are_those_of_the_kernel(t):
    features = oci(t, "features").json
    expect(features["ociVersionMax"] == "1.3.0", features)
    there = {"mnt": "mount", "net": "network"}
    kernel = {there.get(name, name) for name in os.listdir("/proc/self/ns") if not name.endswith("_for_children")}
    expect(set(features["linux"]["namespaces"]) == kernel, features["linux"]["namespaces"])
    available = open("/proc/sys/kernel/seccomp/actions_avail").read().split()
    expect(("user_notif" in available) == ("SCMP_ACT_NOTIFY" in features["linux"]["seccomp"]["actions"]))
    last = int(open("/proc/sys/kernel/cap_last_cap").read())
    expect(len(features["linux"]["capabilities"]) == min(last, 40) + 1)
    for option in ("ro", "rro", "idmap", "tmpcopyup", "rbind", "nosymfollow"):
        expect(option in features["mountOptions"], option)


def test_version_is_runcs_form(t):
    done = command([PHIAL_OCI, "--version"])
    expect(re.fullmatch(r"phial-oci version \S+\nspec: 1\.3\.0\n", done.out), done)


def test_mistakes_are_told_in_a_sentence_and_in_the_log(t):
    """runc's exit statuses; nothing is made but the log."""
    log = t.dir / "log.json"
    mistakes = [
        (["creat", "x"], 1, "unknown command: creat"),
        (["create", "--bundel", "b", "x"], 1, "unknown flag: --bundel"),
        (["create"], 1, "requires 1 argument"),
        (["exec", "--usr", "1", "x", "true"], 255, "unknown flag: --usr"),
        (["exec"], 255, "requires at least 1 argument"),
        (["list", "--format", "xml"], 1, "is none of table, json"),
        (["--rootless=maybe", "list"], 1, "is none of true, false, auto"),
        (["--no-such-flag", "list"], 1, "unknown flag: --no-such-flag"),
    ]
    for words, status, text in mistakes:
        log.unlink(missing_ok=True)
        done = oci(t, "--log", log, "--log-format", "json", *words)
        expect(done.exit == status and text in done.err and not done.out, done)
        lines = log.read_text().splitlines()
        expect(len(lines) == 1, lines)
        line = json.loads(lines[0])
        expect(list(line) == ["level", "msg", "time"] and line["level"] == "error" and text in line["msg"], line)
        expect(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", line["time"]), line)
    expect(log.stat().st_mode & 0o777 == 0o644)
    expect(not (t.dir / "oci").exists(), "a mistake made the state directory")


def test_the_log_in_text_is_logfmt_and_is_appended_to(t):
    log = t.dir / "log"
    for _ in range(2):
        oci(t, "--log", log, "list", "--bogus")
    lines = log.read_text().splitlines()
    expect(len(lines) == 2, lines)
    expect(re.fullmatch(r'time="[^"]+" level=error msg="unknown flag: --bogus"', lines[0]), lines)


def test_debug_logs_more(t):
    log = t.dir / "log"
    expect(oci(t, "--debug", "--log", log, "features").exit == 0)
    expect("level=debug" in log.read_text(), log.read_text())


def test_help_and_man_pages_know_every_command(t):
    page = command([PHIAL_OCI]).out
    for verb in "create start state kill delete run exec ps list pause resume update events spec features checkpoint restore".split():
        expect(f"\n  {verb} " in page, verb)
        expect(command([PHIAL_OCI, verb, "--help"]).out.startswith(f"Usage: phial-oci {verb}"), verb)
        expect(f".TH" in command([PHIAL_OCI, "__man", verb]).out, verb)
    expect("--pid-file" in command([PHIAL_OCI, "__complete", "--", "create", "--pid"]).out)
