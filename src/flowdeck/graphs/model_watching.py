"""How a run sees the model calls that Flowdeck's own nodes make.

LangChain's callbacks would show them too, but a callback for every token takes longer than reading the token. So a
callback handler that is also a `ModelWatcher` receives the reply directly, unless other handlers listen. Models that
graphs call themselves, and calls that a tracer follows, go through LangChain's callbacks.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.callbacks.base import BaseCallbackManager
from langchain_core.messages import BaseMessage
from langchain_core.runnables import RunnableConfig
from langgraph.constants import TAG_NOSTREAM

from flowdeck.graphs.providers.parts import CallPart, Reasoning, Text
from flowdeck.graphs.reply import Reply

Piece = Text | Reasoning | CallPart
"""One addition to a reply: text, reasoning or a part of a tool call."""


class CallWatch(Protocol):
    """Sees one call of a model."""

    def grew(self, piece: Piece) -> None:
        """The reply has grown."""

    def ended(self, reply: Reply) -> bool:
        """The reply is complete. Returns False if the call exceeded a limit and the run is about to be cancelled."""

    def failed(self, error: BaseException) -> None:
        """The call failed, or was cancelled."""


@runtime_checkable
class ModelWatcher(Protocol):
    """Sees the calls of models."""

    def watch(
        self, messages: Sequence[BaseMessage], metadata: Mapping[str, Any], *, message_id: str, silent: bool
    ) -> CallWatch:
        """A call begins. `metadata` come from its config; the tokens of a `silent` call are not published."""


def begin_watch(messages: Sequence[BaseMessage], config: RunnableConfig, *, message_id: str) -> CallWatch | None:
    """Begin to watch a call, if its config has one handler that watches, and no other that listens to chat models."""
    listening = [handler for handler in _handlers(config) if not handler.ignore_chat_model]
    if len(listening) != 1 or not isinstance(listening[0], ModelWatcher):
        return None
    silent = TAG_NOSTREAM in (config.get("tags") or ())
    return listening[0].watch(messages, config.get("metadata") or {}, message_id=message_id, silent=silent)


def _handlers(config: RunnableConfig) -> Sequence[BaseCallbackHandler]:
    callbacks = config.get("callbacks")
    if isinstance(callbacks, BaseCallbackManager):
        return callbacks.handlers
    return callbacks or ()
