"""An application that the stateful test drives over HTTP, and everything that is read back from it to compare."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

from httpx import ASGITransport, AsyncClient, Response
from sqlalchemy import delete

from flowdeck.api.main import create_app
from flowdeck.container import Container
from flowdeck.events.types import StoredEvent
from flowdeck.settings import RunSettings, WorkflowSettings
from flowdeck.storage.integrity import check
from flowdeck.storage.scope import LOCAL, SYSTEM
from flowdeck.storage.tables import CheckpointRow, CheckpointValueRow, CheckpointWriteRow
from tests.factories import MODELS
from tests.faults.machine.model import Session
from tests.faults.machine.parts import QUEUE_LIMIT, Entry
from tests.faults.machine.turnstiles import until_entered
from tests.faults.machine.workflows import BALLOT, WORKFLOWS
from tests.workbench import Workbench

_PATIENCE = 60  # seconds that anything may take
_LOG = 10_000  # events; a session of a sequence has far fewer


class Api:
    """The application, and the event loop that it lives in: between two calls its time stands still."""

    def __init__(self, runner: asyncio.Runner, client: AsyncClient, container: Container) -> None:
        self._runner = runner
        self._client = client
        self._container = container

    def call(self, method: str, path: str, **options: Any) -> Response:
        """One request below /api."""
        answer: Response = self._run(self._client.request(method, f"/api{path}", **options))
        return answer

    def get(self, path: str, **parameters: Any) -> Any:
        """The JSON of an answer that must be 200."""
        answer = self.call("GET", path, params=parameters)
        assert answer.status_code == 200, (path, answer.text)
        return answer.json()

    def wait(self, coroutine: Any) -> None:
        """Let time go on until something has happened."""
        self._run(coroutine)

    def _run(self, coroutine: Any) -> Any:
        async def limited() -> Any:
            async with asyncio.timeout(_PATIENCE):
                return await coroutine

        return self._runner.run(limited())

    def log(self, session_id: str) -> list[StoredEvent]:
        """The session's whole log."""
        return list(self._run(self._read_log(session_id)))

    async def _read_log(self, session_id: str) -> list[StoredEvent]:
        async with self._container.database.read(LOCAL) as tx:
            return await self._container.log.read(tx, session_id, after_seq=0, limit=_LOG)

    def settle(self, session: Session) -> None:
        """Wait until what the model says must happen has happened."""
        if session.holds:
            self._run(until_entered(str(session.id), session.entered))
            self._run(self._until_told(session))
        if any(run.id is None for run in session.runs):  # a fork has started it
            for run, shown in zip(session.runs, self._runs(session), strict=True):
                run.id = run.id or shown["run_id"]
        for run in session.runs:
            if run.seen != run.status and run.status not in ("queued", "running"):
                told = self.get(f"/runs/{run.id}", wait=_PATIENCE)
                assert told["status"] == run.status, (told, session.facts)
            run.seen = run.status

    async def _until_told(self, session: Session) -> None:
        """The step before the turnstile is stored while the run waits there already."""
        while True:
            async with self._container.database.read(LOCAL) as tx:
                page = await self._container.checkpoints.list_checkpoints(tx, str(session.id), page_size=1)
                told = await self._container.log.read(tx, str(session.id), after_seq=0, limit=_LOG)
            starts = sum(_node_fact(event) == ("start", "hold") for event in told)
            if page.total >= len(session.checkpoints) and starts >= session.entered:
                return

    def delete(self, session_id: str) -> None:
        """Remove a session, whatever it does, and wait until no execution of its runs is left."""
        running = [run["run_id"] for run in self.get(f"/sessions/{session_id}/runs", page_size=100)["runs"]]
        answer = self.call("DELETE", f"/sessions/{session_id}", params={"force": True})
        assert answer.status_code == 200, answer.text
        tasks = [task for run_id, task in self._container.worker._tasks.items() if run_id in running]
        if tasks:
            self._run(asyncio.wait(tasks))

    def clean(self) -> None:
        """Remove what a sequence that failed has left."""
        for session in self.get("/sessions", page_size=100)["sessions"]:
            self.delete(session["session_id"])
        self._run(self._remove_orphans())

    async def _remove_orphans(self) -> None:
        async with self._container.database.write(SYSTEM) as tx:
            for table in (CheckpointRow, CheckpointValueRow, CheckpointWriteRow):
                await tx.execute(delete(table))

    def findings(self) -> list[str]:
        """What `db check` complains of."""
        return [f"{one.subject}: {one.examples}" for one in self._run(check(self._container.database)) if one.wrong]

    # -- the product against the model

    def compare(self, session: Session) -> None:
        """A session as the product tells of it, against the model; reads the ids that are new."""
        self.settle(session)
        last_seq = self._compare_session(session)
        self._compare_runs(session)
        if any(checkpoint.id is None for checkpoint in session.checkpoints):
            self._compare_checkpoints(session)
        if session.workflow.talks:
            self._compare_history(session)
        self._compare_log(session, last_seq)
        self._compare_state(session)

    def _compare_session(self, session: Session) -> int:
        told = self.get(f"/sessions/{session.id}")
        assert {name: told[name] for name in ("status", "version", "title", "metadata", "initial_state")} == {
            "status": session.status,
            "version": session.version,
            "title": session.title,
            "metadata": session.metadata,
            "initial_state": session.initial,
        }, (told, session)
        assert (told["forked_from"] and tuple(told["forked_from"].values())) == session.forked_from
        return int(told["last_seq"])

    def _compare_runs(self, session: Session) -> None:
        assert [(run.id, run.shows) for run in session.runs] == [
            (shown["run_id"], run_shows(shown)) for shown in self._runs(session)
        ]

    def _runs(self, session: Session) -> list[dict[str, Any]]:
        """Oldest first."""
        told = self.get(f"/sessions/{session.id}/runs", page_size=100)
        assert told["total"] == len(session.runs)
        return list(reversed(told["runs"]))

    def _compare_checkpoints(self, session: Session) -> None:
        told = self.get(f"/sessions/{session.id}/checkpoints", page_size=100)
        assert told["total"] == len(session.checkpoints), (told, session.checkpoints)
        shown = list(reversed(told["checkpoints"]))
        for checkpoint, one in zip(session.checkpoints[-100:], shown, strict=True):
            checkpoint.id = checkpoint.id or one["checkpoint_id"]
            made_by = None if checkpoint.run is None else checkpoint.run.id
            assert (one["checkpoint_id"], one["source"], one["nodes"], one["run_id"]) == (
                checkpoint.id,
                checkpoint.source,
                checkpoint.nodes,
                made_by,
            )

    def _compare_history(self, session: Session) -> None:
        told = self.get(f"/history/sessions/{session.id}/messages", limit=500)
        assert [_entry_shows(one) for one in session.history] == [
            (one["type"], one["content"], one["discarded"], one["run_id"]) for one in told["records"]
        ]
        assert told["total"] == len(session.history)
        for entry, one in zip(session.history, told["records"], strict=True):
            entry.id = entry.id or one["message_id"]
            entry.said.id = entry.said.id or one["message_id"]
            entry.seq = one["seq"]
            assert entry.id == one["message_id"]

    def _compare_log(self, session: Session, last_seq: int) -> None:
        told = self.log(str(session.id))
        assert [event.seq for event in told] == list(range(1, len(told) + 1))
        assert last_seq == len(told)
        numbers = {run.id: number for number, run in enumerate(session.runs)}
        facts = [_status_fact(event, numbers) for event in told if event.type == "session_update"]
        assert facts == session.facts
        for run in session.runs:
            nodes = [_node_fact(event) for event in told if event.run_id == run.id]
            assert [fact for fact in nodes if fact is not None] == run.nodes
        spoken = {event.data["message"]["id"]: event.seq for event in told if event.type == "message"}
        assert {entry.id: entry.seq for entry in session.history if entry.id == entry.said.id} == spoken

    def _compare_state(self, session: Session) -> None:
        told = self.get(f"/sessions/{session.id}/state")
        latest = session.latest if session.checkpoints else None
        head = session.head
        assert sorted(question["question"] for question in told["interrupts"]) == (
            [] if head is None else head.questions
        )
        if latest is None:
            assert (told["checkpoint_id"], told["next"]) == (None, [])
            return
        assert told["checkpoint_id"] == latest.id
        assert told["next"] == ([] if latest.next is None else [latest.next])
        assert state_shows(told["values"]) == state_shows(latest.values)

    def compare_everything(self, session: Session) -> None:
        """Besides, every checkpoint with its state, the snapshots and the bookmarks."""
        self.compare(session)
        self._compare_checkpoints(session)
        self._compare_history(session)
        for checkpoint in session.checkpoints:
            told = self.get(f"/sessions/{session.id}/checkpoints/{checkpoint.id}")
            assert state_shows(told["values"]) == state_shows(checkpoint.values)
            assert told["next"] == ([] if checkpoint.next is None else [checkpoint.next])
        self.compare_named(session)

    def compare_named(self, session: Session) -> None:
        """The snapshots and bookmarks, in pages of two."""
        named = self.pages(f"/sessions/{session.id}/snapshots", "snapshots")
        assert [(one["snapshot_id"], one["checkpoint_id"], one["label"]) for one in named] == [
            (one.id, one.checkpoint.id, one.label) for one in reversed(session.snapshots)
        ]
        answer = self.call("GET", "/history/bookmarks", params={"session_id": session.id, "limit": 500})
        assert [(one["bookmark_id"], one["message_id"], one["note"]) for one in answer.json()] == [
            (one.id, one.entry_id, one.note) for one in reversed(session.bookmarks)
        ]
        assert answer.headers["x-total-count"] == str(len(session.bookmarks))

    def pages(self, path: str, key: str, size: int = 2, **parameters: Any) -> list[dict[str, Any]]:
        """All items of a list, page by page."""
        items: list[dict[str, Any]] = []
        page = 0
        while True:
            page += 1
            told = self.get(path, page=page, page_size=size, **parameters)
            items += told[key]
            assert (told["page"], told["has_next"]) == (page, len(items) < told["total"])
            assert len(told[key]) == min(size, max(0, told["total"] - size * (page - 1)))
            if not told["has_next"]:
                assert len(items) == told["total"]
                return items


def run_shows(told: dict[str, Any]) -> dict[str, Any]:
    """What a run's resource says, in the form of `Run.shows`."""
    return {
        "status": told["status"],
        "attempt": told["attempt"],
        "stop_requested": told["stop_requested"],
        "error": None if told["error"] is None else told["error"]["code"],
        "questions": sorted(question["question"] for question in told["interrupts"] or []),
    }


def state_shows(values: Any) -> dict[str, Any]:
    """A state, the product's or the model's, with messages that can be compared."""
    return {name: [_message(item) for item in value] if name == "messages" else value for name, value in values.items()}


def _message(message: Any) -> tuple[Any, ...]:
    if isinstance(message, dict):
        return message["id"], message["type"], message["content"]
    return message.id, message.type, message.content


def _entry_shows(entry: Entry) -> tuple[Any, ...]:
    run_id = None if entry.run is None else entry.run.id
    return entry.said.type, entry.said.content, entry.discarded, run_id


def _status_fact(event: StoredEvent, numbers: dict[str | None, int]) -> tuple[Any, ...]:
    run = event.data.get("run")
    if run is None:
        return (None, event.data["status"])
    return numbers[run["run_id"]], event.data["status"], run["status"], run["attempt"], run.get("stop_requested")


def _node_fact(event: StoredEvent) -> tuple[str, str] | None:
    """What became of a node of the main graph."""
    data = event.data
    if event.type != "workflow_state" or data["path"]:
        return None
    if data["phase"] == "start":
        return "start", data["node"]
    return "failed" if data["error"] else "asked" if data["interrupted"] else "end", data["node"]


@contextmanager
def opened(folder: Path, database_url: str) -> Iterator[Api]:
    """An application over a database, with the workflows of the stateful test."""
    workbench = Workbench(folder, database_url)
    workbench.write("models.yaml", json.dumps({"models": MODELS}))
    workbench.write("workflows/ballot.yaml", BALLOT)
    for workflow in WORKFLOWS:
        workbench.write(f"workflows/{workflow.name}.yaml", workflow.yaml)
    settings = workbench.settings(
        runs=RunSettings(queue=QUEUE_LIMIT),
        workflows=WorkflowSettings(python_allow=("tests.faults.machine.turnstiles",)),
    )
    app = create_app(settings, environment={})

    async def enter(stack: AsyncExitStack) -> AsyncClient:
        await stack.enter_async_context(app.router.lifespan_context(app))
        client = AsyncClient(transport=ASGITransport(app), base_url="http://127.0.0.1", timeout=_PATIENCE)
        return await stack.enter_async_context(client)

    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        try:
            client = runner.run(enter(stack))
            yield Api(runner, client, app.state.container)
        finally:
            runner.run(stack.aclose())
