"""Runs the functions test_SUBJECT(t) of the files FEATURE_test.py in one folder, one after the other, and counts.

A file may have a function `after_all()`: it is called after the file's last test, to end what its tests share, and fails
like a test.
"""
import importlib.util
import json
import os
import pathlib
import sys
import time
import traceback

sys.dont_write_bytecode = True
import phialtest  # noqa: E402


def collect(folder, patterns, subjects=None):
    """[(name, function)], and for each file of which there are some its finish(); of these subjects alone, if given."""
    tests = []
    for path in sorted(folder.glob("*_test.py")):
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        subject = path.stem.removesuffix("_test")
        mine = [(f"{subject}.{name.removeprefix('test_')}", function) for name, function in vars(module).items()
                if name.startswith("test_") and callable(function)]
        mine = [(name, function) for name, function in mine
                if (not patterns or any(pattern in name for pattern in patterns))
                and (subjects is None or name.split(".", 1)[1] in subjects)]
        tests += mine
        if mine and hasattr(module, "after_all"):
            tests.append((f"{subject}.after_all", lambda t, end=module.after_all: end()))
    return tests


def run_one(name, function):
    """("passed" | "failed" | "skipped", what to say about it)"""
    test = phialtest.Test(name)
    outcome, text = "passed", ""
    try:
        function(test)
    except phialtest.Skip as reason:
        outcome, text = "skipped", str(reason)
    except phialtest.Failed as error:
        line = traceback.extract_tb(error.__traceback__)
        mine = [frame for frame in line if frame.filename.endswith("_test.py")] or line
        outcome, text = "failed", f"{pathlib.Path(mine[-1].filename).name}:{mine[-1].lineno}: {error}"
    except Exception:  # a mistake in the test is a failure of the test
        outcome, text = "failed", traceback.format_exc()
    try:
        test.close()
    except Exception as error:
        if outcome != "failed":
            outcome, text = "failed", f"afterwards: {error}"
        else:
            text += f"\nafterwards: {error}"
    return outcome, text


def main(folder, closing=None, subjects=None):
    """The command line [-l] [--json FILE] [PATTERN]...: those whose "file.test" contains a pattern; -l lists them.
    What closing() gives is printed before the last line. `subjects`: the tests there are to choose from; None: all."""
    arguments = sys.argv[1:]
    summary = None
    if "--json" in arguments:
        at = arguments.index("--json")
        summary = arguments[at + 1]
        del arguments[at:at + 2]
    listing = "-l" in arguments
    patterns = [word for word in arguments if not word.startswith("-")]
    tests = collect(pathlib.Path(folder), patterns, subjects)
    if listing:
        print("\n".join(name for name, _ in tests))
        return 0
    if os.geteuid() != 0:
        print("these tests need root: they make containers", file=sys.stderr)
        return 2
    if not tests:
        print(f"no test matches {' '.join(patterns)}", file=sys.stderr)
        return 2
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    failed = []
    for name, function in tests:
        began = time.monotonic()
        outcome, text = run_one(name, function)
        counts[outcome] += 1
        print(f"{outcome:8}{name} ({time.monotonic() - began:.2f} s)" + (f": {text}" if outcome == "skipped" else ""),
              flush=True)
        if outcome == "failed":
            failed.append(name)
            print("\n".join("        " + line for line in text.splitlines()), flush=True)
    if failed:
        print(f"failed: {' '.join(failed)}")
    if summary:
        pathlib.Path(summary).write_text(json.dumps(counts))
    if closing:
        print(closing())
    print(", ".join(f"{counts[key]} {key}" for key in ("passed", "failed", "skipped")))
    return 1 if counts["failed"] else 0

