"""Replies read from the streams of three protocols: what they hold, and what they are worth."""

import json
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessageChunk

from flowdeck.graphs.providers.anthropic.stream import anthropic_parts
from flowdeck.graphs.providers.langchain.stream import langchain_parts
from flowdeck.graphs.providers.ollama.stream import ollama_parts
from flowdeck.graphs.providers.openai.stream import openai_parts
from flowdeck.graphs.providers.parts import CallPart, End, Part, Reasoning, Text, Usage
from flowdeck.graphs.reply import BrokenReplyError, Reply, joined_replies, prompt_tokens, read_reply
from flowdeck.graphs.reply_message import message_of

Chunk = Mapping[str, Any]


def delta(finish_reason: str | None = None, **fields: Any) -> Chunk:
    return {"model": "gpt-x", "choices": [{"index": 0, "delta": fields, "finish_reason": finish_reason}]}


def call(index: int | None = 0, id: str = "", name: str = "", args: Any = "") -> dict[str, Any]:  # noqa: A002
    made: dict[str, Any] = {"id": id, "function": {"name": name, "arguments": args}}
    return made if index is None else {"index": index, **made}


def openai(*chunks: Chunk, ended: bool = False) -> Reply:
    return read_reply((part for chunk in chunks for part in openai_parts(chunk)), ended=ended)


def anthropic(*events: Chunk) -> Reply:
    return read_reply(part for event in events for part in anthropic_parts(event))


def block(index: int, **start: Any) -> Chunk:
    return {"type": "content_block_start", "index": index, "content_block": start}


def change(index: int, **delta: Any) -> Chunk:
    return {"type": "content_block_delta", "index": index, "delta": delta}


def ended(reason: str = "end_turn", **usage: Any) -> tuple[Chunk, Chunk]:
    return {"type": "message_delta", "delta": {"stop_reason": reason}, "usage": usage}, {"type": "message_stop"}


def begun(**usage: Any) -> Chunk:
    return {"type": "message_start", "message": {"model": "claude-x", "usage": usage}}


def message(reply: Reply, tools: Mapping[str, Any] | None = None, known_ids: Sequence[str] = ()) -> Any:
    return message_of(reply, message_id="m", provider="openai", tools=tools or {}, known_ids=known_ids)


# -- OpenAI


def test_openai_text_reasoning_usage_and_end() -> None:
    reply = openai(
        delta(role="assistant", content=""),
        delta(reasoning_content="I "),
        delta(reasoning_content="see."),
        delta(content="Par"),
        {**delta(content="is"), "usage": {"prompt_tokens": 35, "completion_tokens": 1}},
        delta("stop"),
        {"choices": [], "usage": {"prompt_tokens": 35, "completion_tokens": 4, "total_tokens": 39}},
    )
    assert (reply.text, reply.reasoning, reply.reasoning_field) == ("Paris", "I see.", "reasoning_content")
    assert (reply.end_reason, reply.provider_end_reason, reply.model) == ("stop", "stop", "gpt-x")
    assert (reply.usage.prompt, reply.usage.completion) == (35, 4)
    made = message(reply)
    assert made.content == "Paris"
    assert made.additional_kwargs["reasoning_content"] == "I see."


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("stop", "stop"),
        ("length", "length"),
        ("max_tokens", "length"),
        ("MAX_TOKENS", "length"),
        ("content_filter", "content_filter"),
        ("SAFETY", "content_filter"),
        ("eos", "stop"),
        ("something_new", "unknown"),
    ],
)
def test_the_reason_for_the_end(sent: str, expected: str) -> None:
    reply = openai(delta(content="a"), delta(sent))
    assert (reply.end_reason, reply.provider_end_reason) == (expected, sent)


def test_a_refusal_keeps_its_text() -> None:
    reply = openai(delta(refusal="I "), delta(refusal="cannot."), delta("stop"))
    assert (reply.text, reply.end_reason) == ("I cannot.", "refusal")


def test_nothing_but_reasoning_is_an_empty_reply() -> None:
    assert openai(delta(content="<think>hm</think>\n"), delta("stop")).end_reason == "empty"
    assert openai(delta("stop")).end_reason == "empty"


@pytest.mark.parametrize("chunks", [[], [delta(content="Par")], [delta(content="Par"), delta("error")]])
def test_a_stream_that_stops_before_its_end_is_broken(chunks: list[Chunk]) -> None:
    with pytest.raises(BrokenReplyError):
        openai(*chunks)


def test_done_without_a_reason_is_an_end() -> None:
    assert openai(delta(content="Paris"), ended=True).end_reason == "unknown"


def test_parallel_calls_keep_their_arguments() -> None:
    reply = openai(
        delta(tool_calls=[call(0, "a", "add", "")]),
        delta(tool_calls=[call(1, "b", "clock", "{}")]),
        delta(tool_calls=[call(0, args='{"x": ')]),
        delta(tool_calls=[call(0, args="1}")]),
        delta("tool_calls"),
    )
    assert [(one.id, one.name, one.args) for one in reply.calls] == [("a", "add", '{"x": 1}'), ("b", "clock", "{}")]
    assert [one["args"] for one in message(reply).tool_calls] == [{"x": 1}, {}]


@pytest.mark.parametrize(
    "chunks",
    [
        # every call under index 0, each whole
        [delta(tool_calls=[call(0, "a", "send", '{"to": 1}')]), delta(tool_calls=[call(0, "b", "send", '{"to": 2}')])],
        # no index at all
        [delta(tool_calls=[call(None, "a", "send", '{"to": 1}'), call(None, "b", "send", '{"to": 2}')])],
        # no ids
        [delta(tool_calls=[call(0, "", "send", '{"to": 1}'), call(1, "", "send", '{"to": 2}')])],
        # no ids and no index
        [delta(tool_calls=[call(None, "", "send", '{"to": 1}'), call(None, "", "send", '{"to": 2}')])],
        # one id for both
        [delta(tool_calls=[call(0, "x", "send", '{"to": 1}'), call(1, "x", "send", '{"to": 2}')])],
        # one id and one index for both
        [delta(tool_calls=[call(0, "x", "send", '{"to": 1}')]), delta(tool_calls=[call(0, "x", "send", '{"to": 2}')])],
        # id and name in every chunk
        [
            delta(tool_calls=[call(0, "a", "send", '{"to"')]),
            delta(tool_calls=[call(0, "a", "send", ": 1}")]),
            delta(tool_calls=[call(1, "b", "send", '{"to": 2}')]),
        ],
        # parsed arguments
        [delta(tool_calls=[call(0, "a", "send", {"to": 1}), call(0, "b", "send", {"to": 2})])],
    ],
)
def test_two_calls_are_two_whatever_the_server_does_with_ids_and_places(chunks: list[Chunk]) -> None:
    made = message(openai(*chunks, delta("tool_calls")))
    assert [one["args"] for one in made.tool_calls] == [{"to": 1}, {"to": 2}]
    assert len({one["id"] for one in made.tool_calls}) == 2
    assert all(one["id"] for one in made.tool_calls)


def test_an_id_of_an_earlier_call_is_replaced() -> None:
    made = message(
        openai(delta(tool_calls=[call(0, "call_1", "clock", "{}")]), delta("tool_calls")), known_ids=["call_1"]
    )
    assert made.tool_calls[0]["id"] not in {"", "call_1"}


@pytest.mark.parametrize("reason", ["length", "content_filter"])
def test_no_call_of_a_reply_that_was_cut_is_executed(reason: str) -> None:
    chunks = [delta(tool_calls=[call(0, "a", "pay", '{"n": 1}'), call(1, "b", "pay", '{"text": "Pay 1')])]
    made = message(openai(*chunks, delta(reason)))
    assert made.tool_calls == []
    assert [one["id"] for one in made.invalid_tool_calls] == ["a", "b"]
    assert all(one["error"] for one in made.invalid_tool_calls)


@pytest.mark.parametrize(
    "args",
    [
        '["1+1"]',
        "null",
        "{expression: 2+2}",
        '{"text": "Pay 1',
        "{} {}",
        '{"n": NaN}',
        '{"n": 1e999}',
        '{"n": 18446744073709551616}',
        "7",
    ],
)
def test_arguments_that_are_not_one_object_do_not_execute_and_others_do(args: str) -> None:
    made = message(
        openai(delta(tool_calls=[call(0, "a", "calc", args), call(1, "b", "calc", '{"x": 1}')]), delta("tool_calls"))
    )
    assert [one["id"] for one in made.tool_calls] == ["b"]
    assert [one["id"] for one in made.invalid_tool_calls] == ["a"]


def test_empty_arguments_suit_a_tool_without_required_ones() -> None:
    reply = openai(delta(tool_calls=[call(0, "a", "clock"), call(1, "b", "send")]), delta("tool_calls"))
    made = message(reply, {"clock": {"type": "object"}, "send": {"required": ["to"]}})
    assert [(one["name"], one["args"]) for one in made.tool_calls] == [("clock", {})]
    assert [one["name"] for one in made.invalid_tool_calls] == ["send"]


def test_text_in_arguments_is_cleaned() -> None:
    args = r'{"a": "\ud83d\ude00 \ud83d \u0000"}'
    made = message(openai(delta(tool_calls=[call(0, "a", "t", args)]), delta("tool_calls")))
    assert made.tool_calls[0]["args"] == {"a": "😀 \ufffd \ufffd"}


@pytest.mark.parametrize(
    "usage", [{}, {"prompt_tokens": None, "completion_tokens": None}, {"prompt_tokens": 0, "completion_tokens": 0}]
)
def test_null_and_zero_usage_is_none(usage: dict[str, Any]) -> None:
    reply = openai(delta(content="hi"), {**delta("stop"), "usage": usage})
    assert not reply.usage.prompt
    assert not reply.usage.completion
    assert message(reply).usage_metadata is None


# -- Anthropic


def test_anthropic_blocks_usage_and_calls() -> None:
    reply = anthropic(
        begun(input_tokens=25, cache_read_input_tokens=5, output_tokens=1),
        block(0, type="thinking", thinking="", signature=""),
        change(0, type="thinking_delta", thinking="Let me "),
        change(0, type="thinking_delta", thinking="see."),
        change(0, type="signature_delta", signature="sig"),
        {"type": "content_block_stop", "index": 0},
        block(1, type="text", text=""),
        change(1, type="text_delta", text="I look."),
        block(2, type="tool_use", id="t1", name="search", input={}),
        change(2, type="input_json_delta", partial_json='{"q": '),
        block(3, type="tool_use", id="t2", name="clock", input={}),
        change(2, type="input_json_delta", partial_json='"x"}'),
        *ended("tool_use", output_tokens=9),
    )
    assert (reply.text, reply.reasoning, reply.end_reason) == ("I look.", "Let me see.", "tool_calls")
    assert reply.content == [
        {"type": "thinking", "thinking": "Let me see.", "signature": "sig"},
        {"type": "text", "text": "I look."},
    ]
    assert prompt_tokens(reply.usage) == 30
    assert (reply.usage.completion, reply.usage.cached) == (9, 5)
    assert [(one["id"], one["args"]) for one in message(reply).tool_calls] == [("t1", {"q": "x"}), ("t2", {})]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ({"input_tokens": 25, "output_tokens": 1}, {"output_tokens": 4}, (25, 4)),
        ({"input_tokens": 25, "output_tokens": 1}, {"input_tokens": 25, "output_tokens": 4}, (25, 4)),
        ({}, {"input_tokens": 25, "output_tokens": 4}, (25, 4)),
        ({"input_tokens": 0, "output_tokens": 0}, {"input_tokens": 25, "output_tokens": 4}, (25, 4)),
        ({"input_tokens": 25, "output_tokens": 4}, {}, (25, 4)),
        ({"input_tokens": 25, "output_tokens": 1}, {"input_tokens": 0, "output_tokens": 4}, (25, 4)),
    ],
)
def test_usage_of_the_beginning_and_the_end(
    start: dict[str, Any], end: dict[str, Any], expected: tuple[int, int]
) -> None:
    reply = anthropic(begun(**start), block(0, type="text", text="Hi"), *ended("end_turn", **end))
    assert (prompt_tokens(reply.usage), reply.usage.completion) == expected


def test_a_search_of_the_provider_stays_in_its_place() -> None:
    reply = anthropic(
        begun(),
        block(0, type="server_tool_use", id="s1", name="web_search", input={}),
        change(0, type="input_json_delta", partial_json='{"query": "x"}'),
        block(1, type="web_search_tool_result", tool_use_id="s1", content=[{"url": "u"}]),
        block(2, type="text", text="Found"),
        change(2, type="citations_delta", citation={"url": "u"}),
        *ended("pause_turn"),
    )
    assert reply.end_reason == "pause"
    assert reply.calls == ()
    assert reply.content == [
        {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "x"}},
        {"type": "web_search_tool_result", "tool_use_id": "s1", "content": [{"url": "u"}]},
        {"type": "text", "text": "Found", "citations": [{"url": "u"}]},
    ]
    rest = anthropic(begun(), block(0, type="text", text=" it."), *ended())
    whole = joined_replies(reply, rest)
    assert (whole.text, whole.end_reason) == ("Found it.", "stop")
    assert whole.content[-1] == {"type": "text", "text": " it."}


def test_an_anthropic_stream_without_its_end_is_broken() -> None:
    with pytest.raises(BrokenReplyError):
        anthropic(begun(input_tokens=3), block(0, type="text", text="Hal"))


@pytest.mark.parametrize(
    ("sent", "expected"), [("max_tokens", "length"), ("refusal", "refusal"), ("stop_sequence", "stop")]
)
def test_anthropics_reasons(sent: str, expected: str) -> None:
    assert anthropic(begun(), block(0, type="text", text="Hi"), *ended(sent)).end_reason == expected


# -- Ollama


def test_ollama() -> None:
    lines: list[Chunk] = [
        {"model": "q", "message": {"role": "assistant", "content": "", "thinking": "Hm."}, "done": False},
        {"message": {"content": "I ", "tool_calls": None}, "done": False},
        {"message": {"content": "look.", "tool_calls": [{"function": {"name": "a", "arguments": {"x": 1}}}]}},
        {"message": {"tool_calls": [{"function": {"name": "a", "arguments": {"x": 2}}}]}},
        {"message": {"content": ""}, "done": True, "done_reason": "stop", "prompt_eval_count": 7, "eval_count": 3},
    ]
    reply = read_reply(part for line in lines for part in ollama_parts(line))
    assert (reply.text, reply.reasoning, reply.end_reason) == ("I look.", "Hm.", "tool_calls")
    assert [one["args"] for one in message(reply).tool_calls] == [{"x": 1}, {"x": 2}]
    assert (reply.usage.prompt, reply.usage.completion) == (7, 3)
    with pytest.raises(BrokenReplyError):
        read_reply(part for line in lines[:-1] for part in ollama_parts(line))
    with pytest.raises(BrokenReplyError):
        read_reply(ollama_parts({"done": True, "done_reason": "load"}))


# -- integrations that are not read by protocol


def test_langchains_chunks() -> None:
    chunks = [
        AIMessageChunk(content=[{"type": "reasoning", "reasoning": "Hm."}]),
        AIMessageChunk(content=[{"type": "text", "text": "Hi", "index": 1}]),
        AIMessageChunk(content="", tool_call_chunks=[{"name": "a", "args": '{"x":', "id": "1", "index": 0}]),
        AIMessageChunk(content="", tool_call_chunks=[{"name": None, "args": "1}", "id": None, "index": 0}]),
        AIMessageChunk(
            content="",
            usage_metadata={"input_tokens": 5, "output_tokens": 2, "total_tokens": 7},
            response_metadata={"finish_reason": "tool_calls"},
        ),
    ]
    reply = read_reply(part for chunk in chunks for part in langchain_parts(chunk))
    assert (reply.text, reply.reasoning, reply.end_reason) == ("Hi", "Hm.", "tool_calls")
    assert message(reply).tool_calls[0]["args"] == {"x": 1}
    assert (reply.usage.prompt, reply.usage.completion) == (5, 2)


# -- the cuts do not matter


def pieces(text: str, cuts: Iterable[int]) -> list[str]:
    places = [0, *sorted({cut for cut in cuts if 0 < cut < len(text)}), len(text)]
    return [text[start:end] for start, end in pairwise(places)]


TEXTS = st.text(st.sampled_from('ab \n😀{}[]"<think>/'), max_size=40)
CUTS = st.lists(st.integers(1, 60), max_size=10)
ARGS = st.dictionaries(
    st.text("ab", max_size=3), st.one_of(st.integers(-5, 5), st.text('a"{}😀', max_size=8)), max_size=3
)


def shown(reply: Reply) -> tuple[Any, ...]:
    calls = [(one.id, one.name, one.args) for one in reply.calls]
    return reply.text, reply.reasoning, calls, reply.end_reason, reply.usage, reply.content


@given(TEXTS, TEXTS, st.lists(ARGS, max_size=3), CUTS, CUTS)
def test_the_cuts_of_a_stream_do_not_matter(
    thought: str, text: str, calls: list[dict[str, Any]], cuts: list[int], call_cuts: list[int]
) -> None:
    def stream(*, cut: bool) -> Iterable[Part]:
        for piece in pieces(thought, cuts) if cut else [thought]:
            yield Reasoning(piece, "reasoning_content")
        for piece in pieces(text, cuts) if cut else [text]:
            yield Text(piece)
        for index, args in enumerate(calls):
            raw = json.dumps(args)
            parts = pieces(raw, call_cuts) if cut else [raw]
            yield CallPart(index, f"call_{index}", "tool", parts[0])
            yield from (CallPart(index, args=part) for part in parts[1:])
            yield Usage(prompt=3, completion=index)
        yield End("tool_calls" if calls else "stop")

    whole, cut = read_reply(stream(cut=False)), read_reply(stream(cut=True))
    assert shown(cut) == shown(whole)
    assert [one.args for one in whole.calls] == [json.dumps(args) for args in calls]
    assert [one["args"] for one in message(cut).tool_calls] == calls
