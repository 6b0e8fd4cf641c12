"""The node types: every package in this folder is one, and adding a package adds a type.

A package's `NODE_TYPE` has the class of its keys, the name of its step, and its form.
"""

from collections.abc import Mapping
from functools import reduce
from importlib import import_module
from operator import or_
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Annotated, Any, cast, get_args

from pydantic import Field

from flowdeck.graphs import nodes
from flowdeck.graphs.nodes.base import NodeBasics, NodeType

if TYPE_CHECKING:
    from flowdeck.graphs.nodes.call import ItemStep, Setting, Step


def _found() -> dict[str, NodeType]:
    packages = sorted(module.name for module in iter_modules(nodes.__path__) if module.ispkg)
    found = [cast("NodeType", import_module(f"{nodes.__name__}.{name}").NODE_TYPE) for name in packages]
    return {get_args(kind.spec.model_fields["type"].annotation)[0]: kind for kind in found}


NODE_TYPES: Mapping[str, NodeType] = _found()
"""Each node type by the name that `type` gives it."""


def _any_of(types: list[type[NodeBasics]]) -> Any:
    return Annotated[reduce(or_, types), Field(discriminator="type")]


if TYPE_CHECKING:
    NodeSpec = NodeBasics
else:
    NodeSpec = _any_of([kind.spec for kind in NODE_TYPES.values()])
    # A node inside another one is of the types that may be there; they are known only now.
    _ITEM = _any_of([kind.spec for kind in NODE_TYPES.values() if kind.spec.inline])
    for _kind in NODE_TYPES.values():
        _kind.spec.model_rebuild(_types_namespace={"ItemNode": _ITEM})

_NAMES: Mapping[type[NodeBasics], NodeType] = {kind.spec: kind for kind in NODE_TYPES.values()}


def make_step(node: NodeBasics, setting: "Setting") -> "Step":
    """The node made ready to be executed."""
    module, _, name = _NAMES[type(node)].step.partition(":")
    return cast("Step", getattr(import_module(module), name)(node, setting))


def make_item_step(node: NodeBasics, setting: "Setting") -> "ItemStep":
    """The same of a node inside a parallel node."""
    return cast("ItemStep", make_step(node, setting))
