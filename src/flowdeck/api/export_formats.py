"""What an export looks like, format by format. Pure: rows to bytes."""

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from flowdeck.api.models.history import BookmarkResponse, MediaResponse, ModelCallResponse
from flowdeck.api.models.questions import AnswerResponse
from flowdeck.api.models.responses import MessageResponse, RunResponse, SessionResponse
from flowdeck.clock import iso
from flowdeck.errors.sessions import ExportFormatUnknown
from flowdeck.graphs.blocks import is_media
from flowdeck.graphs.messages import role_named
from flowdeck.services.export_service import Layout
from flowdeck.storage.run_status import RunStatus
from flowdeck.storage.tables import AnswerRow, BookmarkRow, MediaRow, MessageRow, ModelCallRow, RunRow, SessionRow

_COLUMNS = (
    "seq",
    "message_id",
    "run_id",
    "type",
    "name",
    "content",
    "blocks",
    "reasoning",
    "tool_calls",
    "invalid_tool_calls",
    "tool_call_id",
    "status",
    "end_reason",
    "partial",
    "discarded",
    "created_at",
)
_DETAILS = (
    "name",
    "blocks",
    "reasoning",
    "tool_calls",
    "invalid_tool_calls",
    "tool_call_id",
    "status",
    "end_reason",
    "partial",
)
_BYTE_ORDER_MARK = "\ufeff"  # without it, spreadsheets take UTF-8 for something else
_LIVE = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")


def layout_named(name: str) -> Layout:
    """The format. Raises Malformed (`export_format_unknown`)."""
    layout = LAYOUTS.get(name)
    if layout is None:
        raise ExportFormatUnknown(known=", ".join(LAYOUTS))
    return layout


def json_of(
    row: SessionRow | RunRow | AnswerRow | ModelCallRow | BookmarkRow | MediaRow | MessageRow,
) -> bytes:
    """A row as the API returns it."""
    match row:
        case SessionRow():
            shown: Any = SessionResponse.model_validate(row)
        case RunRow():
            shown = RunResponse.model_validate(row)
        case AnswerRow():
            shown = AnswerResponse.model_validate(row)
        case ModelCallRow():
            shown = ModelCallResponse.model_validate(row)
        case BookmarkRow():
            shown = BookmarkResponse.model_validate(row)
        case MediaRow():
            shown = MediaResponse.model_validate(row)
        case MessageRow():
            shown = MessageResponse.model_validate(row)
    return str(shown.model_dump_json()).encode()


def _nothing(_session: SessionRow) -> bytes:
    return b""


def _json_line(row: MessageRow) -> bytes:
    return json_of(row) + b"\n"


def _json_record(row: AnswerRow | RunRow) -> bytes:
    kind = b"answer" if isinstance(row, AnswerRow) else b"run"
    return b'{"type":"' + kind + b'",' + json_of(row)[1:] + b"\n"


def csv_line(cells: Sequence[str]) -> bytes:
    """A record of RFC 4180."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue().encode()


def plain_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: what could be one gets an apostrophe in front.

    So does a text that has apostrophes there already; taking one away gives the text back, whatever it was.
    """
    return f"'{text}" if _LIVE.match(text) else text


def _csv_begin(_session: SessionRow) -> bytes:
    return _BYTE_ORDER_MARK.encode() + csv_line(_COLUMNS)


def _csv_message(row: MessageRow) -> bytes:
    details = row.details or {}
    cells = {
        "seq": row.seq,
        "message_id": row.message_id,
        "run_id": row.run_id,
        "type": role_named(row.type),
        "content": row.content,
        "discarded": row.discarded_at is not None,
        "created_at": iso(row.created_at),
        **{name: details.get(name) for name in _DETAILS},
    }
    return csv_line([plain_cell(_cell(cells[name])) for name in _COLUMNS])


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _markdown_begin(session: SessionRow) -> bytes:
    lines = [
        f"# {_one_line(session.title or session.session_id)}",
        "",
        f"- Session: `{session.session_id}`",
        f"- Workflow: `{session.workflow_config_path}` ({session.workflow_id})",
        f"- Created: {iso(session.created_at)}",
        "",
    ]
    return "\n".join(lines).encode()


def _markdown_message(row: MessageRow) -> bytes:
    details = row.details or {}
    marks = [str(details["name"])] if details.get("name") else []
    partial = bool(details.get("partial"))
    marks += ["stopped"] if partial else ["discarded"] if row.discarded_at is not None else []
    heading = " · ".join([role_named(row.type), *marks, iso(row.created_at)])
    parts = [f"\n## {row.seq} · {heading}\n"]
    if row.content:
        parts.append(_fenced(row.content, "") if row.type == "tool" else row.content)
    parts += [_media_line(block) for block in details.get("blocks") or [] if is_media(block)]
    if details.get("tool_calls"):
        parts.append(_fenced(_indented(details["tool_calls"]), "json"))
    return ("\n".join(parts) + "\n").encode()


def _media_line(block: Mapping[str, Any]) -> str:
    """A file in a message, named; its bytes are in the JSON export."""
    name = block.get("filename") or block.get("url") or block.get("media") or block.get("file_id") or ""
    size = f", {block['bytes']} bytes" if isinstance(block.get("bytes"), int) else ""
    return f"[{block.get('type')}: {block.get('mime_type') or ''}{size} {name}]".replace(": ,", ":").replace("  ", " ")


def _markdown_record(row: AnswerRow | RunRow) -> bytes:
    return _markdown_answer(row) if isinstance(row, AnswerRow) else _markdown_run(row)


def _markdown_answer(row: AnswerRow) -> bytes:
    question = row.question
    marks = [str(question["node"])] if question.get("node") else []
    heading = " · ".join(["answer", *marks, iso(row.created_at)])
    asked = question.get("question")
    parts = [
        f"\n## {row.seq} · {heading}\n",
        asked if isinstance(asked, str) else _fenced(_indented(question.get("value")), "json"),
    ]
    if row.outcome == "cancelled":
        parts.append(f"\nNot answered: {row.answered_by} cancelled the run.")
    else:
        by = "the deadline passed" if row.answered_by is None else row.answered_by
        parts.append(f"\nAnswer ({by}):\n\n{_fenced(_indented(row.answer), 'json')}")
    return ("\n".join(parts) + "\n").encode()


def _markdown_run(row: RunRow) -> bytes:
    heading = " · ".join(["run", row.status, iso(row.completed_at or row.created_at)])
    parts = [f"\n## {heading}\n"]
    if row.error:
        parts.append(f"`{row.error['code']}`: {row.error['message']}")
    if row.status == RunStatus.SUCCEEDED:
        parts.append(_fenced(_indented(row.output), "json"))
    return ("\n".join(parts) + "\n").encode()


def _indented(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _fenced(text: str, language: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


LAYOUTS = {
    "json": Layout(
        "json",
        "application/json",
        lambda session: b'{"session":' + json_of(session),
        json_of,
        separator=b",\n",
        end=b"]}\n",
        row=json_of,
    ),
    "csv": Layout("csv", "text/csv; charset=utf-8", _csv_begin, _csv_message),
    "jsonl": Layout("jsonl", "application/jsonl", _nothing, _json_line, _json_record),
    "markdown": Layout("md", "text/markdown; charset=utf-8", _markdown_begin, _markdown_message, _markdown_record),
}
"""The formats by name."""
