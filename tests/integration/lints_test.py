"""The lints of this house find what they are there to find."""
import shutil

from phialtest import TREE, command, expect


def tree(t, **files):
    """A small tree of sources: room__file='text'."""
    shutil.copytree(TREE / "tests" / "lint", t.dir / "tests" / "lint")
    t.file("CMakeLists.txt", "room(base)\nroom(kernel DEPENDS base)\nroom(program DEPENDS kernel)\nroom(image DEPENDS base)\n")
    for name, text in files.items():
        t.file("src/" + name.replace("__", "/") + ".cpp", text)


def lint(t, name):
    return command([t.dir / "tests" / "lint" / name])


def test_floors_pass_where_rooms_look_upwards(t):
    tree(t, program__a='#include "kernel/b.hpp"\n#include "base/c.hpp"\n', image__a='#include "base/c.hpp"\n')
    done = lint(t, "floors")
    expect(done.exit == 0, done)


def test_floors_fail_where_a_room_looks_down_or_aside(t):
    tree(t, kernel__a='// a\n#include "program/b.hpp"\n', image__a='#include "kernel/b.hpp"\n', other__a="")
    done = lint(t, "floors")
    expect(done.exit == 1 and "src/kernel/a.cpp:2" in done.out and "src/image/a.cpp:1" in done.out
           and "src/other" in done.out, done)


def test_banned_calls_are_found_and_named(t):
    tree(t, image__a='void f() {\n  system("x");\n  ::open("y", O_RDONLY);\n  throw 1;\n  mount("a");\n}\n')
    done = lint(t, "banned")
    expect(done.exit == 1, done)
    for text in ("a.cpp:2: system(", "a.cpp:3: ::open(", "a.cpp:4: throw", "a.cpp:5: mount("):
        expect(text in done.out, f"{text}: {done}")


def test_banned_words_in_comments_and_texts_are_none(t):
    tree(t, image__a='// throw system(\nconst char* a = "throw new x";\n  ::open(p, O_RDONLY |\n O_CLOEXEC);\n'
         'exit(1); // allow exit: a test\n')
    done = lint(t, "banned")
    expect(done.exit == 0, done)
