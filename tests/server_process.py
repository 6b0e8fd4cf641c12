"""A real server in a process of its own, that a test may kill."""

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from tests.workbench import Workbench

STARTUP_SECONDS = 60
AUTHORITIES = httpx.create_ssl_context()
"""For clients that are made often: each would take 50 ms to read the certificates."""


class ServerProcess:
    """`flowdeck serve` over a workbench's configuration and database, on a free port. Use it as a context manager."""

    def __init__(self, workbench: Workbench, **environment: str) -> None:
        self._workbench = workbench
        self._environment = environment
        self._process: subprocess.Popen[str] | None = None
        self.client = httpx.Client()

    @property
    def command(self) -> list[str]:
        """What is executed."""
        return [str(Path(sys.executable).with_name("flowdeck")), "serve", "--port", "0"]

    def environment(self) -> dict[str, str]:
        """With which variables."""
        settings = self._workbench.settings()
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("FLOWDECK_")}
        return {
            **inherited,
            "FLOWDECK_DATA_DIR": str(settings.data_dir),
            "FLOWDECK_CONFIG_DIR": str(settings.config_dir),
            "FLOWDECK_DATABASE__URL": self._workbench.database_url,
            **self._environment,
        }

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self.command,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert "ready at" in line, line
        self.client = httpx.Client(base_url=line.split()[-1] + "/api", timeout=STARTUP_SECONDS)
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self.kill()

    def kill(self) -> None:
        """`kill -9`."""
        self._end(signal.SIGKILL)

    def terminate(self) -> int:
        """SIGTERM, and the exit code."""
        return self._end(signal.SIGTERM)

    def wait(self, seconds: float) -> int:
        """The exit code of a process that ends by itself within so many seconds."""
        assert self._process is not None
        return self._process.wait(seconds)

    def _end(self, number: signal.Signals) -> int:
        self.client.close()
        assert self._process is not None
        assert self._process.stdout is not None
        if self._process.poll() is None:
            self._process.send_signal(number)
        code = self._process.wait(STARTUP_SECONDS)
        self._process.stdout.close()
        return code

    def post(self, path: str, body: Any = None) -> Any:
        """The JSON answer of a successful POST."""
        response = self.client.post(path, json=body)
        assert response.is_success, response.text
        return response.json()

    def get(self, path: str) -> Any:
        """The JSON answer of a successful GET."""
        response = self.client.get(path)
        assert response.is_success, response.text
        return response.json()

    def session(self, workflow: str = "chat", **body: Any) -> str:
        path = f"configs/workflows/{workflow}.yaml"
        created = self.post("/sessions", {"workflow_config_path": path, **body})
        return str(created["session_id"])

    def events(self, session_id: str, *, after_seq: int = 0) -> Iterator[dict[str, Any]]:
        """The session's stored events, over SSE, for as long as the caller reads."""
        with (
            contextlib.suppress(httpx.RemoteProtocolError, httpx.ReadError),
            self.client.stream("GET", f"/sessions/{session_id}/events", params={"after_seq": after_seq}) as response,
        ):
            for line in response.iter_lines():
                if line.startswith("data:"):
                    event = json.loads(line.removeprefix("data:"))
                    if "seq" in event:
                        yield event

    def wait_for_run(self, session_id: str, run_id: str, status: str) -> list[dict[str, Any]]:
        """The log up to the event that says so."""
        seen: list[dict[str, Any]] = []
        for event in self.events(session_id):
            seen.append(event)
            run = event["data"].get("run") if event["type"] == "session_update" else None
            if run and (run["run_id"], run["status"]) == (run_id, status):
                return seen
        raise AssertionError(f"{run_id} never became {status}")
