"""parallel nodes: order, bounds, failure, and what an item sees."""

import asyncio

import pytest

from flowdeck.errors.base import LimitExceeded, RunFailed
from tests.graphs.workflows import Session, define, make, one_node

pytestmark = pytest.mark.anyio

FIELDS = "items: {type: any}, found: {type: list}, factor: {type: integer, default: 10}"
running = 0
most = 0


def parallel(node: str, more: str = "") -> str:
    return one_node(f"{{type: parallel, items: items, as: it, output: found, node: {node}{more}}}", FIELDS)


async def overlap(number: int) -> int:
    """Keeps count of how many run at once; the first ones end last."""
    global running, most  # noqa: PLW0603
    running += 1
    most = max(most, running)
    for _ in range(20 - number):
        await asyncio.sleep(0)
    running -= 1
    return number


def fail(number: int) -> int:
    if number == 2:
        raise ZeroDivisionError
    return number


async def test_results_stand_in_the_items_order() -> None:
    node = "{type: python, call: 'tests.graphs.nodes.test_parallel:overlap', args: {number: '{{ it }}'}}"
    built = make(parallel(node, ", concurrency: 3"), python_allow=("tests.graphs.nodes.test_parallel",))
    state = await Session(built).run({"items": list(range(12))})
    assert state["found"] == list(range(12))
    assert most == 3


async def test_an_item_sees_itself_its_index_and_the_state() -> None:
    built = make(parallel("{type: transform, set: {sum: it * factor + index}}"))
    assert (await Session(built).run({"items": [1, 2]}))["found"] == [{"sum": 10}, {"sum": 21}]


async def test_of_no_items_come_no_results() -> None:
    assert (await Session(make(parallel("{type: transform, set: {a: it}}"))).run({"items": []}))["found"] == []


@pytest.mark.parametrize(("count", "allowed"), [(3, True), (4, False)])
async def test_the_fan_out_is_limited(count: int, allowed: bool) -> None:
    session = Session(make(parallel("{type: transform, set: {a: it}}")), fan_out=3)
    if allowed:
        assert len((await session.run({"items": [0] * count}))["found"]) == count
        return
    with pytest.raises(LimitExceeded) as caught:
        await session.run({"items": [0] * count})
    assert (caught.value.code, caught.value.params) == ("limit_fan_out", {"node": "work", "count": 4, "limit": 3})


async def test_what_is_no_list_fails() -> None:
    with pytest.raises(RunFailed, match="expected a list, got object"):
        await Session(make(parallel("{type: transform, set: {a: it}}"))).run({"items": {}})


async def test_one_failing_item_fails_the_node() -> None:
    node = "{type: python, call: 'tests.graphs.nodes.test_parallel:fail', args: {number: '{{ it }}'}}"
    with pytest.raises(ZeroDivisionError):
        await Session(make(parallel(node), python_allow=("tests.graphs.nodes.test_parallel:fail",))).run(
            {"items": [1, 2]}
        )


async def test_every_item_is_streamed_under_the_node() -> None:
    session = Session(make(parallel("{type: llm, prompt: '{{ it }}'}"), {"text": "a"}))
    updates = await session.updates({"items": [1, 2]})
    assert updates == [(("work",), "item"), (("work",), "item"), ((), "work")]


async def test_items_may_ask_people_and_each_gets_its_answer() -> None:
    child = """
        name: child
        state: {n: {type: integer}, ok: {type: boolean}}
        entry: ask
        nodes: {ask: {type: human, question: "{{ n }}?", schema: {type: boolean}, output: ok}}
        edges: [{from: ask, to: END}]
    """
    node = "{type: subworkflow, workflow: child.yaml, input: {n: it}, output: {ok: ok}}"
    session = Session(make(define(parallel(node), {"child.yaml": child})))
    await session.run({"items": [1, 2]})
    asked = [question["question"] for question in await session.questions()]
    assert sorted(asked) == ["1?", "2?"]
    state = await session.answer(*(question == "2?" for question in asked))
    assert state["found"] == [{"ok": False}, {"ok": True}]
