"""What a client may say on a socket. Unknown keys are ignored here, so that an older server understands a newer one."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from flowdeck.api.utils.validation import StorableText
from flowdeck.events.event_filter import EventFilter, EventType, StreamMode


class _ClientMessage(BaseModel):
    model_config = ConfigDict(frozen=True, defer_build=True)


class SubscribeMessage(_ClientMessage):
    """Subscribes to a session: to its events after `after_seq`, or to new events only.

    `types` and `modes` select the events, and `run_id` limits them to one run. Without `types` and `modes`, all events
    except `state_update` are sent.
    """

    type: Literal["subscribe"]
    session_id: StorableText
    after_seq: int | None = Field(None, ge=0, strict=True)
    types: list[EventType] | None = Field(None, min_length=1, max_length=20)
    modes: list[StreamMode] | None = Field(None, min_length=1, max_length=10)
    run_id: StorableText | None = Field(None, max_length=64)

    @property
    def event_filter(self) -> EventFilter:
        """What is to be sent."""
        return EventFilter.of(types=self.types, modes=self.modes, run_id=self.run_id)


class UnsubscribeMessage(_ClientMessage):
    """Ends the subscription to a session."""

    type: Literal["unsubscribe"]
    session_id: StorableText


class TopicMessage(_ClientMessage):
    """Subscribes to a topic or ends the subscription. `metrics` sends `performance_metrics` every few seconds."""

    type: Literal["subscribe", "unsubscribe"]
    topic: Literal["metrics"]


class PingMessage(_ClientMessage):
    """Requests a `pong`."""

    type: Literal["ping"]


ClientMessage = Annotated[SubscribeMessage | UnsubscribeMessage | PingMessage, Field(discriminator="type")]


def client_messages() -> TypeAdapter[ClientMessage]:
    """Reads what a client said. Raises ValidationError."""
    return TypeAdapter(ClientMessage)
