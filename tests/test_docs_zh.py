"""The Chinese guide is in step with the English pages: the same headings, code blocks, tables, and a link to each."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"
PAGES = sorted(path.name for path in (DOCS / "zh").glob("*.md"))

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _english(page: str) -> str:
    return (DOCS / page).read_text(encoding="utf-8")


def _chinese(page: str) -> str:
    return (DOCS / "zh" / page).read_text(encoding="utf-8")


def _levels(text: str) -> list[int]:
    return [len(marks) for marks in re.findall(r"^(#+) ", _BLOCK.sub("", text), re.MULTILINE)]


def _tables(text: str) -> list[int]:
    """The number of rows of each table."""
    return [table.count("\n") for table in re.findall(r"(?:^\|.*\n)+", _BLOCK.sub("", text), re.MULTILINE)]


def _items(text: str) -> int:
    return len(re.findall(r"^- ", _BLOCK.sub("", text), re.MULTILINE))


def _places(text: str) -> list[str]:
    """Each heading, code block and table by its kind, in their order on the page."""
    text = _BLOCK.sub("<block>", text)
    return re.findall(r"^#+(?= )|^<block>|^\|[-|]+\|$", text, re.MULTILINE)


def test_the_pages_that_a_user_needs_are_there() -> None:
    assert PAGES == ["deployment.md", "models.md", "quickstart.md", "runs.md", "workflows.md"]


@pytest.mark.parametrize("page", PAGES)
def test_the_headings_have_the_same_levels_in_the_same_order(page: str) -> None:
    assert _levels(_chinese(page)) == _levels(_english(page))


@pytest.mark.parametrize("page", PAGES)
def test_the_code_blocks_are_the_same(page: str) -> None:
    assert _BLOCK.findall(_chinese(page)) == _BLOCK.findall(_english(page))


@pytest.mark.parametrize("page", PAGES)
def test_the_tables_and_lists_are_as_long(page: str) -> None:
    assert _tables(_chinese(page)) == _tables(_english(page))
    assert _items(_chinese(page)) == _items(_english(page))


@pytest.mark.parametrize("page", PAGES)
def test_headings_blocks_and_tables_are_at_the_same_places(page: str) -> None:
    assert _places(_chinese(page)) == _places(_english(page))


@pytest.mark.parametrize("page", PAGES)
def test_each_page_names_the_other_at_its_top(page: str) -> None:
    assert f"[中文](zh/{page})" in "".join(_english(page).splitlines()[:4])
    assert f"[English](../{page})" in "".join(_chinese(page).splitlines()[:4])


@pytest.mark.parametrize("page", PAGES)
def test_the_same_names_are_explained(page: str) -> None:
    """Names of settings and codes of errors in the text are the ones of the English page."""
    names = re.compile(r"FLOWDECK_\w+|`[a-z]+(?:_[a-z]+)+`")
    assert set(names.findall(_chinese(page))) == set(names.findall(_english(page)))
