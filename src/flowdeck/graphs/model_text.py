"""What a model is shown of a tool's failure: the text of the exception without what concerns the server alone."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from flowdeck.errors.base import ToolFailed

_LIMIT = 600  # characters
_USUAL = frozenset({"etc", "home", "mnt", "opt", "root", "run", "srv", "tmp", "usr", "var"})
_TRACEBACK = "Traceback (most recent call last):"
# A path from the root, alone or as a file URL; the slashes of an https URL follow a colon, a slash or a host's name.
_PATH = re.compile(
    r"""(?P<quote>['"`])(?:file://)?(?P<quoted>/[^'"`\n]+|[A-Za-z]:\\[^'"`\n]+)(?P=quote)"""
    r"""|(?<![\w:/.~-])(?:file://)?(?P<bare>/[^\s'"`<>|;,()\[\]{}]+|[A-Za-z]:\\[^\s'"`<>|;,()\[\]{}]+)"""
)


def text_for_model(error: ToolFailed, args: Mapping[str, Any]) -> str:
    """The failure of a tool that was called with `args`, as its model is told: short, storable, without paths.

    A path of this machine is reduced to its last part, unless the model itself gave it; of a traceback remains the
    line that says what was raised. The operator finds all of it in the errors and the log.
    """
    text = _without_traceback(error.detail())
    given = str(args)
    text = _PATH.sub(lambda found: _shortened(found, given), text)
    text = text.replace("\x00", "�").encode("utf-8", "replace").decode()
    return text if len(text) <= _LIMIT else f"{text[:_LIMIT]}…"


def _without_traceback(text: str) -> str:
    before, found, after = text.partition(_TRACEBACK)
    if not found:
        return text
    # Frames, and the lines of code in them, are indented; what was raised begins at the margin.
    raised = [line for line in after.splitlines() if line and not line[0].isspace()]
    return f"{before.rstrip()} {raised[-1] if raised else ''}".strip()


def _shortened(found: "re.Match[str]", given: str) -> str:
    path = found["quoted"] or found["bare"]
    if path in given or not _is_here(path):
        return found[0]
    quote = found["quote"] or ""
    whole = path.rstrip("/\\.:")
    last, ending = re.split(r"[/\\]", whole)[-1], path[len(whole) :].strip("/\\")  # the sentence's own
    return f"{quote}{last}{ending}{quote}"


def _is_here(path: str) -> bool:
    """Whether it may be a path of this machine, and is not one of a service, such as `/v1/orders`."""
    if path[0] != "/":
        return True
    top, _, rest = path[1:].partition("/")
    return bool(rest) and top in _top_folders()


@cache
def _top_folders() -> frozenset[str]:
    try:
        return _USUAL | frozenset(folder.name for folder in Path("/").iterdir())
    except OSError:
        return _USUAL
