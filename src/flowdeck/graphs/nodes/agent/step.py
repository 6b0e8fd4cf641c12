"""agent: a model that calls tools until it replies."""

from dataclasses import replace
from functools import partial
from typing import Annotated, Any, TypedDict, cast

from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.runnables import RunnableConfig
from langgraph.graph import END, START, StateGraph
from langgraph.graph.message import add_messages

from flowdeck.graphs.nodes.agent.spec import AgentNode
from flowdeck.graphs.nodes.call import Call, Setting, Update
from flowdeck.graphs.nodes.model_call import (
    call_options,
    chosen_model,
    require_complete,
    system_message,
    wants_tools,
)
from flowdeck.graphs.nodes.tool.step import execute_call, refused_calls
from flowdeck.graphs.nodes.tool_choice import reply_or_calls
from flowdeck.graphs.resources import RunContext
from flowdeck.graphs.state import messages_of
from flowdeck.graphs.templates import Template
from flowdeck.graphs.tool_nodes import called_in_turn


class _Loop(TypedDict):
    messages: Annotated[list[BaseMessage], add_messages]
    rounds: int


class AgentStep:
    """An agent node made ready.

    Its loop is a small LangGraph run inside the node: every reply and every tool result is a step of its own, which
    is streamed, checkpointed, and not done over when the run is taken up again.
    """

    def __init__(self, node: AgentNode, setting: Setting) -> None:
        self._node = node
        self._system = None if node.system is None else Template.compile(node.system)
        self._tools = {name: setting.resources.tools.get(name) for name in node.tools}

    async def update(self, call: Call) -> Update:
        """The messages the loop made, and the text of the last in `output`."""
        node = self._node
        known = list(messages_of(call.state, node.messages))
        # Each round is two steps; the run's own limit of steps counts the agent as one.
        config: RunnableConfig = {**call.config, "recursion_limit": 2 * node.max_iterations + 3}
        start = cast("_Loop", {"messages": known, "rounds": 0})
        done = await self._graph(call).compile().ainvoke(start, config)
        made: list[BaseMessage] = done["messages"][len(known) :]
        update: Update = {node.messages: made}
        return update if node.output is None else {**update, node.output: str(made[-1].text)}

    def _graph(self, call: Call) -> StateGraph[_Loop, RunContext, _Loop, _Loop]:
        node = self._node
        model, options, system = chosen_model(node, call), call_options(node, call), system_message(self._system, call)

        async def reply(state: _Loop, config: RunnableConfig) -> dict[str, Any]:
            tools = tuple(self._tools.values()) if state["rounds"] < node.max_iterations else ()
            message = await reply_or_calls(
                model, [*system, *state["messages"]], config, options, tools, media=call.context.media
            )
            if node.on_incomplete == "fail":
                require_complete(message, call)
            return {"messages": [message], "rounds": state["rounds"] + 1}

        async def act(state: _Loop, config: RunnableConfig) -> dict[str, Any]:
            key = replace(call, config=config).idempotency_key
            asked = cast("AIMessage", state["messages"][-1])
            calls = [partial(execute_call, one, self._tools, key) for one in asked.tool_calls]
            return {"messages": [*await called_in_turn(config, calls), *refused_calls(asked)]}

        def onward(state: _Loop) -> str:
            last = state["messages"][-1]
            # The last round offers no tools: what a model calls all the same is not executed.
            over = state["rounds"] > node.max_iterations
            return "tools" if isinstance(last, AIMessage) and wants_tools(last) and not over else END

        graph = StateGraph(_Loop, context_schema=RunContext)
        graph.add_node("model", reply)
        graph.add_node("tools", act)
        graph.add_edge(START, "model")
        graph.add_conditional_edges("model", onward, ["tools", END])
        graph.add_edge("tools", "model")
        return graph
