"""Language models by name, called with retries, fallbacks and a time limit.

How a provider is spoken to, and how `models.yaml` is read, is in `graphs/providers/`.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, message_chunk_to_message
from langchain_core.messages.ai import add_ai_message_chunks
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import merge_configs

from flowdeck.exceptions import ProviderFailed, Unavailable, Unloadable
from flowdeck.graphs.failures import report
from flowdeck.graphs.located import Source
from flowdeck.graphs.providers.client import Client
from flowdeck.graphs.providers.configuration import Configured, read_models
from flowdeck.graphs.providers.failures import Failure, read_failure
from flowdeck.graphs.providers.local import LocalClient
from flowdeck.graphs.providers.remote import LangChainClient, OpenAIClient
from flowdeck.graphs.providers.scripted import ScriptedClient
from flowdeck.graphs.providers.spec import NO_OPTIONS, CallOptions, ModelSpec

__all__ = ["CallOptions", "Model", "ModelRegistry", "ModelSpec"]

Sleep = Callable[[float], Awaitable[None]]

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 8.0

_CLIENTS: Mapping[str, Callable[[ModelSpec], Client]] = {
    "local": LocalClient,
    "openai": OpenAIClient,
    "openai_compatible": OpenAIClient,
    "scripted": ScriptedClient,
}


@dataclass(frozen=True)
class _Call:
    """What `Model.generate` was asked for, handed along to every attempt."""

    messages: Sequence[BaseMessage]
    config: RunnableConfig
    options: CallOptions
    tools: Sequence[dict[str, Any]]
    schema: dict[str, Any] | None


class _Link:
    """One configured model without its fallbacks: its client, its attempts, its pauses."""

    def __init__(self, name: str, spec: ModelSpec, sleep: Sleep) -> None:
        self.name = name
        self.spec = spec
        self.client: Client = _CLIENTS.get(spec.provider, LangChainClient)(spec)
        self.registries = 1  # how many use it; the last one closes its client
        self._sleep = sleep

    async def answer(self, call: _Call) -> AIMessage:
        """The first answer of as many attempts as the spec allows."""
        attempt = 0
        while True:
            try:
                return await self._attempt(call)
            except Exception as error:  # what a provider's client raises is known only to read_failure
                failure = read_failure(error, self.spec)
                if failure is None:
                    raise
                pause = self._pause_after(failure, attempt)
                if pause is None:
                    raise failure.error from error
                failure.error.__cause__ = error
                report(failure.error)
            await self._sleep(pause)
            attempt += 1

    async def answer_once(self, call: _Call) -> AIMessage:
        """The answer of one attempt. Raises ProviderFailed, Unavailable."""
        try:
            return await self._attempt(call)
        except Exception as error:  # what a provider's client raises is known only to read_failure
            failure = read_failure(error, self.spec)
            if failure is None:
                raise
            raise failure.error from error

    async def _attempt(self, call: _Call) -> AIMessage:
        async with asyncio.timeout(self.spec.timeout):
            chat = await self.client.chat()
            asked = chat.bind_tools(call.tools) if call.tools else chat
            arguments = self.client.arguments(call.options.over(self.spec))
            if call.schema is not None:
                arguments["response_format"] = _response_format(call.schema)
            stream = asked.astream(self.client.messages(call.messages), self._told(call.config), **arguments)
            # A chat model streams AIMessageChunks; only the type of the runnable bind_tools makes says less.
            chunks = [cast(AIMessageChunk, chunk) async for chunk in stream]
        return cast(AIMessage, message_chunk_to_message(add_ai_message_chunks(*chunks)))

    def _pause_after(self, failure: Failure, attempt: int) -> float | None:
        """Seconds until the next attempt; None when there is none."""
        if not failure.retry or attempt >= self.spec.retries:
            return None
        if failure.wait is not None and failure.wait > self.spec.timeout:
            return None
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2.0**attempt)
        # Half of the pause is random, so that callers that failed together do not come back together.
        return max(pause * random.uniform(0.5, 1), failure.wait or 0)  # noqa: S311 - spreads load, guards nothing

    def _told(self, config: RunnableConfig) -> RunnableConfig:
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
    ) -> AIMessage:
        """The model's answer, whole; the callbacks in `config` see every token, and every attempt as its own call.

        `tools` are dicts in OpenAI's form. With `schema`, a JSON schema, the answer's content is JSON text; whether
        it fits is for the caller to check. Options that are not set are the answering model's own.
        Raises ProviderFailed, ProviderTimeout or Unavailable: the first model's failure, with those of its fallbacks
        as notes.
        """
        call = _Call(messages, config, options, tools, schema)
        failures: list[ProviderFailed | Unavailable] = []
        for link in self._links:
            try:
                return await link.answer(call)
            except (ProviderFailed, Unavailable) as error:
                report(error)
                failures.append(error)
        first, *others = failures
        for other in others:
            first.add_note(f"fallback: {other}")
        raise first

    async def ask_once(
        self, messages: Sequence[BaseMessage], config: RunnableConfig, *, options: CallOptions = NO_OPTIONS
    ) -> AIMessage:
        """The model's own answer to one call: no second attempt, no fallback. Raises as `generate` does."""
        return await self._links[0].answer_once(_Call(messages, config, options, (), None))


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

        Raises Unloadable definition_invalid with every mistake's place. A variable the environment lacks is none:
        `get` tells it when the model is wanted.
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

    def get_alone(self, name: str) -> Model:
        """The model of a name without its fallbacks. Raises as `get` does."""
        return Model(self._link(name), ())

    def get(self, name: str) -> Model:
        """The model of a name with its fallbacks; one client per configured model serves them all.

        Raises Unloadable model_not_configured, or environment_variable_missing for it or a fallback of it.
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
                await link.client.aclose()

    def _find(self, name: str) -> Configured:
        if name not in self._configured:
            raise Unloadable("model_not_configured", model=name, known=", ".join(self._configured))
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
            if configured.missing:
                raise Unloadable("environment_variable_missing", name=f"Model {name}", variable=configured.missing[0])
            self._links[name] = _Link(name, configured.spec, self._sleep)
        return self._links[name]


def _response_format(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema in OpenAI's form, which LangChain's integrations translate to their provider's own."""
    return {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
