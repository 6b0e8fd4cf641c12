"""What a workflow needs of the server it is built on, told before anything runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from flowdeck.errors.base import Unloadable
from flowdeck.errors.workflows import ModelNotConfigured, ToolNotConfigured
from flowdeck.graphs.arguments import Fault as ArgumentFault
from flowdeck.graphs.arguments import function_argument_faults, tool_argument_faults
from flowdeck.graphs.definition import Definition, Requirements
from flowdeck.graphs.located import Fault, Located, Path, unloadable
from flowdeck.graphs.models import ModelRegistry
from flowdeck.graphs.node_specs import AgentNode, LlmNode, NodeBasics, PythonNode, ToolNode
from flowdeck.graphs.patterns import unfit_patterns
from flowdeck.graphs.python_graph import python_graph_fault
from flowdeck.graphs.resources import Resources
from flowdeck.graphs.shape import NO_GAPS, Gaps
from flowdeck.graphs.spec import WorkflowSpec, inner_nodes
from flowdeck.graphs.tools import ToolRegistry, load_callable, python_allowed
from flowdeck.graphs.user_code import failure_text

_PATTERN_CURE = r"write [0-9] for \d, [A-Za-z0-9_] for \w, [ \t\n] for \s, and leave out look-ahead and back-references"


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
    for path, node in inner_nodes(definition.spec):
        if isinstance(node, LlmNode | AgentNode):
            models.add(node.model)
        tools.update(tool for tool, _ in _tools(node, path))
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
        if isinstance(node, LlmNode | AgentNode) and not gaps.cover((*path, "model")):
            yield from _missing_model(node.model, located, (*path, "model"), resources.models)
            yield from _unfit_schemas(node, located, path, resources)
        for name, at in _tools(node, path):
            yield from _missing_tool(name, located, at, resources.tools)
        tool = resources.tools.all().get(node.tool or "") if isinstance(node, ToolNode) else None
        if isinstance(node, ToolNode) and tool is not None:
            faults = tool_argument_faults(node.args, tool.schema)
            yield from _wrong_arguments(faults, located, path, gaps)
        if isinstance(node, PythonNode):
            yield from _wrong_call(node, located, path, gaps, resources.python_allow)


def _wrong_call(node: PythonNode, located: Located, path: Path, gaps: Gaps, allow: tuple[str, ...]) -> Iterator[Fault]:
    fault = python_fault(node.call, allow)
    if fault is not None:
        yield Fault(located.problem((*path, "call"), fault))
        return
    faults = function_argument_faults(node.args, load_callable(node.call))
    yield from _wrong_arguments(faults, located, path, gaps)


def _wrong_arguments(faults: Iterator[ArgumentFault], located: Located, path: Path, gaps: Gaps) -> Iterator[Fault]:
    for place, message in faults:
        # What is missing may be there under a key that is wrong.
        if place or not gaps.touch(path):
            yield Fault(located.problem((*path, "args", *place), message, at_key=message.startswith("unknown")))


def _missing_model(name: str, located: Located, at: Path, models: ModelRegistry) -> Iterator[Fault]:
    known = models.names()
    if name not in known:
        message = f"no model is called {name}; configured are: {', '.join(known)}"
        yield Fault(located.problem(at, message), ModelNotConfigured(model=name, known=", ".join(known)))
        return
    try:
        models.get(name)
    except Unloadable as error:  # a variable that it or a fallback of it needs is not set
        yield Fault(located.problem(at, error.detail()), error)


def _unfit_schemas(node: LlmNode | AgentNode, located: Located, path: Path, resources: Resources) -> Iterator[Fault]:
    """Patterns that the embedded model cannot follow, where it may come to answer: itself or as a fallback."""
    name = _local_model(node.model, resources.models)
    if name is None:
        return
    told = f"which the embedded model (model {name}) cannot follow: {_PATTERN_CURE}"
    if isinstance(node, LlmNode) and node.answer_schema is not None:
        for place, pattern in unfit_patterns(node.answer_schema):
            message = f"the pattern {pattern} has parts {told}"
            yield Fault(located.problem((*path, "schema", *place), message))
    tools = resources.tools.all()
    for tool, at in _tools(node, path):
        for place, pattern in unfit_patterns(tools[tool].schema) if tool in tools else ():
            field = ".".join(map(str, place))
            message = f"the arguments of tool {tool} have the pattern {pattern} at {field}, {told}"
            yield Fault(located.problem(at, message))


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
            message = f"no tool is called {name}; configured are: {error.known}"
        yield Fault(located.problem(at, message), error)


def python_fault(call: str, allow: tuple[str, ...]) -> str | None:
    """What keeps `module:attribute` from being called; None if nothing does."""
    if not python_allowed(call, allow):
        return f"{call} is not on the operator's list (FLOWDECK_WORKFLOWS__PYTHON_ALLOW)"
    try:
        load_callable(call)
    except Exception as error:  # noqa: BLE001 - a module's own code runs when it is imported
        return f"{call} cannot be loaded: {failure_text(error)}"
    return None


def _tools(node: NodeBasics, path: Path) -> Iterator[tuple[str, Path]]:
    if isinstance(node, ToolNode) and node.tool is not None:
        yield node.tool, (*path, "tool")
    if isinstance(node, AgentNode | LlmNode | ToolNode):
        for index, tool in enumerate(node.tools or ()):
            yield tool, (*path, "tools", index)
