"""Reports failures inside a graph to whoever runs it, also those that a retry, a fallback or an agent makes good.

A node's own exception reaches the caller anyway unless something makes it good; it is the same object then. A listener
belongs to the task that runs the graph and to the tasks that it starts, and so does the place where they are.
"""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class NodePlace:
    """A node of a workflow's YAML as a failure names it.

    `path` names the nodes around it from the outside in: subworkflow nodes, and parallel nodes with the index of the
    item, such as `batch[2]`. `item` is the index, from 0, of the innermost item of a parallel node that it belongs to.
    """

    node: str
    path: tuple[str, ...] = ()
    item: int | None = None
    own_item: bool = False  # whether `item` is an item of this node, not of one around it

    def inside(self, node: str) -> "NodePlace":
        """The place of a node within this one."""
        return NodePlace(node, (*self.path, f"{self.node}[{self.item}]" if self.own_item else self.node), self.item)


Listener = Callable[[Exception, NodePlace | None], None]

_listener: ContextVar[Listener | None] = ContextVar("flowdeck_failure_listener", default=None)
_place: ContextVar[NodePlace | None] = ContextVar("flowdeck_node_place", default=None)
_writers: ContextVar[dict[str, str] | None] = ContextVar("flowdeck_writers", default=None)


def listen(listener: Listener) -> None:
    """Call `listener` with each failure in the graphs that this task runs from now on, and with its place."""
    _listener.set(listener)
    _writers.set({})


def note_writer(fields: Collection[str]) -> None:
    """Note that the present node writes these fields; a reducer is called when the node has ended."""
    writers, place = _writers.get(), _place.get()
    if writers is not None and place is not None:
        writers.update(dict.fromkeys(fields, place.node))


def writer_of(field: str) -> str | None:
    """The node that wrote a field last."""
    return (_writers.get() or {}).get(field)


@contextmanager
def in_node(name: str) -> Iterator[None]:
    """Within the block, failures belong to this node, which is inside the node that the block is in."""
    around = _place.get()
    token = _place.set(NodePlace(name) if around is None else around.inside(name))
    try:
        yield
    finally:
        _place.reset(token)


@contextmanager
def in_item(index: int) -> Iterator[None]:
    """Within the block, failures belong to this item of the parallel node that the block is in."""
    around = _place.get()
    token = _place.set(None if around is None else replace(around, item=index, own_item=True))
    try:
        yield
    finally:
        _place.reset(token)


def report(error: Exception) -> None:
    """Report a failure at the present place; the same exception as often as it passes by."""
    listener = _listener.get()
    if listener is not None:
        listener(error, _place.get())
