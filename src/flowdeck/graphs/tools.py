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

from flowdeck.exceptions import Problem, ToolFailed, Unloadable
from flowdeck.graphs import builtin_tools
from flowdeck.graphs.located import Environment, Located, Source, invalid
from flowdeck.graphs.messages import to_json
from flowdeck.graphs.node_specs import Schema, SpecModel
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
            raise ToolFailed("tool_failed", tool=self.name, message=failure_text(error)) from error
        place = ".".join(str(part) for part in fault.absolute_path)
        raise ToolFailed("tool_failed", tool=self.name, message=f"{place}: {fault.message}".lstrip(": ")[:300])

    def _storable(self, result: JsonValue) -> JsonValue:
        """The result with its texts cleaned. Raises ToolFailed for numbers that no database stores."""
        fault = number_fault(result)
        if fault is not None:
            raise ToolFailed("tool_failed", tool=self.name, message=f"its result cannot be stored: {fault}")
        cleaned: JsonValue = clean(result)
        return cleaned

    def as_langchain(self) -> dict[str, Any]:
        """The tool as `bind_tools` takes it: OpenAI's function form."""
        function = {"name": self.name, "description": self.description, "parameters": dict(self.schema)}
        return {"type": "function", "function": function}


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
    """The configured tools."""

    def __init__(self, tools: Mapping[str, Tool]) -> None:
        self._tools = dict(tools)

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

        A relative `root` is below `folder`, where the file stands. Raises Unloadable with the place of a mistake.
        """
        if source is None:
            kinds: list[_ToolSpec] = [_Calculator(type="calculator"), _Clock(type="clock"), _Outbox(type="outbox")]
            return cls({kind.type: _tool(kind.type, kind, Path(), data_dir) for kind in kinds})
        located = read_yaml(source).expanded(environment)
        specs = validate_located(_ToolsFile, located).tools
        problems = [problem for name, spec in specs.items() for problem in _refused(name, spec, python_allow, located)]
        if problems:
            raise invalid(source, problems)
        return cls({name: _tool(name, spec, folder, data_dir) for name, spec in specs.items()})

    def names(self) -> tuple[str, ...]:
        """All names, in the file's order."""
        return tuple(self._tools)

    def all(self) -> Mapping[str, Tool]:
        """Every tool by its name."""
        return MappingProxyType(self._tools)

    def get(self, name: str) -> Tool:
        """The tool of this name. Raises Unloadable `tool_not_configured`."""
        if name not in self._tools:
            raise Unloadable("tool_not_configured", tool=name, known=", ".join(self._tools) or "none")
        return self._tools[name]


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


def _refused(name: str, spec: _ToolSpec, allow: tuple[str, ...], located: Located) -> list[Problem]:
    if not isinstance(spec, _Python):
        return []
    path = ("tools", name, "call")
    if not python_allowed(spec.call, allow):
        return [located.problem(path, f"{spec.call} is not on the operator's list (FLOWDECK_WORKFLOWS__PYTHON_ALLOW)")]
    try:
        _python_tool(name, spec)
    except Exception as error:  # noqa: BLE001 - a module's own code runs when it is imported
        return [located.problem(path, f"{spec.call} cannot be loaded: {failure_text(error)}")]
    return []


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
