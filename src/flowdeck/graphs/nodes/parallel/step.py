"""parallel: one node run for each item of a list, several at a time.

The items are a small LangGraph of their own, one `Send` for each, run inside the node. So every item is a task that
streams its events under its own path, keeps its result when another item fails or the process dies, and may hold a
subworkflow that asks a person; LangGraph bounds how many run at once and cancels them together. The results come back
keyed by position, which makes their order the items' order however they finish.
"""

import operator
from dataclasses import replace
from typing import Annotated, Any, TypedDict, cast

from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph
from langgraph.types import Send
from pydantic import JsonValue

from flowdeck.errors.nodes import ExpressionFailed
from flowdeck.errors.runs import LimitFanOut
from flowdeck.graphs.conditions import Condition
from flowdeck.graphs.failure_reporting import in_item
from flowdeck.graphs.messages import kind_of
from flowdeck.graphs.nodes.attempts import attempt, attempt_seconds, retry_policy
from flowdeck.graphs.nodes.call import Call, Setting, Update
from flowdeck.graphs.nodes.parallel.spec import ParallelNode
from flowdeck.graphs.nodes.registry import make_item_step
from flowdeck.graphs.resources import RunContext


class _Items(TypedDict):
    items: list[JsonValue]
    results: Annotated[dict[str, JsonValue], operator.or_]


class _Item(TypedDict):
    index: int
    item: JsonValue


class ParallelStep:
    """A parallel node made ready."""

    def __init__(self, node: ParallelNode, setting: Setting) -> None:
        self._node = node
        self._name = setting.name
        self._items = Condition.compile(node.items)
        self._step = make_item_step(node.node, setting)

    async def update(self, call: Call) -> Update:
        """The list of the results in `output`. Raises LimitExceeded `limit_fan_out` before anything is run."""
        items = call.evaluate(self._items)
        if not isinstance(items, list):
            message = f"expected a list, got {kind_of(items)}"
            raise ExpressionFailed(node=self._name, expression=self._items.text, message=message)
        if len(items) > call.context.fan_out:
            raise LimitFanOut(node=self._name, count=len(items), limit=call.context.fan_out)
        if not items:
            return {self._node.output: []}
        config: RunnableConfig = {**call.config, "max_concurrency": self._node.concurrency}
        start = cast("_Items", {"items": items, "results": {}})
        done = await self._graph(call).compile().ainvoke(start, config)
        return {self._node.output: [done["results"][str(index)] for index in range(len(items))]}

    def _graph(self, call: Call) -> StateGraph[_Items, RunContext, _Items, _Items]:
        """Made for each call: so the items see the parent's state without a copy of it in every task's checkpoint."""
        node = self._node

        async def run(state: _Item, config: RunnableConfig) -> dict[str, Any]:
            index = state["index"]
            inner = replace(call, config=config).with_extra({node.item_name: state["item"], "index": index})
            with in_item(index):
                async with attempt(self._name, attempt_seconds(node.node)):
                    value = await self._step.value(inner)
            return {"results": {str(index): value}}

        def spread(state: _Items) -> list[Send]:
            return [Send("item", {"index": index, "item": item}) for index, item in enumerate(state["items"])]

        graph = StateGraph(_Items, context_schema=RunContext)
        graph.add_node("item", run, retry_policy=retry_policy(node.node))
        graph.add_conditional_edges(START, spread, ["item"])
        graph.add_edge("item", END)
        return graph
