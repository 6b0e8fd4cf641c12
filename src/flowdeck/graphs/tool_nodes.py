"""Tools that one node calls side by side, each of which gets its own answer where it asks a person.

A node has one list of answers: the first `interrupt` in it gets the first answer, the second one the second. Of tools
that are called side by side, as LangGraph's ToolNode calls them, it is a matter of time which asks first. Here the
question of the first call in the message comes first, and once there are answers, the tools are called one after
another.
"""

import asyncio
import copy
from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar

from langchain_core.runnables import Runnable, RunnableConfig
from langgraph._internal._constants import CONFIG_KEY_SCRATCHPAD
from langgraph.errors import GraphBubbleUp
from langgraph.pregel import Pregel

Result = TypeVar("Result")


@dataclass(slots=True)
class _Execution:
    """One execution of a node; calls have their numbers in the order of the message."""

    answered: bool
    begun: int = 0
    settled: int = 0
    asking: set[int] = field(default_factory=set)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def turn_of(self, number: int) -> bool:
        """Wait until all calls before this one have ended; False where one of them asks, and this one must not run."""
        async with self.changed:
            await self.changed.wait_for(lambda: bool(self.asking) or self.settled == number)
        return not self.asking

    async def settle(self, number: int, *, asks: bool) -> None:
        """Note that a call has ended, or asks."""
        async with self.changed:
            self.settled += 1
            if asks:
                self.asking.add(number)
            self.changed.notify_all()

    async def end(self, number: int) -> None:
        """Return when a call that asks, or that must not run, may say so: the node ends by what it hears first."""
        async with self.changed:
            await self.changed.wait_for(lambda: self.settled == self.begun)
        if number == min(self.asking):
            self.over.set()
        else:
            await self.over.wait()
            await asyncio.sleep(0)


_execution: ContextVar[_Execution] = ContextVar("flowdeck_tool_node")


def in_turn(runnable: Runnable[Any, Any]) -> Runnable[Any, Any]:
    """A ToolNode that works so, also within a compiled graph; any other runnable as it is. Changes nothing given."""
    if isinstance(runnable, Pregel):
        return _graph_in_turn(runnable)
    from langgraph.prebuilt import ToolNode  # noqa: PLC0415 - only a graph in Python has one

    if not isinstance(runnable, ToolNode):
        return runnable
    node = copy.copy(runnable)
    call_tool, execute = runnable._arun_one, node._afunc  # noqa: SLF001 - where ToolNode calls one tool, and all

    async def one(call: Any, input_type: Any, runtime: Any) -> Any:
        return await _called(_execution.get(), lambda: call_tool(call, input_type, runtime))

    async def all_tools(given: Any, config: RunnableConfig, runtime: Any) -> Any:
        token = _execution.set(_Execution(_has_answers(config)))
        try:
            return await execute(given, config, runtime)
        finally:
            _execution.reset(token)

    node.__dict__.update(_arun_one=one, afunc=all_tools)
    return node


def _graph_in_turn(graph: "Pregel[Any, Any, Any, Any]") -> "Pregel[Any, Any, Any, Any]":
    bound = {name: in_turn(node.bound) for name, node in graph.nodes.items()}
    if all(bound[name] is node.bound for name, node in graph.nodes.items()):
        return graph
    copied = copy.copy(graph)
    copied.nodes = {name: node.copy({"bound": bound[name], "subgraphs": None}) for name, node in graph.nodes.items()}
    return copied


async def called_in_turn(config: RunnableConfig, calls: Sequence[Callable[[], Awaitable[Result]]]) -> list[Result]:
    """The results of tools that one node calls side by side, or one after another once its questions have answers."""
    execution = _Execution(_has_answers(config))
    return list(await asyncio.gather(*(_called(execution, call) for call in calls)))


def _has_answers(config: RunnableConfig) -> bool:
    return bool(config["configurable"][CONFIG_KEY_SCRATCHPAD].resume)


async def _called(execution: _Execution, call: Callable[[], Awaitable[Result]]) -> Result:
    number = execution.begun
    execution.begun += 1
    if execution.answered and not await execution.turn_of(number):
        await execution.settle(number, asks=False)
        await execution.end(number)
        raise GraphBubbleUp  # nobody hears it: the node executes again once the question is answered
    try:
        result = await call()
    except GraphBubbleUp:
        await execution.settle(number, asks=True)
        await execution.end(number)
        raise
    except BaseException:
        await execution.settle(number, asks=False)
        raise
    await execution.settle(number, asks=False)
    return result
