"""Which of a session's events a reader wants: by type, by LangGraph's stream modes, by run."""

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
    "updates": frozenset({"workflow_state"}),  # of these, the ends of nodes
    "messages": frozenset({"message", "token", "draft"}),
    "custom": frozenset({"custom"}),
    "events": STORED_TYPES,
}
"""The types of events that each mode gives."""


@dataclass(frozen=True, slots=True)
class EventFilter:
    """What a reader gets; notices such as `gap` come in any case."""

    types: frozenset[str]
    ends_only: bool = False  # of workflow_state, only the ends of nodes
    run_id: str | None = None

    @classmethod
    def of(
        cls,
        *,
        types: Collection[EventType] | None = None,
        modes: Collection[StreamMode] | None = None,
        run_id: str | None = None,
    ) -> "EventFilter":
        """What any of the types or modes gives; where neither is said, everything but `state_update`."""
        if types is None and modes is None:
            return cls(STORED_TYPES | {"token", "draft"}, run_id=run_id)
        chosen: frozenset[str] = frozenset(types or ())
        by_mode = frozenset[str]().union(*(MODES[mode] for mode in modes or ()))
        ends_only = "workflow_state" not in chosen and "events" not in (modes or ())
        return cls(chosen | by_mode, ends_only, run_id)

    @property
    def stored_types(self) -> frozenset[str]:
        """The types that are looked for in the log."""
        return self.types & STORED_TYPES

    def wants(self, event: StoredEvent | LiveEvent) -> bool:
        """Whether an event is among them."""
        if event.type not in self.types or (self.run_id is not None and event.run_id != self.run_id):
            return False
        if not self.ends_only or not isinstance(event, StoredEvent) or event.type != "workflow_state":
            return True
        return event.data.get("phase") == "end"


EVERYTHING = EventFilter(frozenset(get_args(EventType)))
"""All that happens in a session, states after each step included."""
