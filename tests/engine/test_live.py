"""The configuration is replaced while runs go on."""

import asyncio
import json
from contextlib import aclosing
from pathlib import Path

import pytest

from flowdeck.events.types import LiveEvent
from flowdeck.graphs.providers.scripted.client import ScriptedClient
from flowdeck.services.run_service import Started
from flowdeck.storage.scope import LOCAL
from tests.workbench import Bench, Workbench

pytestmark = pytest.mark.anyio


def models(text: str, *, delay_ms: int = 0, other: str = "same") -> str:
    replies = [{"text": text, "delay_ms": delay_ms}]
    return json.dumps(
        {
            "models": {
                "default": {"provider": "scripted", "model": "d", "replies": replies},
                "other": {"provider": "scripted", "model": "o", "replies": [{"text": other}, {"text": "second"}]},
            }
        }
    )


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> list[ScriptedClient]:
    """The clients that were closed."""
    found: list[ScriptedClient] = []

    async def aclose(client: ScriptedClient) -> None:
        found.append(client)

    monkeypatch.setattr(ScriptedClient, "aclose", aclose)
    return found


async def _first_token(bench: Bench, started: Started) -> None:
    async with asyncio.timeout(30), aclosing(bench.container.run_service.follow(LOCAL, started)) as events:
        async for event in events:
            if isinstance(event, LiveEvent) and event.type == "token":
                return


async def test_a_run_under_way_keeps_its_model_and_the_next_gets_the_new_one(
    workbench: Workbench, closed: list[ScriptedClient]
) -> None:
    workbench.write("models.yaml", models(" ".join(["old"] * 60), delay_ms=20))
    async with workbench.open(config_poll_seconds=0) as bench:
        running, other = await bench.session(), await bench.session()
        started = await bench.container.run_service.start(LOCAL, running, "Hi")
        await _first_token(bench, started)

        await bench.container.config_service.save(LOCAL, "models.yaml", models("new"))
        next_run = await bench.run(other, "Hi")

        assert (await bench.history(other))[-1] == ("assistant", "new")
        assert next_run.status == "succeeded"
        assert (await bench.container.run_service.get(LOCAL, started.run.run_id)).status == "running"
        assert closed == []

        assert (await bench.finished(started)).status == "succeeded"
        assert (await bench.history(running))[-1] == ("assistant", " ".join(["old"] * 60))
        async with asyncio.timeout(10):
            while not closed:
                await asyncio.sleep(0)
        assert len(closed) == 1
        assert (await bench.run(running, "Hi")).status == "succeeded"
        assert (await bench.history(running))[-1] == ("assistant", "new")
    assert len(closed) == 2


async def test_a_model_that_did_not_change_goes_on_where_it_was(
    workbench: Workbench, closed: list[ScriptedClient]
) -> None:
    workbench.write("models.yaml", models("one"))
    async with workbench.open(config_poll_seconds=0) as bench:
        session = await bench.session(agent_config={"model": "other"})
        await bench.run(session, "Hi")
        await bench.container.config_service.save(LOCAL, "models.yaml", models("two"))
        await bench.run(session, "Hi")
        assert [text for kind, text in await bench.history(session) if kind == "assistant"] == ["same", "second"]
        await bench.container.config_service.save(LOCAL, "models.yaml", models("two", other="changed"))
        await bench.run(session, "Hi")
        assert (await bench.history(session))[-1] == ("assistant", "changed")
    assert len(closed) == len(set(map(id, closed))), "a client was closed twice"


async def test_a_file_edited_on_disk_is_taken_up_and_a_broken_one_is_not(workbench: Workbench) -> None:
    async with workbench.open(config_poll_seconds=0.02) as bench:
        live = bench.container.live
        before = live.current
        workbench.write("models.yaml", models("edited"))
        async with asyncio.timeout(30):
            while live.current is before:
                await asyncio.sleep(0.01)
        session = await bench.session()
        await bench.run(session, "Hi")
        assert (await bench.history(session))[-1] == ("assistant", "edited")

        taken_up = live.current
        workbench.write("models.yaml", "models: [")
        await bench.container.config_service.adopt_edits()
        assert live.current is taken_up
        assert (await bench.run(session, "Hi")).status == "succeeded"


async def test_prices_alone_leave_built_graphs_as_they_are(workbench: Workbench) -> None:
    async with workbench.open(config_poll_seconds=0) as bench:
        resources = bench.container.live.current.resources
        text = 'prices: {default-1: {input: "900000", output: "0"}}\n'
        await bench.container.config_service.save(LOCAL, "prices.yaml", text)
        assert bench.container.live.current.resources is resources
        session = await bench.session()
        run = await bench.run(session, "Hi", limits={"cost": 5})
        assert (run.error or {})["code"] == "limit_cost"


async def test_settings_are_not_taken_up_before_the_next_start(workbench: Workbench, tmp_path: Path) -> None:
    async with workbench.open() as bench:
        (tmp_path / "configs" / "flowdeck.yaml").write_text("runs: {steps: 7}\n")
        session = await bench.session("count")
        run = await bench.run(session)
        assert run.limits["steps"] == 100
