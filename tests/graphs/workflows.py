"""What tests of graphs make: definitions from short texts, graphs on scripted models, and runs of them."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.graph.state import CompiledStateGraph
from langgraph.types import Command
from pydantic import JsonValue

from flowdeck.errors.base import Unloadable
from flowdeck.errors.workflows import PathNotFound
from flowdeck.graphs.builder import Built, HttpPolicy, Resources, RunContext, build
from flowdeck.graphs.definition import Definition, Source, parse_definition
from flowdeck.graphs.models import ModelRegistry
from flowdeck.graphs.tools import ToolRegistry
from tests.openai_server import OpenAIServer, Reply

PATH = "configs/workflows/test.yaml"


def define(
    text: str, files: Mapping[str, str] | None = None, environment: Mapping[str, str] | None = None
) -> Definition:
    """A definition; `files` are the subworkflows by path."""

    def resolve(path: str) -> Source:
        if path not in (files or {}):
            raise PathNotFound(path=path)
        return Source(path, dedent((files or {})[path]))

    return parse_definition(Source(PATH, dedent(text)), environment=environment, resolve=resolve)


def mistakes(text: str, files: Mapping[str, str] | None = None) -> list[str]:
    """What is wrong with a definition: `line:column field: message` of each mistake."""
    with pytest.raises(Unloadable) as caught:
        define(text, files)
    assert caught.value.code == "definition_invalid"
    return [f"{item.line}:{item.column} {item.field}: {item.message}" for item in caught.value.problems]


def one_node(node: str, state: str = "messages: {type: messages}", after: str = "END") -> str:
    """A workflow of one node, `work`, which is line 5 of the text."""
    return f"name: t\nentry: work\nstate: {{{state}}}\nnodes:\n  work: {node}\nedges: [{{from: work, to: {after}}}]\n"


def scripted(*replies: Mapping[str, Any], **options: Any) -> ModelRegistry:
    """Models whose `default` says the replies in turn."""
    model = {"provider": "scripted", "model": "rehearsal-1", "replies": list(replies) or [{"text": "ok"}], **options}
    text = json.dumps({"models": {"default": model, "other": {**model, "replies": [{"text": "other"}]}}})
    return ModelRegistry.load(Source("configs/models.yaml", text), environment={})


def make(
    definition: Definition | str,
    *replies: Mapping[str, Any],
    models: ModelRegistry | None = None,
    tools: ToolRegistry | None = None,
    python_allow: tuple[str, ...] = (),
    http: frozenset[str] = frozenset(),
    data_dir: Path = Path("/nonexistent"),
) -> Built:
    """A built graph; the default model says the replies in turn."""
    definition = define(definition) if isinstance(definition, str) else definition
    tools = tools or ToolRegistry.load(
        None, environment={}, python_allow=python_allow, folder=data_dir, data_dir=data_dir
    )
    return build(definition, Resources(models or scripted(*replies), tools, python_allow, HttpPolicy(http)))


@asynccontextmanager
async def remote(*replies: Reply) -> AsyncIterator[tuple[OpenAIServer, ModelRegistry]]:
    """A server on loopback that says the replies, and models whose `default` asks it over real HTTP."""
    with OpenAIServer(replies) as server:
        model = {"provider": "openai_compatible", "model": "m", "base_url": server.base_url, "retries": 0}
        text = json.dumps({"models": {"default": model}})
        models = ModelRegistry.load(Source("configs/models.yaml", text), environment={})
        yield server, models
        await models.aclose()


class Session:
    """One conversation on a built graph, kept in memory."""

    def __init__(self, built: Built, agent_config: Mapping[str, JsonValue] | None = None, fan_out: int = 100) -> None:
        self.built = built
        self.graph: CompiledStateGraph[Any, Any, Any, Any] = built.graph.compile(checkpointer=InMemorySaver())
        self.context = RunContext("run-1", "session-1", agent_config or {}, fan_out)
        self.config: RunnableConfig = {"configurable": {"thread_id": "session-1"}}

    async def run(self, values: Mapping[str, JsonValue] | str) -> dict[str, Any]:
        """The state after a run with a text or a state."""
        given = self.built.user_input(values) if isinstance(values, str) else values
        return await self._invoke(self.built.validate_state(given))

    async def answer(self, *answers: JsonValue) -> dict[str, Any]:
        """The state after the open questions were answered, in their order."""
        questions = [question.id for question in (await self.graph.aget_state(self.config)).interrupts]
        return await self._invoke(Command(resume=dict(zip(questions, answers, strict=True))))

    async def questions(self) -> list[dict[str, Any]]:
        """What the run asks now."""
        return [question.value for question in (await self.graph.aget_state(self.config)).interrupts]

    async def updates(self, values: Mapping[str, JsonValue] | str) -> list[tuple[tuple[str, ...], str]]:
        """Which node of which namespace has made an update, in order; namespaces without their task ids."""
        given = self.built.user_input(values) if isinstance(values, str) else values
        found: list[tuple[tuple[str, ...], str]] = []
        stream = self.graph.astream(
            self.built.validate_state(given),
            self.config,
            context=self.context,
            stream_mode="updates",
            subgraphs=True,
        )
        async for namespace, update in stream:
            path = tuple(part.partition(":")[0] for part in namespace)
            found.extend((path, node) for node in update)
        return found

    async def _invoke(self, given: Any) -> dict[str, Any]:
        return dict(await self.graph.ainvoke(given, self.config, context=self.context))


def texts(state: Mapping[str, Any]) -> list[str]:
    """The messages of a state as `type: text`."""
    return [f"{message.type}: {message.text}" for message in state["messages"]]
