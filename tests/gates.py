"""Functions for python nodes: that wait until a test lets them go on and count their calls, and one that tells."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from langgraph.config import get_stream_writer

from flowdeck.settings import WorkflowSettings

ALLOWED = WorkflowSettings(python_allow=("tests.gates",))


@dataclass
class Gate:
    """One place to wait at. `entered` counts calls, `passed` those that went through to their end."""

    entered: int = 0
    passed: int = 0
    arrival: asyncio.Event = field(default_factory=asyncio.Event)
    opening: asyncio.Event = field(default_factory=asyncio.Event)
    thread_arrival: threading.Event = field(default_factory=threading.Event)
    thread_opening: threading.Event = field(default_factory=threading.Event)


_gates: dict[str, Gate] = {}


@contextmanager
def gate(name: str) -> Iterator[Gate]:
    """A gate that nodes may wait at while this is entered."""
    made = _gates[name] = Gate()
    try:
        yield made
    finally:
        made.thread_opening.set()
        if _gates.get(name) is made:  # another may have replaced it
            del _gates[name]


async def wait(name: str) -> str:
    """Wait in the event loop; where there is no such gate, pass."""
    here = _gates.get(name)
    if here is None:
        return name
    here.entered += 1
    here.arrival.set()
    await here.opening.wait()
    here.passed += 1
    return name


def block(name: str) -> str:
    """Wait in a thread, which nothing can interrupt."""
    here = _gates[name]
    here.entered += 1
    here.thread_arrival.set()
    here.thread_opening.wait(60)
    here.passed += 1
    return name


def workflow(name: str, *nodes: str) -> str:
    """A workflow that waits at gates, one step each, and lists in `done` those that it has passed.

    A node called `block…` waits in a thread.
    """
    lines = [f"name: {name}", "state:", "  done: {type: list, reducer: append}", "  by: {type: list, reducer: append}"]
    lines.append("nodes:")
    for node in nodes:
        function = "block" if node.startswith("block") else "wait"
        lines.append(f"  {node}_gate: {{type: python, call: 'tests.gates:{function}', args: {{name: {node}}}}}")
        lines.append(f"  {node}: {{type: transform, set: {{done: \"['{node}']\"}}}}")
    path = [name for node in nodes for name in (f"{node}_gate", node)]
    lines += [f"entry: {path[0]}", "edges:"]
    lines += [f"  - {{from: {start}, to: {end}}}" for start, end in zip(path, [*path[1:], "END"], strict=True)]
    return "\n".join(lines)


async def tell(value: object) -> object:
    """Write to LangGraph's custom stream."""
    get_stream_writer()({"told": value})
    return value
