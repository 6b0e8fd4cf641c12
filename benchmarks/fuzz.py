"""Schemathesis over the whole OpenAPI document, all checks, against a real server: `python -m benchmarks.fuzz`.

A server of its own is started over an empty database and the benchmarks' configuration, and ended afterwards. Streams
that never end by themselves are read for as long as the request's time limit, so they have checks of their own instead.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.place import settings_in

# A session's events are followed until its reader goes; tests/api/test_events.py reads them.
ENDLESS = "/api/sessions/{session_id}/events"


@contextmanager
def server(folder: Path, **environment: str) -> Iterator[tuple[str, int]]:
    """`flowdeck serve` on a free port: its address and its process id."""
    settings = settings_in(folder)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("FLOWDECK_")}
    process = subprocess.Popen(  # noqa: S603 - our own program
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
    )
    try:
        assert process.stdout is not None  # noqa: S101 - it was asked for
        line = process.stdout.readline()
        if "ready at" not in line:
            raise RuntimeError(f"the server did not start: {line}")
        yield line.split()[-1], process.pid
    finally:
        process.terminate()
        process.wait(30)


def fuzz(folder: Path, *, examples: int, phases: str, arguments: list[str]) -> int:
    """Run Schemathesis; its exit code, 0 where nothing failed."""
    with server(folder) as (address, _):
        command = [
            str(Path(sys.executable).with_name("schemathesis")), "run", f"{address}/api/openapi.json",
            "--checks", "all", "--phases", phases, "--max-examples", str(examples), "--continue-on-failure",
            "--exclude-path", ENDLESS, "--request-timeout", "30", "--seed", "1", "--generation-database", "none",
            "--suppress-health-check", "all", "--no-color", *arguments,
        ]  # fmt: skip
        # In the folder, where what it remembers between runs goes away with it.
        return subprocess.run(command, check=False, cwd=folder).returncode  # noqa: S603 - our own program


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
