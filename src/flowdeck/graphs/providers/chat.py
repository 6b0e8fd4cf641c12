"""One call of a chat model whose stream is read as a reply, within its time limits.

To LangChain and LangGraph it is a chat model like any other: callbacks and readers get the same clean chunks whatever
the provider sends.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Iterable
from contextlib import aclosing
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from pydantic import PrivateAttr
from typing_extensions import override

from flowdeck.graphs.model_watching import CallWatch, Piece
from flowdeck.graphs.providers.exchange import Exchange
from flowdeck.graphs.providers.langchain.stream import langchain_parts
from flowdeck.graphs.providers.parts import CallPart, Part, Reasoning, Text
from flowdeck.graphs.providers.provider_errors import Failure, read_failure
from flowdeck.graphs.providers.spec import ModelSpec
from flowdeck.graphs.reply import Reply, ReplyReader
from flowdeck.graphs.reply_message import call_chunk, usage_metadata

PARTS = "flowdeck_parts"  # under which a client that reads its protocol itself puts the parts of a chunk


def parts_chunk(parts: Iterable[Part]) -> ChatGenerationChunk:
    """A chunk of an integration's stream that carries the parts of a reply."""
    return ChatGenerationChunk(message=AIMessageChunk(content="", additional_kwargs={PARTS: list(parts)}))


class ReplyingChat(BaseChatModel):
    """A chat model for one call. After its stream, `reply` is what was replied, or `failure` what went wrong.

    `strict` is for protocols that say where a reply ends: a stream that stops without it is broken, and the call fails.
    """

    inner: BaseChatModel
    spec: ModelSpec
    message_id: str
    strict: bool = True
    _reply: Reply | None = PrivateAttr(default=None)
    _failure: Failure | None = PrivateAttr(default=None)

    @property
    @override
    def _llm_type(self) -> str:
        return self.inner._llm_type  # noqa: SLF001 - the name under which LangChain knows the integration

    @property
    def reply(self) -> Reply:
        """What was replied. To be read after the stream."""
        if self._reply is None:
            raise RuntimeError("the stream has not been read to its end")
        return self._reply

    @property
    def failure(self) -> Failure | None:
        """What went wrong, and whether another attempt may help."""
        return self._failure

    @override
    def _get_ls_params(self, stop: list[str] | None = None, **kwargs: Any) -> Any:
        return self.inner._get_ls_params(stop=stop, **kwargs)  # noqa: SLF001 - as above

    @override
    async def _astream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> AsyncIterator[ChatGenerationChunk]:
        async with aclosing(self._pieces(messages, stop, kwargs)) as pieces:
            async for piece in pieces:
                yield self._shown(piece)
        yield self._last(self.reply)

    async def read(self, messages: list[BaseMessage], watch: CallWatch, **arguments: Any) -> None:
        """Read the whole reply, without LangChain's callbacks: the watch sees it instead. Raises FlowdeckError."""
        try:
            async with aclosing(self._pieces(messages, None, arguments)) as pieces:
                async for piece in pieces:
                    watch.grew(piece)
        except BaseException as error:
            watch.failed(error)
            raise
        if not watch.ended(self.reply):
            await asyncio.get_running_loop().create_future()  # until the cancellation comes

    async def _pieces(
        self, messages: list[BaseMessage], stop: list[str] | None, arguments: dict[str, Any]
    ) -> AsyncGenerator[Piece]:
        exchange = Exchange(silence=self.spec.timeout, total=self.spec.total_timeout)
        reader = ReplyReader()
        try:
            async with aclosing(exchange.items(_stream(self.inner, messages, stop, arguments))) as chunks:
                async for chunk in chunks:
                    for part in _parts(chunk.message):
                        for piece in reader.add(part):
                            yield piece
            for piece in reader.rest():
                yield piece
            self._reply = reader.finish(ended=exchange.ended or not self.strict)
        except Exception as error:
            # Here, so that the callbacks see the failure as what it is.
            self._failure = read_failure(error, self.spec)
            raise self._failure.error from error

    @override
    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        raise RuntimeError("a reply is read from a stream only")

    def _shown(self, piece: Piece) -> ChatGenerationChunk:
        match piece:
            case Text():
                message = AIMessageChunk(content=piece.text, id=self.message_id)
            case Reasoning():
                thought = {"reasoning_content": piece.text}
                message = AIMessageChunk(content="", additional_kwargs=thought, id=self.message_id)
            case CallPart():
                message = AIMessageChunk(content="", tool_call_chunks=[call_chunk(piece)], id=self.message_id)
        return ChatGenerationChunk(message=message)

    def _last(self, reply: Reply) -> ChatGenerationChunk:
        metadata: dict[str, str] = {"end_reason": reply.end_reason}
        if reply.provider_end_reason is not None:
            metadata["finish_reason"] = reply.provider_end_reason
        if reply.model is not None:
            metadata["model_name"] = reply.model
        message = AIMessageChunk(
            content="",
            id=self.message_id,
            usage_metadata=usage_metadata(reply.usage),
            response_metadata=metadata,
            chunk_position="last",
        )
        return ChatGenerationChunk(message=message)


async def _stream(
    chat: BaseChatModel, messages: list[BaseMessage], stop: list[str] | None, options: dict[str, Any]
) -> AsyncIterator[ChatGenerationChunk]:
    """The integration's own stream, without its callbacks; of one that cannot stream, the whole message."""
    kind = type(chat)
    if kind._astream is BaseChatModel._astream and kind._stream is BaseChatModel._stream:  # noqa: SLF001
        result = await chat._agenerate(messages, stop=stop, **options)  # noqa: SLF001
        yield parts_chunk(langchain_parts(result.generations[0].message))
        return
    async for chunk in chat._astream(messages, stop=stop, **options):  # noqa: SLF001
        yield chunk


def _parts(message: BaseMessage) -> Iterable[Part]:
    parts: Iterable[Part] | None = message.additional_kwargs.get(PARTS)
    return langchain_parts(message) if parts is None else parts
