"""Commands that get in each other's way: one of them wins, the others say so, and nothing is left."""
import json
import subprocess

from crowd import Crowd, side_by_side
from phialtest import expect


def test_one_of_sixteen_gets_the_name(t):
    with Crowd(t) as crowd:
        for _ in range(100):
            status, _ = side_by_side([crowd.words("create", "-b", crowd.bundle, crowd.name)] * 16, 16)
            expect(sorted(status) == [0] + [1] * 15, status)
            crowd.ok("delete", "-f", crowd.name)
            crowd.expect_nothing_left()


def test_exec_against_kill_against_delete(t):
    with Crowd(t, args=("sleep", "1000")) as crowd:
        for _ in range(40):
            crowd.ok("run", "-d", "-b", crowd.bundle, crowd.name)
            words = [["exec", crowd.name, "true"], ["exec", crowd.name, "sleep", "1000"], ["kill", crowd.name, "KILL"],
                     ["delete", "-f", crowd.name], ["exec", crowd.name, "true"], ["delete", "-f", crowd.name]]
            status, _ = side_by_side([crowd.words(*each) for each in words], len(words), 30)
            expect(all(code >= 0 for code in status), f"crashed: {status}")
            expect(status[3] == 0 and status[5] == 0, f"delete -f: {status}")
            crowd.expect_nothing_left()


def test_start_against_kill_against_delete(t):
    with Crowd(t) as crowd:
        for _ in range(40):
            crowd.ok("create", "-b", crowd.bundle, crowd.name)
            words = [["start", crowd.name], ["kill", crowd.name, "KILL"], ["delete", "-f", crowd.name], ["state", crowd.name],
                     ["start", crowd.name]]
            status, _ = side_by_side([crowd.words(*each) for each in words], len(words), 30)
            expect(all(code >= 0 for code in status), f"crashed: {status}")
            expect(status[2] == 0, f"delete -f: {status}")
            crowd.expect_nothing_left()


def test_pause_against_kill_against_delete(t):
    with Crowd(t, args=("sleep", "1000")) as crowd:
        for _ in range(20):
            crowd.ok("run", "-d", "-b", crowd.bundle, crowd.name)
            words = [["pause", crowd.name], ["resume", crowd.name], ["kill", crowd.name, "KILL"], ["pause", crowd.name],
                     ["delete", "-f", crowd.name]]
            status, _ = side_by_side([crowd.words(*each) for each in words], len(words), 40)
            expect(all(code >= 0 for code in status), f"crashed: {status}")
            expect(status[4] == 0, f"delete -f: {status}")
            crowd.expect_nothing_left()


def test_list_while_they_come_and_go(t):
    with Crowd(t) as crowd:
        words = []
        for i in range(60):
            name = f"{crowd.name}-{i}"
            words += [crowd.words("run", "-b", crowd.bundle, "--config", crowd.config(name), name), crowd.words("list", "-f", "json")]
        status, _ = side_by_side(words, 16)
        expect(set(status) == {0}, status)
        done = subprocess.run(crowd.words("list", "-f", "json"), capture_output=True, text=True, check=True)
        expect(not json.loads(done.stdout or "null"), done.stdout)
        crowd.expect_nothing_left()
