"""wait nodes: how long they wait, and what ends a wait."""

from datetime import UTC, datetime, timedelta

import pytest

from flowdeck.errors.base import RunFailed, Unloadable
from tests.graphs.workflows import Session, make, one_node

pytestmark = pytest.mark.anyio

FIELDS = "messages: {type: messages}, at: {type: any}"


@pytest.mark.parametrize(
    ("written", "said"), [("2h", "2h"), ("120m", "2h"), ("90s", "90s"), ("1d", "1d"), ("0.5", "0.5s")]
)
async def test_a_wait_says_how_long_it_is(written: str, said: str) -> None:
    session = Session(make(one_node(f"{{type: wait, for: {written}}}", FIELDS)))
    await session.run("x")
    (question,) = await session.questions()
    assert question["question"] == f"Waits for {said}."


async def test_a_wait_is_a_question_with_the_end_of_the_wait_as_its_deadline() -> None:
    session = Session(make(one_node("{type: wait, for: 2h}", FIELDS)))
    await session.run("x")
    (question,) = await session.questions()
    assert (question["deadline_seconds"], question["default"], question["choices"]) == (7200, "continue", ["continue"])
    assert question["question"] == "Waits for 2h."
    await session.answer("continue")
    assert await session.questions() == []


@pytest.mark.parametrize("zone", ["", "Z", "+08:00"])
async def test_a_wait_until_a_moment(zone: str) -> None:
    session = Session(make(one_node("{type: wait, until: at, description: The office opens.}", FIELDS)))
    moment = datetime.now(UTC) + timedelta(hours=20)
    await session.run({"at": f"{moment:%Y-%m-%dT%H:%M:%S}{zone}"})
    (question,) = await session.questions()
    expected = timedelta(hours=20 - (8 if zone.startswith("+") else 0)).total_seconds()
    assert question["deadline_seconds"] == pytest.approx(expected, abs=60)
    assert question["question"] == "The office opens."


async def test_a_moment_that_has_passed_is_not_waited_for() -> None:
    session = Session(make(one_node("{type: wait, until: \"'2020-01-01'\"}", FIELDS)))
    await session.run("x")
    assert await session.questions() == []


async def test_what_is_no_time_fails_the_node() -> None:
    session = Session(make(one_node("{type: wait, until: at}", FIELDS)))
    with pytest.raises(RunFailed, match="expected a time such as 2027-01-31T09:00:00Z, got tomorrow"):
        await session.run({"at": "tomorrow"})


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("", "give exactly one of `for` and `until`"),
        (", for: 2h, until: at", "give exactly one of `for` and `until`"),
        (", for: soon", "expected a duration"),
        (", until: nothing", "unknown variable nothing"),
    ],
)
def test_mistakes_are_reported(keys: str, message: str) -> None:
    with pytest.raises(Unloadable, match=message):
        make(one_node(f"{{type: wait{keys}}}", FIELDS))
