"""What nodes write is held to the state's types and schemas, whichever node it is."""

from typing import Any

import pytest
from pydantic import JsonValue

from flowdeck.errors.base import Invalid, RunFailed
from tests.graphs.workflows import Session, define, make, one_node, scripted, texts
from tests.openai_server import OpenAIServer

pytestmark = pytest.mark.anyio

CHILD = """
    name: child
    state: {given: {type: any}, made: {type: any}}
    entry: make
    nodes: {make: {type: transform, set: {made: given}}}
    edges: [{from: make, to: END}]
"""
ALLOW = ("tests.graphs.test_writes",)
ECHO = "type: python, call: 'tests.graphs.test_writes:echo', args: {value: '{{ given }}'}"


def echo(value: JsonValue) -> JsonValue:
    """A function of python nodes."""
    return value


def session(node: str, state: str, **options: Any) -> Session:
    """A workflow of the node `work`; `given` is whatever the test puts there."""
    return Session(make(one_node(node, f"given: {{type: any}}, {state}"), python_allow=ALLOW, **options))


async def refusal(node: str, state: str, given: JsonValue, **options: Any) -> tuple[str, str]:
    """The field at fault and what is wrong with it."""
    with pytest.raises(RunFailed) as caught:
        await session(node, state, **options).run({"given": given})
    error = caught.value
    assert (error.code, error.params["node"]) == ("update_invalid", "work")
    assert str(error.params["field"]) in error.detail()
    return str(error.params["field"]), str(error.params["message"])


@pytest.mark.parametrize(
    ("node", "wrong"),
    [
        ("{type: transform, set: {out: given}}", "expected integer, got string"),
        (f"{{{ECHO}, output: out}}", "expected integer, got string"),
        ("{type: tool, tool: calculator, args: {expression: 6 * 7}, output: out}", "expected integer, got string"),
        ("{type: llm, prompt: Hi, output: out}", "expected integer, got string"),
        ("{type: llm, prompt: Hi, schema: {type: object}, output: {n: out}}", "expected integer, got string"),
    ],
)
async def test_a_value_of_the_wrong_type_names_the_node_and_the_field(node: str, wrong: str) -> None:
    models = scripted({"text": '{"n": "many"}'})
    assert await refusal(node, "out: {type: integer}", "many", models=models) == ("out", wrong)


async def test_the_results_of_a_parallel_node_are_held_to_its_field() -> None:
    node = f"{{type: parallel, items: '[1]', as: one, node: {{{ECHO}}}, output: out}}"
    fault = await refusal(node, "out: {type: list, items: {type: integer}}", "many")
    assert fault == ("out.0", "'many' is not of type 'integer'")


async def test_an_http_answer_is_held_to_its_field() -> None:
    with OpenAIServer([]) as server:
        node = f"{{type: http, url: '{server.base_url}/nothing', output: out}}"
        with pytest.raises(RunFailed, match="invalid value to out: expected string, got object"):
            await session(node, "out: {type: string}", http=frozenset({"127.0.0.1"})).run({})


async def test_a_subworkflows_result_is_held_to_the_parents_field() -> None:
    text = one_node(
        "{type: subworkflow, workflow: child.yaml, input: {given: given}, output: {made: out}}",
        "given: {type: any}, out: {type: integer}",
    )
    with pytest.raises(RunFailed, match="Node work wrote an invalid value to out"):
        await Session(make(define(text, {"child.yaml": CHILD}))).run({"given": "many"})


async def test_a_persons_answer_is_held_to_its_field() -> None:
    asking = session("{type: human, question: How many?, output: out}", "out: {type: integer}")
    await asking.run({})
    with pytest.raises(RunFailed, match="Node work wrote an invalid value to out: expected integer"):
        await asking.answer("many")


@pytest.mark.parametrize(
    ("field", "given", "fault"),
    [
        ("{type: list, items: {type: string}}", ["a", 1], ("out.1", "1 is not of type 'string'")),
        ("{type: list, reducer: append, items: {type: string}}", 1, ("out.0", "1 is not of type 'string'")),
        ("{type: string, schema: {enum: [a, b]}}", "c", ("out", "'c' is not one of ['a', 'b']")),
        ("{type: object, schema: {required: [a]}}", {}, ("out", "'a' is a required property")),
        ("{type: object, reducer: merge}", [1], ("out", "expected object, got list")),
        ("{type: integer, reducer: add}", "1", ("out", "expected integer, got string")),
        ("{type: integer, reducer: max}", 1.5, ("out", "expected integer, got number")),
        ("{type: string, reducer: add}", 1, ("out", "expected string, got integer")),
        ("{type: integer}", True, ("out", "expected integer, got boolean")),
        ("{type: string}", None, ("out", "expected string, got null")),
        ("{type: string, default: a}", None, ("out", "expected string, got null")),
        ("{type: messages}", 7, ("out.0", "expected a message with role and content, got integer")),
        (
            "{type: messages}",
            [{"role": "who"}],
            ("out.0", "role must be one of user, assistant, system, tool; got 'who'"),
        ),
    ],
)
async def test_what_input_would_be_refused_for_is_refused_of_a_node(
    field: str, given: JsonValue, fault: tuple[str, str]
) -> None:
    assert await refusal(f"{{{ECHO}, output: out}}", f"out: {field}", given) == fault


@pytest.mark.parametrize(
    ("field", "given", "expected"),
    [
        ("{type: list, reducer: append, items: {type: string}}", "a", ["a"]),
        ("{type: list, reducer: append}", [["a"]], [["a"]]),
        ("{type: number}", 1, 1),
        ("{type: number, reducer: add, default: 2}", 1.5, 3.5),
        ("{type: string, default: null}", None, None),
        ("{type: any}", None, None),
        ("{type: integer, reducer: add, default: 1, schema: {maximum: 3}}", 2, 3),
        ("{type: object, reducer: merge, schema: {required: [a, b]}}", {"a": 1, "b": 2}, {"a": 1, "b": 2}),
    ],
)
async def test_what_fits_is_written(field: str, given: JsonValue, expected: JsonValue) -> None:
    state = await session(f"{{{ECHO}, output: out}}", f"out: {field}").run({"given": given})
    assert state["out"] == expected


async def test_a_schema_is_about_the_value_after_the_update() -> None:
    adding = session(f"{{{ECHO}, output: out}}", "out: {type: integer, reducer: add, schema: {maximum: 3}}")
    assert (await adding.run({"given": 2}))["out"] == 2
    with pytest.raises(RunFailed, match="4 is greater than the maximum of 3"):
        await adding.run({"given": 2})


@pytest.mark.parametrize(
    ("field", "before"),
    [
        ("{type: list, reducer: append}", ["a"]),
        ("{type: list, reducer: add}", ["a"]),
        ("{type: object, reducer: merge}", {"a": 1}),
        ("{type: integer, reducer: add}", 3),
        ("{type: string, reducer: add}", "a"),
        ("{type: number, reducer: max}", 3),
        ("{type: number, reducer: min}", 3),
        ("{type: messages}", [{"role": "user", "content": "Hi"}]),
    ],
)
async def test_null_changes_nothing_in_a_field_that_joins_values(field: str, before: JsonValue) -> None:
    work = session(f"{{{ECHO}, output: out}}", f"out: {field}")
    first = (await work.run({"out": before, "given": None}))["out"]
    assert (await work.run({"out": None, "given": None}))["out"] == first
    assert len(first) == 1 if isinstance(before, list) else first == before


async def test_a_null_that_changes_nothing_does_not_give_a_required_field() -> None:
    state = "other: {type: any}, out: {type: list, reducer: append, required: true}"
    built = make(one_node("{type: transform, set: {other: '1'}}", state))
    with pytest.raises(Invalid) as caught:
        built.initial_state({"out": None})
    assert [problem.field for problem in caught.value.problems] == ["out"]


async def test_a_field_that_begins_with_null_takes_its_first_value() -> None:
    cases: tuple[tuple[str, JsonValue, JsonValue], ...] = (
        ("{type: list, reducer: append, default: null}", "a", ["a"]),
        ("{type: integer, reducer: add, default: null}", 2, 2),
        ("{type: object, reducer: merge, default: null}", {"a": 1}, {"a": 1}),
        ("{type: number, reducer: max, default: null}", 2, 2),
    )
    for field, given, expected in cases:
        state = await session(f"{{{ECHO}, output: out}}", f"out: {field}").run({"given": given})
        assert state["out"] == expected


async def test_a_python_node_writes_messages_as_input_has_them() -> None:
    work = session(f"{{{ECHO}, output: out}}", "out: {type: messages}")
    message: JsonValue = {"role": "assistant", "content": "Hello", "id": "m1"}
    state = await work.run({"given": [message, {"role": "user", "content": "Hi"}]})
    assert texts({"messages": state["out"]}) == ["ai: Hello", "human: Hi"]

    state = await work.run({"given": [{"type": "remove", "id": "m1"}]})
    assert texts({"messages": state["out"]}) == ["human: Hi"]


async def test_all_faults_of_an_update_are_told() -> None:
    with pytest.raises(RunFailed) as caught:
        await session("{type: transform, set: {a: given, b: given}}", "a: {type: integer}, b: {type: list}").run(
            {"given": "x"}
        )
    assert [problem.field for problem in caught.value.problems] == ["a", "b"]
