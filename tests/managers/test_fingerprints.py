import pytest

from flowdeck.managers.fingerprints import fingerprint, group_id, normalised

FRAMES = [
    {"file": "flowdeck/graphs/builder.py", "line": 7, "function": "run"},
    {"file": "a/b.py", "line": 3, "function": "f"},
]


def made(**changes: object) -> str:
    given = {"type_name": "ValueError", "message": "bad 17", "node": "n", "workflow": "w", "frames": FRAMES, **changes}
    return fingerprint(**given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("waited 30 seconds", "waited 4.5 seconds"),
        ("run run-6f1f0a7c9b3e4d5a8b7c6d5e is gone", "run run-1b2c3d4e5f60718293a4b5c6 is gone"),
        ("invalid literal: 'abc'", "invalid literal: 'another value'"),
        ('no field "a"', 'no field "b c"'),
        ("object at 0x7f3c", "object at 0xDEADBEEF"),
        ("GET https://a.test/x?y=1 failed", "GET http://b.test/z failed"),
        ("id 0f4f2a0c-9d11-471e-8b6d-1e7c5a3b9f20", "id 9b3e4d5a-1111-471e-8b6d-aaaaaaaaaaaa"),
        ("two  words\n", "two words"),
        ("第 3 行：“甲”", "第 12 行：“乙”"),
    ],
)
def test_what_differs_from_time_to_time_does_not_count(one: str, other: str) -> None:
    assert normalised(one) == normalised(other)
    assert made(message=one) == made(message=other)


@pytest.mark.parametrize(
    ("one", "other"), [("connection refused", "connection reset"), ("don't stop", "don't go"), ("数据库", "工作流")]
)
def test_other_words_are_another_message(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


@pytest.mark.parametrize(
    "changes",
    [
        {"type_name": "KeyError"},
        {"message": "other"},
        {"node": None},
        {"workflow": "v"},
        {"frames": FRAMES[:1]},
        {"frames": [*FRAMES[:1], {**FRAMES[1], "function": "g"}]},
    ],
)
def test_each_part_counts(changes: dict[str, object]) -> None:
    assert made(**changes) != made()


def test_a_line_number_and_the_outer_frames_do_not_count() -> None:
    moved = [{**frame, "line": 999} for frame in FRAMES]
    assert made(frames=moved) == made()
    inner = [{"file": "i.py", "line": 1, "function": name} for name in "abc"]
    assert made(frames=[*FRAMES, *inner]) == made(frames=inner)


def test_a_fingerprint_stays_what_it_is_over_versions() -> None:
    assert made() == "69a73d499b6558cae5479fc437c1fd8c"


def test_each_project_has_a_group_of_its_own() -> None:
    assert group_id("a", "f") != group_id("b", "f")
    assert group_id("a", "f") == group_id("a", "f")


def test_a_long_message_is_bounded() -> None:
    assert len(normalised("word " * 100_000)) <= 500
