"""Takes secrets out of text that is kept or shown: the configured ones by value, all others by their look.

What is taken out becomes `***`. It is better to hide a harmless digest than to keep a key, so the rules are broad.
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import quote

HIDDEN = "***"

_SECRET_NAME = re.compile(
    r"(?i)(?:^|_)(?:key|apikey|token|secret|password|passwd|passphrase|pass|pwd|credentials?|auth|dsn|cookie|pat)"
    r"(?:_|$|\d)"
)
_LEAST = 6  # characters of a value that is hidden wherever it stands: shorter ones stand in ordinary words
_LONGEST_TEXT = 20_000  # characters that are looked at: a hostile text must not cost more

_NAMES = (
    r"(?:[a-z0-9_.-]{0,40}(?:api[_-]?key|access[_-]?key|secret|token|password|passwd|passphrase|credential)s?[a-z0-9_-]{0,20}"
    r"|pwd|authorization|proxy-authorization|cookie|set-cookie|x-auth|signature|sig)"
)
_LOOKS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, flags), replacement)
    for pattern, replacement, flags in (
        (r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----.*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|\Z)", HIDDEN, re.DOTALL),
        # user:password@ of an URL
        (r"(?<=://)[^\s/@'\"<>]{1,500}@", f"{HIDDEN}@", 0),
        (r"\b(Bearer|Basic|Digest|Token)\s+[A-Za-z0-9+/=._~-]{6,}", rf"\1 {HIDDEN}", re.IGNORECASE),
        # name = value, "name": "value", ?name=value
        (
            rf"(?<![a-z0-9])({_NAMES}[\"']?\s{{0,3}}[:=]\s{{0,3}})(\"[^\"]*\"|'[^']*'|[^\s,;&\"'}}\])]+)",
            rf"\1{HIDDEN}",
            re.IGNORECASE,
        ),
        (r"\beyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]+){1,2}", HIDDEN, 0),
        (
            r"\b(?:sk|pk|rk|gh[opsur]|github_pat|glpat|xox[abeoprs]|hf|npm|pypi|dop_v1|SG|whsec)[-_.][A-Za-z0-9_.-]{8,}",
            HIDDEN,
            0,
        ),
        (r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b", HIDDEN, 0),
        (r"\bAIza[A-Za-z0-9_-]{30,}", HIDDEN, 0),
        # anything long without a separator that mixes letters and digits: keys, digests, session cookies
        (r"(?<![A-Za-z0-9])(?=[A-Za-z]{0,200}\d)(?=\d{0,200}[A-Za-z])[A-Za-z0-9]{32,}", HIDDEN, 0),
    )
)


class Redactor:
    """Hides secrets. `known` are values that are hidden wherever they stand."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._known: tuple[str, ...] = ()
        self.know(known)

    def know(self, values: Iterable[str]) -> None:
        """Hide these values too, as they are and as an URL has them. Those under six characters are left alone."""
        found = {value.strip() for value in values if len(value.strip()) >= _LEAST}
        written = {*self._known, *found, *(quote(value, safe="") for value in found)}
        # The longest first: one secret may begin another.
        self._known = tuple(sorted(written, key=lambda value: (-len(value), value)))

    def without_known(self, text: str) -> str:
        """The text without the known values; what only looks like a secret stays."""
        for value in self._known:
            text = text.replace(value, HIDDEN)
        return text

    def text(self, text: str, limit: int) -> str:
        """The text without secrets, and at most `limit` characters of it."""
        if len(text) > _LONGEST_TEXT:
            # Without its last word: half a secret is not known by its value.
            text = re.sub(r"\S*\Z", "", text[:_LONGEST_TEXT])
        text = self.without_known(text)
        for pattern, replacement in _LOOKS:
            text = pattern.sub(replacement, text)
        return text if len(text) <= limit else f"{text[: limit - 1]}…"


def environment_secrets(environment: Mapping[str, str]) -> set[str]:
    """The values of variables whose names say that they are secret: OPENAI_API_KEY, DB_PASSWORD, GITHUB_TOKEN."""
    return {value for name, value in environment.items() if _SECRET_NAME.search(name)}
