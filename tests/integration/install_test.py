"""What `make install` leaves works from where it was put, with nothing of the build tree."""
import pathlib

from phialtest import PHIAL, Skip, command, expect


def test_an_installed_phial_runs_a_container(t):
    build = pathlib.Path(PHIAL).parent
    if not (build / "cmake_install.cmake").exists():
        raise Skip(f"{build} is no build tree")
    prefix = t.dir / "usr"
    done = command(["cmake", "--install", build, "--strip", "--prefix", prefix])
    expect(done.exit == 0, done)
    for name in ("bin/phial", "bin/phial-oci", "libexec/phial/phial-monitor", "libexec/phial/phial-systemd",
                 "libexec/phial/busybox.tar", "share/man/man1/phial.1", "share/man/man1/phial-run.1", "share/bash-completion/completions/phial",
                 "share/man/man8/phial-oci.8", "share/man/man8/phial-oci-update.8",
                 "share/bash-completion/completions/phial-oci", "share/zsh/site-functions/_phial-oci",
                 "share/fish/vendor_completions.d/phial-oci.fish"):
        expect((prefix / name).is_file(), f"{name} was not installed: {done}")
    hidden = prefix / "share" / "nothing"
    done = command(["unshare", "-m", "sh", "-c", f"mkdir {hidden} && mount --bind {hidden} {build} && exec \"$@\"", "sh",
                    prefix / "bin" / "phial", "--root", t.root, "--state", t.state, "run", "--rm", "busybox", "echo", "there"])
    expect(done.exit == 0 and done.out == "there\n", done)
