"""The program itself: what it says without a container."""
from phialtest import PHIAL, PHIAL_OCI, Skip, command, expect


def test_version(t):
    done = command([PHIAL, "--version"])
    expect(done.exit == 0 and done.out.startswith("phial ") and not done.err, done)


def test_without_arguments_shows_what_it_can_do(t):
    done = command([PHIAL])
    expect("run" in done.out + done.err and "explain" in done.out + done.err, done)


def test_unknown_verb_is_refused_with_a_suggestion(t):
    t.fails(1, "rnu", err=["unknown command", "rnu", "phial run"])
    t.fails(1, "xyzzy", err=["unknown command", "xyzzy", "--help"])


def test_oci_version(t):
    done = command([PHIAL_OCI, "--version"])
    expect(done.exit == 0 and "phial-oci" in done.out and "spec" in done.out, done)


def test_programs_need_no_shared_library(t):
    """Start-up is paid at every operation, and shared libraries are most of it."""
    for program in (PHIAL, PHIAL_OCI):
        done = command(["readelf", "-d", program])
        expect(done.exit == 0, done)
        if "asan" in program:
            raise Skip("a sanitizer build is dynamic")
        expect("(NEEDED)" not in done.out, done)
