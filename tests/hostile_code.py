"""Code of workflows that harms a server: it exits, hangs, cancels itself and returns strange objects.

The file is long because it is the whole list.
"""

import asyncio
import concurrent.futures
import os
import resource
import sys
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, TypedDict

from langchain_core.tools import tool
from langgraph.graph import END, START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode
from langgraph.runtime import get_runtime
from langgraph.types import interrupt

from flowdeck.graphs.resources import RunContext
from flowdeck.settings import WorkflowSettings

ALLOWED = WorkflowSettings(python_allow=("tests.hostile_code",))


class OwnError(BaseException):
    """A user's own exception, which no `except Exception` catches."""


class UnreadableError(Exception):
    """An exception whose text ends the process."""

    def __str__(self) -> str:
        raise SystemExit("from the text of an exception")


class Unreadable:
    """A value whose text ends the process."""

    def __str__(self) -> str:
        raise SystemExit("from the text of a value")


def _make(kind: str) -> BaseException:
    made: dict[str, BaseException] = {
        "SystemExit": SystemExit(3),
        "KeyboardInterrupt": KeyboardInterrupt("stop"),
        "GeneratorExit": GeneratorExit("closed"),
        "StopIteration": StopIteration("done"),
        "StopAsyncIteration": StopAsyncIteration("done"),
        "CancelledError": asyncio.CancelledError("by itself"),
        "FutureCancelledError": concurrent.futures.CancelledError("by itself"),
        "OwnError": OwnError("mine"),
        "BaseExceptionGroup": BaseExceptionGroup("several", [SystemExit(4), ValueError("small")]),
        "UnreadableError": UnreadableError(),
        "MemoryError": MemoryError("too much"),
    }
    return made[kind]


KINDS = (
    "SystemExit",
    "KeyboardInterrupt",
    "GeneratorExit",
    "StopIteration",
    "StopAsyncIteration",
    "CancelledError",
    "FutureCancelledError",
    "OwnError",
    "BaseExceptionGroup",
    "UnreadableError",
    "MemoryError",
)


def raises(kind: str) -> str:
    """Raise an exception of this kind; `none` raises none."""
    if kind == "none":
        return "fine"
    raise _make(kind)


async def raises_async(kind: str) -> str:
    """As `raises`, in the event loop."""
    await asyncio.sleep(0)
    return raises(kind)


class _Awaitable:
    def __init__(self, kind: str) -> None:
        self._kind = kind

    def __await__(self) -> Any:
        return raises_async(self._kind).__await__()


def gives_awaitable(kind: str) -> _Awaitable:
    """A function that is not async and gives something to await."""
    return _Awaitable(kind)


async def in_a_task(kind: str) -> str:
    """Raise in a task of its own, which nobody awaits."""
    task = asyncio.create_task(raises_async(kind), name="a user's")
    await asyncio.wait((task,))
    return "fine" if task.cancelled() or task.exception() is not None else "nothing"


async def cancels_everything(kind: str) -> str:
    """Cancel the tasks of the run from inside; `kind` is not asked."""
    run_tasks = [task for task in asyncio.all_tasks() if task.get_name().startswith("run-")]
    for task in run_tasks:
        task.cancel(kind)
    await asyncio.sleep(60)
    return "never"


def gives_unreadable(kind: str) -> Any:
    """A value that cannot be shown."""
    return {"kind": kind, "value": Unreadable()}


def gives_itself(kind: str) -> Any:
    """A value that holds itself."""
    value: dict[str, Any] = {"kind": kind}
    value["self"] = value
    return value


def gives_nul(kind: str) -> str:
    """A text that databases refuse."""
    return f"{kind}\x00"


def gives_not_a_number(kind: str) -> Any:
    """A number that JSON has not."""
    return {kind: float("nan")}


def gives_too_deep(kind: str) -> Any:
    """A value that is nested too deep to be stored."""
    value: Any = kind
    for _ in range(200):
        value = [value]
    return value


def ends_process(kind: str) -> str:
    """End the process at once, as a crash does."""
    if kind != "none":
        os._exit(7)
    return "fine"


async def ends_loop(kind: str) -> str:
    """End the event loop from a callback, which no task is around."""
    loop = asyncio.get_running_loop()
    if kind == "stop":
        loop.stop()
    else:
        loop.call_soon(sys.exit, 0)
    await asyncio.sleep(60)
    return "never"


def hangs(seconds: float = 600) -> str:
    """Hang in a thread, which nothing can interrupt."""
    time.sleep(seconds)
    return "at last"


def hangs_in_a_thread_of_its_own(seconds: float = 600) -> str:
    """Leave a thread behind for which Python waits at its end."""
    threading.Thread(target=time.sleep, args=(seconds,), daemon=False).start()
    return "left"


async def ignores_cancellation(seconds: float = 600) -> str:
    """Hang in the event loop, and go on when told to stop."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            await asyncio.sleep(until - time.monotonic())
        except asyncio.CancelledError:
            continue
    return "at last"


async def keeps_the_loop(seconds: float) -> float:
    """Block the event loop, as a computation in an async function does."""
    time.sleep(seconds)  # noqa: ASYNC251 - on purpose
    return seconds


def reads_context() -> dict[str, Any]:
    """What LangGraph's context variables say in the function's thread."""
    run_id = get_runtime(RunContext).context.run_id
    return {"run_id": run_id, "thread": threading.current_thread().daemon}


def takes_all_memory(kind: str) -> int:
    """Ask for more memory than there is; `kind` is not asked."""
    return len(bytearray(1 << 50)) + len(kind)


def _limit_memory() -> None:
    """Leave this process 256 MiB more of addresses than it has."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + (256 << 20), hard))


def fills_memory(kind: str) -> int:
    """Take memory until there is none, in `large` pieces or in `small` ones."""
    _limit_memory()
    held: list[object] = []
    while True:
        held.append(bytearray(8 << 20) if kind == "large" else [kind] * 100)


async def fills_memory_of_the_loop(kind: str) -> int:
    """As `fills_memory`, in the event loop's own thread."""
    return fills_memory(kind)


def fails_with_path(name: str) -> str:
    """Read a file that is not there."""
    with open(f"/srv/flowdeck/customers/{name}", encoding="utf-8") as file:  # noqa: PTH123 - as people write it
        return file.read()


def fails_with(kind: str) -> str:
    """Raise a message of this kind."""
    raise RuntimeError({"huge": "x" * 10_000_000, "nul": "a\x00b", "half": "half \ud83d"}[kind])


def fails_at(at: Any, here: Any) -> str:
    """Fail where both are the same."""
    if str(at) == str(here):
        raise ValueError("no such order")
    return "fine"


async def slow_at(at: Any, here: Any) -> str:
    """Take long where both are the same."""
    if str(at) == str(here):
        await asyncio.sleep(60)
    return "fine"


# -- Python graphs


class GraphState(TypedDict, total=False):
    """The state of the graphs here."""

    kind: str
    done: str


class ReducedState(GraphState, total=False):
    """A state whose reducer raises what is written to it."""

    total: Annotated[str, lambda _, new: raises(new)]


def _graph(node: Any, *, condition: Any = None, state: Any = GraphState) -> Any:
    graph = StateGraph(state)
    graph.add_node("work", node)
    graph.add_edge(START, "work")
    if condition is None:
        graph.add_edge("work", END)
    else:
        graph.add_conditional_edges("work", condition, [END])
    return graph


def _node(state: GraphState) -> GraphState:
    return {"done": raises(state["kind"])}


async def _async_node(state: GraphState) -> GraphState:
    return {"done": await raises_async(state["kind"])}


def _route(state: GraphState) -> str:
    raises(state["kind"])
    return END


async def _async_route(state: GraphState) -> str:
    await raises_async(state["kind"])
    return END


def _write(state: ReducedState) -> ReducedState:
    return {"total": state["kind"]}


def _hang(_: GraphState) -> GraphState:
    return {"done": hangs()}


def graph_node() -> Any:
    return _graph(_node)


def graph_async_node() -> Any:
    return _graph(_async_node)


def graph_condition() -> Any:
    return _graph(lambda _: {"done": "fine"}, condition=_route)


def graph_async_condition() -> Any:
    return _graph(lambda _: {"done": "fine"}, condition=_async_route)


def graph_reducer() -> Any:
    return _graph(_write, state=ReducedState)


def graph_subgraph() -> Any:
    """A compiled graph whose node is a compiled graph."""
    return _graph(_graph(_node).compile()).compile()


def graph_called() -> Any:
    """A graph whose node calls another one."""
    inner = _graph(_async_node).compile()

    async def call(state: GraphState) -> GraphState:
        return {"done": (await inner.ainvoke(state))["done"]}

    return _graph(call)


_asked: Counter[str] = Counter()
_meeting = asyncio.Barrier(3)


def forget_calls() -> None:
    """Let the next call of each tool be its first."""
    global _meeting  # noqa: PLW0603 - a barrier belongs to one event loop
    _asked.clear()
    _meeting = asyncio.Barrier(3)


async def _now_and_then(name: str, *, late: int) -> None:
    _asked[name] += 1
    await asyncio.sleep(0.1 * (_asked[name] % 2 == late))


@tool
async def ask_colour(item: str) -> str:
    """Ask for a colour, every other time after a while."""
    await _now_and_then("colour", late=1)
    answer = interrupt({"question": f"Which colour has {item}?"})
    return f"{item} is {answer}"


@tool
async def ask_size(item: str) -> str:
    """Ask for a size, every other time after a while."""
    await _now_and_then("size", late=0)
    answer = interrupt({"question": f"Which size has {item}?"})
    return f"{item} is {answer}"


@tool
async def look_up(item: str) -> str:
    """Ask nobody."""
    await asyncio.sleep(0.05)
    return f"{item} is known"


async def colour_of(item: str) -> str:
    """As `ask_colour`, for tools.yaml."""
    return str(await ask_colour.ainvoke({"item": item}))


async def size_of(item: str) -> str:
    """As `ask_size`, for tools.yaml."""
    return str(await ask_size.ainvoke({"item": item}))


@tool
async def meet(item: str) -> str:
    """Return once three calls are here at the same time."""
    await _meeting.wait()
    return f"{item} has met others"


def graph_tools() -> Any:
    """A graph of LangGraph's ToolNode, whose tools ask a person."""
    graph = StateGraph(MessagesState)
    graph.add_node("tools", ToolNode([ask_colour, ask_size, look_up, meet]))
    graph.add_edge(START, "tools")
    graph.add_edge("tools", END)
    return graph


def graph_inner_tools() -> Any:
    """The same graph as the node of another one."""
    graph = StateGraph(MessagesState)
    graph.add_node("agent", graph_tools().compile())
    graph.add_edge(START, "agent")
    graph.add_edge("agent", END)
    return graph


def graph_hangs() -> Any:
    return _graph(_hang)


def graph_exits() -> Any:
    """A function that should give a graph."""
    sys.exit("no graph today")


GRAPHS = (
    "graph_node",
    "graph_async_node",
    "graph_condition",
    "graph_async_condition",
    "graph_reducer",
    "graph_subgraph",
    "graph_called",
)


# -- callables that cannot be looked at


class _Unsigned:
    """A callable whose signature ends the process."""

    def __call__(self, kind: str) -> str:
        return kind

    @property
    def __signature__(self) -> Any:
        sys.exit("from a signature")


unsigned = _Unsigned()
