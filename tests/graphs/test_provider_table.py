"""What each provider's replies become: one test for each cell of the table in docs/models.md.

Each runs against a server of ours that speaks the protocol. The table is compared with what the tests saw;
FLOWDECK_WRITE_DOCS=1 writes it. The file is long because each provider's protocol is in it.
"""

import base64
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from langchain_core.callbacks import AsyncCallbackHandler
from langchain_core.messages import AIMessage, HumanMessage

from flowdeck.errors.base import FlowdeckError
from flowdeck.graphs.blocks import reasoning_of
from flowdeck.graphs.messages import message_json
from flowdeck.graphs.models import Model, ModelRegistry
from flowdeck.graphs.nodes.llm.step import parse_reply
from flowdeck.graphs.reply_message import end_reason_of
from flowdeck.yaml_source.located import Source
from tests.protocols import Answer, ProtocolServer, Said, anthropic_answer, ollama_answer, openai_answer, refused

pytestmark = pytest.mark.anyio

DOCS = Path(__file__).parents[2] / "docs" / "models.md"
BEGIN, END = "<!-- table: what replies become -->\n", "<!-- end of the table -->\n"

PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\nx").decode()
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = [
    {
        "type": "function",
        "function": {"name": name, "description": "d", "parameters": {"type": "object", "properties": {}}},
    }
    for name in ("clock", "search")
]


@dataclass(frozen=True)
class Provider:
    entry: str
    answer: Callable[..., Answer]
    ends: Mapping[str, str]  # its names for the ways in which a reply ends early


PROVIDERS: Mapping[str, Provider] = {
    "openai": Provider(
        "{{provider: openai, model: gpt-x, api_key: '${{KEY}}', base_url: '{url}/v1', retries: 0}}",
        openai_answer,
        {"truncated": "length", "filtered": "content_filter", "refused": ""},
    ),
    "openai_compatible": Provider(
        "{{provider: openai_compatible, model: gpt-x, base_url: '{url}/v1', retries: 0}}",
        openai_answer,
        {"truncated": "length", "filtered": "content_filter", "refused": ""},
    ),
    "anthropic": Provider(
        "{{provider: anthropic, model: claude-x, api_key: '${{KEY}}', base_url: '{url}', retries: 0}}",
        anthropic_answer,
        {"truncated": "max_tokens", "refused": "refusal"},
    ),
    "ollama": Provider(
        "{{provider: ollama, model: q, base_url: '{url}', retries: 0}}", ollama_answer, {"truncated": "length"}
    ),
}


def model_source(entries: str) -> Source:
    return Source(path="models.yaml", text=f"models:\n  {entries}\n")


class Heard(AsyncCallbackHandler):
    run_inline = True

    def __init__(self) -> None:
        self.texts: list[str] = []

    async def on_llm_new_token(self, token: Any, **_: Any) -> None:
        if token:
            self.texts.append(str(token))


def model(provider: Provider, server: ProtocolServer) -> Model:
    source = model_source(f"m: {provider.entry.format(url=server.base_url)}")
    return ModelRegistry.load(source, environment={"KEY": "sk-test"}).get("m")


async def text(provider: Provider) -> str:
    heard = Heard()
    with ProtocolServer([provider.answer(Said("Paris is it."))]) as server:
        message = await model(provider, server).generate([HumanMessage("?")], {"callbacks": [heard]})
    assert message.content == "Paris is it."
    assert len(heard.texts) > 1
    assert "".join(heard.texts) == message.content
    assert end_reason_of(message) == "stop"
    return "streamed"


async def tools(provider: Provider) -> str:
    said = Said("I look.", calls=[("c1", "search", '{"q": "x"}')])
    with ProtocolServer([provider.answer(said)]) as server:
        message = await model(provider, server).generate([HumanMessage("?")], {}, tools=TOOLS)
        assert len(server.requests[0]["tools"]) == 2
    assert [(call["name"], call["args"]) for call in message.tool_calls] == [("search", {"q": "x"})]
    assert (message.text, end_reason_of(message)) == ("I look.", "tool_calls")
    return "executed"


async def parallel_tools(provider: Provider) -> str:
    said = Said(calls=[("c1", "search", '{"q": "x"}'), ("c1", "search", '{"q": "y"}'), ("", "clock", "{}")])
    with ProtocolServer([provider.answer(said), provider.answer(Said("ok"))]) as server:
        asked = model(provider, server)
        message = await asked.generate([HumanMessage("?")], {}, tools=TOOLS)
        await asked.generate([HumanMessage("?"), message], {}, tools=TOOLS)
        sent = str(server.requests[1])
    assert [call["args"] for call in message.tool_calls] == [{"q": "x"}, {"q": "y"}, {}]
    assert len({call["id"] for call in message.tool_calls}) == 3
    assert sent.count("not executed: cancelled") == 3
    return "executed, each under an id of its own"


async def images(provider: Provider) -> str:
    content = [{"type": "text", "text": "?"}, {"type": "image", "base64": PIXEL, "mime_type": "image/png"}]
    with ProtocolServer([provider.answer(Said("A pixel."))]) as server:
        await model(provider, server).generate([HumanMessage(cast("Any", content))], {})
        assert PIXEL in str(server.requests[0])
    return "sent"


async def reasoning(provider: Provider) -> str:
    with ProtocolServer([provider.answer(Said("Paris.", reasoning="Let me see."))]) as server:
        message = await model(provider, server).generate([HumanMessage("?")], {})
    shown = message_json(message)
    assert (shown["content"], shown["reasoning"]) == ("Paris.", "Let me see.")
    signed = bool(reasoning_of(message.content))
    return "kept apart, with its signature" if signed else "kept apart"


async def schema(provider: Provider) -> str:
    with ProtocolServer([provider.answer(Said('Here:\n```json\n{"city": "Paris"}\n```'))]) as server:
        message = await model(provider, server).generate([HumanMessage("?")], {}, schema=SCHEMA)
        body = server.requests[0]
    assert parse_reply(message.text, SCHEMA) == ({"city": "Paris"}, "")
    way = next(name for name in ("response_format", "output_config", "format") if name in body)
    return f"by `{way}`"


async def early(provider: Provider, way: str) -> str:
    if way not in provider.ends:
        return "–"
    refusal = "I cannot." if way == "refused" else ""
    said = Said("" if refusal else "Pay 1", refusal=refusal, calls=[], end=provider.ends[way])
    with ProtocolServer([provider.answer(said)]) as server:
        message = await model(provider, server).generate([HumanMessage("?")], {})
    assert message.text == (refusal or "Pay 1")
    return f"`{end_reason_of(message)}`, text kept"


async def truncated(provider: Provider) -> str:
    return await early(provider, "truncated")


async def filtered(provider: Provider) -> str:
    return await early(provider, "filtered")


async def refusal(provider: Provider) -> str:
    return await early(provider, "refused")


async def broken(provider: Provider) -> str:
    with ProtocolServer([provider.answer(Said("Par", end=None))]) as server:
        with pytest.raises(FlowdeckError) as failed:
            await model(provider, server).generate([HumanMessage("?")], {})
        retried = model(provider, server)
        retried._links[0].spec = retried._links[0].spec.model_copy(update={"retries": 1})
        retried._links[0]._sleep = no_pause
        server.requests.clear()
        with pytest.raises(FlowdeckError):
            await retried.generate([HumanMessage("?")], {})
        assert len(server.requests) == 2
    return f"`{failed.value.code}`, retried"


async def no_pause(_seconds: float) -> None:
    return


async def usage(provider: Provider) -> str:
    with ProtocolServer([provider.answer(Said("Hi", usage=(25, 4)))]) as server:
        message = await model(provider, server).generate([HumanMessage("?")], {})
    assert message.usage_metadata is not None
    assert (message.usage_metadata["input_tokens"], message.usage_metadata["output_tokens"]) == (25, 4)
    with ProtocolServer([provider.answer(Said("Hi", usage=None))]) as server:
        unknown = await model(provider, server).generate([HumanMessage("?")], {})
    assert unknown.usage_metadata is None
    return "as counted; estimated where it is missing or 0"


COLUMNS: Mapping[str, Callable[[Provider], Any]] = {
    "text": text,
    "tools": tools,
    "parallel tools": parallel_tools,
    "images": images,
    "reasoning": reasoning,
    "schema": schema,
    "truncated": truncated,
    "filtered": filtered,
    "refused": refusal,
    "broken stream": broken,
    "usage": usage,
}


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("column", COLUMNS)
async def test_cell(provider: str, column: str) -> None:
    written = os.environ.get("FLOWDECK_WRITE_DOCS")
    outcome = await COLUMNS[column](PROVIDERS[provider])
    assert written or _documented()[column][provider] == outcome


async def test_the_table_has_these_cells_and_no_others() -> None:
    if os.environ.get("FLOWDECK_WRITE_DOCS"):
        rows = {name: {key: await cell(one) for key, one in PROVIDERS.items()} for name, cell in COLUMNS.items()}
        before, rest = DOCS.read_text().split(BEGIN)
        DOCS.write_text(before + BEGIN + _table(rows) + END + rest.split(END)[1])
    assert set(_documented()) == set(COLUMNS)
    assert all(set(row) == set(PROVIDERS) for row in _documented().values())


def _table(rows: Mapping[str, Mapping[str, str]]) -> str:
    head = f"\n| | {' | '.join(f'`{name}`' for name in PROVIDERS)} |\n|---|{'---|' * len(PROVIDERS)}\n"
    return head + "".join(f"| {name} | {' | '.join(row.values())} |\n" for name, row in rows.items()) + "\n"


def _documented() -> dict[str, dict[str, str]]:
    table = DOCS.read_text().split(BEGIN)[1].split(END)[0].strip().splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table]
    return {name: dict(zip(PROVIDERS, row, strict=True)) for name, *row in cells}


# -- what a refusal is


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (429, {"code": "insufficient_quota", "message": "You exceeded your current quota."}),
        (402, {"message": "Insufficient Balance"}),
        (400, {"type": "invalid_request_error", "message": "Your credit balance is too low."}),
        (403, {"type": "billing_error", "message": "Pay first."}),
        (429, {"code": "1113", "message": "余额不足"}),
    ],
)
@pytest.mark.parametrize("provider", ["openai_compatible", "anthropic"])
async def test_used_up_credit_is_not_retried_and_the_fallback_replies(
    provider: str, status: int, error: dict[str, Any]
) -> None:
    with ProtocolServer([refused(status, error)]) as server:
        entry = (
            PROVIDERS[provider].entry.format(url=server.base_url).replace("retries: 0", "retries: 3, fallbacks: [f]")
        )
        source = model_source(
            f"m: {entry}\n  f: {{provider: scripted, model: s, replies: [{{text: from the fallback}}]}}"
        )
        models = ModelRegistry.load(source, environment={"KEY": "sk-test"})
        message = await models.get("m").generate([HumanMessage("?")], {})
        assert message.content == "from the fallback"
        assert len(server.requests) == 1
        with pytest.raises(FlowdeckError, match=str(error["message"])) as failed:
            await models.get_alone("m").generate([HumanMessage("?")], {})
        assert failed.value.code == "provider_quota_exceeded"


@pytest.mark.parametrize(
    ("event", "code"),
    [
        ({"type": "overloaded_error", "message": "Overloaded"}, "provider_unavailable"),
        ({"type": "rate_limit_error", "message": "slow down"}, "provider_rate_limited"),
        ({"type": "invalid_request_error", "message": "too long"}, "provider_rejected"),
    ],
)
async def test_an_error_event_in_the_stream_is_what_it_says(event: dict[str, Any], code: str) -> None:
    begun = anthropic_answer(Said("Par", end=None)).pieces
    piece = b"event: error\ndata: " + json.dumps({"type": "error", "error": event}).encode() + b"\n\n"
    with ProtocolServer([Answer([*begun, piece])]) as server, pytest.raises(FlowdeckError) as failed:
        await model(PROVIDERS["anthropic"], server).generate([HumanMessage("?")], {})
    assert failed.value.code == code


async def test_pings_are_signs_of_life_and_silence_is_not() -> None:
    pieces = [b'event: ping\ndata: {"type": "ping"}\n\n'] * 3
    answer = anthropic_answer(Said("Hi"))
    provider = PROVIDERS["anthropic"]
    for pause, expected in ((0.2, "Hi"), (1.5, None)):
        with ProtocolServer([Answer([answer.pieces[0], *pieces, *answer.pieces[1:]], pause=pause)]) as server:
            asked = model(provider, server)
            asked._links[0].spec = asked._links[0].spec.model_copy(update={"timeout": 0.75})
            if expected is not None:
                assert (await asked.generate([HumanMessage("?")], {})).content == expected
                continue
            with pytest.raises(FlowdeckError) as failed:
                await asked.generate([HumanMessage("?")], {})
            assert failed.value.code == "provider_timeout"


@pytest.mark.parametrize("provider", ["openai_compatible", "anthropic"])
async def test_a_way_of_asking_for_json_that_is_refused_is_not_tried_again(provider: str) -> None:
    def script(body: dict[str, Any]) -> Answer:
        if "json_schema" in str(body.get("response_format")) or "output_config" in body:
            return refused(
                400, {"message": "This response_format type is unavailable now", "type": "invalid_request_error"}
            )
        if "tool_choice" in body:
            return PROVIDERS[provider].answer(Said(calls=[("c", "result", '{"city": "Paris"}')]))
        return PROVIDERS[provider].answer(Said('{"city": "Paris"}'))

    with ProtocolServer(script) as server:
        asked = model(PROVIDERS[provider], server)
        for _ in range(2):
            message = await asked.generate([HumanMessage("?")], {}, schema=SCHEMA)
            assert parse_reply(message.text, SCHEMA) == ({"city": "Paris"}, "")
            assert message.tool_calls == []
        assert len(server.requests) == 3
        last = server.requests[-1]
    assert "tool_choice" in last if provider == "anthropic" else last["response_format"] == {"type": "json_object"}


async def test_a_paused_reply_is_continued_with_its_blocks() -> None:
    search = {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "x"}}
    first = anthropic_answer(Said("Let me ", end="pause_turn"))
    pieces = [
        *first.pieces[:2],
        b"event: content_block_start\ndata: "
        + json.dumps({"type": "content_block_start", "index": 7, "content_block": search}).encode()
        + b"\n\n",
        *first.pieces[2:],
    ]
    with ProtocolServer([Answer(pieces), anthropic_answer(Said("see."))]) as server:
        message = await model(PROVIDERS["anthropic"], server).generate([HumanMessage("?")], {})
        resent = server.requests[1]["messages"][-1]
    assert message.text == "Let me see."
    assert end_reason_of(message) == "stop"
    assert resent["role"] == "assistant"
    assert {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "x"}} in resent["content"]


async def test_a_reply_that_is_always_paused_ends() -> None:
    with ProtocolServer([anthropic_answer(Said("a", end="pause_turn"))]) as server:
        message = await model(PROVIDERS["anthropic"], server).generate([HumanMessage("?")], {})
        assert len(server.requests) == 9
    assert end_reason_of(message) == "pause"


async def test_what_a_model_does_not_accept_is_refused_before_the_call() -> None:
    content: Any = [{"type": "audio", "base64": PIXEL, "mime_type": "audio/wav"}]
    with ProtocolServer([anthropic_answer(Said("?"))]) as server:
        with pytest.raises(FlowdeckError, match="block of type audio") as failed:
            await model(PROVIDERS["anthropic"], server).generate([HumanMessage(content)], {})
        assert server.requests == []
    assert failed.value.code == "provider_rejected"


async def test_reasoning_goes_back_under_its_own_name() -> None:
    said = Said(reasoning="Hm.", calls=[("c1", "clock", "{}")])
    with ProtocolServer([openai_answer(said), openai_answer(Said("ok"))]) as server:
        asked = model(PROVIDERS["openai_compatible"], server)
        message = await asked.generate([HumanMessage("?")], {}, tools=TOOLS)
        await asked.generate([HumanMessage("?"), message], {}, tools=TOOLS)
        assert server.requests[1]["messages"][1]["reasoning_content"] == "Hm."
        assert isinstance(message, AIMessage)


async def test_the_keys_of_a_model_reach_its_provider() -> None:
    entry = (
        "{{provider: openai_compatible, model: gpt-x, base_url: '{url}/v1', extra_body: {{top_k: 3}}, "
        "reasoning_effort: low, api_version: '2026-01-01', default_query: {{team: a}}}}"
    )
    with ProtocolServer([openai_answer(Said("ok"))]) as server:
        await model(Provider(entry, openai_answer, {}), server).generate([HumanMessage("?")], {})
        assert server.paths == ["/v1/chat/completions?api-version=2026-01-01&team=a"]
        assert (server.requests[0]["top_k"], server.requests[0]["reasoning_effort"]) == (3, "low")


async def test_done_is_an_end_even_without_a_reason() -> None:
    pieces = [*openai_answer(Said("Paris", end=None)).pieces, b"data: [DO", b"NE]\n\n"]
    with ProtocolServer([Answer(pieces)]) as server:
        message = await model(PROVIDERS["openai_compatible"], server).generate([HumanMessage("?")], {})
    assert (message.content, end_reason_of(message)) == ("Paris", "unknown")


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_connection_that_breaks_in_the_middle_is_tried_again(provider: str) -> None:
    known = PROVIDERS[provider]
    broken = Answer(known.answer(Said("Par", end=None)).pieces, ending="drop", content_type="text/event-stream")
    with ProtocolServer([broken, known.answer(Said("Paris"))]) as server:
        asked = model(known, server)
        asked._links[0].spec = asked._links[0].spec.model_copy(update={"retries": 1})
        asked._links[0]._sleep = no_pause
        assert (await asked.generate([HumanMessage("?")], {})).content == "Paris"


@pytest.mark.parametrize("provider", PROVIDERS)
async def test_a_silent_provider_is_a_timeout_and_the_whole_call_has_a_limit_too(provider: str) -> None:
    known = PROVIDERS[provider]
    begun = known.answer(Said("Once upon a time", end=None)).pieces
    with ProtocolServer([Answer(begun, ending="hang"), Answer([*begun] * 100, pause=0.1)]) as server:
        asked = model(known, server)
        for limits, seconds in (
            ({"timeout": 0.5}, r"0\.5 seconds"),
            ({"timeout": 60.0, "total_timeout": 1.0}, "1 seconds"),
        ):
            asked._links[0].spec = asked._links[0].spec.model_copy(update=limits)
            with pytest.raises(FlowdeckError, match=f"within {seconds}") as failed:
                await asked.generate([HumanMessage("?")], {})
            assert failed.value.code == "provider_timeout"
