"""Retries, fallbacks, time limits and cancellation of models, against scripted models and real HTTP on loopback."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.messages import BaseMessage, HumanMessage
from langchain_core.outputs import LLMResult
from typing_extensions import override

from flowdeck.errors.base import ProviderFailed, Unloadable
from flowdeck.errors.providers import ProviderTimeout
from flowdeck.graphs.models import FIRST_PAUSE, CallOptions, ModelRegistry
from flowdeck.yaml_source.located import Source
from tests.openai_server import OpenAIServer, Reply, ToolCall, Usage

pytestmark = pytest.mark.anyio

QUESTION = [HumanMessage("hello")]
TOOL = {"type": "function", "function": {"name": "clock", "description": "", "parameters": {"type": "object"}}}


class Pauses:
    """Takes the place of sleeping between attempts: keeps the seconds, waits none."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


class Calls(AsyncCallbackHandler):
    """Keeps what metering would see of every call."""

    def __init__(self) -> None:
        self.started: list[dict[str, Any]] = []
        self.tokens: list[str] = []
        self.ended: list[LLMResult] = []
        self.failed: list[BaseException] = []
        self.first_token = asyncio.Event()

    @override
    async def on_chat_model_start(
        self,
        serialized: dict[str, Any],
        messages: list[list[BaseMessage]],
        *,
        run_id: UUID,
        metadata: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        self.started.append(metadata or {})

    @override
    async def on_llm_new_token(self, token: Any, **kwargs: Any) -> None:
        self.tokens.append(token)
        if token:
            self.first_token.set()

    @override
    async def on_llm_end(self, response: LLMResult, **kwargs: Any) -> None:
        self.ended.append(response)

    @override
    async def on_llm_error(self, error: BaseException, **kwargs: Any) -> None:
        self.failed.append(error)


def registry(models: str, pauses: Pauses | None = None, **environment: str) -> ModelRegistry:
    source = Source("configs/models.yaml", f"models:\n{models}\n")
    return ModelRegistry.load(source, environment=environment, sleep=pauses or Pauses())


def scripted(*replies: str, **keys: str) -> str:
    """A scripted model called `m`."""
    extra = "".join(f", {key}: {value}" for key, value in keys.items())
    return f"  m: {{provider: scripted, model: m-1, replies: [{', '.join(replies)}]{extra}}}"


def compatible(server: OpenAIServer, name: str = "m", **keys: str) -> str:
    """A model called `name` at the server."""
    extra = "".join(f", {key}: {value}" for key, value in keys.items())
    return f'  {name}: {{provider: openai_compatible, model: gpt-x, base_url: "{server.base_url}"{extra}}}'


# -- what a call is


async def test_every_token_is_seen_before_the_answer_is_whole() -> None:
    calls = Calls()
    answer = await registry(scripted('{text: "one two  three"}')).get("m").generate(QUESTION, {"callbacks": [calls]})
    assert answer.content == "one two  three"
    assert [token for token in calls.tokens if token] == ["one", " two", "  three"]


async def test_metering_is_told_which_model_answers() -> None:
    calls = Calls()
    await (
        registry(scripted("{text: hi}"))
        .get("m")
        .generate(QUESTION, {"callbacks": [calls], "metadata": {"kept": "yes"}})
    )
    told = {"flowdeck_model": "m", "flowdeck_provider": "scripted", "flowdeck_model_id": "m-1", "kept": "yes"}
    assert calls.started[0].items() >= told.items()


async def test_options_of_the_call_go_before_those_of_the_model() -> None:
    with OpenAIServer([Reply("ok")]) as server:
        models = registry(compatible(server, temperature="0.5", max_tokens="7", stop="[END]"))
        await models.get("m").generate(QUESTION, {}, options=CallOptions(temperature=0.0, seed=3))
        await models.aclose()
    body = server.requests[0].body
    assert (body["temperature"], body["max_tokens"], body["seed"], body["stop"]) == (0.0, 7, 3, ["END"])
    assert "top_p" not in body


async def test_a_schema_is_sent_and_a_cut_answer_is_returned_as_it_is() -> None:
    schema = {"type": "object", "properties": {"label": {"type": "string"}}}
    with OpenAIServer([Reply('{"label": "bil', finish_reason="length")]) as server:
        models = registry(compatible(server))
        answer = await models.get("m").generate(QUESTION, {}, schema=schema, tools=[TOOL])
        await models.aclose()
    assert answer.content == '{"label": "bil'
    assert server.requests[0].body["response_format"]["json_schema"]["schema"] == schema


async def test_tool_calls_and_usage_arrive_over_http() -> None:
    reply = Reply(
        tool_calls=[ToolCall("clock", {"zone": "UTC"}), ToolCall("clock")],
        usage=Usage(input=10, output=4, cached=3, reasoning=1),
    )
    with OpenAIServer([reply]) as server:
        models = registry(compatible(server))
        answer = await models.get("m").generate(QUESTION, {}, tools=[TOOL])
        await models.aclose()
    assert [(call["name"], call["args"]) for call in answer.tool_calls] == [("clock", {"zone": "UTC"}), ("clock", {})]
    assert answer.usage_metadata is not None
    assert answer.usage_metadata["total_tokens"] == 14
    assert answer.usage_metadata["input_token_details"]["cache_read"] == 3
    assert answer.usage_metadata["output_token_details"]["reasoning"] == 1
    assert server.requests[0].body["tools"][0]["function"]["name"] == "clock"


async def test_usage_is_none_where_the_provider_reports_none() -> None:
    with OpenAIServer([Reply("hi")]) as server:
        models = registry(compatible(server))
        answer = await models.get("m").generate(QUESTION, {})
        await models.aclose()
    assert answer.usage_metadata is None


async def test_key_and_headers_are_sent_and_shown_nowhere() -> None:
    with OpenAIServer([Reply("hi")]) as server:
        models = registry(
            compatible(server, api_key='"${KEY}"', headers='{x-team: "${TEAM}"}'), KEY="s3cret", TEAM="blue"
        )
        await models.get("m").generate(QUESTION, {})
        await models.aclose()
    assert server.requests[0].headers["authorization"] == "Bearer s3cret"
    assert server.requests[0].headers["x-team"] == "blue"
    assert "s3cret" not in repr(models.spec("m")) + models.spec("m").model_dump_json()


# -- another attempt


async def test_a_failure_that_may_pass_is_tried_again_and_each_attempt_is_a_call() -> None:
    pauses, calls = Pauses(), Calls()
    with OpenAIServer([Reply(status=503), Reply(status=500), Reply("third time")]) as server:
        models = registry(compatible(server), pauses)
        answer = await models.get("m").generate(QUESTION, {"callbacks": [calls]})
        await models.aclose()
    assert answer.content == "third time"
    assert (len(calls.started), len(calls.failed), len(calls.ended)) == (3, 2, 1)
    first, second = pauses.seconds
    assert FIRST_PAUSE / 2 <= first <= FIRST_PAUSE <= second <= FIRST_PAUSE * 2


async def test_retries_end() -> None:
    with OpenAIServer([Reply(status=503, message="overloaded")]) as server:
        models = registry(compatible(server, retries="1"))
        with pytest.raises(ProviderFailed, match="overloaded") as caught:
            await models.get("m").generate(QUESTION, {})
        await models.aclose()
    assert caught.value.code == "provider_unavailable"
    assert len(server.requests) == 2


async def test_a_refused_request_is_not_tried_again() -> None:
    with OpenAIServer([Reply(status=400, message="no such parameter")]) as server:
        models = registry(compatible(server))
        with pytest.raises(ProviderFailed, match="no such parameter") as caught:
            await models.get("m").generate(QUESTION, {})
        await models.aclose()
    assert caught.value.code == "provider_rejected"
    assert len(server.requests) == 1


async def test_the_pause_the_provider_asks_for_is_kept() -> None:
    pauses = Pauses()
    with OpenAIServer([Reply(status=429, headers={"retry-after": "7"}), Reply("hi")]) as server:
        models = registry(compatible(server), pauses)
        await models.get("m").generate(QUESTION, {})
        await models.aclose()
    assert pauses.seconds == [7]


async def test_a_pause_beyond_the_time_limit_is_not_waited_for() -> None:
    pauses = Pauses()
    with OpenAIServer([Reply(status=429, headers={"retry-after": "61"}), Reply("hi")]) as server:
        models = registry(compatible(server, timeout="60s"), pauses)
        with pytest.raises(ProviderFailed) as caught:
            await models.get("m").generate(QUESTION, {})
        await models.aclose()
    assert caught.value.code == "provider_rate_limited"
    assert pauses.seconds == []


@pytest.mark.parametrize("ending", ["drop", "error"])
async def test_a_stream_that_breaks_off_is_tried_again_and_gives_one_answer(ending: Any) -> None:
    with OpenAIServer([Reply("half an", ending=ending), Reply("a whole answer")]) as server:
        models = registry(compatible(server))
        answer = await models.get("m").generate(QUESTION, {})
        await models.aclose()
    assert answer.content == "a whole answer"


async def test_a_provider_that_is_down_is_unavailable() -> None:
    with OpenAIServer([Reply("hi")]) as server:
        models = registry(compatible(server, retries="0"))
    with pytest.raises(ProviderFailed) as caught:
        await models.get("m").generate(QUESTION, {})
    await models.aclose()
    assert caught.value.code == "provider_unavailable"


# -- other models


async def test_fallbacks_answer_in_order_and_theirs_behind_them() -> None:
    calls = Calls()
    models = registry(
        "  a: {provider: scripted, model: a-1, replies: [{error: {status: 401}}], fallbacks: [b]}\n"
        "  b: {provider: scripted, model: b-1, replies: [{error: {status: 400}}], fallbacks: [c]}\n"
        "  c: {provider: scripted, model: c-1, replies: [{text: from c}]}"
    )
    answer = await models.get("a").generate(QUESTION, {"callbacks": [calls]})
    assert answer.content == "from c"
    assert [metadata["flowdeck_model"] for metadata in calls.started] == ["a", "b", "c"]


async def test_when_all_fail_the_first_failure_is_told_and_the_others_noted() -> None:
    models = registry(
        "  a: {provider: scripted, model: a-1, replies: [{error: {status: 401}}], fallbacks: [b]}\n"
        "  b: {provider: scripted, model: b-1, replies: [{error: {status: 400, message: too long}}]}"
    )
    with pytest.raises(ProviderFailed) as caught:
        await models.get("a").generate(QUESTION, {})
    assert caught.value.code == "provider_auth_failed"
    assert "too long" in caught.value.__notes__[0]


async def test_a_model_and_its_use_as_a_fallback_share_one_script() -> None:
    models = registry(
        "  a: {provider: scripted, model: a-1, replies: [{error: {status: 400}}], fallbacks: [b]}\n"
        "  b: {provider: scripted, model: b-1, replies: [{text: first}, {text: second}]}"
    )
    answers = [await models.get(name).generate(QUESTION, {}) for name in ("a", "b")]
    assert [answer.content for answer in answers] == ["first", "second"]


# -- time


async def test_a_model_that_hangs_times_out_and_its_connection_is_closed() -> None:
    with OpenAIServer([Reply("warmed up"), Reply("one two", ending="hang")]) as server:
        models = registry(compatible(server, timeout="500ms", retries="1"))
        await models.get("m").generate(QUESTION, {})
        with pytest.raises(ProviderTimeout, match=r"within 0\.5 seconds"):
            await models.get("m").generate(QUESTION, {})
        assert await asyncio.to_thread(server.requests[-1].left.wait, 10)
        await models.aclose()


async def test_the_time_limit_bounds_the_attempt_even_while_tokens_come() -> None:
    models = registry(scripted('{text: "a b c d e f", delay_ms: 60}', total_timeout="200ms", retries="0"))
    with pytest.raises(ProviderTimeout, match=r"within 0\.2 seconds"):
        await models.get("m").generate(QUESTION, {})


async def test_the_limit_of_silence_lets_a_reply_take_longer_as_long_as_tokens_come() -> None:
    models = registry(scripted('{text: "a b c d e f", delay_ms: 60}', timeout="200ms", retries="0"))
    assert (await models.get("m").generate(QUESTION, {})).content == "a b c d e f"


async def test_silence_between_two_tokens_is_a_timeout() -> None:
    models = registry(scripted('{text: "a b", delay_ms: 400}', timeout="100ms", retries="0"))
    with pytest.raises(ProviderTimeout, match=r"within 0\.1 seconds"):
        await models.get("m").generate(QUESTION, {})


async def test_cancelling_closes_the_connection_and_tries_nothing_else() -> None:
    calls = Calls()
    with OpenAIServer([Reply("one two", ending="hang")]) as server:
        models = registry(compatible(server, fallbacks="[other]") + "\n" + compatible(server, "other"))
        task = asyncio.create_task(models.get("m").generate(QUESTION, {"callbacks": [calls]}))
        async with asyncio.timeout(10):
            await calls.first_token.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(server.requests[0].left.wait, 10)
        await models.aclose()
    assert len(server.requests) == 1


# -- names


def test_without_a_file_the_embedded_model_is_the_default() -> None:
    models = ModelRegistry.load(None, environment={})
    assert models.names() == ("default",)
    assert (models.spec("default").provider, models.spec("default").tool_calls) == ("local", "schema")


def test_an_unknown_name_is_told_with_those_that_are_known() -> None:
    with pytest.raises(Unloadable, match=r"Model x is not configured. The configured models are: m") as caught:
        registry(scripted("{text: hi}")).get("x")
    assert caught.value.code == "model_not_configured"


def test_a_missing_variable_is_told_when_the_model_is_wanted() -> None:
    models = registry("  m: {provider: openai, model: gpt-x}\n" + "  n: {provider: local, fallbacks: [m]}")
    for name in ("m", "n"):
        with pytest.raises(
            Unloadable, match="Model m cannot be used: the environment variable OPENAI_API_KEY is not set"
        ) as caught:
            models.get(name)
        assert caught.value.code == "environment_variable_missing"


@pytest.mark.parametrize(
    ("entry", "environment", "reason"),
    [
        (
            "{provider: openai_compatible, model: x, base_url: '${BASE}'}",
            {"BASE": "gpu-box:8000"},
            "the URL must begin",
        ),
        (
            "{provider: openai_compatible, model: x, base_url: '${BASE}'}",
            {"BASE": "https://a:b@c"},
            "the URL must not contain",
        ),
        (
            "{provider: openai_compatible, model: x, base_url: '${BASE:?ask the platform team}'}",
            {},
            "the platform team",
        ),
        ("{provider: local, model: '${GGUF:-tiny.bin}'}", {}, "a local `model` must be"),
        ("{provider: openai, api_key: '${KEY:?made at https://example.com}', model: x}", {}, "made at https://example"),
        ("{provider: openai, api_key: '${KEY}', model: '${MODEL:-}'}", {"KEY": "k"}, "`model` is missing"),
        ("{provider: openai, model: x, headers: {X-Team: '${TEAM:?who pays}'}}", {"OPENAI_API_KEY": "k"}, "who pays"),
    ],
)
async def test_what_the_environment_lacks_makes_one_model_unavailable(
    entry: str, environment: dict[str, str], reason: str
) -> None:
    models = registry(
        "  good: {provider: scripted, model: s, replies: [{text: hi}]}\n  bad: " + entry, None, **environment
    )
    assert set(models.unavailable()) == {"bad"}
    assert models.get("good").name == "good"
    with pytest.raises(Unloadable, match=reason) as caught:
        models.get("bad")
    assert caught.value.code in {"model_unavailable", "environment_variable_missing"}
    assert "bad" in caught.value.detail("zh")
    problem = models.unavailable()["bad"]
    assert (problem.line, problem.field.split(".")[:2]) == (3, ["models", "bad"])


@pytest.mark.parametrize(
    "entry",
    ["{provider: nonsense, model: x}", "{provider: openai, model: x, base_url: gpu}", "{provider: local, x: 1}"],
)
def test_a_mistake_of_the_text_refuses_the_file(entry: str) -> None:
    with pytest.raises(Unloadable) as caught:
        registry("  good: {provider: local}\n  bad: " + entry, OPENAI_API_KEY="k")
    assert caught.value.code == "definition_invalid"
