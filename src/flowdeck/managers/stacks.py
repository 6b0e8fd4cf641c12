"""Where an exception came from: frames as file, line and function. Never values: they hold texts and keys."""

import sysconfig
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TypedDict

import flowdeck

_MOST = 40  # frames of a stack
_DEEPEST = 8  # causes of an exception
_PACKAGE = Path(flowdeck.__file__).parent
_STANDARD_LIBRARY = tuple(
    {
        folder
        for path in map(sysconfig.get_path, ("stdlib", "platstdlib"))
        for folder in (path, str(Path(path).resolve()))
    }
)


class Frame(TypedDict):
    """One frame; `raised` is the class of the exception that came out of it, at the end of an exception's frames."""

    file: str
    line: int
    function: str
    raised: str | None


@dataclass(frozen=True, slots=True)
class Stack:
    """The frames of an exception and its causes, outermost first; `own` are Flowdeck's and the user's."""

    frames: tuple[Frame, ...]
    own: tuple[Frame, ...]


def stack_of(error: BaseException) -> Stack:
    """The stack: Flowdeck's frames and the user's, and of libraries' only the one that raised. The innermost 40."""
    frames: list[Frame] = []
    own: list[Frame] = []
    for one in causes(error):
        found = list(_frames(one))
        for index, (frame, library) in enumerate(found):
            last = index == len(found) - 1
            if last:
                frame["raised"] = type(one).__name__
            if not library:
                own.append(frame)
            if last or not library:
                frames.append(frame)
    return Stack(tuple(frames[-_MOST:]), tuple(own))


def causes(error: BaseException) -> Iterator[BaseException]:
    """The exception and what it came from, itself first; of a group, its first member."""
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen and len(seen) < _DEEPEST:
        seen.add(id(found))
        yield found
        if isinstance(found, BaseExceptionGroup):
            found = found.exceptions[0]
        elif found.__cause__ is not None or found.__suppress_context__:
            found = found.__cause__
        else:
            found = found.__context__


def _frames(error: BaseException) -> Iterator[tuple[Frame, bool]]:
    for frame, line in traceback.walk_tb(error.__traceback__):
        file, library = _place(frame)
        yield Frame(file=file[-200:], line=line, function=frame.f_code.co_qualname[-200:], raised=None), library


def _place(frame: FrameType) -> tuple[str, bool]:
    """The file as it may be shown, without the machine's folders, and whether it is a library's."""
    path = frame.f_code.co_filename
    if path.startswith("<"):
        return path, True
    file = Path(path)
    if file.is_relative_to(_PACKAGE):
        return f"flowdeck/{file.relative_to(_PACKAGE).as_posix()}", False
    for folder in ("site-packages", "dist-packages"):
        if folder in file.parts:
            at = len(file.parts) - file.parts[::-1].index(folder)
            return "/".join(file.parts[at:]), True
    return "/".join(file.parts[-2:]).lstrip("/"), path.startswith(_STANDARD_LIBRARY)
