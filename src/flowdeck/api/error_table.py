"""Writes the table of error codes into docs/api.md: `python -m flowdeck.api.error_table [PATH]`."""

import re
import sys
from pathlib import Path

from flowdeck.errors import ERRORS

_BEGIN, _END = "<!-- error codes: written by make openapi -->\n", "<!-- end of error codes -->\n"


def with_table(page: str) -> str:
    """The page with the present table between its two marks."""
    before, _, rest = page.partition(_BEGIN)
    return before + _BEGIN + _table() + _END + rest.partition(_END)[2]


def _table() -> str:
    rows = ["| Code | Status | Text |", "|---|---|---|"]
    for code, kind in ERRORS.items():
        text = re.sub(r"\{(\w+)\}", r"*\1*", kind.en)
        rows.append(f"| `{code}` | {kind.seen_in or kind.http_status} | {text} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    path = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/api.md")
    path.write_text(with_table(path.read_text(encoding="utf-8")), encoding="utf-8")
