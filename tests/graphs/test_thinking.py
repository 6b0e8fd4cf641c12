"""What a model thinks aloud is told from what it replies, however the text is cut into chunks."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowdeck.graphs.thinking import ThinkingSplitter, without_unopened


def split(pieces: Sequence[str]) -> tuple[str, str]:
    """The text and the reasoning."""
    splitter = ThinkingSplitter()
    found = [piece for text in pieces for piece in splitter.feed(text)] + splitter.finish()
    return (
        "".join(piece.text for piece in found if piece.kind == "text"),
        "".join(piece.text for piece in found if piece.kind == "reasoning"),
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<think>abc</think>\n\nHello", ("Hello", "abc")),
        ("\n <think>abc</think> Hello", ("Hello", "abc")),
        ("<THINK>abc</Think>Hello", ("Hello", "abc")),
        ("[THINK]abc[/THINK]Hello", ("Hello", "abc")),
        ("◁think▷abc◁/think▷Hello", ("Hello", "abc")),
        ("<seed:think>a</seed:think>b", ("b", "a")),
        ("<think>one</think>a\n<think>two</think>b", ("a\nb", "onetwo")),
        ("<think>a</think>One. <think>b</think>Two.", ("One. Two.", "ab")),
        ("Well. <think>Hm</think> Paris.", ("Well. Paris.", "Hm")),
        ("好的。<think>嗯</think>巴黎。", ("好的。巴黎。", "嗯")),
        ("<thinking>abc</thinking>Hello", ("Hello", "abc")),
        ("It ends. `<think>` begins it.", ("It ends. `<think>` begins it.", "")),
        ("Is 1 < 2? <b>Yes</b>.", ("Is 1 < 2? <b>Yes</b>.", "")),
        ("```\nOne. <think>x</think>\n```", ("```\nOne. <think>x</think>\n```", "")),
        ("<think>cut off", ("", "cut off")),
        ("<think></think>Hello", ("Hello", "")),
        ("Use the tag <think> for that.", ("Use the tag <think> for that.", "")),
        ("```\n<think>x</think>\n```", ("```\n<think>x</think>\n```", "")),
        ("  indented\n\n  text ", ("  indented\n\n  text ", "")),
        ("<thin", ("<thin", "")),
        ("   ", ("   ", "")),
        ("", ("", "")),
    ],
)
def test_thinking_is_told_from_text(text: str, expected: tuple[str, str]) -> None:
    assert split([text]) == expected
    assert split(list(text)) == expected


def test_halves_of_a_pair_are_joined_across_chunks_and_lone_ones_replaced() -> None:
    assert split(["\ud83d", "\ude00 \ud83d", "x\x00"]) == ("😀 \ufffdx\ufffd", "")
    assert split(["<think>\ud83d", "\ude00</think>", "\ude00"]) == ("\ufffd", "😀")


_WORDS = (
    "<think>",
    "</think>",
    "[THINK]",
    "[/THINK]",
    "```",
    "\n",
    " ",
    "a",
    "<",
    ". ",
    "<thinking>",
    "/think>",
    "th",
    "\ud83d",
    "\ude00",
    "İ",
)


@given(st.lists(st.sampled_from(_WORDS), max_size=12), st.lists(st.integers(1, 80), max_size=12))
def test_the_cuts_do_not_matter(words: list[str], cuts: list[int]) -> None:
    text = "".join(words)
    places = [0, *sorted({cut for cut in cuts if cut < len(text)}), len(text)]
    assert split([text[start:end] for start, end in pairwise(places)]) == split([text])


def test_thinking_that_is_only_closed_precedes_the_text() -> None:
    assert without_unopened("Let me see.\nYes.\n</think>\n\nParis.") == ("Let me see.\nYes.\n", "Paris.")
    assert without_unopened("Hmm, 2.</think>\n\nParis.") == ("Hmm, 2.", "Paris.")
    assert without_unopened("So Paris</think>\nParis.") == ("So Paris", "Paris.")
    assert without_unopened('I think {"a": 7} no. </think> {"a": 1}') == ('I think {"a": 7} no. ', '{"a": 1}')
    assert without_unopened("Close it with </think> then.") == ("", "Close it with </think> then.")
    assert without_unopened("Close it with `</think>`.") == ("", "Close it with `</think>`.")
    assert without_unopened("a\n</think>\nb\n</think>\nc")[0] == ""
