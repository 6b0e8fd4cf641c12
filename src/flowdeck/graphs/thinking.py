"""Tells what a model thinks aloud, between `<think>` and `</think>`, from what it replies."""

import re
from dataclasses import dataclass
from typing import Literal

from flowdeck.graphs.storable import clean_text

Kind = Literal["text", "reasoning"]

# DeepSeek, Qwen and most others; ByteDance; Mistral; Kimi.
_TAGS = (
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<seed:think>", "</seed:think>"),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
)
_FENCE = "```"
_CLOSED = re.compile("|".join(re.escape(closing) for _, closing in _TAGS), re.IGNORECASE)
_FIRST = frozenset(opening[0] for opening, _ in _TAGS)
# After these a model begins to think within a line. Elsewhere a tag is what the sentence is about.
_SENTENCE_END = frozenset(".!?…。！？")


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of text, and what it is."""

    kind: Kind
    text: str


class ThinkingSplitter:
    """Reads a text in pieces of any size.

    An opening tag counts at the beginning of a line or after a sentence, outside code fences. The whole of all pieces
    is the same however the text is cut. Text that cannot be stored is repaired on the way.
    """

    def __init__(self) -> None:
        self._half = ""  # a high surrogate whose other half may follow
        self._held = ""  # text that may be the beginning of a tag
        self._closing: re.Pattern[str] | None = None  # set while the model thinks
        self._closing_tag = ""
        self._at_line_start = True
        self._begun = False
        self._skips_space = False
        self._in_fence = False
        self._sentence_ended = False  # whether the line so far ends with a sentence

    def feed(self, text: str) -> list[Piece]:
        """What is certain after this piece."""
        text = self._half + text
        self._half = ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            text, self._half = text[:-1], text[-1]
        self._held += clean_text(text)
        return self._read()

    def finish(self) -> list[Piece]:
        """What is left at the end."""
        self._held += clean_text(self._half)
        self._half = ""
        pieces = self._read()
        rest, self._held = self._held, ""
        if rest:
            pieces.append(Piece("reasoning" if self._closing else "text", rest))
        return pieces

    def _read(self) -> list[Piece]:
        pieces: list[Piece] = []
        while True:
            before = (len(self._held), self._closing, self._at_line_start)
            piece = self._think() if self._closing else self._line_start() if self._at_line_start else self._line()
            if piece is not None and piece.text:
                pieces.append(piece)
            if not self._held or (len(self._held), self._closing, self._at_line_start) == before:
                return pieces

    def _think(self) -> Piece | None:
        closing = self._closing
        match = closing.search(self._held) if closing else None
        if match is None:
            keep = _possible_start(self._held, self._closing_tag)
            done, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
            return Piece("reasoning", done)
        thought, self._held = self._held[: match.start()], self._held[match.end() :]
        self._closing = None
        self._at_line_start = self._skips_space = True
        return Piece("reasoning", thought)

    def _line_start(self) -> Piece | None:
        any_space = self._skips_space or not self._begun
        bare = self._held.lstrip() if any_space else self._held.lstrip(" \t")
        if not bare:
            if self._skips_space:
                self._held = ""
            return None  # whitespace before what may be a tag
        if not self._in_fence and self._open(bare):
            return None
        if any(_begins(opening, bare) for opening, _ in _TAGS) or (bare != _FENCE and _FENCE.startswith(bare)):
            return None
        if bare.startswith("\n"):  # an empty line
            length = len(self._held) - len(bare) + 1
            line, self._held = self._held[:length], self._held[length:]
            return Piece("text", line)
        if bare.startswith(_FENCE):
            self._in_fence = not self._in_fence
        if self._skips_space:
            self._held = bare
        self._skips_space = self._at_line_start = False
        self._begun = True
        return None

    def _line(self) -> Piece | None:
        end = self._held.find("\n") + 1
        line = self._held[:end] if end else self._held
        tag = None if self._in_fence else self._tag_after_sentence(line)
        if tag is not None:
            text, self._held = line[:tag], self._held[tag:]
            self._sentence_ended = True
            opened = self._open(self._held)
            return Piece("text", text) if opened or text else None
        self._held = self._held[len(line) :]
        if end:
            self._at_line_start = True
            self._sentence_ended = False
        elif line.strip():
            self._sentence_ended = line.rstrip()[-1] in _SENTENCE_END
        return Piece("text", line)

    def _tag_after_sentence(self, line: str) -> int | None:
        """Where in the rest of a line an opening tag stands, or may begin at its end, after a sentence."""
        ended = self._sentence_ended
        for index, character in enumerate(line):
            if ended and character in _FIRST:
                rest = line[index:]
                if any(rest[: len(tag)].lower() == tag.lower() or _begins(tag, rest) for tag, _ in _TAGS):
                    return index
            if not character.isspace():
                ended = character in _SENTENCE_END
        return None

    def _open(self, text: str) -> bool:
        """Begin to think if the text begins with an opening tag, which is then read."""
        for opening, closing in _TAGS:
            if text[: len(opening)].lower() == opening.lower():
                self._held = text[len(opening) :]
                self._closing, self._closing_tag = re.compile(re.escape(closing), re.IGNORECASE), closing
                self._begun = True
                return True
        return False


def without_unopened(text: str) -> tuple[str, str]:
    """Reasoning and text of a reply that only closes its thinking, as models do whose prompt ends with the opening tag.

    A closing tag counts at the beginning or the end of a line or after a sentence, and only if there is one.
    """
    found = list(_CLOSED.finditer(text))
    if len(found) != 1:
        return "", text
    before, after = text[: found[0].start()], text[found[0].end() :]
    line = before.rpartition("\n")[2].rstrip()
    if line and line[-1] not in _SENTENCE_END and not re.match(r"[ \t]*\n", after):
        return "", text
    return before, after.lstrip()


def _begins(tag: str, text: str) -> bool:
    """Whether the text may be the beginning of a tag that is still on its way."""
    return len(text) < len(tag) and tag.lower().startswith(text.lower())


def _possible_start(text: str, tag: str) -> int:
    """How many characters at the end of the text may be the beginning of the tag."""
    lowered = tag.lower()
    for length in range(min(len(text), len(tag) - 1), 0, -1):
        if lowered.startswith(text[-length:].lower()):
            return length
    return 0
