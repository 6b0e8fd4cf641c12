"""Metering sees the calls of our own nodes directly, and through LangChain's callbacks where others listen too."""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import pytest
from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.language_models import GenericFakeChatModel
from langchain_core.messages import AIMessage, HumanMessage
from langchain_core.runnables import RunnableConfig

from flowdeck.clock import utc_now
from flowdeck.engine.metering import Metering, ModelCall
from flowdeck.engine.pricing import PriceList
from flowdeck.engine.task_times import TaskTimes
from flowdeck.engine.translate import Place, Token
from flowdeck.errors.base import ProviderFailed
from flowdeck.graphs.models import ModelRegistry
from flowdeck.graphs.providers.chat import ReplyingChat
from flowdeck.graphs.providers.parts import Text
from flowdeck.redaction import Redactor
from flowdeck.yaml_source.located import Source

pytestmark = pytest.mark.anyio

QUESTION = [HumanMessage("hello")]
METADATA = {
    "langgraph_node": "reply",
    "langgraph_checkpoint_ns": "inner:1|reply:2",
    "langgraph_path": ("__pregel_pull", "reply"),
}
USED = "usage: {input: 10, output: 3, cached: 4, reasoning: 1}"
REPLIES = [
    "{text: one two three}",
    f"{{text: one two three, {USED}}}",
    "{tool_calls: [{name: clock, args: {zone: UTC}}]}",
    "{text: one two, error: {status: 400, message: no, after_tokens: 1}}",
]


class Listener(AsyncCallbackHandler):
    """Another handler of LangChain's, as a tracer is. Listens to chat models."""

    def __init__(self) -> None:
        self.tokens = 0

    async def on_llm_new_token(self, *_: Any, **__: Any) -> None:
        self.tokens += 1


class Seen:
    """What metering reports of a run."""

    def __init__(self, *, stops: bool = False) -> None:
        self.calls: list[ModelCall] = []
        self.tokens: list[tuple[Token, Place]] = []
        self.threads: set[int] = set()
        self._stops = stops
        self.metering = Metering(PriceList({}), utc_now, self.record, Redactor(), on_token=self.publish)

    def record(self, call: ModelCall) -> bool:
        self.threads.add(threading.get_ident())
        self.calls.append(call)
        return not self._stops

    def publish(self, token: Token, place: Place) -> None:
        self.threads.add(threading.get_ident())
        self.tokens.append((token, place))

    def config(self, *others: Any, tags: Sequence[str] = ()) -> RunnableConfig:
        callbacks = [self.metering, TaskTimes(), *others]
        return {"callbacks": callbacks, "metadata": dict(METADATA), "tags": list(tags)}


def model(reply: str) -> Any:
    text = f"models:\n  m: {{provider: scripted, model: m-1, retries: 0, replies: [{reply}]}}\n"
    return ModelRegistry.load(Source("configs/models.yaml", text), environment={}).get("m")


async def generate(reply: str, config: RunnableConfig) -> AIMessage | str:
    try:
        message: AIMessage = await model(reply).generate(QUESTION, config)
    except ProviderFailed as error:
        return error.code
    return message


def without_chance(seen: Seen) -> Any:
    """What was seen, without ids and times."""
    random = ("model_call_id", "latency_ms", "time_to_first_token_ms", "created_at")
    calls = [{key: value for key, value in asdict(call).items() if key not in random} for call in seen.calls]
    tokens = [
        (token.text, [{**call, "id": bool(call["id"])} for call in token.calls], token.thought, place)
        for token, place in seen.tokens
    ]
    return calls, tokens, [call.time_to_first_token_ms is None for call in seen.calls]


@pytest.mark.parametrize("reply", REPLIES)
async def test_both_ways_show_the_same(reply: str, monkeypatch: pytest.MonkeyPatch) -> None:
    alone, beside, listener = Seen(), Seen(), Listener()

    replies = [await generate(reply, alone.config())]
    monkeypatch.setattr(ReplyingChat, "read", None)  # from here on nobody may read directly
    replies.append(await generate(reply, beside.config(listener)))

    assert without_chance(alone) == without_chance(beside)
    assert (len(alone.calls), len(alone.tokens) > 0, listener.tokens > 0) == (1, True, True)
    assert alone.tokens[0][1] == Place(("inner",), "2", "reply")
    ids = {token.message_id for token, _ in alone.tokens}
    assert len(ids) == 1
    if isinstance(replies[0], AIMessage) and isinstance(replies[1], AIMessage):
        assert ids == {replies[0].id}
        assert (replies[0].content, len(replies[0].tool_calls)) == (replies[1].content, len(replies[1].tool_calls))
    else:
        assert replies[0] == replies[1]


@pytest.mark.parametrize("others", [[], [Listener()]], ids=["alone", "beside another"])
async def test_a_silent_call_is_metered_and_not_published(others: list[Any]) -> None:
    seen = Seen()
    await generate(REPLIES[1], seen.config(*others, tags=["nostream"]))

    assert (len(seen.calls), seen.tokens) == (1, [])
    assert seen.metering.first_token is not None


async def test_after_the_call_that_was_one_too_many_the_node_waits_to_be_cancelled() -> None:
    seen = Seen(stops=True)
    task = asyncio.create_task(generate(REPLIES[0], seen.config()))
    while not seen.calls:
        await asyncio.sleep(0)
    for _ in range(20):
        await asyncio.sleep(0)

    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert len(seen.calls) == 1  # the cancellation is not a second call


async def test_a_cancelled_call_is_recorded_once_with_what_it_had_written() -> None:
    seen = Seen()
    task = asyncio.create_task(generate("{text: one two three, delay_ms: 60000}", seen.config()))
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    seen.metering.abandon()

    assert [call.error for call in seen.calls] == [{"code": "cancelled"}]


async def test_nothing_is_published_after_the_run_has_ended() -> None:
    seen = Seen()
    watch = seen.metering.watch(QUESTION, METADATA, message_id="m", silent=False)
    watch.grew(Text("one"))
    seen.metering.abandon()
    watch.grew(Text("two"))

    assert [token.text for token, _ in seen.tokens] == ["one"]
    assert [call.error for call in seen.calls] == [{"code": "cancelled"}]


async def test_a_model_that_is_called_in_a_thread_is_reported_in_the_loop() -> None:
    seen = Seen()
    chat = GenericFakeChatModel(messages=iter([AIMessage("one two")]))

    await asyncio.to_thread(lambda: list(chat.stream(QUESTION, seen.config())))
    await asyncio.sleep(0)

    assert "".join(token.text for token, _ in seen.tokens) == "one two"
    assert (len(seen.calls), seen.threads) == (1, {threading.get_ident()})


async def test_a_model_that_is_asked_for_a_whole_reply_streams_to_the_readers() -> None:
    seen = Seen()
    chat = GenericFakeChatModel(messages=iter([AIMessage("one two")]))

    await chat.ainvoke(QUESTION, seen.config())

    assert [token.text for token, _ in seen.tokens] == ["one", " ", "two"]


async def test_a_call_of_a_task_is_placed_in_its_callers_graph() -> None:
    seen = Seen()
    calling = {"langgraph_path": ("__pregel_push", ("__pregel_pull", "main"), 0, True)}
    metadata = {**METADATA, **calling, "langgraph_checkpoint_ns": "main:1|asked:2"}
    await generate(REPLIES[0], {**seen.config(), "metadata": metadata})

    assert seen.tokens[0][1] == Place((), "2", "reply")
