"""A definition and a server's resources made into a LangGraph graph."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from langchain_core.runnables import RunnableConfig
from langgraph.graph import END as GRAPH_END
from langgraph.graph import START as GRAPH_START
from langgraph.graph import StateGraph
from langgraph.runtime import get_runtime
from pydantic import JsonValue

from flowdeck.errors.base import Problem
from flowdeck.errors.nodes import NoWayOn
from flowdeck.errors.requests import RequestInvalid
from flowdeck.errors.sessions import StateInvalid
from flowdeck.graphs.blocks import Media
from flowdeck.graphs.conditions import Condition
from flowdeck.graphs.definition import Definition
from flowdeck.graphs.failure_reporting import in_node
from flowdeck.graphs.messages import take_media
from flowdeck.graphs.models import ModelRegistry
from flowdeck.graphs.nodes.attempts import attempt, attempt_seconds, retry_policy
from flowdeck.graphs.nodes.call import Call, Setting, Step
from flowdeck.graphs.nodes.registry import make_step
from flowdeck.graphs.outline import Outline
from flowdeck.graphs.python_graph import load_python_graph, python_outline
from flowdeck.graphs.requirements import missing_resources
from flowdeck.graphs.resources import HttpPolicy, Resources, RunContext
from flowdeck.graphs.routes import END, Route
from flowdeck.graphs.spec import WorkflowSpec, routes
from flowdeck.graphs.state import build_state, missing_fields, read_state
from flowdeck.graphs.updates import storable_update
from flowdeck.graphs.writes import Writes

__all__ = ["Built", "HttpPolicy", "Resources", "RunContext", "build", "check_agent_config", "load_python_graph"]

Graph = StateGraph[Any, RunContext, Any, Any]


@dataclass(frozen=True)
class Built:
    """A graph ready to be compiled with a checkpointer, and the state it takes."""

    graph: Graph
    spec: WorkflowSpec
    definition: Definition

    def outline(self) -> Outline:
        """The nodes and edges; those of a Python graph are read off the graph."""
        return self.definition.outline() if self.spec.graph is None else python_outline(self.graph)

    def validate_state(self, values: Mapping[str, JsonValue]) -> dict[str, Any]:
        """JSON as typed state, messages as LangChain's. Raises Invalid `state_invalid` with every field at fault."""
        return self._state(values, required=False)

    def initial_state(self, values: Mapping[str, JsonValue]) -> dict[str, Any]:
        """As `validate_state`, for a session's first run: required fields must be given."""
        return self._state(values, required=True)

    def user_input(self, text: str) -> dict[str, JsonValue]:
        """A text as the state of one user message. Raises Invalid `state_invalid` without a messages field."""
        field = self.spec.messages_field
        if field is None:
            problem = Problem(
                f"the state has no messages field; give a state with these fields: {', '.join(self.spec.state)}"
            )
            raise StateInvalid(workflow=self.spec.name, problems=(problem,))
        return {field: [{"type": "user", "content": text}]}

    def take_media(self, values: Mapping[str, JsonValue]) -> tuple[dict[str, JsonValue], list[Media]]:
        """Values of the state with the bytes in their messages replaced by references, and the bytes."""
        taken, found = dict(values), list[Media]()
        for name, value in values.items():
            spec = self.spec.state.get(name)
            if spec is not None and spec.type == "messages":
                taken[name], media = take_media(value)
                found.extend(media)
        return taken, found

    def _state(self, values: Mapping[str, JsonValue], *, required: bool) -> dict[str, Any]:
        state, problems = read_state(self.spec.state, values)
        if required:
            problems.extend(missing_fields(self.spec.state, values))
        if problems:
            raise StateInvalid(workflow=self.spec.name, problems=tuple(problems))
        return state


def build(definition: Definition, resources: Resources) -> Built:
    """Builds the graph of a workflow and of all it reaches.

    Raises Unloadable with places: `model_not_configured`, `tool_not_configured`, `definition_invalid` for Python that
    is not allowed or cannot be loaded.
    """
    missing = missing_resources(definition, resources)
    if missing is not None:
        raise missing
    spec = definition.spec
    if spec.graph is not None:
        graph, spec = load_python_graph(definition, resources.python_allow)
        return Built(graph, spec, definition)
    children = {path: build(child, resources) for path, child in definition.children.items()}
    graph = StateGraph(build_state(spec.name, spec.state), context_schema=RunContext)
    ways, writes = routes(spec), Writes(spec.state)
    for name, node in spec.nodes.items():
        setting = Setting(name, tuple(spec.state), spec.messages_field, resources, children)
        step = make_step(node, setting)
        function = _function(step, setting, writes, attempt_seconds(node))
        graph.add_node(name, function, retry_policy=retry_policy(node))
        _join(graph, setting, ways[name])
    graph.add_edge(GRAPH_START, spec.entry)
    return Built(graph, spec, definition)


def check_agent_config(agent_config: Mapping[str, JsonValue], models: ModelRegistry) -> None:
    """Refuses a session's settings that no run could use.

    `model` names a configured model; `system` is a text, `temperature` and `top_p` are numbers, `max_tokens` and
    `seed` whole numbers, `stop` a text or a list of texts. Other keys are the workflow's own: templates see all as
    `agent`. Raises Unloadable `model_not_configured`, Invalid `request_invalid`.
    """
    problems = tuple(
        Problem(expected, f"agent_config.{key}")
        for key, (expected, fits) in _AGENT_KEYS.items()
        if agent_config.get(key) is not None and not fits(agent_config[key])
    )
    if problems:
        raise RequestInvalid(problems=problems)
    model = agent_config.get("model")
    if model is not None:
        models.get(str(model))


def _is_number(low: float, high: float) -> Callable[[JsonValue], bool]:
    return lambda value: isinstance(value, (int, float)) and not isinstance(value, bool) and low <= value <= high


def _is_whole(low: int) -> Callable[[JsonValue], bool]:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= low


def _is_text(value: JsonValue) -> bool:
    return isinstance(value, str)


def _is_stop(value: JsonValue) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(isinstance(item, str) for item in value))


_AGENT_KEYS: Mapping[str, tuple[str, Callable[[JsonValue], bool]]] = {
    "model": ("expected the name of a configured model", _is_text),
    "system": ("expected a string", _is_text),
    "temperature": ("expected a number from 0 to 2", _is_number(0, 2)),
    "top_p": ("expected a number from 0 to 1", _is_number(0, 1)),
    "max_tokens": ("expected an integer of at least 1", _is_whole(1)),
    "seed": ("expected an integer", _is_whole(-(2**63))),
    "stop": ("expected a string or a list of strings", _is_stop),
}


def _function(step: Step, setting: Setting, writes: Writes, seconds: float | None) -> Any:
    async def run(state: Any, config: RunnableConfig) -> dict[str, Any]:
        with in_node(setting.name):
            async with attempt(setting.name, seconds):
                context = get_runtime(RunContext).context
                update = await step.update(Call(setting, state, config, context))
                update = writes.checked(setting.name, state, update)
                # Here, where the node is known: a saver would only fail to write it.
                return storable_update(update, context.media)

    return run


def _join(graph: Graph, setting: Setting, ways: tuple[Route, ...]) -> None:
    """The edges that lead on from a node: the first whose condition holds is taken."""
    if ways[0].when is None:
        graph.add_edge(setting.name, _target(ways[0]))
        return
    compiled = [(None if way.when is None else Condition.compile(way.when), _target(way)) for way in ways]

    async def route(state: Any, config: RunnableConfig) -> str:
        with in_node(setting.name):
            async with attempt(setting.name, None):
                call = Call(setting, state, config, get_runtime(RunContext).context)
                for condition, target in compiled:
                    if condition is None or call.holds(condition):
                        return target
                raise NoWayOn(node=setting.name)

    graph.add_conditional_edges(setting.name, route, list(dict.fromkeys(target for _, target in compiled)))


def _target(way: Route) -> str:
    return GRAPH_END if way.to == END else way.to
