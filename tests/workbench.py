"""A whole Flowdeck without its HTTP: configuration files in a folder, and an open container over them."""

import asyncio
import json
import textwrap
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flowdeck.clock import Clock, utc_now
from flowdeck.container import Container, open_container
from flowdeck.events.types import Delivery, StoredEvent
from flowdeck.managers.session_manager import NewSession
from flowdeck.services.run_service import Started
from flowdeck.settings import DatabaseSettings, RunSettings, ServerSettings, Settings
from flowdeck.storage.scope import LOCAL
from flowdeck.storage.tables import RunRow

CHAT = """
    name: chat
    nodes:
      answer: {type: llm, system: Be brief.}
    entry: answer
    edges:
      - {from: answer, to: END}
"""

ASK = """
    name: ask
    state:
      approved: {type: boolean}
      sent: {type: boolean, default: false}
    nodes:
      approve: {type: human, question: "Send it?", schema: {type: boolean}, output: approved}
      send: {type: transform, set: {sent: "true"}}
    entry: approve
    edges:
      - {from: approve, to: send, when: approved}
      - {from: approve, to: END}
      - {from: send, to: END}
"""

COUNT = """
    name: count
    state:
      n: {type: integer, default: 0}
    nodes:
      step: {type: transform, set: {n: n + 1}}
    entry: step
    edges:
      - {from: step, to: step, when: n < 5}
      - {from: step, to: END}
"""


class SettableClock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **time: float) -> None:
        self.now += timedelta(**time)


class Workbench:
    """Writes configuration, opens containers over one database, and drives them."""

    def __init__(self, folder: Path, database_url: str) -> None:
        self.folder = folder
        self.database_url = database_url
        self.write("workflows/chat.yaml", CHAT)
        self.write("workflows/ask.yaml", ASK)
        self.write("workflows/count.yaml", COUNT)
        self.models(default=[{"text": "Hello there, friend", "usage": {"input": 10, "output": 3}}])

    def write(self, name: str, text: str) -> Path:
        path = self.folder / "configs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return path

    def models(self, **replies: list[dict[str, Any]]) -> None:
        """Scripted models by name; YAML reads JSON."""
        models = {
            name: {"provider": "scripted", "model": f"{name}-1", "replies": scripted, "retries": 0}
            for name, scripted in replies.items()
        }
        self.write("models.yaml", json.dumps({"models": models}))

    def settings(self, **groups: Any) -> Settings:
        return Settings(
            data_dir=self.folder / "data",
            config_dir=self.folder / "configs",
            database=DatabaseSettings(url=self.database_url),
            server=groups.pop("server", ServerSettings(grace_seconds=0)),
            runs=groups.pop("runs", RunSettings()),
            **groups,
        )

    @asynccontextmanager
    async def open(
        self, *, clock: Clock = utc_now, environment: Mapping[str, str] | None = None, **groups: Any
    ) -> AsyncIterator["Bench"]:
        async with open_container(self.settings(**groups), clock=clock, environment=environment or {}) as container:
            yield Bench(container)


class Bench:
    """What tests do with an open container."""

    def __init__(self, container: Container) -> None:
        self.container = container

    async def session(self, workflow: str = "chat", **options: Any) -> str:
        row = await self.container.session_service.create(
            LOCAL, f"configs/workflows/{workflow}.yaml", NewSession(**options)
        )
        return row.session_id

    async def run(self, session_id: str, run_input: Any = None, **options: Any) -> RunRow:
        """Run to the end of the stream."""
        started = await self.container.run_service.start(LOCAL, session_id, run_input, **options)
        return await self.finished(started)

    async def finished(self, started: Started) -> RunRow:
        async with asyncio.timeout(30):
            return await self.container.run_service.wait(LOCAL, started)

    async def answer(self, run_id: str, value: Any) -> RunRow:
        return await self.finished(await self.container.run_service.resume(LOCAL, run_id, answer=value))

    async def events(self, started: Started) -> list[Delivery]:
        async with asyncio.timeout(30):
            return [event async for event in self.container.run_service.follow(LOCAL, started)]

    async def log(self, session_id: str) -> list[StoredEvent]:
        async with self.container.database.read(LOCAL) as tx:
            return await self.container.log.read(tx, session_id, after_seq=0)

    async def history(self, session_id: str) -> list[tuple[str, str]]:
        async with self.container.database.read(LOCAL) as tx:
            page = await self.container.history.list_messages(tx, session_id, limit=500)
        return [(row.type, row.content) for row in page.items]

    async def values(self, session_id: str) -> dict[str, Any]:
        view, _ = await self.container.session_service.state(LOCAL, session_id)
        return view.values

    async def status(self, session_id: str) -> str:
        async with self.container.database.read(LOCAL) as tx:
            return (await self.container.sessions.get(tx, session_id)).status
