"""Messages in progress: their text so far, for readers who connect while a message is being written.

Each token is published once, and only the finished message is stored. A draft is kept until its message, the node that
writes it, or its run has ended.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flowdeck.events.types import LiveEvent, MessageAdded, NodeFinished, StoredEvent


@dataclass(slots=True)
class _Draft:
    run_id: str
    task_id: str
    begun_at: datetime
    about: Mapping[str, Any]  # the data of the first token: node, path and so on
    index: int = -1
    texts: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    tool_calls: list[Any] = field(default_factory=list)

    def event(self, session_id: str) -> LiveEvent:
        data = {
            **self.about,
            "index": self.index,
            "text": "".join(self.texts),
            "tool_calls": list(self.tool_calls),
            "reasoning": "".join(self.thoughts),
        }
        return LiveEvent(session_id, "draft", self.run_id, self.begun_at, lambda: data)


class Drafts:
    """The messages in progress in each session. Pass every published item to `take`, in order."""

    def __init__(self) -> None:
        self._drafts: dict[str, dict[str, _Draft]] = {}

    def take(self, item: StoredEvent | LiveEvent) -> None:
        """Add a token to its draft, or remove the drafts that a stored event ends."""
        if isinstance(item, LiveEvent):
            if item.type == "token":
                self._add(item)
            return
        drafts = self._drafts.get(item.session_id)
        if drafts is not None:
            for message_id in [name for name, draft in drafts.items() if _is_ended(name, draft, item)]:
                del drafts[message_id]
            if not drafts:
                del self._drafts[item.session_id]

    def forget(self, session_id: str) -> None:
        """Remove all drafts of a deleted session."""
        self._drafts.pop(session_id, None)

    def of(self, session_id: str) -> list[LiveEvent]:
        """The session's messages in progress, each as a live event of type `draft`."""
        return [draft.event(session_id) for draft in self._drafts.get(session_id, {}).values()]

    def _add(self, token: LiveEvent) -> None:
        data = token.make_data()
        drafts = self._drafts.setdefault(token.session_id, {})
        draft = drafts.get(data["message_id"])
        if draft is None:
            draft = _Draft(token.run_id, data["task_id"], token.created_at, data)
            drafts[data["message_id"]] = draft
        draft.index = data["index"]
        draft.texts.append(data["text"])
        draft.tool_calls.extend(data["tool_calls"])
        draft.thoughts.append(data["reasoning"])


def _is_ended(message_id: str, draft: _Draft, event: StoredEvent) -> bool:
    if event.type == MessageAdded.type:
        return bool(event.data["message"].get("id") == message_id)
    if event.run_id != draft.run_id:
        return False
    if event.type == NodeFinished.type:
        return (event.data["phase"], event.data["task_id"]) == ("end", draft.task_id)
    return event.ended_status is not None
