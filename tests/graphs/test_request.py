"""A state's messages as a request that the provider accepts."""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import (
    AIMessage,
    BaseMessage,
    ChatMessage,
    FunctionMessage,
    HumanMessage,
    RemoveMessage,
    SystemMessage,
    ToolMessage,
)

from flowdeck.graphs.request import NOT_EXECUTED, NotAcceptedError, RequestRules, media_needed, request_messages

OPENAI = RequestRules("openai", thinking="field")
ANTHROPIC = RequestRules("anthropic", merge_roles=True, thinking="blocks", media_in_tools=True)
DIGEST = "sha256:" + "0" * 64
PIXEL = base64.b64encode(b"pixel").decode()


def ask(*calls: str, text: str = "", invalid: Sequence[str] = (), **fields: Any) -> AIMessage:
    return AIMessage(
        text,
        tool_calls=[{"name": "t", "args": {}, "id": one, "type": "tool_call"} for one in calls],
        invalid_tool_calls=[
            {"name": "t", "args": '{"x', "id": one, "error": "cut off", "type": "invalid_tool_call"} for one in invalid
        ],
        **fields,
    )


def answer(call_id: str, content: Any = "done") -> ToolMessage:
    return ToolMessage(content=content, tool_call_id=call_id)


def sent(
    messages: Sequence[BaseMessage],
    rules: RequestRules = OPENAI,
    media: Mapping[str, tuple[str, bytes]] = MappingProxyType({}),
) -> list[BaseMessage]:
    return request_messages(messages, rules, media)


def brief(messages: Sequence[BaseMessage]) -> list[str]:
    return [_brief(message) for message in messages]


def _brief(message: BaseMessage) -> str:
    calls = "".join(f" +{call['id']}" for call in getattr(message, "tool_calls", []))
    return f"{ {'human': 'user', 'ai': 'assistant'}.get(message.type, message.type) }: {message.text}{calls}"


@pytest.mark.parametrize(
    ("messages", "expected"),
    [
        ([ask("a", "b"), answer("b", "B"), HumanMessage("hi")], [f"tool: {NOT_EXECUTED}", "tool: B", "user: hi"]),
        ([ask("a"), HumanMessage("hi"), answer("a", "A")], ["tool: A", "user: hi"]),
        ([ask("a"), answer("a", "A"), answer("a", "again")], ["tool: A"]),
        ([ask("a")], [f"tool: {NOT_EXECUTED}"]),
    ],
)
def test_each_call_is_followed_by_one_result(messages: list[BaseMessage], expected: list[str]) -> None:
    before = [message.model_copy(deep=True) for message in messages]
    assert brief(sent([HumanMessage("go"), *messages]))[2:] == expected
    assert messages == before  # the state stays as it is


def test_orphans_are_left_out() -> None:
    assert brief(sent([answer("x"), HumanMessage("hi"), answer("y")])) == ["user: hi"]
    assert brief(sent([HumanMessage("a"), answer("b"), ask("b")])) == [
        "user: a",
        "assistant:  +b",
        f"tool: {NOT_EXECUTED}",
    ]


def test_ids_that_repeat_are_told_apart() -> None:
    messages = [ask("c"), answer("c", "1"), ask("c", "c"), answer("c", "2"), answer("c", "3"), ask(""), answer("", "4")]
    made = sent([HumanMessage("go"), *messages])
    calls = [call["id"] for message in made for call in getattr(message, "tool_calls", [])]
    results = [message.tool_call_id for message in made if isinstance(message, ToolMessage)]
    assert calls == results
    assert len(set(calls)) == 4
    assert [str(message.text) for message in made if isinstance(message, ToolMessage)] == ["1", "2", "3", "4"]


def test_an_invalid_call_is_sent_with_its_reason_and_without_its_arguments() -> None:
    made = sent([HumanMessage("go"), ask("a", invalid=["b"]), answer("a", "A"), answer("b", "not executed: cut off")])
    assert isinstance(made[1], AIMessage)
    assert [(call["id"], call["args"]) for call in made[1].tool_calls] == [("a", {}), ("b", {})]
    assert made[1].invalid_tool_calls == []
    assert brief(made)[2:] == ["tool: A", "tool: not executed: cut off"]
    assert brief(sent([ask(invalid=["b"])]))[1:] == ["tool: not executed: cut off"]


@given(
    st.lists(
        st.one_of(
            st.builds(HumanMessage, st.sampled_from(["hi", ""])),
            st.builds(SystemMessage, st.sampled_from(["be kind", ""])),
            st.builds(ask, *[st.sampled_from(["a", "b", ""])] * 2, text=st.sampled_from(["", "ok"])),
            st.builds(ask, text=st.sampled_from(["", "ok"])),
            st.builds(answer, st.sampled_from(["a", "b", ""])),
        ),
        max_size=12,
    )
)
def test_any_conversation_becomes_one_that_providers_accept(messages: list[BaseMessage]) -> None:
    for rules in (OPENAI, ANTHROPIC):
        made = sent(messages, rules)
        open_calls: list[str] = []
        seen: set[str] = set()
        for message in made:
            if isinstance(message, ToolMessage):
                assert message.tool_call_id == open_calls.pop(0)
                continue
            assert open_calls == []
            if isinstance(message, AIMessage):
                open_calls = [str(call["id"]) for call in message.tool_calls]
                assert seen.isdisjoint(open_calls)
                assert len(set(open_calls)) == len(open_calls)
                seen.update(open_calls)
        assert open_calls == []
    merged = [message.type for message in sent(messages, ANTHROPIC) if message.type != "system"]
    assert merged[0] == "human"
    roles = ["human" if kind == "tool" else kind for kind in merged]
    assert all(
        one != other or (merged[index + 1] in ("tool", "human") and merged[index] == "tool")
        for index, (one, other) in enumerate(pairwise(roles))
    )


def test_roles_are_merged_for_those_that_want_it() -> None:
    messages = [
        AIMessage("before"),
        SystemMessage("Be kind."),
        HumanMessage("one"),
        HumanMessage([{"type": "text", "text": "two"}]),
        AIMessage(""),
        AIMessage("three"),
        SystemMessage("Be brief."),
    ]
    made = sent(messages, ANTHROPIC)
    assert [message.type for message in made] == ["system", "human", "ai", "human", "ai"]
    assert made[0].content == "Be kind.\n\nBe brief."
    assert made[3].content == [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]
    assert [message.type for message in sent(messages, OPENAI)] == [message.type for message in messages]


def test_other_roles_become_one_of_the_four() -> None:
    messages: list[BaseMessage] = [
        ChatMessage(content="a", role="developer"),
        ChatMessage(content="b", role="critic"),
        ChatMessage(content="c", role="user"),
        FunctionMessage(content="d", name="f"),
        RemoveMessage(id="x"),
    ]
    assert [message.type for message in sent(messages)] == ["system", "ai", "human"]


def test_text_that_cannot_be_sent_is_cleaned() -> None:
    assert sent([HumanMessage("a\ud83d\x00")])[0].content == "a\ufffd\ufffd"


# -- reasoning


def test_reasoning_goes_back_to_its_provider_within_the_turn() -> None:
    thought = {"reasoning_content": "Hm.", "reasoning_field": "reasoning_content"}
    old = AIMessage("a", additional_kwargs=thought, response_metadata={"model_provider": "openai"})
    new = ask("c", additional_kwargs=thought, response_metadata={"model_provider": "openai"})
    made = sent([HumanMessage("1"), old, HumanMessage("2"), new, answer("c")])
    assert "reasoning_content" not in made[1].additional_kwargs
    assert made[3].additional_kwargs == thought
    assert "reasoning_content" not in sent([HumanMessage("2"), new], RequestRules("other"))[1].additional_kwargs
    foreign = new.model_copy(update={"response_metadata": {"model_provider": "deepseek"}})
    assert "reasoning_content" not in sent([HumanMessage("2"), foreign])[1].additional_kwargs


def test_signed_blocks_go_back_to_anthropic_within_the_turn_alone() -> None:
    content: list[Any] = [
        {"type": "thinking", "thinking": "Hm.", "signature": "s"},
        {"type": "redacted_thinking", "data": "d"},
        {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {}},
        {"type": "text", "text": "ok", "citations": [{"url": "u"}]},
    ]
    own = {"model_provider": "anthropic"}
    made = sent(
        [
            HumanMessage("1"),
            AIMessage(content, response_metadata=own),
            HumanMessage("2"),
            AIMessage(content, response_metadata=own),
        ],
        ANTHROPIC,
    )
    assert made[3].content == content
    assert [block["type"] for block in made[1].content] == ["server_tool_use", "text"]  # type: ignore[index]
    assert sent([HumanMessage("1"), AIMessage(content, response_metadata=own)])[1].content == "ok"


# -- media

IMAGES: list[dict[str, Any]] = [
    {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PIXEL}"}},
    {"type": "image", "base64": PIXEL, "mime_type": "image/png"},
    {"type": "image", "source_type": "base64", "data": PIXEL, "mime_type": "image/png"},
    {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": PIXEL}},
    {"type": "image", "media": DIGEST, "mime_type": "image/png", "bytes": 5},
]


@pytest.mark.parametrize("block", IMAGES, ids=str)
def test_an_image_in_any_dialect_is_sent_in_one(block: dict[str, Any]) -> None:
    content: list[Any] = [{"type": "text", "text": "what?"}, block]
    made = sent([HumanMessage(content)], media={DIGEST: ("image/png", b"pixel")})
    assert made[0].content == [
        {"type": "text", "text": "what?"},
        {"type": "image", "mime_type": "image/png", "base64": PIXEL},
    ]


def test_what_a_model_does_not_take_is_refused() -> None:
    message = HumanMessage([{"type": "image", "url": "https://x.example/a.png"}])
    with pytest.raises(NotAcceptedError, match="block of type image, but the model accepts only: text"):
        sent([message], replace(OPENAI, accepts=frozenset({"text"})))
    assert sent([message], replace(OPENAI, accepts=frozenset({"text", "image"})))


def test_media_that_is_gone_is_named() -> None:
    message = HumanMessage([{"type": "image", "media": DIGEST}])
    assert media_needed([message]) == [DIGEST]
    assert sent([message])[0].content == "[image: no longer stored]"


def test_media_of_a_tool_follow_its_result_where_they_must() -> None:
    result = answer(
        "a", [{"type": "text", "text": "See"}, {"type": "image", "base64": PIXEL, "mime_type": "image/png"}]
    )
    messages = [HumanMessage("go"), ask("a", "b"), result, answer("b")]
    made = sent(messages)
    assert [message.type for message in made] == ["human", "ai", "tool", "tool", "human"]
    assert made[2].content == "See"
    assert made[4].content[1] == {"type": "image", "mime_type": "image/png", "base64": PIXEL}
    kept = sent(messages, ANTHROPIC)
    assert kept[2].content[1]["type"] == "image"  # type: ignore[index]


def test_texts_alone_are_one_text_for_servers_that_know_nothing_else() -> None:
    message = HumanMessage([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}])
    assert sent([message], RequestRules("openai_compatible", blocks_of_texts=False))[0].content == "a\nb"
    assert sent([message])[0].content == message.content
