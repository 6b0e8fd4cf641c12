"""A model's reply as a message of the state, and which of its tool calls may be executed."""

from collections.abc import Collection, Mapping
from typing import Any, cast
from uuid import uuid4

from langchain_core.messages import AIMessage, BaseMessage, InvalidToolCall, ToolCall
from langchain_core.messages.ai import InputTokenDetails, OutputTokenDetails, UsageMetadata
from langchain_core.messages.tool import ToolCallChunk, tool_call_chunk
from pydantic import JsonValue

from flowdeck.graphs.json_text import parse_strict
from flowdeck.graphs.providers.parts import CallPart, Usage
from flowdeck.graphs.reply import END_REASONS, EndReason, RawCall, Reply, prompt_tokens
from flowdeck.graphs.storable import clean_text

_ID_LIMIT = 128
_RAW_SHOWN = 200  # characters of unusable arguments that the model is shown again
_NOT_COMPLETE: Mapping[EndReason, str] = {
    "length": "The reply was cut off at its limit of tokens (max_tokens), so that the arguments may be incomplete.",
    "content_filter": "The provider's content filter cut the reply off.",
    "refusal": "The reply is a refusal.",
    "pause": "The provider paused the reply before its end.",
    "empty": "The reply is empty.",
}


def message_of(
    reply: Reply,
    *,
    message_id: str,
    provider: str,
    tools: Mapping[str, Mapping[str, Any]],
    known_ids: Collection[str] = (),
) -> AIMessage:
    """The reply as a message of the state.

    `tools` are the schemas of the arguments, by the tools' names. Each call gets an id that no call in `known_ids` has.
    Calls that must not be executed are the message's `invalid_tool_calls`, each with the reason for the model.
    """
    calls: list[ToolCall] = []
    invalid: list[InvalidToolCall] = []
    used = set(known_ids)
    for call in reply.calls:
        call_id = call.id if call.id and call.id not in used else f"call_{uuid4().hex[:24]}"
        call_id = clean_text(call_id)[:_ID_LIMIT]
        used.add(call_id)
        name = clean_text(call.name)
        args, fault = _arguments(call, reply, tools.get(call.name))
        if fault:
            shown = clean_text(call.args)
            invalid.append(InvalidToolCall(name=name, args=shown, id=call_id, error=fault, type="invalid_tool_call"))
        else:
            calls.append(ToolCall(name=name, args=args, id=call_id, type="tool_call"))
    extra: dict[str, Any] = {}
    if reply.reasoning and isinstance(reply.content, str):
        extra["reasoning_content"] = reply.reasoning
        if reply.reasoning_field is not None:
            extra["reasoning_field"] = reply.reasoning_field
    return AIMessage(
        content=cast("str | list[str | dict[str, Any]]", reply.content),
        id=message_id,
        tool_calls=calls,
        invalid_tool_calls=invalid,
        additional_kwargs=extra,
        response_metadata={
            "model_provider": provider,
            "end_reason": reply.end_reason,
            **({"model_name": reply.model} if reply.model else {}),
            **({"finish_reason": reply.provider_end_reason} if reply.provider_end_reason else {}),
        },
        usage_metadata=usage_metadata(reply.usage),
    )


def end_reason_of(message: BaseMessage) -> EndReason:
    """Why a reply ended; `unknown` for a message that no model of ours wrote."""
    reason = message.response_metadata.get("end_reason")
    return next((known for known in END_REASONS if known == reason), "unknown")


def call_chunk(part: CallPart) -> ToolCallChunk:
    """A part of a tool call as LangChain has it."""
    return tool_call_chunk(
        name=part.name or None,
        args=part.args,
        id=part.id or None,
        index=part.index,  # type: ignore[arg-type]  # the reader numbers calls from 0
    )


def usage_metadata(usage: Usage) -> UsageMetadata | None:
    """The provider's count as LangChain has it; None where the provider gave none."""
    if not usage.prompt and not usage.completion:
        return None
    prompt, completion = prompt_tokens(usage) or 0, usage.completion or 0
    read = {"cache_read": usage.cached, "cache_creation": usage.cache_write}
    written = {"reasoning": usage.reasoning}
    return UsageMetadata(
        input_tokens=prompt,
        output_tokens=completion,
        total_tokens=prompt + completion,
        input_token_details=InputTokenDetails(**{k: v for k, v in read.items() if v is not None}),  # type: ignore[typeddict-item]
        output_token_details=OutputTokenDetails(**{k: v for k, v in written.items() if v is not None}),  # type: ignore[typeddict-item]
    )


def _arguments(call: RawCall, reply: Reply, schema: Mapping[str, Any] | None) -> tuple[dict[str, JsonValue], str]:
    """The arguments of a call that may be executed, or the reason why it must not be."""
    raw = call.args.strip()
    if not reply.complete or not call.name:
        return {}, _NOT_COMPLETE.get(reply.end_reason, "The call names no tool.")
    if not raw:
        return {}, "The call has no arguments." if (schema or {}).get("required") else ""
    try:
        value = parse_strict(raw)
    except ValueError as error:
        return {}, f"The arguments are not one complete JSON object: {error}"[:300]
    if not isinstance(value, dict):
        return {}, f"The arguments are not a JSON object: {clean_text(raw)[:_RAW_SHOWN]}"
    return value, ""
