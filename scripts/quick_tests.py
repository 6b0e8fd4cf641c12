#!/usr/bin/env python3
"""Prints the test files that a change touches, nearest first, for `make test-quick`.

The change is what differs from the merge base with the main branch, and what is not committed. A test file is the
nearer, the fewer imports are between it and a changed module; the tests that mirror a changed module are nearest. Where
the change touches more than a minute's tests, as one of `storage/tables.py` does, the nearest are chosen, on SQLite
alone, one of each folder by turns, and the number of the others is reported.
"""

import ast
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parent.parent
BASES = ("@{upstream}", "origin/main", "main")
BUDGET = 70.0
"""Seconds of CPU: two cores for a minute, without what starting the workers takes."""
SECONDS = {
    "tests/api": 4.0,
    "tests/benchmarks": 15.0,
    "tests/cli": 4.0,
    "tests/console": 12.0,
    "tests/engine": 3.0,
    "tests/faults": 12.0,
    "tests/managers": 5.0,
    "tests/storage": 5.0,
}
"""What a test file of a folder takes on average; one of another folder takes a second."""
READ_BY = {
    "configs": ("tests/graphs/test_shipped.py",),
    "console": ("tests/console/test_shell.py", "tests/console/test_home.py", "tests/console/test_session.py"),
    "docs": ("tests/test_docs.py", "tests/api/test_docs.py"),
    "openapi.json": ("tests/api/test_openapi.py",),
    "README.md": ("tests/test_docs.py", "tests/test_readme.py"),
    "README.zh-CN.md": ("tests/test_docs.py", "tests/test_readme.py"),
}
"""The tests of what is not Python."""


def main() -> int:
    """Print the files, and on the standard error how many are left out."""
    changed = changed_files()
    near = nearest(changed, read_imports())
    chosen, left_out = within(near, BUDGET)
    print(f"{len(changed)} changed files, {len(chosen)} test files", file=sys.stderr)
    if left_out:
        print(f"Left out: {len(left_out)} test files and PostgreSQL. Run `make test`.", file=sys.stderr)
        print("-k", "not(postgresql)")
    print(*chosen, sep="\n")
    return 0


def changed_files() -> list[str]:
    """Paths that differ from the merge base or are new."""
    base = next((found for name in BASES if (found := _git("merge-base", "HEAD", name))), ["HEAD"])
    return sorted({*_git("diff", "--name-only", base[0]), *_git("ls-files", "--others", "--exclude-standard")})


def _git(*arguments: str) -> list[str]:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603, S607
    return done.stdout.split() if done.returncode == 0 else []


def read_imports(root: Path = ROOT) -> dict[str, set[str]]:
    """The files of the package and of the tests, each with the files that it imports."""
    files = {_module(path): path for path in _sources(root)}
    return {path: set(_imported(root / path, files)) for path in files.values()}


def _sources(root: Path) -> Iterator[str]:
    for folder in ("src/flowdeck", "tests", "benchmarks", "scripts"):
        for path in sorted((root / folder).rglob("*.py")):
            yield path.relative_to(root).as_posix()


def _module(path: str) -> str:
    parts = PurePosixPath(path.removeprefix("src/")).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _imported(path: Path, files: Mapping[str, str]) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield from [files[found] for found in (name, node.module) if found in files][:1]
        elif isinstance(node, ast.Import):
            yield from (files[alias.name] for alias in node.names if alias.name in files)


def nearest(changed: Iterable[str], imports: Mapping[str, set[str]]) -> list[str]:
    """The test files that a change touches, nearest first."""
    importers: dict[str, set[str]] = defaultdict(set)
    for path, imported in imports.items():
        for one in imported:
            importers[one].add(path)
    distances: dict[str, int] = {}
    reached = {path for one in changed for path in _begin(one, imports)}
    distance = 0
    while reached:
        distances |= dict.fromkeys(reached, distance)
        distance += 1
        reached = {importer for path in reached for importer in importers[path]} - distances.keys()
    tests = [path for path in distances if PurePosixPath(path).name.startswith("test_")]
    return _by_turns(sorted(tests), distances)


def _by_turns(tests: Iterable[str], distances: Mapping[str, int]) -> list[str]:
    """By distance; of those that are equally far, one of each folder, then the second of each."""
    turns: Counter[tuple[int, str]] = Counter()
    places: dict[str, tuple[int, int]] = {}
    for path in tests:
        group = distances[path], str(PurePosixPath(path).parent)
        places[path] = distances[path], turns[group]
        turns[group] += 1
    return sorted(places, key=lambda path: (*places[path], path))


def _begin(changed: str, imports: Mapping[str, set[str]]) -> Iterator[str]:
    """Where a changed file leads at once: itself, the tests that mirror it, the tests of its folder or of its text."""
    yield from READ_BY.get(changed.partition("/")[0], ())
    if changed in imports:
        yield changed
    path = PurePosixPath(changed)
    if path.name in {"conftest.py", "fixtures.py"}:  # pytest loads both, no test imports them
        yield from (one for one in imports if PurePosixPath(one).is_relative_to(path.parent))
    if changed.startswith("src/flowdeck/"):
        mirrored = PurePosixPath("tests", *path.parts[2:-1])
        names = {f"test_{path.stem}.py", f"test_{path.stem.removesuffix('_service')}.py"}
        yield from (str(mirrored / name) for name in names if str(mirrored / name) in imports)


def within(tests: Iterable[str], budget: float) -> tuple[list[str], list[str]]:
    """The first test files that fit into so many seconds, and those left out. The first one always fits."""
    chosen: list[str] = []
    left_out: list[str] = []
    for path in tests:
        budget -= SECONDS.get(PurePosixPath(path).parent.as_posix(), 1.0)
        (chosen if budget >= 0 or not chosen else left_out).append(path)
    return chosen, left_out


if __name__ == "__main__":
    sys.exit(main())
