"""A run's life, through the services, on both databases."""

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from flowdeck.errors.base import Conflict, Invalid
from flowdeck.events.types import LiveEvent, StoredEvent
from flowdeck.settings import ServerSettings
from flowdeck.storage.scope import LOCAL
from flowdeck.storage.tables import ModelCallRow
from tests.workbench import Bench, SettableClock, Workbench

pytestmark = pytest.mark.anyio

SLOW = [{"text": "one two three four five six", "delay_ms": 60_000}]


async def model_calls(bench: Bench) -> list[ModelCallRow]:
    async with bench.container.database.read(LOCAL) as tx:
        return list((await tx.scalars(select(ModelCallRow).order_by(ModelCallRow.seq))).all())


def stored(events: list[Any]) -> list[StoredEvent]:
    return [event for event in events if isinstance(event, StoredEvent)]


def run_statuses(events: list[Any]) -> list[str]:
    return [
        event.data["run"]["status"]
        for event in stored(events)
        if event.type == "session_update" and "run" in event.data
    ]


async def test_a_run_streams_its_tokens_and_stores_its_messages(workbench: Workbench) -> None:
    async with workbench.open() as bench:
        session_id = await bench.session()
        events = await bench.events(await bench.container.run_service.start(LOCAL, session_id, "Hi"))

        tokens = [event.wire()["data"] for event in events if isinstance(event, LiveEvent) and event.type == "token"]
        messages = [event.data["message"] for event in stored(events) if event.type == "message"]
        assert "".join(token["text"] for token in tokens) == "Hello there, friend"
        assert [token["index"] for token in tokens] == list(range(len(tokens)))
        assert {token["node"] for token in tokens} == {"answer"}
        assert [(message["type"], message["content"]) for message in messages] == [
            ("user", "Hi"),
            ("assistant", "Hello there, friend"),
        ]
        assert {token["message_id"] for token in tokens} == {messages[1]["id"]}
        assert await bench.history(session_id) == [("user", "Hi"), ("assistant", "Hello there, friend")]
        assert run_statuses(events) == ["queued", "running", "succeeded"]


async def test_every_node_is_told_at_its_start_and_its_end(workbench: Workbench) -> None:
    async with workbench.open() as bench:
        session_id = await bench.session("count")
        events = stored(await bench.events(await bench.container.run_service.start(LOCAL, session_id, None)))

        states = [event.data for event in events if event.type == "workflow_state"]
        assert [state["phase"] for state in states] == ["start", "end"] * 5
        ends = [state for state in states if state["phase"] == "end"]
        assert [state["changes"] for state in ends] == [{"n": value} for value in range(1, 6)]
        assert all(state["duration_ms"] >= 0 for state in ends)
        assert all(state["node"] == "step" and state["path"] == [] for state in states)
        assert await bench.values(session_id) == {"n": 5}


async def test_the_log_holds_what_the_stream_told(workbench: Workbench) -> None:
    async with workbench.open() as bench:
        session_id = await bench.session()
        told = stored(await bench.events(await bench.container.run_service.start(LOCAL, session_id, "Hi")))
        log = await bench.log(session_id)

        assert [event.seq for event in log] == list(range(1, len(log) + 1))
        assert [event.wire() for event in log if event.run_id] == [event.wire() for event in told]


async def test_the_third_turn_has_the_first_in_its_state(workbench: Workbench) -> None:
    async with workbench.open() as bench:
        session_id = await bench.session()
        for text in ("first", "second", "third"):
            assert (await bench.run(session_id, text)).status == "succeeded"

        contents = [message["content"] for message in (await bench.values(session_id))["messages"]]
        assert contents == [
            "first",
            "Hello there, friend",
            "second",
            "Hello there, friend",
            "third",
            "Hello there, friend",
        ]
        assert [content for _, content in await bench.history(session_id)] == contents


async def test_a_runs_output_holds_only_the_messages_it_added(workbench: Workbench) -> None:
    async with workbench.open() as bench:
        session_id = await bench.session()
        await bench.run(session_id, "first")
        run = await bench.run(session_id, "second")

        assert run.output is not None
        assert [message["content"] for message in run.output["messages"]] == ["second", "Hello there, friend"]


async def test_what_only_looks_like_messages_stays_in_the_output(workbench: Workbench) -> None:
    workbench.write(
        "workflows/cards.yaml",
        """
        name: cards
        state: {cards: {type: list, default: []}}
        nodes: {keep: {type: transform, set: {cards: cards}}}
        entry: keep
        edges: [{from: keep, to: END}]
        """,
    )
    cards = [{"id": "1", "type": "user", "content": "a card, not a message"}]
    async with workbench.open() as bench:
        run = await bench.run(await bench.session("cards"), {"cards": cards})
        assert run.output == {"cards": cards}


async def test_the_initial_state_is_there_in_the_first_run_and_not_again(workbench: Workbench) -> None:
    async with workbench.open() as bench:
        session_id = await bench.session("count", initial_state={"n": 3})
        await bench.run(session_id)
        assert await bench.values(session_id) == {"n": 5}
        await bench.run(session_id)
        assert await bench.values(session_id) == {"n": 6}


async def test_a_model_call_is_recorded_with_what_the_provider_reported(workbench: Workbench) -> None:
    workbench.models(default=[{"text": "a b", "usage": {"input": 100, "output": 20, "cached": 60, "reasoning": 5}}])
    workbench.write(
        "prices.yaml",
        'prices: {default-1: {currency: USD, input: "3.00", output: "15.00", cached: "0.30", reasoning: "15.00"}}',
    )
    async with workbench.open() as bench:
        await bench.run(await bench.session(), "Hi")
        (call,) = await model_calls(bench)

    assert (call.provider, call.model, call.configured_as, call.node) == ("scripted", "default-1", "default", "answer")
    assert (call.prompt_tokens, call.completion_tokens, call.cached_tokens, call.reasoning_tokens) == (100, 20, 60, 5)
    assert not call.estimated
    assert call.cost == Decimal("0.000438")
    assert (call.currency, call.price_source) == ("USD", "prices.yaml")
    assert call.time_to_first_token_ms is not None
    assert 0 < call.time_to_first_token_ms <= call.latency_ms


async def test_tokens_are_estimated_and_marked_where_the_provider_reports_none(workbench: Workbench) -> None:
    workbench.models(default=[{"text": "some words of an answer"}])
    async with workbench.open() as bench:
        await bench.run(await bench.session(), "Hi")
        (call,) = await model_calls(bench)

    assert call.estimated
    assert call.prompt_tokens
    assert call.completion_tokens
    assert call.cost is None


async def test_a_provider_that_fails_ends_the_run_with_its_named_error(workbench: Workbench) -> None:
    workbench.models(default=[{"error": {"status": 503, "message": "overloaded"}}])
    async with workbench.open() as bench:
        session_id = await bench.session()
        run = await bench.run(session_id, "Hi")

        assert run.status == "failed"
        assert run.error is not None
        assert run.error["code"] == "provider_unavailable"
        assert run.error["node"] == "answer"
        assert await bench.status(session_id) == "failed"
        (call,) = await model_calls(bench)
        assert call.error is not None
        assert "error_event" in [event.type for event in await bench.log(session_id)]


async def test_a_session_goes_on_after_a_failed_run(workbench: Workbench) -> None:
    workbench.models(default=[{"error": {"status": 503, "message": "overloaded"}}, {"text": "now it works"}])
    async with workbench.open() as bench:
        session_id = await bench.session()
        await bench.run(session_id, "one")
        run = await bench.run(session_id, "two")

        assert run.status == "succeeded"
        assert await bench.status(session_id) == "active"
        assert [content for _, content in await bench.history(session_id)] == ["one", "two", "now it works"]


async def test_a_question_stops_the_run_and_its_answer_ends_it(workbench: Workbench) -> None:
    async with workbench.open() as bench:
        session_id = await bench.session("ask")
        run = await bench.run(session_id)

        assert run.status == "interrupted"
        assert run.interrupts is not None
        (question,) = run.interrupts
        assert (question["question"], question["schema"], question["node"]) == (
            "Send it?",
            {"type": "boolean"},
            "approve",
        )
        assert await bench.status(session_id) == "interrupted"

        answered = await bench.answer(run.run_id, True)

        assert answered.status == "succeeded"
        assert await bench.values(session_id) == {"approved": True, "sent": True}


@pytest.mark.parametrize("value", [False])
async def test_false_is_an_answer(workbench: Workbench, value: bool) -> None:
    async with workbench.open() as bench:
        session_id = await bench.session("ask")
        run = await bench.run(session_id)
        assert (await bench.answer(run.run_id, value)).status == "succeeded"
        assert await bench.values(session_id) == {"approved": False, "sent": False}


async def test_an_answer_that_does_not_fit_is_refused_and_the_question_stays_open(workbench: Workbench) -> None:
    async with workbench.open() as bench:
        session_id = await bench.session("ask")
        run = await bench.run(session_id)
        with pytest.raises(Invalid) as caught:
            await bench.answer(run.run_id, "perhaps")
        assert caught.value.code == "answer_invalid"
        assert (await bench.answer(run.run_id, True)).status == "succeeded"


async def test_an_interrupted_run_is_answered_after_a_restart(workbench: Workbench) -> None:
    async with workbench.open() as bench:
        session_id = await bench.session("ask")
        run = await bench.run(session_id)
    async with workbench.open() as bench:
        assert (await bench.answer(run.run_id, True)).status == "succeeded"
        assert (await bench.values(session_id))["sent"] is True


async def test_a_question_without_an_answer_takes_its_default_at_its_deadline(workbench: Workbench) -> None:
    workbench.write(
        "workflows/ask.yaml",
        """
        name: ask
        state: {approved: {type: boolean}}
        nodes:
          approve: {type: human, question: "?", schema: {type: boolean}, output: approved, deadline: 1h, default: false}
        entry: approve
        edges: [{from: approve, to: END}]
        """,
    )
    clock = SettableClock()
    async with workbench.open(clock=clock) as bench:
        session_id = await bench.session("ask")
        run = await bench.run(session_id)
        assert run.interrupts is not None
        assert run.interrupts[0]["deadline_at"] == "2026-03-01T13:00:00.000000Z"
    clock.forward(hours=2)
    async with workbench.open(clock=clock) as bench:
        started = await bench.container.run_service.attach(LOCAL, run.run_id)
        if started.run.status != "succeeded":
            await bench.finished(started)
        assert await bench.values(session_id) == {"approved": False}


async def test_a_busy_session_refuses_a_second_run(workbench: Workbench) -> None:
    workbench.models(default=SLOW)
    async with workbench.open() as bench:
        session_id = await bench.session()
        started = await bench.container.run_service.start(LOCAL, session_id, "Hi")
        with pytest.raises(Conflict) as caught:
            await bench.run(session_id, "again")
        assert caught.value.code == "session_busy"
        await bench.container.run_service.cancel(LOCAL, started.run.run_id)
        assert (await bench.finished(started)).status == "cancelled"


async def test_of_many_runs_posted_at_once_one_is_admitted(workbench: Workbench) -> None:
    workbench.models(default=SLOW)
    async with workbench.open() as bench:
        session_id = await bench.session()
        outcomes = await asyncio.gather(
            *(bench.container.run_service.start(LOCAL, session_id, "Hi") for _ in range(8)), return_exceptions=True
        )
        assert sum(isinstance(outcome, Conflict) for outcome in outcomes) == 7


async def test_cancel_ends_a_run_within_a_model_call_and_counts_it(workbench: Workbench) -> None:
    workbench.models(default=[{"text": "one two three", "delay_ms": 0}, *SLOW])
    async with workbench.open() as bench:
        session_id = await bench.session()
        await bench.run(session_id, "quick")
        started = await bench.container.run_service.start(LOCAL, session_id, "slow")
        async for event in bench.container.run_service.follow(LOCAL, started):
            if event.wire()["type"] == "workflow_state":
                break
        run = await bench.container.run_service.cancel(LOCAL, started.run.run_id)

        assert run.status in {"cancelling", "cancelled"}
        assert (await bench.finished(started)).status == "cancelled"
        assert await bench.status(session_id) == "active"
        calls = await model_calls(bench)
        assert [call.error for call in calls] == [None, {"code": "cancelled"}]


async def test_an_ended_run_cannot_be_cancelled(workbench: Workbench) -> None:
    async with workbench.open() as bench:
        run = await bench.run(await bench.session(), "Hi")
        with pytest.raises(Conflict) as caught:
            await bench.container.run_service.cancel(LOCAL, run.run_id)
        assert caught.value.code == "run_not_active"


async def test_a_run_goes_on_after_the_server_stopped_in_its_middle(workbench: Workbench) -> None:
    workbench.models(default=SLOW)
    async with workbench.open(server=ServerSettings(grace_seconds=0)) as bench:
        session_id = await bench.session()
        started = await bench.container.run_service.start(LOCAL, session_id, "Hi")
        async for event in bench.container.run_service.follow(LOCAL, started):
            if event.wire()["type"] == "workflow_state":
                break
    workbench.models(default=[{"text": "at last"}])
    async with workbench.open() as bench:
        again = await bench.container.run_service.attach(LOCAL, started.run.run_id)
        run = again.run if again.run.status == "succeeded" else await bench.finished(again)

        assert run.status == "succeeded"
        assert await bench.history(session_id) == [("user", "Hi"), ("assistant", "at last")]
        log = await bench.log(session_id)
        assert [event.seq for event in log] == list(range(1, len(log) + 1))


async def test_a_run_that_a_living_process_executes_is_left_alone(workbench: Workbench) -> None:
    workbench.models(default=SLOW)
    async with workbench.open() as first:
        session_id = await first.session()
        started = await first.container.run_service.start(LOCAL, session_id, "Hi")
        async for event in first.container.run_service.follow(LOCAL, started):
            if event.wire()["type"] == "workflow_state":
                break
        async with workbench.open() as second:
            assert await second.container.worker.recover() == 0
            assert (await second.container.run_service.get(LOCAL, started.run.run_id)).status == "running"


async def test_save_and_restore_bring_back_the_saved_state(workbench: Workbench) -> None:
    async with workbench.open() as bench:
        session_id = await bench.session()
        await bench.run(session_id, "first")
        snapshot = await bench.container.session_service.save(LOCAL, session_id, label="before")
        saved = await bench.values(session_id)
        await bench.run(session_id, "second")
        assert await bench.values(session_id) != saved

        await bench.container.time_travel_service.restore(LOCAL, session_id, snapshot_id=snapshot.snapshot_id)

        assert await bench.values(session_id) == saved
        await bench.run(session_id, "third")
        contents = [message["content"] for message in (await bench.values(session_id))["messages"]]
        assert contents == ["first", "Hello there, friend", "third", "Hello there, friend"]
        assert [content for _, content in await bench.history(session_id)] == [
            "first",
            "Hello there, friend",
            "second",
            "Hello there, friend",
            "third",
            "Hello there, friend",
        ]


async def test_what_a_model_says_is_stored_even_with_a_nul(workbench: Workbench) -> None:
    workbench.models(default=[{"text": "before\u0000after"}])
    async with workbench.open() as bench:
        session_id = await bench.session()
        run = await bench.run(session_id, "Hi")
        assert run.status == "succeeded"
        assert await bench.history(session_id) == [("user", "Hi"), ("assistant", "before�after")]


async def test_a_deleted_session_leaves_nothing_and_ends_its_run(workbench: Workbench) -> None:
    workbench.models(default=SLOW)
    async with workbench.open() as bench:
        session_id = await bench.session()
        await bench.container.run_service.start(LOCAL, session_id, "Hi")
        with pytest.raises(Conflict):
            await bench.container.session_service.delete(LOCAL, session_id, force=False)
        await bench.container.session_service.delete(LOCAL, session_id, force=True)
        async with bench.container.database.read(LOCAL) as tx:
            assert await bench.container.log.read(tx, session_id, after_seq=0) == []
