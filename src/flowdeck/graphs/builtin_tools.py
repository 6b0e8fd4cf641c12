"""What the built-in tools do: sums, the time, a read-only search in a folder, and an outbox of files."""

import ast
import asyncio
import fnmatch
import hashlib
import json
import operator
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, DecimalException, localcontext
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import JsonValue

from flowdeck.graphs.spec_model import Schema

MAX_EXPRESSION = 200
MAX_EXPONENT = 1000
MAX_DIGITS = 1000
MAX_FILES = 2000
MAX_FILE_BYTES = 1_048_576
MAX_HITS = 20
MAX_LINE = 200


@dataclass(frozen=True)
class Card:
    """What a model is told of a tool; `examples` are questions and the arguments that suit them."""

    description: str
    args: Schema
    examples: tuple[tuple[str, Mapping[str, JsonValue]], ...] = ()


def _object(required: list[JsonValue], **properties: JsonValue) -> Schema:
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


CARDS: Mapping[str, Card] = {
    "calculator": Card(
        "Does arithmetic: + - * / // % ** and parentheses.",
        _object(
            ["expression"],
            expression={"type": "string", "maxLength": MAX_EXPRESSION, "description": "such as 12 * (3 + 4)"},
        ),
        (
            ("What is 12 times 7?", {"expression": "12 * 7"}),
            ("How much is 100 divided by 8?", {"expression": "100 / 8"}),
            ("Add 15 and 27, please.", {"expression": "15 + 27"}),
        ),
    ),
    "clock": Card(
        "Tells the date and the time now.",
        _object([], timezone={"type": "string", "maxLength": 64, "description": "such as Europe/Berlin; else UTC"}),
        (
            ("What time is it?", {"timezone": "UTC"}),
            ("Which day is it today?", {"timezone": "UTC"}),
            ("What time is it in Berlin?", {"timezone": "Europe/Berlin"}),
        ),
    ),
    "file_search": Card(
        "Finds lines that contain a text in the files of a folder.",
        _object(
            ["query"],
            query={"type": "string", "minLength": 1, "maxLength": 200, "description": "the text to look for"},
            glob={"type": "string", "maxLength": 100, "description": "only files of this name, such as *.md"},
        ),
        (
            ("Find the word install in the files.", {"query": "install"}),
            ("Which file mentions port?", {"query": "port"}),
            ("Search the documents for license.", {"query": "license"}),
        ),
    ),
    "outbox": Card(
        "Sends a message: puts it into the outbox folder.",
        _object(
            ["text"],
            text={"type": "string", "maxLength": 100_000},
            to={"type": "string", "maxLength": 320},
            subject={"type": "string", "maxLength": 500},
        ),
    ),
}


# -- calculator


_BINARY: Mapping[type[ast.operator], Callable[[Decimal, Decimal], Decimal]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}


async def calculator(args: Mapping[str, Any], _key: str) -> JsonValue:
    """The value of an arithmetic expression, as text: exact for whole numbers, to 28 digits otherwise."""
    expression = str(args["expression"]).strip().replace("×", "*").replace("÷", "/").replace("^", "**").rstrip("= ?")
    return await asyncio.to_thread(_calculate, expression)


def _calculate(expression: str) -> str:
    try:
        tree = ast.parse(expression, mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ValueError(f"{expression!r} is no arithmetic expression") from error
    with localcontext() as context:
        context.prec = MAX_DIGITS
        try:
            value = _number(tree.body)
            context.prec = 28
            exact = value == value.to_integral_value()
        except DecimalException as error:
            raise ValueError(f"{expression!r} has no value, or one that is too large") from error
        if exact:
            if value.adjusted() > MAX_DIGITS:
                raise ValueError(f"the result has more than {MAX_DIGITS} digits")
            return str(int(value))
        return f"{(+value).normalize():f}"


def _number(node: ast.expr) -> Decimal:
    match node:
        case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
            return Decimal(str(value))
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_number(operand)
        case ast.UnaryOp(op=ast.UAdd(), operand=operand):
            return _number(operand)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            first, second = _number(left), _number(right)
            if isinstance(op, ast.Pow) and abs(second) > MAX_EXPONENT:
                raise ValueError(f"an exponent is at most {MAX_EXPONENT}")
            if isinstance(op, ast.FloorDiv | ast.Mod) and second:
                return _floored(op, first, second)
            return _BINARY[type(op)](first, second)
    raise ValueError("only numbers, + - * / // % ** and parentheses")


def _floored(op: ast.operator, first: Decimal, second: Decimal) -> Decimal:
    # Decimal rounds towards zero; people and Python expect the floor.
    quotient = (first / second).to_integral_value(rounding="ROUND_FLOOR")
    return quotient if isinstance(op, ast.FloorDiv) else first - quotient * second


# -- clock


async def clock(args: Mapping[str, Any], _key: str) -> JsonValue:
    """The moment in UTC, and in the time zone asked for."""
    name = str(args.get("timezone") or "UTC")
    try:
        zone = ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"there is no time zone {name!r}") from error
    now = datetime.now(UTC)
    local = now.astimezone(zone)
    return {
        "utc": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
        "timezone": name,
        "date": local.date().isoformat(),
        "time": local.strftime("%H:%M:%S"),
        "weekday": local.strftime("%A"),
    }


# -- file search


class FileSearch:
    """A case-insensitive search for a text in the files under a folder, which nothing outside can be reached by."""

    def __init__(self, root: Path) -> None:
        self._root = root

    async def invoke(self, args: Mapping[str, Any], _key: str) -> JsonValue:
        """`{hits: [{file, line, text}], more}`; at most 20 hits, in the order of paths and lines."""
        return await asyncio.to_thread(self._search, str(args["query"]).casefold(), str(args.get("glob") or "*"))

    def _search(self, query: str, glob: str) -> JsonValue:
        hits: list[JsonValue] = []
        for path in self._files(glob):
            for number, line in enumerate(_lines(path), start=1):
                at = line.casefold().find(query)
                if at < 0:
                    continue
                if len(hits) == MAX_HITS:
                    return {"hits": hits, "more": True}
                start = max(0, at - MAX_LINE // 2)
                file = path.relative_to(self._root).as_posix()
                hits.append({"file": file, "line": number, "text": line[start : start + MAX_LINE].strip()})
        return {"hits": hits, "more": False}

    def _files(self, glob: str) -> Iterator[Path]:
        seen = 0
        # Links are not followed and not read: they could lead out of the folder.
        for folder, subfolders, names in os.walk(self._root, followlinks=False):
            subfolders[:] = sorted(name for name in subfolders if not name.startswith("."))
            for name in sorted(names):
                path = Path(folder, name)
                if name.startswith(".") or not fnmatch.fnmatch(name, glob) or path.is_symlink() or not path.is_file():
                    continue
                seen += 1
                if seen > MAX_FILES:
                    return
                if path.stat().st_size <= MAX_FILE_BYTES:
                    yield path


def _lines(path: Path) -> list[str]:
    data = path.read_bytes()
    return [] if b"\x00" in data else data.decode(errors="replace").splitlines()


# -- outbox


class Outbox:
    """Messages as files in a folder, one JSON file for each."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def invoke(self, args: Mapping[str, Any], key: str) -> JsonValue:
        """Writes the message to a file that is named by the key, so that a repeat is no second message."""
        return await asyncio.to_thread(self._write, dict(args), key)

    def _write(self, message: dict[str, Any], key: str) -> JsonValue:
        name = f"{hashlib.sha256(key.encode()).hexdigest()[:32]}.json"
        self._folder.mkdir(parents=True, exist_ok=True)
        target = self._folder / name
        if target.exists():
            return {"sent": True, "file": name, "repeated": True}
        # Written beside and moved: a reader never sees half a message, and a crash leaves none.
        beside = target.with_suffix(f".{os.getpid()}.part")
        sent = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        beside.write_text(json.dumps({**message, "sent_at": sent}, ensure_ascii=False, indent=2), encoding="utf-8")
        beside.replace(target)
        return {"sent": True, "file": name, "repeated": False}
