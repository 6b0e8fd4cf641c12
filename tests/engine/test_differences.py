import copy
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from flowdeck.engine.differences import Difference, differences

NAMES = st.text(alphabet="ab~/é", max_size=3)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.text(alphabet="ab", max_size=2),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
STATES = st.dictionaries(NAMES, VALUES, max_size=4)


def applied(state: dict[str, Any], changes: list[Difference]) -> dict[str, Any]:
    """As RFC 6902 says."""
    result: Any = copy.deepcopy(state)
    for change in changes:
        *way, last = [part.replace("~1", "/").replace("~0", "~") for part in change.path.split("/")[1:]]
        place = result
        for part in way:
            place = place[int(part)] if isinstance(place, list) else place[part]
        key: Any = int(last) if isinstance(place, list) else last
        if change.op != "add":
            assert place[key] == change.before
        if change.op == "remove":
            del place[key]
        elif change.op == "add" and isinstance(place, list):
            place.insert(key, change.after)
        else:
            place[key] = change.after
    return dict(result)


@given(STATES, STATES)
def test_applied_to_the_first_state_they_give_the_second(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert as_json(applied(before, differences(before, after))) == as_json(after)
    assert differences(before, before) == []


def as_json(state: dict[str, Any]) -> bytes:
    """So that true is not 1, and the order of names means nothing."""
    return orjson.dumps(state, option=orjson.OPT_SORT_KEYS)


def test_true_is_not_one() -> None:
    assert differences({"n": 1}, {"n": True}) == [Difference("replace", "/n", 1, True)]
    assert differences({"n": [1]}, {"n": [True]}) == [Difference("replace", "/n/0", 1, True)]


def test_a_longer_list_shows_what_was_put_in() -> None:
    assert differences({"notes": ["a", "c"]}, {"notes": ["a", "b", "c"]}) == [Difference("add", "/notes/1", after="b")]
    assert differences({"notes": ["a", "b", "c", "d"]}, {"notes": ["a", "d"]}) == [
        Difference("remove", "/notes/2", before="c"),
        Difference("remove", "/notes/1", before="b"),
    ]


def test_messages_are_compared_by_their_ids() -> None:
    def message(name: str, content: str) -> dict[str, str]:
        return {"id": name, "type": "user", "content": content}

    before = {"messages": [message("a", "one"), message("b", "two")]}
    after = {"messages": [message("b", "2"), message("c", "three")]}

    assert differences(before, after) == [
        Difference("remove", "/messages/a", before=message("a", "one")),
        Difference("replace", "/messages/b/content", "two", "2"),
        Difference("add", "/messages/c", after=message("c", "three")),
    ]
