"""Tells whoever runs a graph of failures inside it, also of those that a retry, a fallback or an agent makes good.

A node's own exception reaches the caller anyway, if nothing makes it good; it is the same object then. What is told
here belongs to the task that runs the graph and to the tasks it starts.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Listener = Callable[[Exception, str | None], None]

_listener: ContextVar[Listener | None] = ContextVar("flowdeck_failure_listener", default=None)
_node: ContextVar[str | None] = ContextVar("flowdeck_node", default=None)


def listen(listener: Listener) -> None:
    """Have `listener` told of failures in graphs that this task runs from now on, each with its node."""
    _listener.set(listener)


@contextmanager
def in_node(name: str) -> Iterator[None]:
    """Within the block, failures belong to this node; inside a node of a subworkflow, to the inner one."""
    token = _node.set(name)
    try:
        yield
    finally:
        _node.reset(token)


def report(error: Exception, node: str | None = None) -> None:
    """Tell of a failure; of the same exception as often as it passes by."""
    listener = _listener.get()
    if listener is not None:
        listener(error, node or _node.get())
