"""What a client may say on a socket. Unknown keys are ignored here, so that an older server understands a newer one."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from flowdeck.api.utils.validation import StorableText


class _ClientMessage(BaseModel):
    model_config = ConfigDict(frozen=True)


class SubscribeMessage(_ClientMessage):
    """Send me this session's events: those after `after_seq`, or those from now on."""

    type: Literal["subscribe"]
    session_id: StorableText
    after_seq: int | None = Field(None, ge=0, strict=True)


class UnsubscribeMessage(_ClientMessage):
    """Send me no more of this session."""

    type: Literal["unsubscribe"]
    session_id: StorableText


class PingMessage(_ClientMessage):
    """Answer me with `pong`."""

    type: Literal["ping"]


ClientMessage = Annotated[SubscribeMessage | UnsubscribeMessage | PingMessage, Field(discriminator="type")]


def client_messages() -> TypeAdapter[ClientMessage]:
    """Reads what a client said. Raises ValidationError."""
    return TypeAdapter(ClientMessage)
