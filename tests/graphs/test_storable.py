"""What every database stores: texts are repaired, numbers refused with their place."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from langchain_core.messages import AIMessage, HumanMessage

from flowdeck.errors.base import Invalid
from flowdeck.graphs.storable import clean, clean_text, faults, number_fault, require_storable, visible


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("plain", "plain"),
        ("数据 😀", "数据 😀"),
        ("\ud83d\ude00", "😀"),
        ("\ud83d", "\ufffd"),
        ("\ude00\ud83d", "\ufffd\ufffd"),
        ("\ud83dx", "\ufffdx"),
        ("a\x00b", "a\ufffdb"),
    ],
)
def test_text(text: str, cleaned: str) -> None:
    assert clean_text(text) == cleaned


@given(st.text(st.characters(categories=None) | st.characters(categories=["Cs"])))
def test_cleaned_text_can_be_stored(text: str) -> None:
    cleaned = clean_text(text)
    cleaned.encode()
    assert "\x00" not in cleaned
    assert clean_text(cleaned) == cleaned


def test_everything_is_cleaned_and_what_is_clean_stays_the_same_object() -> None:
    value = {"a": ["x", ("y",)], "m": HumanMessage("hi")}
    assert clean(value) is value
    dirty: dict[str, Any] = {"\x00": ["\ud83d\ude00", {"k": "\ud83d"}], "m": [HumanMessage("\x00", name="\x00")]}
    cleaned = clean(dirty)
    assert cleaned["\ufffd"] == ["😀", {"k": "\ufffd"}]
    assert (cleaned["m"][0].content, cleaned["m"][0].name) == ("\ufffd", "\ufffd")
    assert dirty["m"][0].content == "\x00"
    call = {"name": "t", "args": {"a": "\x00"}, "id": "1", "type": "tool_call"}
    assert clean(AIMessage("", tool_calls=[call])).tool_calls[0]["args"] == {"a": "\ufffd"}


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("\x00", "a NUL character"),
        ("\ud83d", "half a surrogate pair"),
        (2**63, "an integer over 64 bits"),
        (float("nan"), "a number that is not finite"),
        (float("-inf"), "a number that is not finite"),
    ],
)
def test_a_refusal_names_the_kind_and_the_path(value: object, kind: str) -> None:
    with pytest.raises(Invalid) as refused:
        require_storable({"items": [0, 1, 2, value]}, "x")
    assert refused.value.params == {"kind": kind, "path": "x.items.3"}
    assert refused.value.detail() == f"x.items.3 contains {kind}, which cannot be stored."


def test_a_message_has_a_path_too() -> None:
    call = {"name": "t", "args": {"n": 2**70}, "id": "1", "type": "tool_call"}
    assert list(faults({"messages": [AIMessage("", tool_calls=[call])]})) == [
        ("an integer over 64 bits", "messages.0.tool_calls.0.args.n")
    ]


def test_numbers_are_told_from_texts() -> None:
    assert number_fault({"a": "\x00"}) is None
    assert number_fault({"a": [2**64]}) == "a.0: an integer over 64 bits"


def test_an_event_shows_everything() -> None:
    assert visible({"a": [2**70, float("nan"), "\x00", 1]}) == {"a": [str(2**70), "nan", "\ufffd", 1]}


def test_depth_is_bounded() -> None:
    value: Any = 0
    for _ in range(101):
        value = [value]
    with pytest.raises(Invalid, match="100 levels"):
        require_storable(value)
