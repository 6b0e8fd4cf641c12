"""Language models by name, called with retries, fallbacks and a time limit.

How a provider is spoken to, and how `models.yaml` is read, is in `graphs/providers/`.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any, cast
from uuid import uuid4

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import merge_configs

from flowdeck.errors.base import Problem, ProviderFailed, Unloadable
from flowdeck.errors.providers import ProviderRejected
from flowdeck.errors.workflows import EnvironmentVariableMissing, ModelNotConfigured, ModelUnavailable
from flowdeck.graphs.failure_reporting import report
from flowdeck.graphs.media import MediaStore, MemoryMedia
from flowdeck.graphs.model_watching import begin_watch
from flowdeck.graphs.providers.chat import ReplyingChat
from flowdeck.graphs.providers.client import Client
from flowdeck.graphs.providers.configuration import Configured, read_models
from flowdeck.graphs.providers.provider import StructuredOutput
from flowdeck.graphs.providers.provider_errors import Failure, read_failure
from flowdeck.graphs.providers.registry import make_client
from flowdeck.graphs.providers.spec import NO_OPTIONS, CallOptions, ModelSpec
from flowdeck.graphs.providers.structured import RESULT, StructuredOutputs, asked_in, result_of, result_tool
from flowdeck.graphs.reply import Reply, joined_replies
from flowdeck.graphs.reply_message import message_of
from flowdeck.graphs.request import NotAcceptedError, media_needed, request_messages
from flowdeck.yaml_source.located import Source

__all__ = ["CallOptions", "Model", "ModelRegistry", "ModelSpec"]

Sleep = Callable[[float], Awaitable[None]]

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 8.0
MOST_CONTINUATIONS = 8  # times that a reply which its provider paused is continued


@dataclass(frozen=True)
class _Call:
    """What `Model.generate` was asked for, handed along to every attempt."""

    messages: Sequence[BaseMessage]
    config: RunnableConfig
    options: CallOptions
    tools: Sequence[dict[str, Any]]
    schema: dict[str, Any] | None
    media: MediaStore

    def schemas(self) -> dict[str, dict[str, Any]]:
        """The schemas of the tools' arguments by name."""
        return {tool["function"]["name"]: tool["function"].get("parameters") or {} for tool in self.tools}

    def call_ids(self) -> set[str]:
        """The ids of the tool calls in the conversation."""
        return {
            str(call["id"])
            for message in self.messages
            if isinstance(message, AIMessage)
            for call in (*message.tool_calls, *message.invalid_tool_calls)
        }


class _Link:
    """One configured model without its fallbacks: its client, its attempts, its pauses."""

    def __init__(self, name: str, spec: ModelSpec, sleep: Sleep) -> None:
        self.name = name
        self.spec = spec
        self.registries = 1  # how many use it; the last one closes its client
        self._client: Client | None = None
        self._structured = StructuredOutputs(spec)
        self._sleep = sleep

    def client(self) -> Client:
        """Its client, made when it is first needed. Raises ProviderFailed where its package is missing."""
        if self._client is None:
            self._client = make_client(self.spec)
        return self._client

    async def aclose(self) -> None:
        """Close the client's connections."""
        if self._client is not None:
            await self._client.aclose()

    async def reply(self, call: _Call, *, retries: int) -> AIMessage:
        """The reply of the first attempt that gets one. A reply that its provider pauses is continued."""
        message_id = f"run-{uuid4()}"
        reply = await self._retried(call, message_id, retries)
        whole = reply
        for _ in range(MOST_CONTINUATIONS):
            if reply.end_reason != "pause":
                break
            paused = message_of(whole, message_id=message_id, provider=self.spec.provider, tools={})
            reply = await self._retried(replace(call, messages=[*call.messages, paused]), message_id, retries)
            whole = joined_replies(whole, reply)
        return message_of(
            whole,
            message_id=message_id,
            provider=self.spec.provider,
            tools=call.schemas(),
            known_ids=call.call_ids(),
        )

    async def _retried(self, call: _Call, message_id: str, retries: int) -> Reply:
        attempt = 0
        while True:
            made = await self._attempt(call, message_id if attempt == 0 else f"{message_id}-{attempt}")
            if isinstance(made, Reply):
                return made
            pause = self._pause_after(made, attempt) if attempt < retries else None
            if pause is None:
                raise made.error
            report(made.error)
            await self._sleep(pause)
            attempt += 1

    async def _attempt(self, call: _Call, message_id: str) -> Reply | Failure:
        """The reply, or why there is none. Asking for JSON in a way that the provider refuses does not count."""
        while call.schema is not None:
            way = self._structured.way(call.schema)
            made = await self._asked(call, message_id, way)
            if isinstance(made, Reply) or not self._structured.refused(way, call.schema, made.error):
                return made
        return await self._asked(call, message_id, None)

    async def _asked(self, call: _Call, message_id: str, way: StructuredOutput | None) -> Reply | Failure:
        client = self.client()
        chat = await client.chat()
        replying = ReplyingChat(inner=chat, spec=self.spec, message_id=message_id, strict=client.strict)
        try:
            media = await call.media.load(media_needed(call.messages))
            messages = client.messages(request_messages(call.messages, client.rules, media))
            arguments = client.arguments(call.options.over(self.spec))
            if call.tools:
                arguments.update(_bound(chat, call.tools))
            if way is not None and call.schema is not None:
                messages, more = asked_in(way, messages, call.schema)
                arguments.update(more)
                if way == "tool":
                    arguments.update(_bound(chat, [result_tool(call.schema)], tool_choice=RESULT))
            config = self._with_metadata(call.config)
            watch = begin_watch(messages, config, message_id=message_id)
            if watch is not None:
                await replying.read(messages, watch, **arguments)
            else:
                stream = cast("AsyncGenerator[Any]", replying.astream(messages, config, **arguments))
                async with aclosing(stream) as chunks:
                    async for _ in chunks:
                        pass
        except NotAcceptedError as error:
            rejected = ProviderRejected(
                provider=self.spec.provider, model=self.spec.model, message=str(error), status=None
            )
            return Failure(rejected, retry=False)
        except Exception as error:  # noqa: BLE001 - what a client raises is known only to read_failure
            return replying.failure or read_failure(error, self.spec)
        if way == "tool" and call.schema is not None:
            return result_of(replying.reply, call.schema)
        return replying.reply

    def _pause_after(self, failure: Failure, attempt: int) -> float | None:
        """Seconds until the next attempt; None when there is none."""
        if not failure.retry:
            return None
        if failure.wait is not None and failure.wait > self.spec.timeout:
            return None
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**attempt)
        # Half of the pause is random, so that callers that failed together do not come back together.
        return max(pause * random.uniform(0.5, 1), failure.wait or 0)  # noqa: S311 - spreads load, guards nothing

    def _with_metadata(self, config: RunnableConfig) -> RunnableConfig:
        """The config with what metering must know of this call."""
        metadata = {
            "flowdeck_model": self.name,
            "flowdeck_provider": self.spec.provider,
            "flowdeck_model_id": self.spec.model,
        }
        return merge_configs(config, {"metadata": metadata})


class Model:
    """A configured model with those that stand in for it when it fails."""

    def __init__(self, first: _Link, fallbacks: Sequence[_Link]) -> None:
        self.name = first.name
        self.spec = first.spec
        self._links = (first, *fallbacks)

    async def generate(
        self,
        messages: Sequence[BaseMessage],
        config: RunnableConfig,
        *,
        options: CallOptions = NO_OPTIONS,
        tools: Sequence[dict[str, Any]] = (),
        schema: dict[str, Any] | None = None,
        media: MediaStore | None = None,
    ) -> AIMessage:
        """The model's reply, whole; the callbacks in `config` see every token, and every attempt as its own call.

        `tools` are dicts in OpenAI's form. With `schema`, a JSON schema, the model is asked for JSON text; whether the
        reply fits is for the caller to check. `media` has the bytes that the messages refer to. Options that are not
        set are the replying model's own. `end_reason_of` says whether the reply is complete.
        Raises ProviderFailed: the first model's failure, with those of its fallbacks
        as notes.
        """
        call = _Call(messages, config, options, tools, schema, media or MemoryMedia())
        failures: list[ProviderFailed] = []
        for link in self._links:
            try:
                return await link.reply(call, retries=link.spec.retries)
            except ProviderFailed as error:
                report(error)
                failures.append(error)
        first, *others = failures
        for other in others:
            first.add_note(f"fallback: {other}")
        raise first

    async def ask_once(
        self, messages: Sequence[BaseMessage], config: RunnableConfig, *, options: CallOptions = NO_OPTIONS
    ) -> AIMessage:
        """The model's own reply to one call: no second attempt, no fallback. Raises as `generate` does."""
        call = _Call(messages, config, options, (), None, MemoryMedia())
        return await self._links[0].reply(call, retries=0)


class ModelRegistry:
    """The configured models. Made once and used within one event loop; `aclose` stops what its models started."""

    def __init__(self, configured: Mapping[str, Configured], *, sleep: Sleep = asyncio.sleep) -> None:
        self._configured = configured
        self._sleep = sleep
        self._links: dict[str, _Link] = {}

    @classmethod
    def load(
        cls, source: Source | None, *, environment: Mapping[str, str], sleep: Sleep = asyncio.sleep
    ) -> "ModelRegistry":
        """The models of a `models.yaml`; without one, the embedded model under the name `default`.

        Raises Unloadable definition_invalid with every mistake's place. What the environment lacks is not a mistake:
        `get` reports it when a run needs the model.
        """
        return cls(read_models(source, environment), sleep=sleep)

    def names(self) -> tuple[str, ...]:
        """The names in the file's order."""
        return tuple(self._configured)

    def spec(self, name: str) -> ModelSpec:
        """What is configured under a name. Raises Unloadable model_not_configured."""
        return self._find(name).spec

    def missing_variables(self, name: str) -> tuple[str, ...]:
        """Variables that the model needs and the environment lacks. Raises Unloadable model_not_configured."""
        return self._find(name).missing

    def unavailable(self) -> Mapping[str, Problem]:
        """The models that cannot be called on this server, with the reason and its place in the file."""
        found = self._configured.items()
        return {name: configured.problem for name, configured in found if configured.problem is not None}

    def get_alone(self, name: str) -> Model:
        """The model of a name without its fallbacks. Raises as `get` does."""
        return Model(self._link(name), ())

    def get(self, name: str) -> Model:
        """The model of a name with its fallbacks; one client per configured model serves them all.

        Raises Unloadable `model_not_configured`; `environment_variable_missing` or `model_unavailable` for it or a
        fallback of it.
        """
        first, *fallbacks = (self._link(link) for link in self._chain(name))
        return Model(first, fallbacks)

    def secrets(self) -> set[str]:
        """Keys and headers of all configured models, which no text may repeat."""
        specs = [configured.spec for configured in self._configured.values()]
        held = [secret for spec in specs for secret in (spec.api_key, *spec.headers.values()) if secret is not None]
        return {secret.get_secret_value() for secret in held}

    def take_over(self, earlier: "ModelRegistry") -> None:
        """Go on with the clients of an earlier registry for the models that are configured as they were there.

        So a change to one model does not load the embedded one again, nor begin a script anew. To be called before
        this registry's own models are used.
        """
        for name, configured in self._configured.items():
            link = earlier.link_of(name, configured)
            if link is not None:
                link.registries += 1
                self._links[name] = link

    def link_of(self, name: str, configured: Configured) -> "_Link | None":
        """What was made for a model of this name that is configured just so; for `take_over`."""
        return self._links.get(name) if self._configured.get(name) == configured else None

    async def aclose(self) -> None:
        """Close every provider's connections and stop the embedded model, but for what another registry took over."""
        links, self._links = list(self._links.values()), {}
        for link in links:
            link.registries -= 1
            if link.registries == 0:
                await link.aclose()

    def _find(self, name: str) -> Configured:
        if name not in self._configured:
            raise ModelNotConfigured(model=name, known=", ".join(self._configured))
        return self._configured[name]

    def _chain(self, name: str) -> tuple[str, ...]:
        """The model, then its fallbacks, each followed by its own; no one twice."""
        chain: dict[str, None] = {}
        waiting = [name]
        while waiting:
            link = waiting.pop()
            if link not in chain:
                chain[link] = None
                waiting.extend(reversed(self._find(link).spec.fallbacks))
        return tuple(chain)

    def _link(self, name: str) -> _Link:
        if name not in self._links:
            configured = self._find(name)
            if configured.problem is not None:
                raise _unavailable(name, configured, configured.problem)
            self._links[name] = _Link(name, configured.spec, self._sleep)
        return self._links[name]


def _unavailable(name: str, configured: Configured, problem: Problem) -> Unloadable:
    if not configured.missing:
        return ModelUnavailable(model=name, reason=problem)
    variable, reason = configured.missing[0], Problem(problem.message)
    return EnvironmentVariableMissing(name=f"Model {name}", variable=variable, reason=reason)


def _bound(chat: BaseChatModel, tools: Sequence[dict[str, Any]], **choice: Any) -> dict[str, Any]:
    """The arguments by which an integration offers tools to its model."""
    bound = chat.bind_tools(tools, **choice)
    return dict(getattr(bound, "kwargs", {}))
