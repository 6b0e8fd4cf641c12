"""outbox: an outbox of files."""

import asyncio
import hashlib
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import JsonValue
from typing_extensions import override

from flowdeck.graphs.tool_types.base import Tool, ToolSetting, ToolSpec, arguments

_DESCRIPTION = "Sends a message: puts it into the outbox folder."
_ARGUMENTS = arguments(
    ["text"],
    text={"type": "string", "maxLength": 100_000},
    to={"type": "string", "maxLength": 320},
    subject={"type": "string", "maxLength": 500},
)


class OutboxTool(ToolSpec):
    """The keys of a tool of type outbox."""

    without_file: ClassVar[bool] = True

    type: Literal["outbox"]

    @override
    def tool(self, name: str, setting: ToolSetting) -> Tool:
        return Tool(
            name,
            self.type,
            self.description or _DESCRIPTION,
            _ARGUMENTS,
            Outbox(setting.data_dir / "outbox").invoke,
            self.examples,
        )


TOOL_TYPE = OutboxTool


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
