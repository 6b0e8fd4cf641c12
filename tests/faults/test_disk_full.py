"""A disk that is full: what is refused, what can still be read, and that service resumes when there is space."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.test_crash import slow
from tests.server_process import ServerProcess
from tests.workbench import Workbench

_CHUNK = 65_536


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Eight megabytes of a file system of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip("only root can mount a small file system")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * _CHUNK)
        except OSError:
            return filler


def test_a_full_disk_refuses_writes_reads_on_and_recovers(tmp_path: Path, small_disk: Path) -> None:
    workbench = Workbench(tmp_path, f"sqlite:///{small_disk / 'flowdeck.db'}")
    slow(workbench)
    workbench.models(default=[{"text": "some words that take their time", "delay_ms": 300}])
    with ServerProcess(workbench) as server:
        session_id = server.session("slow")
        run_id = server.post(f"/sessions/{session_id}/runs", {"mode": "background"})["run_id"]
        assert any(event["data"].get("node") == "wait" for event in server.events(session_id))
        filler = fill(small_disk)
        stored: list[str] = []
        body = {"workflow_config_path": "configs/workflows/chat.yaml", "metadata": {"filling": "x" * 200_000}}
        while (answer := server.client.post("/sessions", json=body)).status_code == 201:
            stored.append(answer.json()["session_id"])

        assert (answer.status_code, answer.json()["code"]) == (503, "storage_full")
        assert server.client.get(f"/sessions/{session_id}").status_code == 200
        for kept in stored:
            assert server.get(f"/sessions/{kept}")["metadata"] == body["metadata"]
        assert server.client.get("/health/ready").status_code == 200

        filler.unlink()
        assert _end(server, session_id, run_id) in {"succeeded", "failed"}
        assert server.get(f"/sessions/{session_id}")["status"] in {"active", "failed"}
        assert server.post(f"/sessions/{server.session()}/runs", {"input": "Hi"})["status"] == "succeeded"
        told = server.get(f"/sessions/{session_id}")
        assert [event["seq"] for event in _log(server, session_id, told["last_seq"])] == list(
            range(1, told["last_seq"] + 1)
        )


def _end(server: ServerProcess, session_id: str, run_id: str) -> str:
    for event in server.events(session_id):
        run = event["data"].get("run") if event["type"] == "session_update" else None
        if run and run["run_id"] == run_id and run["status"] in {"succeeded", "failed"}:
            return str(run["status"])
    raise AssertionError("the run never ended")


def _log(server: ServerProcess, session_id: str, last_seq: int) -> list[dict[str, object]]:
    log: list[dict[str, object]] = []
    for event in server.events(session_id):
        log.append(event)
        if event["seq"] == last_seq:
            break
    return log
