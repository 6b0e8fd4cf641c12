"""The tool types: every module in this folder that has a `TOOL_TYPE` is one."""

from collections.abc import Mapping
from functools import reduce
from importlib import import_module
from operator import or_
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Annotated, get_args

from pydantic import Field

from flowdeck.graphs import tool_types
from flowdeck.graphs.tool_types.base import ToolSpec


def _found() -> dict[str, type[ToolSpec]]:
    names = (module.name for module in iter_modules(tool_types.__path__) if module.name not in {"base", "registry"})
    types: list[type[ToolSpec]] = [import_module(f"{tool_types.__name__}.{name}").TOOL_TYPE for name in names]
    return {get_args(kind.model_fields["type"].annotation)[0]: kind for kind in types}


TOOL_TYPES: Mapping[str, type[ToolSpec]] = _found()
"""Each tool type by the name that `type` gives it."""

if TYPE_CHECKING:
    AnyToolSpec = ToolSpec
else:
    AnyToolSpec = Annotated[reduce(or_, TOOL_TYPES.values()), Field(discriminator="type")]
