"""The scripted provider says what it is told to, in turn."""

import asyncio

import pytest
from langchain_core.messages import AIMessage, HumanMessage

from flowdeck.errors.base import ProviderFailed
from flowdeck.graphs.models import Model, ModelRegistry
from flowdeck.graphs.providers.scripted.client import ScriptedChat
from flowdeck.graphs.providers.spec import ScriptedReply
from flowdeck.yaml_source.located import Source

pytestmark = pytest.mark.anyio


def model(*replies: str) -> Model:
    text = f"models: {{m: {{provider: scripted, model: m-1, retries: 0, replies: [{', '.join(replies)}]}}}}"
    return ModelRegistry.load(Source("models.yaml", text), environment={}).get("m")


async def say(asked: Model) -> AIMessage:
    return await asked.generate([HumanMessage("hello")], {})


async def test_replies_come_in_turn_and_the_last_repeats() -> None:
    asked = model("{text: one}", "{text: two}")
    assert [(await say(asked)).content for _ in range(3)] == ["one", "two", "two"]


def test_a_caller_without_a_stream_gets_the_whole_answer() -> None:
    chat = ScriptedChat(model="m-1", replies=(ScriptedReply(text="two words"),))
    assert chat.invoke("hello").content == "two words"


async def test_no_two_callers_get_the_same_turn() -> None:
    asked = model(*(f"{{text: '{number}', delay_ms: 1}}" for number in range(20)))
    answers = await asyncio.gather(*(say(asked) for _ in range(20)))
    assert sorted(int(str(answer.content)) for answer in answers) == list(range(20))


@pytest.mark.parametrize("text", ["one", "two words", "  both ends  ", "line\n\n  next\tlast\n", "数据 工作流", " "])
async def test_the_words_together_are_the_text(text: str) -> None:
    chat = ScriptedChat(model="m-1", replies=(ScriptedReply(text=text),))
    pieces = [chunk.content async for chunk in chat.astream("hello")]
    assert "".join(str(piece) for piece in pieces) == text


async def test_usage_is_reported_as_given_and_left_out_otherwise() -> None:
    asked = model("{text: a, usage: {input: 10, output: 3, cached: 2, reasoning: 1}}", "{text: b}")
    assert (await say(asked)).usage_metadata == {
        "input_tokens": 10,
        "output_tokens": 3,
        "total_tokens": 13,
        "input_token_details": {"cache_read": 2},
        "output_token_details": {"reasoning": 1},
    }
    assert (await say(asked)).usage_metadata is None


async def test_text_and_tool_calls_come_together_with_new_ids_each_time() -> None:
    asked = model("{text: let me see, tool_calls: [{name: calculator, args: {expression: 1+1}}, {name: clock}]}")
    first, second = await say(asked), await say(asked)
    assert first.content == "let me see"
    assert [(call["name"], call["args"]) for call in first.tool_calls] == [
        ("calculator", {"expression": "1+1"}),
        ("clock", {}),
    ]
    assert len({call["id"] for call in first.tool_calls + second.tool_calls}) == 4


async def test_a_tool_call_keeps_the_id_it_is_given() -> None:
    assert (await say(model("{tool_calls: [{name: clock, id: call_1}]}"))).tool_calls[0]["id"] == "call_1"


async def test_json_is_said_as_text() -> None:
    assert (await say(model("{json: {label: billing, sure: true}}"))).content == '{"label": "billing", "sure": true}'


async def test_the_model_calls_itself_by_its_name() -> None:
    assert (await say(model("{text: hi}"))).response_metadata["model_name"] == "m-1"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (401, "provider_auth_failed"),
        (429, "provider_rate_limited"),
        (400, "provider_rejected"),
        (503, "provider_unavailable"),
    ],
)
async def test_a_scripted_failure_is_a_failure_of_its_status(status: int, code: str) -> None:
    with pytest.raises(ProviderFailed) as caught:
        await say(model(f"{{error: {{status: {status}, message: no}}}}"))
    assert caught.value.code == code


async def test_a_failure_after_some_words() -> None:
    chat = ScriptedChat(
        model="m-1",
        replies=(ScriptedReply.model_validate({"text": "a b c", "error": {"status": 503, "after_tokens": 2}}),),
    )
    seen: list[object] = []
    with pytest.raises(Exception, match="scripted failure"):
        async for chunk in chat.astream("hello"):
            seen.append(chunk.content)  # noqa: PERF401 - a comprehension would lose what came before the failure
    assert seen == ["a", " b"]
