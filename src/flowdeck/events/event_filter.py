"""Selects the events of a session that a reader receives: by type, by LangGraph's stream mode, by run."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

from flowdeck.events.types import LiveEvent, StoredEvent

EventType = Literal[
    "session_update",
    "workflow_state",
    "message",
    "model_call",
    "answer",
    "custom",
    "error_event",
    "token",
    "draft",
    "state_update",
]
StreamMode = Literal["values", "updates", "messages", "custom", "events"]

STORED_TYPES: frozenset[str] = frozenset(get_args(EventType)) - {"token", "draft", "state_update"}

MODES: Mapping[StreamMode, frozenset[str]] = {
    "values": frozenset({"state_update"}),
    "updates": frozenset({"workflow_state"}),  # only the ends of nodes
    "messages": frozenset({"message", "token", "draft"}),
    "custom": frozenset({"custom"}),
    "events": STORED_TYPES,
}
"""The types of events that each mode selects."""


@dataclass(frozen=True, slots=True)
class EventFilter:
    """The events that a reader receives. Notices such as `gap` are always sent."""

    types: frozenset[str]
    ends_only: bool = False  # for workflow_state: only the ends of nodes
    run_id: str | None = None

    @classmethod
    def of(
        cls,
        *,
        types: Collection[EventType] | None = None,
        modes: Collection[StreamMode] | None = None,
        run_id: str | None = None,
    ) -> "EventFilter":
        """Select the events of all given types and modes; without either, all events except `state_update`."""
        if types is None and modes is None:
            return cls(STORED_TYPES | {"token", "draft"}, run_id=run_id)
        chosen: frozenset[str] = frozenset(types or ())
        by_mode = frozenset[str]().union(*(MODES[mode] for mode in modes or ()))
        ends_only = "workflow_state" not in chosen and "events" not in (modes or ())
        return cls(chosen | by_mode, ends_only, run_id)

    @property
    def stored_types(self) -> frozenset[str]:
        """The selected types that the log stores."""
        return self.types & STORED_TYPES

    def wants(self, event: StoredEvent | LiveEvent) -> bool:
        """Whether the filter selects an event."""
        if event.type not in self.types or (self.run_id is not None and event.run_id != self.run_id):
            return False
        if not self.ends_only or not isinstance(event, StoredEvent) or event.type != "workflow_state":
            return True
        return event.data.get("phase") == "end"


EVERYTHING = EventFilter(frozenset(get_args(EventType)))
"""Selects all events of a session, including the state after each step."""
