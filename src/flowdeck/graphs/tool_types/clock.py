"""clock: the time."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import JsonValue
from typing_extensions import override

from flowdeck.graphs.tool_types.base import Tool, ToolExample, ToolSetting, ToolSpec, arguments

_DESCRIPTION = "Returns the current date and time."
_ARGUMENTS = arguments(
    [], timezone={"type": "string", "maxLength": 64, "description": "such as Europe/Berlin; else UTC"}
)
_EXAMPLES = (
    ToolExample(user="What time is it?", args={"timezone": "UTC"}),
    ToolExample(user="Which day is it today?", args={"timezone": "UTC"}),
    ToolExample(user="What time is it in Berlin?", args={"timezone": "Europe/Berlin"}),
)


class ClockTool(ToolSpec):
    """The keys of a tool of type clock."""

    without_file: ClassVar[bool] = True

    type: Literal["clock"]

    @override
    def tool(self, name: str, setting: ToolSetting) -> Tool:
        return Tool(name, self.type, self.description or _DESCRIPTION, _ARGUMENTS, clock, self.examples or _EXAMPLES)


TOOL_TYPE = ClockTool


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
