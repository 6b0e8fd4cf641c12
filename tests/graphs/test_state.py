"""What goes into a state, how updates come together, and how it looks as JSON."""

from typing import Any

import pytest
from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

from flowdeck.errors.base import Invalid
from flowdeck.graphs.messages import to_json
from flowdeck.graphs.state import turns
from flowdeck.graphs.storable import require_storable
from tests.graphs.workflows import Session, make

pytestmark = pytest.mark.anyio

STATE = """
    name: s
    state:
      messages: {type: messages}
      text: {type: string}
      count: {type: integer, default: 5, reducer: add}
      best: {type: number, reducer: max}
      list: {type: list, reducer: append, items: {type: string}}
      map: {type: object, reducer: merge}
      even: {type: integer, schema: {multipleOf: 2}}
      flag: {type: boolean, default: null}
      any: {type: any}
      needed: {type: string, required: true}
    entry: work
    nodes:
      work: {type: transform, set: {count: "1", best: "2.5", list: "['b']", map: "{'b': 2}", text: "'new'"}}
    edges: [{from: work, to: END}]
"""


def faults(values: dict[str, Any], *, first: bool = False) -> list[str]:
    built = make(STATE)
    with pytest.raises(Invalid) as caught:
        (built.initial_state if first else built.validate_state)(values)
    assert caught.value.code == "state_invalid"
    return [f"{problem.field}: {problem.message}" for problem in caught.value.problems]


async def test_updates_come_together_by_their_reducers() -> None:
    given: dict[str, Any] = {"text": "old", "count": 1, "best": 9, "list": ["a"], "map": {"a": 1, "b": 0}}
    state = await Session(make(STATE)).run(given)
    assert {name: state[name] for name in given} == {
        "text": "new",
        "count": 7,
        "best": 9,
        "list": ["a", "b"],
        "map": {"a": 1, "b": 2},
    }


async def test_fields_begin_with_their_defaults_and_keep_what_they_have() -> None:
    session = Session(make(STATE))
    assert (await session.run({}))["count"] == 6
    assert (await session.run({}))["count"] == 7


async def test_a_default_is_not_shared_between_sessions() -> None:
    built = make("""
        name: d
        state: {list: {type: list, default: [[]], reducer: append}}
        entry: work
        nodes: {work: {type: transform, set: {list: "[['x']]"}}}
        edges: [{from: work, to: END}]
    """)
    assert (await Session(built).run({}))["list"] == [[], ["x"]]
    assert (await Session(built).run({}))["list"] == [[], ["x"]]


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"nope": 1}, "nope: unknown field; the state has: messages, text"),
        ({"text": 1}, "text: expected string, got integer"),
        ({"text": None}, "text: expected string, got null"),
        ({"count": True}, "count: expected integer, got boolean"),
        ({"count": 1.5}, "count: expected integer, got number"),
        ({"list": ["a", 1]}, "list.1: 1 is not of type 'string'"),
        ({"even": 3}, "even: 3 is not a multiple of 2"),
        ({"map": []}, "map: expected object, got list"),
        ({"messages": {}}, "messages: expected a list of messages, got object"),
        ({"messages": ["hi"]}, "messages.0: expected a message with role and content, got string"),
        ({"messages": [{"role": "root", "content": ""}]}, "messages.0: role must be one of user"),
        ({"messages": [{"role": "user"}]}, "messages.0: content must be a string or a list of content blocks"),
        ({"messages": [{"role": "tool", "content": ""}]}, "messages.0: a tool message needs a tool_call_id"),
        ({"messages": [{"role": "user", "content": "", "x": 1}]}, "messages.0: unknown key 'x'"),
        (
            {"messages": [{"role": "user", "content": "", "id": 5}]},
            "messages.0: id, name and reasoning must be strings",
        ),
        ({"messages": [{"role": ["user"], "content": ""}]}, "messages.0: role must be one of user"),
        (
            {"messages": [{"role": "assistant", "content": "", "tool_calls": [{}]}]},
            "messages.0.tool_calls.0: a tool call needs a name",
        ),
    ],
)
def test_what_does_not_fit_is_told_by_field(values: dict[str, Any], fault: str) -> None:
    assert any(found.startswith(fault) for found in faults(values)), faults(values)


def test_every_field_at_fault_is_told() -> None:
    assert len(faults({"text": 1, "count": "x", "nope": 0})) == 3


def test_required_fields_are_asked_for_in_the_first_state_alone() -> None:
    assert faults({}, first=True) == ["needed: is required"]
    assert make(STATE).validate_state({}) == {}


def test_null_fits_where_it_is_the_default() -> None:
    assert make(STATE).validate_state({"flag": None}) == {"flag": None}


def test_messages_become_langchains_with_ids() -> None:
    given: list[Any] = [
        {"role": "system", "content": "Be kind."},
        {"type": "user", "content": [{"type": "text", "text": "hi"}], "id": "m1", "name": "ada"},
        {"role": "assistant", "content": "", "tool_calls": [{"name": "clock", "args": {}, "id": "c1"}]},
        {"role": "tool", "content": "noon", "tool_call_id": "c1", "status": "error"},
    ]
    messages = make(STATE).validate_state({"messages": given})["messages"]
    assert [type(message) for message in messages] == [SystemMessage, HumanMessage, AIMessage, ToolMessage]
    assert all(message.id for message in messages)
    assert to_json(messages) == [
        {"id": messages[0].id, "type": "system", "content": "Be kind."},
        {"id": "m1", "type": "user", "content": "hi", "blocks": [{"type": "text", "text": "hi"}], "name": "ada"},
        {
            "id": messages[2].id,
            "type": "assistant",
            "content": "",
            "tool_calls": [{"name": "clock", "args": {}, "id": "c1"}],
        },
        {"id": messages[3].id, "type": "tool", "content": "noon", "tool_call_id": "c1", "status": "error"},
    ]


def test_a_text_is_one_user_message() -> None:
    built = make(STATE)
    assert built.user_input("hi") == {"messages": [{"type": "user", "content": "hi"}]}
    assert to_json(built.validate_state({"messages": "hi"})["messages"][0].content) == "hi"


def test_a_text_needs_a_messages_field() -> None:
    built = make("""
        name: m
        state: {n: {type: integer}}
        entry: work
        nodes: {work: {type: transform, set: {n: "1"}}}
        edges: [{from: work, to: END}]
    """)
    with pytest.raises(Invalid) as caught:
        built.user_input("hi")
    assert caught.value.code == "state_invalid"


@pytest.mark.parametrize("value", ["a\x00", "\ud800", 2**63, -(2**63) - 1, float("nan"), float("inf"), {"\x00": 1}])
def test_what_no_store_keeps_is_refused_at_any_depth(value: Any) -> None:
    with pytest.raises(Invalid) as caught:
        require_storable({"a": [value]})
    assert caught.value.code == "text_not_storable"


def test_what_every_store_keeps_is_not_refused() -> None:
    require_storable({"a": [2**63 - 1, -(2**63), 1.5, "😀数据\n", None, True]})


@pytest.mark.parametrize(("depth", "kept"), [(100, True), (101, False)])
def test_a_hundred_levels_are_kept(depth: int, kept: bool) -> None:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    if kept:
        require_storable(value)
        return
    with pytest.raises(Invalid):
        require_storable(value)


def test_turns_are_the_assistants_messages_since_the_users_last() -> None:
    kinds = ["user", "assistant", "user", "assistant", "tool", "assistant"]
    assert turns({"messages": [{"type": kind} for kind in kinds]}, "messages") == 2
