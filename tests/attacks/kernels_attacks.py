"""Old kernels: a call is answered with ENOSYS. The runtime says so, or finds a way round that is as safe.

crun's tests run without openat2 in the same manner.
"""
import shutil

import oracle
from harness import Escaped, attack

MISSING = ("openat2", "clone3", "close_range", "fsopen", "open_tree", "mount_setattr", "pidfd_open", "move_mount",
           "memfd_create")


def without(call):
    def attacks(room):
        from descriptors_attacks import leak
        from paths_attacks import (default_devices_through_a_link, mount_points_through_links, places_are_links,
                                   working_directory_through_a_link)
        room.job.rules = [*room.job.rules, f"{call}:skip=-38"]
        done = room.run("echo plain")
        refused = done.exit != 0
        if refused:
            room.check("ran" not in done.out, f"it failed, and ran: {done}")
            if room.ours:
                room.check(call in done.err and ("ENOSYS" in done.err or "not implemented" in done.err),
                           f"a refusal that does not say why: {done.err}")
        message = room.last
        rules = room.job.rules
        for one in (default_devices_through_a_link, mount_points_through_links, working_directory_through_a_link,
                    places_are_links):
            room.config = room.spec()
            room.job.rules = rules[:-1]
            try:  # what fires with every call there says nothing of a kernel that lacks one
                one(room)
                room.compare()
            except Escaped:
                shutil.rmtree(room.dir)
                room.links()
                shutil.rmtree(room.outside)
                oracle.plant(room.outside)
                room.before = room.look()
                continue
            finally:
                room.job.rules = rules
            room.config = room.spec()
            one(room)
            room.compare()
        room.config = room.spec()
        probe = room.tool("probe")
        kept = leak(room)
        done = room.run(f"{probe} fds", pass_fds=kept)
        room.check("outside" not in done.out, f"descriptors of the host's: {done}")
        room.config = room.spec()
        room.last, room.ran = message, not refused

    return attacks


for number, name in enumerate(MISSING):
    fires = {"openat2": "crun", "close_range": ()}.get(name, ())
    attack(f"R13{chr(ord('a') + number)}", f"CVE-2019-18837: without {name}: refused, or as safe", fires=fires,
           seconds=180)(without(name))
