"""tool, python, transform and condition nodes: their values, their failures, and the key that is stable."""

import json
from pathlib import Path
from typing import Any

import pytest

from flowdeck.errors.base import Invalid, RunFailed, ToolFailed
from tests.graphs.workflows import Session, make, mistakes, one_node, texts

pytestmark = pytest.mark.anyio

FIELDS = "messages: {type: messages}, n: {type: any, default: 2}, out: {type: any}"
HERE = "tests.graphs.nodes.test_tool"
keys: list[str] = []


def keyed(value: object, idempotency_key: str) -> dict[str, object]:
    """Keeps its key, and fails the first time it is called."""
    keys.append(idempotency_key)
    if len(keys) == 1:
        raise ConnectionError
    return {"value": value}


async def test_arguments_keep_their_types_and_the_result_goes_to_output() -> None:
    text = one_node(
        "{type: python, call: 'tests.graphs.nodes.test_tool:twice', args: {n: '{{ n }}'}, output: out}", FIELDS
    )
    assert (await Session(make(text, python_allow=(f"{HERE}:twice",))).run({"n": [1]}))["out"] == [1, 1]


def twice(n: list[int]) -> list[int]:
    return n * 2


FOUR_TIMES = f"{{type: python, call: '{HERE}:four_times', args: {{n: '{{{{ n }}}}'}}, output: out}}"


async def test_a_number_that_no_database_stores_fails_the_run() -> None:
    session = Session(make(one_node(FOUR_TIMES, FIELDS), python_allow=(HERE,)))
    with pytest.raises(Invalid, match="out contains an integer over 64 bits, which cannot be stored"):
        await session.run({"n": 2**62})


async def test_text_that_no_database_stores_is_repaired() -> None:
    session = Session(make(one_node(FOUR_TIMES, FIELDS), python_allow=(HERE,)))
    assert (await session.run({"n": "\x00"}))["out"] == "\ufffd" * 4


def four_times(n: Any) -> object:
    return n * 4


async def test_the_key_is_the_same_for_every_attempt_of_a_step() -> None:
    node = f"{{type: python, call: '{HERE}:keyed', args: {{value: 1}}, output: out, retry: {{backoff: 1ms}}}}"
    state = await Session(make(one_node(node, FIELDS), python_allow=(HERE,))).run({})
    assert state["out"] == {"value": 1}
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert keys[0].startswith("run-1:1:")


async def test_a_tools_result_may_be_a_message_too() -> None:
    node = "{type: tool, tool: calculator, args: {expression: '{{ n }} * 21'}, output: out, message: true}"
    state = await Session(make(one_node(node, FIELDS))).run("x")
    assert (state["out"], texts(state)) == ("42", ["human: x", "ai: 42"])


async def test_a_failing_tool_fails_the_run() -> None:
    with pytest.raises(ToolFailed, match="Tool calculator failed: "):
        await Session(make(one_node("{type: tool, tool: calculator, args: {expression: '1/0'}}"))).run("x")


async def test_a_message_is_sent_once_for_each_step(tmp_path: Path) -> None:
    built = make(one_node("{type: tool, tool: outbox, args: {text: '{{ last.content }}'}}"), data_dir=tmp_path)
    session = Session(built)
    await session.run("one")
    await session.run("two")
    sent = [json.loads(path.read_text())["text"] for path in (tmp_path / "outbox").iterdir()]
    assert sorted(sent) == ["one", "two"]


async def test_expressions_of_a_transform_see_the_state_before_it() -> None:
    state = await Session(make(one_node("{type: transform, set: {n: n + 1, out: n}}", FIELDS))).run({"n": 5})
    assert (state["n"], state["out"]) == (6, 5)


async def test_an_expression_that_fails_names_node_and_expression() -> None:
    with pytest.raises(RunFailed) as caught:
        await Session(make(one_node("{type: transform, set: {out: 1 / n}}", FIELDS))).run({"n": 0})
    assert caught.value.code == "expression_failed"
    assert (caught.value.params["node"], caught.value.params["expression"]) == ("work", "1 / n")


ROUTES = """
    name: r
    state: {n: {type: any}, way: {type: string, default: ""}}
    entry: choose
    nodes:
      choose: {type: condition, cases: [{when: n > 5, to: high}, {when: n > 1, to: middle}], default: low}
      high: {type: transform, set: {way: "'high'"}}
      middle: {type: transform, set: {way: "'middle'"}}
      low: {type: transform, set: {way: "'low'"}}
    edges:
      - {from: high, to: END}
      - {from: middle, to: END, when: n < 4}
      - {from: low, to: END}
"""


@pytest.mark.parametrize(("n", "way"), [(9, "high"), (3, "middle"), (0, "low")])
async def test_the_first_case_that_holds_is_taken(n: int, way: str) -> None:
    assert (await Session(make(ROUTES)).run({"n": n}))["way"] == way


async def test_where_no_condition_holds_the_run_fails() -> None:
    with pytest.raises(RunFailed) as caught:
        await Session(make(ROUTES)).run({"n": 4})
    assert (caught.value.code, caught.value.params) == ("no_way_on", {"node": "middle"})


async def test_a_condition_that_is_neither_true_nor_false_fails() -> None:
    with pytest.raises(RunFailed, match="expected true or false, got str"):
        await Session(make(ROUTES.replace("n < 4", "way"))).run({"n": 3})


def test_a_tool_without_a_name_takes_no_arguments() -> None:
    assert "nodes.work.tool: is missing" in mistakes(one_node("{type: tool, args: {a: 1}}"))[0]
