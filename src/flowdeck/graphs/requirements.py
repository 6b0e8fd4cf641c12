"""What a workflow needs of the server it is built on, told before anything runs."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from flowdeck.errors.base import Unloadable
from flowdeck.errors.workflows import ModelNotConfigured, ToolNotConfigured
from flowdeck.graphs.arguments import Fault as ArgumentFault
from flowdeck.graphs.definition import Definition, Requirements
from flowdeck.graphs.models import ModelRegistry
from flowdeck.graphs.nodes.base import Use
from flowdeck.graphs.patterns import unfit_patterns
from flowdeck.graphs.python_code import load_callable, python_allowed
from flowdeck.graphs.python_graph import python_graph_fault
from flowdeck.graphs.resources import Resources
from flowdeck.graphs.shape import NO_GAPS, Gaps
from flowdeck.graphs.spec import WorkflowSpec, inner_nodes
from flowdeck.graphs.spec_model import Schema
from flowdeck.graphs.tools import ToolRegistry
from flowdeck.graphs.user_code import failure_text
from flowdeck.yaml_source.located import Fault, Located, Path, unloadable

_PATTERN_CURE = r"write [0-9] for \d, [A-Za-z0-9_] for \w, [ \t\n] for \s, and leave out lookaround and backreferences"


@dataclass(frozen=True)
class Needs:
    """The models, tools and files that a workflow names, those of its subworkflows included."""

    models: frozenset[str]
    tools: frozenset[str]
    files: frozenset[str]


def needs(definition: Definition) -> Needs:
    """What a workflow needs by name; `files` as people know them, such as `configs/workflows/triage.yaml`."""
    models: set[str] = set()
    tools: set[str] = set()
    files = {definition.source.path}
    for _, node in inner_nodes(definition.spec):
        models.update(model for model, _ in node.models_used())
        tools.update(tool for tool, _ in node.tools_used())
    for child in definition.children.values():
        below = needs(child)
        models |= below.models
        tools |= below.tools
        files |= below.files
    return Needs(frozenset(models), frozenset(tools), frozenset(files))


def requirements_of(resources: Resources) -> Requirements:
    """What `parse_definition` asks, to tell what a server lacks along with all other mistakes."""
    return partial(_missing, resources)


def missing_resources(definition: Definition, resources: Resources) -> Unloadable | None:
    """What a workflow needs and the server lacks, with every place that needs it; None if all is there."""
    faults = list(_missing(resources, definition.spec, definition.located, NO_GAPS))
    return unloadable(definition.source, faults) if faults else None


def _missing(resources: Resources, spec: WorkflowSpec, located: Located, gaps: Gaps) -> Iterator[Fault]:
    if spec.graph is not None and (fault := python_graph_fault(spec.graph, resources.python_allow)):
        yield Fault(located.problem(("graph",), fault))
    for path, node in inner_nodes(spec):
        for model, keys in node.models_used():
            if not gaps.cover((*path, *keys)):
                yield from _missing_model(model, located, (*path, *keys), resources.models)
        for tool, keys in node.tools_used():
            yield from _missing_tool(tool, located, (*path, *keys), resources.tools)
        yield from node.requirements(NodeRequirements(resources, located, gaps, path))


class NodeRequirements:
    """What the node types ask about the server at one node; `keys` lead from the node to what is at fault."""

    def __init__(self, resources: Resources, located: Located, gaps: Gaps, path: Path) -> None:
        self.resources = resources
        self._located = located
        self._gaps = gaps
        self._path = path

    def fault(self, message: str, *keys: str | int, at_key: bool = False) -> Fault:
        """A mistake at a place below the node."""
        return Fault(self._located.problem((*self._path, *keys), message, at_key=at_key))

    def function(self, call: str) -> Callable[..., Any] | Fault:
        """The function `module:attribute` that the node names in `call`, or what prevents it from being called."""
        fault = python_fault(call, self.resources.python_allow)
        return load_callable(call) if fault is None else self.fault(fault, "call")

    def wrong_arguments(self, faults: Iterator[ArgumentFault]) -> Iterator[Fault]:
        """The mistakes in the node's `args`."""
        for place, message in faults:
            # What is missing may be there under a key that is wrong.
            if place or not self._gaps.touch(self._path):
                yield self.fault(message, "args", *place, at_key=message.startswith("unknown"))

    def unfit_schemas(self, model: str, schema: Schema | None, tools: Iterator[Use]) -> Iterator[Fault]:
        """Patterns that the embedded model cannot follow, where it may reply: as the model itself or as a fallback."""
        name = None if self._gaps.cover((*self._path, "model")) else _local_model(model, self.resources.models)
        if name is None:
            return
        for place, pattern in unfit_patterns(schema or {}):
            message = f"the embedded model (model {name}) does not support the pattern {pattern}: {_PATTERN_CURE}"
            yield self.fault(message, "schema", *place)
        known = self.resources.tools.all()
        for tool, keys in tools:
            for place, pattern in unfit_patterns(known[tool].schema) if tool in known else ():
                field = ".".join(map(str, place))
                message = (
                    f"the embedded model (model {name}) does not support the pattern {pattern} "
                    f"at {field} in the arguments of tool {tool}: {_PATTERN_CURE}"
                )
                yield self.fault(message, *keys)


def _missing_model(name: str, located: Located, at: Path, models: ModelRegistry) -> Iterator[Fault]:
    known = models.names()
    if name not in known:
        message = f"model {name} is not configured; configured models: {', '.join(known)}"
        yield Fault(located.problem(at, message), ModelNotConfigured(model=name, known=", ".join(known)))
        return
    try:
        models.get(name)
    except Unloadable as error:  # a variable that it or a fallback of it needs is not set
        yield Fault(located.problem(at, error.detail()), error)


def _local_model(name: str, models: ModelRegistry) -> str | None:
    """The first model among a model and its fallbacks that is embedded, and is asked by JSON schemas."""
    chain, waiting = list[str](), [name]
    while waiting:
        name = waiting.pop(0)
        if name in chain or name not in models.names():
            continue
        chain.append(name)
        spec = models.spec(name)
        if spec.provider == "local" and spec.structured_output in {None, "json_schema"}:
            return name
        waiting.extend(spec.fallbacks)
    return None


def _missing_tool(name: str, located: Located, at: Path, tools: ToolRegistry) -> Iterator[Fault]:
    try:
        tools.get(name)
    except Unloadable as error:
        message = error.detail()
        if isinstance(error, ToolNotConfigured):
            message = f"tool {name} is not configured; configured tools: {error.known}"
        yield Fault(located.problem(at, message), error)


def python_fault(call: str, allow: tuple[str, ...]) -> str | None:
    """What keeps `module:attribute` from being called; None if nothing does."""
    if not python_allowed(call, allow):
        return f"{call} is not on the operator's allowlist (FLOWDECK_WORKFLOWS__PYTHON_ALLOW)"
    try:
        load_callable(call)
    except Exception as error:  # noqa: BLE001 - a module's own code runs when it is imported
        return f"{call} cannot be loaded: {failure_text(error)}"
    return None
