"""Functions of users' code by name: whether they are allowed, what they take, and calling them."""

import importlib
import inspect
from collections.abc import Callable, Mapping
from typing import Any, cast

from pydantic import JsonValue

from flowdeck.graphs.messages import to_json
from flowdeck.graphs.spec_model import Schema
from flowdeck.graphs.user_code import call, contained


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


def takes_key(function: Callable[..., Any]) -> bool:
    """Whether a function has a parameter `idempotency_key`, and so is given the key."""
    with contained():
        return "idempotency_key" in inspect.signature(function).parameters


def schema_of(function: Callable[..., Any]) -> Schema:
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
