"""What a workflow needs of the server it is built on, told before anything runs."""

from collections.abc import Iterator
from dataclasses import dataclass

from flowdeck.exceptions import Problem, Unloadable
from flowdeck.graphs.definition import Definition
from flowdeck.graphs.located import Path, invalid
from flowdeck.graphs.node_specs import AgentNode, LlmNode, NodeBasics, PythonNode, ToolNode
from flowdeck.graphs.resources import Resources
from flowdeck.graphs.spec import inner_nodes
from flowdeck.graphs.tools import load_callable, python_allowed
from flowdeck.graphs.user_code import failure_text


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


def missing_resources(definition: Definition, resources: Resources) -> Unloadable | None:
    """The first kind of thing that is missing, with every place that needs it; None if all is there.

    A model's own troubles (a variable that is not set, a package that is not installed) are raised as they are.
    """
    models: list[tuple[str, Problem]] = []
    tools: list[tuple[str, Problem]] = []
    python: list[Problem] = []
    known_models, known_tools = resources.models.names(), resources.tools.names()
    for path, node in inner_nodes(definition.spec):
        if isinstance(node, LlmNode | AgentNode):
            if node.model not in known_models:
                message = f"no model is called {node.model}; configured are: {', '.join(known_models)}"
                models.append((node.model, definition.located.problem((*path, "model"), message)))
            else:
                resources.models.get(node.model)
        for tool, at in _tools(node, path):
            if tool not in known_tools:
                message = f"no tool is called {tool}; configured are: {', '.join(known_tools) or 'none'}"
                tools.append((tool, definition.located.problem(at, message)))
        if isinstance(node, PythonNode):
            fault = python_fault(node.call, resources.python_allow)
            python.extend([definition.located.problem((*path, "call"), fault)] if fault else [])
    if models:
        known = ", ".join(known_models)
        problems = tuple(problem for _, problem in models)
        return Unloadable("model_not_configured", model=models[0][0], known=known, problems=problems)
    if tools:
        known = ", ".join(known_tools) or "none"
        problems = tuple(problem for _, problem in tools)
        return Unloadable("tool_not_configured", tool=tools[0][0], known=known, problems=problems)
    return invalid(definition.source, python) if python else None


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
    if isinstance(node, AgentNode | LlmNode):
        for index, tool in enumerate(node.tools):
            yield tool, (*path, "tools", index)
