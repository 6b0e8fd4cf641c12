"""Schemathesis over the whole OpenAPI document, all checks, against a real server: `python -m benchmarks.fuzz`.

A server of its own is started over an empty database, and ended afterwards. `fuzz_hooks.py` has requests be about
things that exist, made by `fuzz_world.py`, and how many operations answered with success is told at the end.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks.place import settings_in

REPOSITORY = Path(__file__).parent.parent
CONFIG = Path(__file__).with_name("schemathesis.toml")


@contextmanager
def server(folder: Path, **environment: str) -> Iterator[tuple[str, int]]:
    """`flowdeck serve` on a free port: its address and its process id."""
    settings = settings_in(folder)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FLOWDECK_")}
    with subprocess.Popen(  # noqa: S603 - our own program
        [str(Path(sys.executable).with_name("flowdeck")), "serve", "--port", "0"],
        env={
            **inherited,
            "FLOWDECK_DATA_DIR": str(settings.data_dir),
            "FLOWDECK_CONFIG_DIR": str(settings.config_dir),
            **environment,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None  # noqa: S101 - it was asked for
            line = process.stdout.readline()
            if "ready at" not in line:
                raise RuntimeError(f"the server did not start: {line}")
            yield line.split()[-1], process.pid
        finally:
            process.terminate()
            process.wait(30)


def configure(folder: Path) -> None:
    """The workflows and tools that Flowdeck comes with, and models that are scripted."""
    settings_in(folder)
    for source in (REPOSITORY / "configs", REPOSITORY / "benchmarks" / "fuzzed"):
        shutil.copytree(source, folder / "configs", dirs_exist_ok=True)


def fuzz(folder: Path, *, examples: int, phases: str, arguments: list[str]) -> int:
    """Run Schemathesis and say how far it came; 0 where nothing failed and every operation was reached."""
    configure(folder)
    told = folder / "reach.json"
    with server(folder, FLOWDECK_WEBHOOKS__ALLOW_PRIVATE='["127.0.0.1"]') as (address, _):
        command = [
            str(Path(sys.executable).with_name("schemathesis")), "--config-file", str(CONFIG),
            "run", f"{address}/api/openapi.json", "--checks", "all", "--phases", phases,
            "--max-examples", str(examples), "--seed", "1", "--generation-database", "none", "--no-color", *arguments,
        ]  # fmt: skip
        environment = {
            **os.environ,
            "PYTHONPATH": str(REPOSITORY),
            "FLOWDECK_FUZZ_ADDRESS": address,
            "FLOWDECK_FUZZ_REACH": str(told),
        }
        # The server makes the document for the first request, which can take longer than Schemathesis waits.
        httpx.get(f"{address}/api/openapi.json", timeout=120).raise_for_status()
        # In the folder, where what it remembers between runs goes away with it.
        status = subprocess.run(command, check=False, cwd=folder, env=environment).returncode  # noqa: S603 - our own
    if not told.exists():
        return status or 1
    reach = Reach(json.loads(told.read_text(encoding="utf-8")))
    print(reach.summary())
    return status or len(reach.missed)


class Reach:
    """How operations answered: counts by status, by operation."""

    def __init__(self, counts: dict[str, dict[str, int]]) -> None:
        self._counts = counts
        self.missed = sorted(name for name, by_status in counts.items() if not _successes(by_status))
        """Operations that never answered with success: nothing of what they do was tried."""

    def summary(self) -> str:
        """Some lines for people."""
        total = sum(sum(by_status.values()) for by_status in self._counts.values())
        successes = sum(map(_successes, self._counts.values()))
        reached = len(self._counts) - len(self.missed)
        told = f"{reached} of {len(self._counts)} operations and {successes} of {total} requests"
        missed = (f"\n  never: {name} {self._counts[name]}" for name in self.missed)
        return f"Answered with success: {told}.{''.join(missed)}"


def _successes(by_status: dict[str, int]) -> int:
    return sum(count for status, count in by_status.items() if status.startswith("2"))


def main() -> int:
    """Parse the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=200, help="for each operation")
    parser.add_argument("--phases", default="examples,coverage,fuzzing")
    known, arguments = parser.parse_known_args()
    with tempfile.TemporaryDirectory() as folder:
        return fuzz(Path(folder), examples=known.examples, phases=known.phases, arguments=arguments)


if __name__ == "__main__":
    sys.exit(main())
