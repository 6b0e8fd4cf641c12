"""What a client may say on a socket. Unknown keys are ignored here, so that an older server understands a newer one."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from flowdeck.api.utils.validation import StorableText
from flowdeck.events.selection import EventType, Selection, StreamMode


class _ClientMessage(BaseModel):
    model_config = ConfigDict(frozen=True)


class SubscribeMessage(_ClientMessage):
    """Send me this session's events: those after `after_seq`, or those from now on.

    Of these, what the types or the modes give, and of one run; without any of them, all but `state_update`.
    """

    type: Literal["subscribe"]
    session_id: StorableText
    after_seq: int | None = Field(None, ge=0, strict=True)
    types: list[EventType] | None = Field(None, min_length=1, max_length=20)
    modes: list[StreamMode] | None = Field(None, min_length=1, max_length=10)
    run_id: StorableText | None = Field(None, max_length=64)

    @property
    def selection(self) -> Selection:
        """What is to be sent."""
        return Selection.of(types=self.types, modes=self.modes, run_id=self.run_id)


class UnsubscribeMessage(_ClientMessage):
    """Send me no more of this session."""

    type: Literal["unsubscribe"]
    session_id: StorableText


class TopicMessage(_ClientMessage):
    """Send me a topic's messages, or no more of them. `metrics`: `performance_metrics`, every few seconds."""

    type: Literal["subscribe", "unsubscribe"]
    topic: Literal["metrics"]


class PingMessage(_ClientMessage):
    """Answer me with `pong`."""

    type: Literal["ping"]


ClientMessage = Annotated[SubscribeMessage | UnsubscribeMessage | PingMessage, Field(discriminator="type")]


def client_messages() -> TypeAdapter[ClientMessage]:
    """Reads what a client said. Raises ValidationError."""
    return TypeAdapter(ClientMessage)
