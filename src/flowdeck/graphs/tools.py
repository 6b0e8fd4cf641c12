"""The tools that nodes and agents may call, by name, from configs/tools.yaml; what the built-in ones do is beside."""

import importlib
import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal, cast

from jsonschema import Draft202012Validator
from langgraph.errors import GraphBubbleUp
from pydantic import Field, JsonValue

from flowdeck.errors.base import Problem, ToolFailed
from flowdeck.errors.nodes import ToolCallFailed
from flowdeck.errors.workflows import ToolNotConfigured, ToolUnavailable
from flowdeck.graphs import builtin_tools
from flowdeck.graphs.located import Environment, Located, Source, unloadable
from flowdeck.graphs.messages import to_json
from flowdeck.graphs.schemas import schema_fault
from flowdeck.graphs.spec_model import Schema, SpecModel
from flowdeck.graphs.storable import clean, number_fault
from flowdeck.graphs.user_code import call, contained, failure_text
from flowdeck.graphs.validation import validate_located
from flowdeck.graphs.yaml_text import read_yaml

ToolFunction = Callable[[Mapping[str, Any], str], Awaitable[JsonValue]]


class ToolExample(SpecModel):
    """A question and the arguments that suit it; shown to models that choose their tool through a JSON schema."""

    user: str
    args: dict[str, JsonValue]


@dataclass(frozen=True)
class Tool:
    """Something a model or a tool node may call. `schema` is the JSON schema of its arguments, an object."""

    name: str
    type: str
    description: str
    schema: Schema
    function: ToolFunction = field(repr=False)
    examples: tuple[ToolExample, ...] = ()

    async def invoke(self, args: Mapping[str, JsonValue], *, idempotency_key: str) -> JsonValue:
        """The tool's result. A call with a key that was used before is the same call again, not a second one.

        Raises ToolFailed `tool_failed` whatever goes wrong: the arguments do not fit the schema, the function raises,
        or its result cannot be stored. LangGraph's control flow and a cancellation of the caller pass.
        """
        try:
            fault = next(iter(Draft202012Validator(self.schema).iter_errors(dict(args))), None)
            if fault is None:
                return self._storable(await self.function(args, idempotency_key))
        except (GraphBubbleUp, ToolFailed):
            raise
        except Exception as error:
            raise ToolCallFailed(tool=self.name, message=failure_text(error)) from error
        place = ".".join(str(part) for part in fault.absolute_path)
        raise ToolCallFailed(tool=self.name, message=f"{place}: {fault.message}".lstrip(": ")[:300])

    def _storable(self, result: JsonValue) -> JsonValue:
        """The result with its texts cleaned. Raises ToolFailed for numbers that no database stores."""
        fault = number_fault(result)
        if fault is not None:
            raise ToolCallFailed(tool=self.name, message=f"its result cannot be stored: {fault}")
        cleaned: JsonValue = clean(result)
        return cleaned

    def as_langchain(self) -> dict[str, Any]:
        """The tool as `bind_tools` takes it: OpenAI's function form."""
        function = {"name": self.name, "description": self.description, "parameters": dict(self.schema)}
        return {"type": "function", "function": function}


@dataclass(frozen=True)
class UnavailableTool:
    """A tool of tools.yaml that cannot be called on this server; `problem` says why, and where in the file."""

    name: str
    type: str
    description: str
    problem: Problem


class _Described(SpecModel):
    description: str = ""
    examples: tuple[ToolExample, ...] = ()


class _Calculator(_Described):
    type: Literal["calculator"]


class _Clock(_Described):
    type: Literal["clock"]


class _FileSearch(_Described):
    type: Literal["file_search"]
    root: str


class _Outbox(_Described):
    type: Literal["outbox"]


class _Python(_Described):
    type: Literal["python"]
    call: str = Field(pattern=r"^[A-Za-z_][\w.]*:[A-Za-z_]\w*$")
    args: Schema | None = None


_ToolSpec = Annotated[_Calculator | _Clock | _FileSearch | _Outbox | _Python, Field(discriminator="type")]


class _ToolsFile(SpecModel):
    tools: dict[Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_-]{0,63}$")], _ToolSpec]


class ToolRegistry:
    """The configured tools, and those that are unavailable on this server."""

    def __init__(self, tools: Mapping[str, Tool | UnavailableTool]) -> None:
        self._entries = dict(tools)
        self._tools = {name: tool for name, tool in tools.items() if isinstance(tool, Tool)}

    @classmethod
    def load(
        cls,
        source: Source | None,
        *,
        environment: Environment,
        python_allow: tuple[str, ...],
        folder: Path,
        data_dir: Path,
    ) -> "ToolRegistry":
        """The tools of a tools.yaml; without one, calculator, clock and outbox.

        A relative `root` is below `folder`, where the file stands. A tool whose variable is not set, or whose function
        is not allowed or cannot be loaded, is unavailable; all others work. Raises Unloadable with the places of the
        mistakes where the file is not of the right shape.
        """
        if source is None:
            kinds: list[_ToolSpec] = [_Calculator(type="calculator"), _Clock(type="clock"), _Outbox(type="outbox")]
            return cls({kind.type: _tool(kind.type, kind, Path(), data_dir) for kind in kinds})
        located, missing = read_yaml(source).expanded_in_part(environment)
        lacking = {str(fault.path[1]): fault for fault in missing if fault.path is not None and len(fault.path) > 1}
        if len(lacking) < len({fault.path[:2] for fault in missing if fault.path is not None}):
            raise unloadable(source, missing)
        specs = validate_located(_ToolsFile, located.without([("tools", name) for name in lacking])).tools
        tools: dict[str, Tool | UnavailableTool] = {}
        written = located.at(("tools",))
        for name in written if isinstance(written, dict) else ():
            if name in lacking:
                tools[name] = _lacking(name, located, lacking[name].problem)
            else:
                problem = _refused(name, specs[name], python_allow, located)
                tools[name] = (
                    UnavailableTool(name, specs[name].type, specs[name].description, problem)
                    if problem is not None
                    else _tool(name, specs[name], folder, data_dir)
                )
        return cls(tools)

    def names(self) -> tuple[str, ...]:
        """The names of the tools that can be called, in the file's order."""
        return tuple(self._tools)

    def all(self) -> Mapping[str, Tool]:
        """Every tool that can be called, by its name."""
        return MappingProxyType(self._tools)

    def entries(self) -> tuple[Tool | UnavailableTool, ...]:
        """All tools in the file's order, the unavailable ones too."""
        return tuple(self._entries.values())

    def unavailable(self) -> Mapping[str, UnavailableTool]:
        """The tools that cannot be called, by name."""
        return {name: tool for name, tool in self._entries.items() if isinstance(tool, UnavailableTool)}

    def get(self, name: str) -> Tool:
        """The tool of this name. Raises Unloadable `tool_not_configured` or `tool_unavailable`."""
        found = self._entries.get(name)
        if found is None:
            raise ToolNotConfigured(tool=name, known=", ".join(self._tools) or "none")
        if isinstance(found, UnavailableTool):
            raise ToolUnavailable(tool=name, reason=found.problem)
        return found


def python_allowed(call: str, allow: tuple[str, ...]) -> bool:
    """Whether the operator allows `module:attribute`: by that very text, or by its module."""
    return call in allow or call.partition(":")[0] in allow


def load_callable(call: str) -> Callable[..., Any]:
    """The callable at `module:attribute`. Raises TypeError if it is not one, and any Exception that its module does."""
    module, _, attribute = call.partition(":")
    with contained():
        found = getattr(importlib.import_module(module), attribute)
        if not callable(found):
            raise TypeError(f"{call} is not a callable")
        inspect.signature(found)  # asked for later on: what it raises is a mistake at this place
    return cast("Callable[..., Any]", found)


async def call_python(function: Callable[..., Any], args: Mapping[str, Any]) -> JsonValue:
    """What a function gives for the arguments, as JSON. Raises what `user_code.call` raises."""
    result = await call(function, args)
    with contained():  # objects of users' code are asked for their items and texts
        return to_json(result)


def _lacking(name: str, located: Located, problem: Problem) -> UnavailableTool:
    entry = located.at(("tools", name))
    told = entry if isinstance(entry, dict) else {}
    return UnavailableTool(name, str(told.get("type", "")), str(told.get("description", "")), problem)


def _refused(name: str, spec: _ToolSpec, allow: tuple[str, ...], located: Located) -> Problem | None:
    """What keeps a tool from being called on this server; None if nothing does."""
    if not isinstance(spec, _Python):
        return None
    path = ("tools", name, "call")
    if not python_allowed(spec.call, allow):
        return located.problem(path, f"{spec.call} is not on the operator's list (FLOWDECK_WORKFLOWS__PYTHON_ALLOW)")
    if spec.args is not None and (fault := schema_fault(spec.args)):
        return located.problem(("tools", name, "args", *fault[0]), fault[1])
    try:
        _python_tool(name, spec)
    except Exception as error:  # noqa: BLE001 - a module's own code runs when it is imported
        return located.problem(path, f"{spec.call} cannot be loaded: {failure_text(error)}")
    return None


def _tool(name: str, spec: _ToolSpec, folder: Path, data_dir: Path) -> Tool:
    if isinstance(spec, _Python):
        tool = _python_tool(name, spec)
    else:
        functions: Mapping[str, ToolFunction] = {
            "calculator": builtin_tools.calculator,
            "clock": builtin_tools.clock,
            "file_search": builtin_tools.FileSearch(folder / getattr(spec, "root", "")).invoke,
            "outbox": builtin_tools.Outbox(data_dir / "outbox").invoke,
        }
        card = builtin_tools.CARDS[spec.type]
        examples = tuple(ToolExample(user=user, args=dict(args)) for user, args in card.examples)
        tool = Tool(name, spec.type, card.description, card.args, functions[spec.type], examples)
    return replace(tool, description=spec.description or tool.description, examples=spec.examples or tool.examples)


def _python_tool(name: str, spec: _Python) -> Tool:
    function = load_callable(spec.call)

    async def invoke(args: Mapping[str, Any], idempotency_key: str) -> JsonValue:
        keyed = {"idempotency_key": idempotency_key} if takes_key(function) else {}
        return await call_python(function, {**args, **keyed})

    with contained():
        description = inspect.getdoc(function) or f"Calls {spec.call}."
        return Tool(name, spec.type, description, spec.args or _schema_of(function), invoke)


def takes_key(function: Callable[..., Any]) -> bool:
    """Whether a function has a parameter `idempotency_key`, and so is given the key."""
    with contained():
        return "idempotency_key" in inspect.signature(function).parameters


def _schema_of(function: Callable[..., Any]) -> Schema:
    """A JSON schema of a function's parameters, from their plain annotations."""
    kinds: dict[object, str] = {
        str: "string",
        int: "integer",
        float: "number",
        bool: "boolean",
        list: "array",
        dict: "object",
    }
    properties: dict[str, JsonValue] = {}
    required: list[JsonValue] = []
    for name, parameter in inspect.signature(function, eval_str=True).parameters.items():
        if name == "idempotency_key" or parameter.kind in {parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD}:
            continue
        kind = kinds.get(parameter.annotation)
        properties[name] = {"type": kind} if kind else {}
        if parameter.default is parameter.empty:
            required.append(name)
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
