"""The saver is held against LangGraph's own conformance suite, on both databases."""

from collections.abc import AsyncIterator

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.base import empty_checkpoint
from langgraph.checkpoint.conformance import checkpointer_test, validate
from langgraph.checkpoint.conformance.report import ProgressCallbacks

from flowdeck.storage.checkpoints import CheckpointSaver
from flowdeck.storage.database import Database
from flowdeck.storage.scope import LOCAL, Scope

pytestmark = pytest.mark.anyio


async def test_saver_conforms_to_langgraphs_specification(database: Database) -> None:
    failures: list[str] = []

    @checkpointer_test(name="flowdeck")
    async def saver() -> AsyncIterator[CheckpointSaver]:
        yield CheckpointSaver(database, LOCAL)

    def note(capability: str, test: str, passed: bool, error: str | None) -> None:
        if not passed:
            failures.append(f"{capability}.{test}: {error}")

    report = await validate(saver, progress=ProgressCallbacks(on_test_result=note))

    assert failures == []
    assert report.passed_all_base()


async def test_another_projects_checkpoints_are_unknown(database: Database) -> None:
    config: RunnableConfig = {"configurable": {"thread_id": "case-1", "checkpoint_ns": ""}}
    saver = CheckpointSaver(database, LOCAL)
    await saver.aput(config, empty_checkpoint(), {"source": "input", "step": -1}, {})

    stranger = CheckpointSaver(database, Scope("other", "someone"))

    assert await saver.aget_tuple(config) is not None
    assert await stranger.aget_tuple(config) is None
    assert [found async for found in stranger.alist(config)] == []


async def test_a_forged_checkpoint_cannot_name_a_class_to_call(database: Database) -> None:
    Forged.made = 0
    serde = CheckpointSaver(database, LOCAL).serde
    encoding, blob = serde.dumps_typed(Forged("x"))

    restored = serde.loads_typed((encoding, blob))

    assert not isinstance(restored, Forged)
    assert Forged.made == 1


class Forged:
    """Stands for any importable class whose constructor does something."""

    made = 0

    def __init__(self, text: str) -> None:
        Forged.made += 1
        self.text = text

    def dict(self) -> dict[str, str]:
        return {"text": self.text}
