"""If-Match and If-None-Match as RFC 9110 defines them, for every route that reads them."""

import pytest

from flowdeck.api.etags import is_any, read_if_match, strong_etag


@pytest.mark.parametrize(
    ("header", "tags"),
    [
        ('"3"', ("3",)),
        ('"3","4"', ("3", "4")),
        (' "3" , "4" ', ("3", "4")),
        ('"a,b"', ("a,b",)),
        ('""', ("",)),
        ("3", ("3",)),
        ('1f0c-77, "4"', ("1f0c-77", "4")),
        ('W/"3"', ()),
        ('W/"3", "4"', ("4",)),
        (", ,", ()),
        ("", ()),
    ],
)
def test_strong_tags_are_read_with_and_without_quotes(header: str, tags: tuple[str, ...]) -> None:
    condition = read_if_match(header)

    assert condition is not None
    assert condition.tags == tags
    assert not condition.any


def test_a_condition_allows_one_of_its_tags() -> None:
    condition = read_if_match('"3", "checkpoint"')

    assert condition is not None
    assert condition.allows("3")
    assert condition.allows("4", "checkpoint")
    assert not condition.allows("4", None)
    assert not condition.allows()


def test_a_star_allows_everything_and_no_header_is_no_condition() -> None:
    condition = read_if_match(" * ")

    assert condition is not None
    assert condition.allows("4")
    assert condition.allows()
    assert read_if_match(None) is None
    assert is_any("*")
    assert not is_any('"*"')
    assert not is_any(None)


def test_a_tag_that_is_sent_can_be_read() -> None:
    condition = read_if_match(strong_etag("3"))

    assert condition is not None
    assert condition.tags == ("3",)
