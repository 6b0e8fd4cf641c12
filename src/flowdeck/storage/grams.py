"""The pieces (grams) of one, two and three characters by which search indexes find texts. Pure functions.

A text contains a query of up to three characters exactly if it has that piece, and a longer query if it has the query's
pieces of three characters in a row. This works for every language, and no character is special.

Indexes store what these functions return. A change to them needs a migration that rebuilds the indexes.
"""

from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise

GRAM = 3
"""Number of characters in the longest piece."""

_SEPARATOR = "\0"  # the one character that no stored text has


class _Folding(dict[int, str]):
    """Maps a character to its folded form, which is always one character, so that positions in a text do not change."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        folded = character.casefold()
        if len(folded) != 1:
            folded = character.lower()  # ẞ → ß; its full folding would be ss
        self[code] = folded if len(folded) == 1 else character
        return self[code]


@lru_cache(maxsize=1)
def _folding() -> _Folding:
    return _Folding()


def fold(text: str) -> str:
    """The text with case folded, of the same length."""
    folded = text.lower() if text.isascii() else text.casefold()
    return folded if len(folded) == len(text) else text.translate(_folding())


def trigrams(folded: str) -> list[str]:
    """The text's pieces of three characters, in order."""
    return [first + second + third for first, second, third in zip(folded, folded[1:], folded[2:], strict=False)]


def joined_trigrams(text: str) -> str:
    """A text in the form that SQLite's index of three characters stores."""
    return _SEPARATOR.join(trigrams(fold(text)))


def joined_short_grams(text: str) -> str:
    """A text in the form that SQLite's index of one and two characters stores."""
    folded = fold(text)
    pairs = (first + second for first, second in pairwise(folded))
    return _SEPARATOR.join({*folded, *pairs})


def joined_scopes(project_id: str, session_id: str, workflow: str, message_type: str, created_at: str) -> str:
    """The terms by which SQLite's indexes find messages within a project, a session and so on.

    `created_at` is the time as SQLite stores it.
    """
    return _SEPARATOR.join(
        (
            scope("project", project_id),
            scope("session", session_id),
            scope("workflow", workflow),
            scope("type", message_type),
            scope("day", created_at[:10]),
        )
    )


@lru_cache(maxsize=4096)
def scope(kind: str, value: str) -> str:
    """The term of a project, a session and so on. It is longer than a piece of text, so the two never meet."""
    return f"{kind}:{blake2b(value.encode(), digest_size=12).hexdigest()}"


def query_keys(folded: str) -> list[int]:
    """The keys that PostgreSQL's index has for every text that contains the query.

    A key packs the code points of a piece into 63 bits, 21 for each; `message_search_grams` does the same in SQL.
    """
    pieces = trigrams(folded) if len(folded) >= GRAM else [folded]
    return list(dict.fromkeys(_key(piece) for piece in pieces))


def _key(piece: str) -> int:
    key = 0
    for character in piece:
        key = key << 21 | ord(character)
    return key


def occurrences(folded: str, query: str) -> Iterator[int]:
    """The positions of the query in a folded text. Occurrences do not overlap."""
    place = folded.find(query)
    while place >= 0:
        yield place
        place = folded.find(query, place + len(query))
