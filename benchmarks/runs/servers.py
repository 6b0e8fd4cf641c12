"""The servers that are compared, each a process of its own on a free port."""

import os
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import yaml

from benchmarks.runs.words import WORDS

WORKFLOWS = Path(__file__).parent / "workflows"
_TICKS = os.sysconf("SC_CLK_TCK")


class Server:
    """A server that prints `ready at URL`. Use it as a context manager."""

    def __init__(self, name: str, command: list[str], environment: dict[str, str] | None = None) -> None:
        self.name = name
        self._command = command
        self._environment = environment or {}
        self._process: subprocess.Popen[str] | None = None
        self.url = ""
        self.cold_start = 0.0
        self.idle_memory = 0.0

    def __enter__(self) -> Self:
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("FLOWDECK_")}
        began = time.perf_counter()
        self._process = subprocess.Popen(  # noqa: S603 - our own programs
            self._command,
            env={**inherited, **self._environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        if self._process.stdout is None:
            raise RuntimeError("the server has no output")
        for line in self._process.stdout:
            if "ready at" in line:
                self.url = line.split()[-1]
                break
        else:
            raise RuntimeError(f"{self.name} does not start: {' '.join(self._command)}")
        self.cold_start = time.perf_counter() - began
        self.idle_memory = self.memory()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(30)

    def cpu(self) -> float:
        """The CPU time that the process and its children have taken, in seconds."""
        return sum(_cpu_of(pid) for pid in self._processes())

    def memory(self) -> float:
        """The resident memory of the process and its children, in MB."""
        return sum(_resident_memory_of(pid) for pid in self._processes())

    def _processes(self) -> list[int]:
        if self._process is None:
            return []
        found = [self._process.pid]
        for pid in found:
            for task in Path(f"/proc/{pid}/task").iterdir():
                found.extend(map(int, (task / "children").read_text(encoding="ascii").split()))
        return found


def _cpu_of(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _resident_memory_of(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def configure(folder: Path) -> tuple[Path, Path]:
    """Write a configuration with a scripted model. Returns the folders of the data and of the configuration."""
    configs = folder / "configs"
    (configs / "workflows").mkdir(parents=True, exist_ok=True)
    for file in WORKFLOWS.iterdir():
        (configs / "workflows" / file.name).write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    usage = {"input": 10, "output": 50}
    models = {"default": {"provider": "scripted", "model": "words", "replies": [{"text": WORDS, "usage": usage}]}}
    (configs / "models.yaml").write_text(yaml.safe_dump({"models": models}), encoding="utf-8")
    return folder / "data", configs


def flowdeck(folder: Path, database_url: str | None = None) -> Server:
    """Flowdeck with its default settings and a scripted model, over an empty database."""
    data, configs = configure(folder)
    environment = {"FLOWDECK_DATA_DIR": str(data), "FLOWDECK_CONFIG_DIR": str(configs)}
    if database_url is not None:
        environment["FLOWDECK_DATABASE__URL"] = database_url
    program = Path(sys.executable).with_name("flowdeck")
    return Server("Flowdeck", [str(program), "serve", "--port", "0"], environment)


def bare(kind: str, address: str = "") -> Server:
    """`bare.py` with one of its savers."""
    name = "bare" if kind == "memory" else f"bare-{kind}"
    return Server(name, [sys.executable, "-m", "benchmarks.runs.bare", kind, address])
