"""What llm and agent nodes share: which model is called, with which options and which system message."""

from collections.abc import Sequence
from typing import cast

from langchain_core.messages import AIMessage, BaseMessage, SystemMessage

from flowdeck.errors.nodes import ReplyCutOff, ReplyIncomplete
from flowdeck.graphs.models import CallOptions, Model
from flowdeck.graphs.nodes.call import Call
from flowdeck.graphs.nodes.model_node import ModelNode
from flowdeck.graphs.reply import INCOMPLETE
from flowdeck.graphs.reply_message import end_reason_of
from flowdeck.graphs.templates import Template

DEFAULT_MODEL = "default"


def chosen_model(node: ModelNode, call: Call) -> Model:
    """The model the node names, or the session's if it names none. Raises Unloadable if it is not configured."""
    name = node.model
    if name == DEFAULT_MODEL:
        name = str(call.context.agent_config.get("model") or DEFAULT_MODEL)
    return call.setting.resources.models.get(name)


def call_options(node: ModelNode, call: Call) -> CallOptions:
    """The node's options, and the session's where it sets none."""
    # The values were checked when the session was made.
    agent = call.context.agent_config
    stop = agent.get("stop") or ()
    return CallOptions(
        temperature=cast("float | None", agent.get("temperature") if node.temperature is None else node.temperature),
        max_tokens=cast("int | None", agent.get("max_tokens") if node.max_tokens is None else node.max_tokens),
        top_p=cast("float | None", agent.get("top_p")),
        seed=cast("int | None", agent.get("seed")),
        stop=(stop,) if isinstance(stop, str) else tuple(cast("Sequence[str]", stop)),
    )


def system_message(template: Template | None, call: Call) -> list[BaseMessage]:
    """The node's system message, or the session's if it has none; empty if neither has one."""
    if template is not None:
        return [SystemMessage(call.render(template))]
    text = call.context.agent_config.get("system")
    return [SystemMessage(text)] if isinstance(text, str) and text else []


def wants_tools(message: AIMessage) -> bool:
    """Whether a reply calls tools, be the calls valid or not."""
    return bool(message.tool_calls or message.invalid_tool_calls)


def require_complete(message: AIMessage, call: Call) -> None:
    """Raises RunFailed `reply_cut_off` or `reply_incomplete` for a reply that ended early."""
    reason = end_reason_of(message)
    if reason == "length":
        raise ReplyCutOff(node=call.setting.name)
    if reason in INCOMPLETE:
        raise ReplyIncomplete(node=call.setting.name, reason=reason)
