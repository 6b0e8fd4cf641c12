"""Lets a model choose among tools: by its own tool calls, or, where it has none, through a JSON schema."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import uuid4

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.runnables import RunnableConfig
from langchain_core.runnables.config import merge_configs
from langgraph.constants import TAG_NOSTREAM
from pydantic import JsonValue

from flowdeck.graphs.json_text import find_json
from flowdeck.graphs.media import MediaStore
from flowdeck.graphs.models import CallOptions, Model
from flowdeck.graphs.tool_types.base import Tool

REPLY = "answer"
_OFFERED = "flowdeck_tools"  # in a message's metadata
_NO_TOOL = ("Hello!", "What is the capital of France?")
_ENOUGH = "What is 2 + 2?\n\nFacts:\ncalculator(expression=2 + 2): 4"


async def reply_or_calls(
    model: Model,
    messages: Sequence[BaseMessage],
    config: RunnableConfig,
    options: CallOptions,
    tools: Sequence[Tool],
    *,
    media: MediaStore,
) -> AIMessage:
    """The model's next message: a reply, or calls of the tools. Raises what `Model.generate` raises.

    A model without tool calls of its own is asked twice, for the tool's name and for its arguments, both as JSON that
    fits a schema; what the tools said is then told to it as text. A call that was made before in the same turn
    brings nothing new: then it replies.
    """
    if model.spec.tool_calls != "schema":
        offered = [tool.as_langchain() for tool in tools]
        message = await model.generate(messages, config, options=options, tools=offered, media=media)
        return _with_offer(message, tools)
    call = await _chosen_call(model, messages, config, options, tools) if tools else None
    if call is None:
        return await model.generate(_as_text(messages), config, options=options, media=media)
    return _with_offer(AIMessage("", id=f"run-{uuid4()}", tool_calls=[call]), tools)


def offered_tools(message: AIMessage) -> frozenset[str]:
    """The tools that were on offer when a model wrote the message; none for one that no model wrote.

    It is among what clients cannot set, so that a call in a run's input is never executed.
    """
    return frozenset(message.response_metadata.get(_OFFERED) or ())


def _with_offer(message: AIMessage, tools: Sequence[Tool]) -> AIMessage:
    if not message.tool_calls:
        return message
    metadata = {**message.response_metadata, _OFFERED: [tool.name for tool in tools]}
    return message.model_copy(update={"response_metadata": metadata})


async def _chosen_call(
    model: Model,
    messages: Sequence[BaseMessage],
    config: RunnableConfig,
    options: CallOptions,
    tools: Sequence[Tool],
) -> dict[str, Any] | None:
    """The tool call the model wants; None if it wants to reply. What it writes here is not streamed to readers."""
    quiet = merge_configs(config, {"tags": [TAG_NOSTREAM]})
    task = _task(messages)
    names = [*(tool.name for tool in tools), REPLY]
    schema = _object({"tool": {"enum": list(names)}})
    chosen = await _json(model, _choice_prompt(tools, task), quiet, options, schema)
    tool = next((tool for tool in tools if tool.name == chosen.get("tool")), None)
    if tool is None:
        return None
    args = await _json(model, _arguments_prompt(tool, task), quiet, options, tool.schema)
    if any(made["name"] == tool.name and made["args"] == args for made in _calls_of_turn(messages)):
        return None
    return {"name": tool.name, "args": args, "id": f"call_{uuid4().hex[:12]}", "type": "tool_call"}


async def _json(
    model: Model, messages: Sequence[BaseMessage], config: RunnableConfig, options: CallOptions, schema: dict[str, Any]
) -> dict[str, JsonValue]:
    reply = await model.generate(messages, config, options=options, schema=schema)
    try:
        value = find_json(str(reply.text))
    except ValueError:
        # Cut off at its limit of tokens: as good as no choice.
        return {}
    return value if isinstance(value, dict) else {}


def _choice_prompt(tools: Sequence[Tool], task: str) -> list[BaseMessage]:
    # Tools are shown by examples where they have some: a small model reads descriptions badly.
    cards = [f"- {tool.name}: {tool.description.splitlines()[0]}" for tool in tools if not tool.examples]
    shown: list[BaseMessage] = [SystemMessage("\n".join(["Choose the tool.", *cards]))]
    shown += _exchange(_ENOUGH, {"tool": REPLY})
    # One example of each in turn: it otherwise repeats the kind it saw last. Two rounds served it better than three.
    for index in reversed(range(2)):
        for tool in tools:
            if index < len(tool.examples):
                shown += _exchange(tool.examples[index].user, {"tool": tool.name})
        shown += _exchange(_NO_TOOL[index], {"tool": REPLY})
    return [*shown, HumanMessage(task)]


def _arguments_prompt(tool: Tool, task: str) -> list[BaseMessage]:
    system = f"Fill in the arguments of {tool.name} for the question, as JSON. {tool.description.splitlines()[0]}"
    shown: list[BaseMessage] = [SystemMessage(system)]
    for example in tool.examples:
        shown += _exchange(example.user, example.args)
    return [*shown, HumanMessage(task)]


def _exchange(question: str, reply: dict[str, Any]) -> list[BaseMessage]:
    return [HumanMessage(question), AIMessage(json.dumps(reply, ensure_ascii=False))]


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _turn(messages: Sequence[BaseMessage]) -> Sequence[BaseMessage]:
    """The user's last message and what came after it."""
    starts = [index for index, message in enumerate(messages) if isinstance(message, HumanMessage)]
    return messages[starts[-1] :] if starts else messages


def _calls_of_turn(messages: Sequence[BaseMessage]) -> list[Any]:
    return [call for message in _turn(messages) if isinstance(message, AIMessage) for call in message.tool_calls]


def _task(messages: Sequence[BaseMessage]) -> str:
    """The user's last message, with what the tools have said since."""
    turn = _turn(messages)
    question = str(turn[0].text) if turn else ""
    calls = {call["id"]: call for call in _calls_of_turn(messages)}
    facts = []
    for message in turn:
        if isinstance(message, ToolMessage):
            args = calls.get(message.tool_call_id, {}).get("args", {})
            given = ", ".join(f"{name}={value}" for name, value in args.items())
            facts.append(f"{message.name}({given}): {message.text}")
    return f"{question}\n\nFacts:\n" + "\n".join(facts) if facts else question


def _as_text(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """The conversation for a model that knows no tool messages: facts stand with the question they belong to."""
    result: list[BaseMessage] = []
    turn: list[BaseMessage] = []
    for message in messages:
        if isinstance(message, HumanMessage) and turn:
            result.append(HumanMessage(_task(turn)))
            turn = []
        if isinstance(message, HumanMessage) or (turn and isinstance(message, ToolMessage | AIMessage)):
            if isinstance(message, AIMessage) and not message.tool_calls:
                result += [HumanMessage(_task(turn)), message]
                turn = []
            else:
                turn.append(message)
        elif not isinstance(message, ToolMessage):
            result.append(message)
    return [*result, HumanMessage(_task(turn))] if turn else result
