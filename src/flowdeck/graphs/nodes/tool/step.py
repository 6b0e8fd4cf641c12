"""tool: one call of a configured tool, or all calls that the last message asks for."""

import json
from collections.abc import Mapping
from typing import Any, cast

from langchain_core.messages import AIMessage, ToolCall, ToolMessage
from pydantic import JsonValue

from flowdeck.errors.base import ToolFailed
from flowdeck.errors.nodes import ToolCallInvalid
from flowdeck.errors.workflows import ToolNotConfigured
from flowdeck.graphs.blocks import block_fault, is_media
from flowdeck.graphs.failure_reporting import report
from flowdeck.graphs.model_text import text_for_model
from flowdeck.graphs.nodes.call import Call, Setting, Update
from flowdeck.graphs.nodes.tool.spec import ToolNode
from flowdeck.graphs.nodes.tool_choice import offered_tools
from flowdeck.graphs.state import messages_of
from flowdeck.graphs.templates import ValueTemplate
from flowdeck.graphs.tool_types.base import Tool


class ToolStep:
    """A tool node made ready."""

    def __init__(self, node: ToolNode, setting: Setting) -> None:
        self._node = node
        self._tool = None if node.tool is None else setting.resources.tools.get(node.tool)
        self._listed = None if node.tools is None else frozenset(node.tools)
        self._args = {name: ValueTemplate.compile(value) for name, value in node.args.items()}

    async def value(self, call: Call) -> JsonValue:
        """The tool's result; without a named tool, the results of the last message's calls. Raises ToolFailed."""
        if self._tool is None:
            return [str(message.text) for message in await self._asked_for(call)]
        return await self._result(self._tool, call)

    async def update(self, call: Call) -> Update:
        """The result in `output`, and as an assistant's message if `message` is set; or the tool messages."""
        node = self._node
        if self._tool is None:
            messages = await self._asked_for(call)
            update: Update = {node.messages: messages}
            return update if node.output is None else {**update, node.output: [str(item.text) for item in messages]}
        result = await self._result(self._tool, call)
        update = {} if node.output is None else {node.output: result}
        if node.message:
            # A tool message would have to answer a call, and nobody made one: providers refuse it.
            update[node.messages] = [AIMessage(result_text(result), name=self._tool.name)]
        return update

    async def _result(self, tool: Tool, call: Call) -> JsonValue:
        args = {name: call.render_value(template) for name, template in self._args.items()}
        return await tool.invoke(args, idempotency_key=call.idempotency_key)

    async def _asked_for(self, call: Call) -> list[ToolMessage]:
        messages = messages_of(call.state, self._node.messages)
        last = messages[-1] if messages else None
        if not isinstance(last, AIMessage):
            return []
        configured = call.setting.resources.tools.all()
        offered = offered_tools(last)
        if offered and self._listed is not None:
            offered = self._listed  # a model's calls only: those in a run's input are nobody's offer
        tools = {name: tool for name, tool in configured.items() if name in offered}
        results = [await execute_call(asked, tools, call.idempotency_key) for asked in last.tool_calls]
        return [*results, *refused_calls(last)]


async def execute_call(asked: ToolCall, tools: Mapping[str, Tool], key: str) -> ToolMessage:
    """The tool message that answers a model's call; a failure is an answer too, with status `error`."""
    call_id = asked["id"] or ""
    tool = tools.get(asked["name"])
    if tool is None:
        known = ", ".join(tools) or "none"
        text = f"not executed: there is no tool {asked['name']} here; available: {known}."
        report(ToolNotConfigured(tool=asked["name"], known=known))
        return ToolMessage(text, tool_call_id=call_id, name=asked["name"], status="error")
    try:
        result = await tool.invoke(asked["args"], idempotency_key=f"{key}:{call_id}")
    except ToolFailed as error:
        report(error)
        text = text_for_model(error, asked["args"])
        return ToolMessage(text, tool_call_id=call_id, name=asked["name"], status="error")
    return ToolMessage(content=result_content(result), tool_call_id=call_id, name=asked["name"])


def refused_calls(message: AIMessage) -> list[ToolMessage]:
    """The tool messages that answer a model's invalid calls: each says why the call was not executed."""
    refused: list[ToolMessage] = []
    for call in message.invalid_tool_calls:
        name = call["name"] or "unknown"
        report(ToolCallInvalid(tool=name, message=call["error"] or ""))
        text = f"not executed: {call['error']}"
        refused.append(ToolMessage(text, tool_call_id=call["id"] or "", name=name, status="error"))
    return refused


def result_text(result: JsonValue) -> str:
    """A tool's result as a message's text: a text as it is, all else as JSON."""
    return result if isinstance(result, str) else json.dumps(result, ensure_ascii=False)


def result_content(result: JsonValue) -> str | list[str | dict[str, Any]]:
    """A tool's result as a message's content: content blocks with an image or a file stay blocks."""
    blocks = result if isinstance(result, list) else [result]
    if any(is_media(block) for block in blocks) and all(block_fault(block) is None for block in blocks):
        return cast("list[str | dict[str, Any]]", list(blocks))
    return result_text(result)
