"""What a model is sent: a state's messages made into a conversation that the provider accepts.

Pure. The state stays as it is: what is invented, merged or left out here is so in this request only.
"""

import base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, SystemMessage, ToolCall, ToolMessage

from flowdeck.graphs.blocks import is_media, media_block, media_of, text_of
from flowdeck.graphs.messages import role_of
from flowdeck.graphs.storable import clean

NOT_EXECUTED = "not executed: cancelled"

_KINDS: Mapping[str, str] = {"video": "file"}  # what `accepts` calls a kind of media


class NotAcceptedError(Exception):
    """The model does not take what a message holds."""


@dataclass(frozen=True, slots=True)
class RequestRules:
    """What a provider accepts. `accepts` are kinds of content; None sends everything.

    `thinking` says what of the model's own reasoning the provider wants back within a turn: its signed blocks, or the
    field it came in, or nothing. `media_in_tools` says whether a tool's result may hold an image.
    """

    provider: str
    accepts: frozenset[str] | None = None
    merge_roles: bool = False
    thinking: str | None = None
    media_in_tools: bool = False
    blocks_of_texts: bool = True


def request_messages(
    messages: Sequence[BaseMessage], rules: RequestRules, media: Mapping[str, tuple[str, bytes]]
) -> list[BaseMessage]:
    """The messages as the provider accepts them; `media` has the type and bytes of what they refer to.

    Each tool call is followed by exactly one result. Raises NotAcceptedError for content that the model does not take.
    """
    known = [one for one in map(_with_role, messages) if one is not None]
    turn = _turn_start(known)
    paired = list(_paired(known))
    made: list[BaseMessage] = []
    for place, message in paired:
        made.extend(_converted(message, rules, media, in_turn=place >= turn))
    made = _media_after_results(made) if not rules.media_in_tools else made
    if rules.merge_roles:
        made = _merged(made)
    return [clean(_compact(message, rules)) for message in made]


def media_needed(messages: Iterable[BaseMessage]) -> list[str]:
    """The digests of the media that a request with these messages needs."""
    return list(dict.fromkeys(digest for message in messages for digest in media_of(message.content)))


# -- roles


def _with_role(message: BaseMessage) -> BaseMessage | None:
    """The message as one of the four kinds; None for what is not a message, such as a removal."""
    if isinstance(message, (HumanMessage, SystemMessage, AIMessage, ToolMessage)):
        return message
    if message.type == "remove":
        return None
    content, role = message.content, role_of(message)
    if role == "user":
        return HumanMessage(content, id=message.id)
    if role == "system":
        return SystemMessage(content, id=message.id)
    if role == "tool":
        call_id = str(getattr(message, "tool_call_id", None) or message.name or "")
        return ToolMessage(content, tool_call_id=call_id, name=message.name, id=message.id)
    return AIMessage(content, id=message.id)


def _turn_start(messages: Sequence[BaseMessage]) -> int:
    """The position of the user's last message."""
    return next((i for i in reversed(range(len(messages))) if isinstance(messages[i], HumanMessage)), 0)


# -- calls and their results


def _paired(messages: Sequence[BaseMessage]) -> Iterator[tuple[int, BaseMessage]]:
    """The messages with their places, each call followed by its result, under ids that no other call has."""
    used: set[int] = set()
    ids: set[str] = set()
    for place, message in enumerate(messages):
        if isinstance(message, ToolMessage):
            continue  # it follows its call, or answers none
        calls = _calls(message) if isinstance(message, AIMessage) else []
        if not calls or not isinstance(message, AIMessage):
            yield place, message
            continue
        results: list[ToolMessage] = []
        renamed: list[ToolCall] = []
        for call, reason in calls:
            found = _result_of(call["id"] or "", messages, place, used)
            call_id = _free_id(call["id"] or f"call_{place}_{len(renamed)}", ids)
            renamed.append({**call, "id": call_id})
            results.append(_result(call, call_id, None if found is None else messages[found], reason))
        yield place, message.model_copy(update={"tool_calls": renamed, "invalid_tool_calls": []})
        for result in results:
            yield place, result


def _calls(message: AIMessage) -> list[tuple[ToolCall, str]]:
    """All calls of a message. One that was not executed has a reason, and is sent without its broken arguments."""
    valid = [(call, NOT_EXECUTED) for call in message.tool_calls]
    broken = [
        (
            ToolCall(name=call["name"] or "unknown", args={}, id=call["id"], type="tool_call"),
            f"not executed: {call['error']}" if call["error"] else NOT_EXECUTED,
        )
        for call in message.invalid_tool_calls
    ]
    return [*valid, *broken]


def _result_of(call_id: str, messages: Sequence[BaseMessage], place: int, used: set[int]) -> int | None:
    """The position of the first result for a call, before another message makes a call of that id."""
    for position in range(place + 1, len(messages)):
        message = messages[position]
        if isinstance(message, AIMessage) and any((one["id"] or "") == call_id for one, _ in _calls(message)):
            return None
        if isinstance(message, ToolMessage) and message.tool_call_id == call_id and position not in used:
            used.add(position)
            return position
    return None


def _result(call: ToolCall, call_id: str, found: BaseMessage | None, reason: str) -> ToolMessage:
    if isinstance(found, ToolMessage):
        return found.model_copy(update={"tool_call_id": call_id, "name": found.name or call["name"]})
    return ToolMessage(reason, tool_call_id=call_id, name=call["name"], status="error")


def _free_id(wanted: str, ids: set[str]) -> str:
    free, count = wanted, 1
    while free in ids:
        count += 1
        free = f"{wanted}_{count}"
    ids.add(free)
    return free


# -- content


def _converted(
    message: BaseMessage, rules: RequestRules, media: Mapping[str, tuple[str, bytes]], *, in_turn: bool
) -> Iterator[BaseMessage]:
    thinks = in_turn and isinstance(message, AIMessage) and _is_own(message, rules)
    extra = {name: value for name, value in message.additional_kwargs.items() if name not in _REASONING_KEYS}
    if thinks and rules.thinking == "field":
        extra.update(
            {name: message.additional_kwargs[name] for name in _REASONING_KEYS if name in message.additional_kwargs}
        )
    content = message.content
    if not isinstance(content, str):
        kept = (_block(block, message, rules, media, thinks=thinks) for block in content)
        content = [block for block in kept if block is not None]
    yield message.model_copy(update={"content": content, "additional_kwargs": extra})


_REASONING_KEYS = ("reasoning_content", "reasoning_field")
_SIGNED = frozenset({"thinking", "redacted_thinking"})
_TEXTS = frozenset({"text", "thinking", "redacted_thinking", "reasoning"})


def _is_own(message: AIMessage, rules: RequestRules) -> bool:
    return bool(message.response_metadata.get("model_provider") == rules.provider)


def _block(
    block: str | Mapping[str, Any],
    message: BaseMessage,
    rules: RequestRules,
    media: Mapping[str, tuple[str, bytes]],
    *,
    thinks: bool,
) -> dict[str, Any] | None:
    """A block as the provider takes it; None for one that it does not want."""
    if isinstance(block, str):
        return {"type": "text", "text": block}
    kind = str(block.get("type"))
    if kind == "text":
        text = str(block.get("text") or "")
        own = isinstance(message, AIMessage) and _is_own(message, rules)
        return dict(block) if own else {"type": "text", "text": text}
    if kind in _SIGNED:
        signed = bool(block.get("signature") or block.get("data"))
        return dict(block) if thinks and signed and rules.thinking == "blocks" else None
    if is_media(block):
        return _media(block, message, rules, media)
    # A provider's own block, such as a search that it did, means something to that provider alone.
    own = isinstance(message, AIMessage) and _is_own(message, rules)
    if own and rules.thinking == "blocks" and kind not in _TEXTS and kind != "tool_use":
        return dict(block)
    return None


def _media(
    block: Mapping[str, Any], message: BaseMessage, rules: RequestRules, media: Mapping[str, tuple[str, bytes]]
) -> dict[str, Any]:
    try:
        known = media_block(block)
    except ValueError as error:
        raise NotAcceptedError(str(error)) from error
    kind = str(known["type"])
    if not isinstance(message, (HumanMessage, ToolMessage)):
        return {"type": "text", "text": f"[{kind}]"}  # no provider takes media back from itself
    if rules.accepts is not None and _KINDS.get(kind, kind) not in rules.accepts:
        taken = ", ".join(sorted(rules.accepts))
        raise NotAcceptedError(f"a message has a block of type {kind}, but the model accepts only: {taken}")
    digest = known.pop("media", None)
    known.pop("bytes", None)
    if digest is not None:
        stored = media.get(digest)
        if stored is None:
            return {"type": "text", "text": f"[{kind}: no longer stored]"}
        known["mime_type"], data = stored
        known["base64"] = base64.b64encode(data).decode()
    if kind == "file" and "base64" in known:
        known.setdefault("filename", "file")
    return known


def _media_after_results(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """Media of tools' results as a user's message behind all results: not every provider takes them where they are."""
    made: list[BaseMessage] = []
    waiting: list[dict[str, Any]] = []
    for message in messages:
        if not isinstance(message, ToolMessage):
            if waiting:
                made.append(HumanMessage(content=list(waiting)))
                waiting = []
            made.append(message)
            continue
        blocks = [] if isinstance(message.content, str) else [one for one in message.content if is_media(one)]
        if not blocks:
            made.append(message)
            continue
        text = text_of(message.content) or f"The result of {message.name or 'the tool'} follows."
        made.append(message.model_copy(update={"content": text}))
        waiting.append({"type": "text", "text": f"Result of {message.name or 'the tool'}:"})
        waiting.extend(dict(block) for block in blocks if isinstance(block, Mapping))
    return [*made, HumanMessage(content=list(waiting))] if waiting else made


def _compact(message: BaseMessage, rules: RequestRules) -> BaseMessage:
    """A message of texts alone has a text for its content: many servers know nothing else."""
    content = message.content
    if isinstance(content, str):
        return message
    texts = [block for block in content if isinstance(block, Mapping) and set(block) == {"type", "text"}]
    if len(texts) != len(content) or (rules.blocks_of_texts and len(texts) > 1):
        return message
    return message.model_copy(update={"content": "\n".join(str(block["text"]) for block in texts)})


# -- providers that want the roles to alternate


_CONTINUED = "(The conversation so far is not included.)"


def _merged(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """One system message first, then user and assistant in turn, beginning with the user."""
    system = [text_of(message.content) for message in messages if isinstance(message, SystemMessage)]
    made: list[BaseMessage] = []
    for message in messages:
        if isinstance(message, SystemMessage) or _is_empty(message):
            continue
        last = made[-1] if made else None
        if last is not None and _same_role(last, message):
            made[-1] = _joined(last, message)
        else:
            made.append(message)
    if not made or not isinstance(made[0], HumanMessage):
        made.insert(0, HumanMessage(_CONTINUED))
    instructions = "\n\n".join(text for text in system if text.strip())
    return [SystemMessage(instructions), *made] if instructions else made


def _is_empty(message: BaseMessage) -> bool:
    """Whether there is nothing in it that a provider would take: some refuse empty texts."""
    if isinstance(message, ToolMessage) or (isinstance(message, AIMessage) and message.tool_calls):
        return False
    content = message.content
    if isinstance(content, str):
        return not content.strip()
    return not any(
        not isinstance(block, Mapping) or block.get("type") != "text" or str(block.get("text") or "").strip()
        for block in content
    )


def _same_role(one: BaseMessage, other: BaseMessage) -> bool:
    if isinstance(one, HumanMessage) and isinstance(other, HumanMessage):
        return True
    # After a call comes its result, so a message with calls is always the last of its role.
    return isinstance(one, AIMessage) and isinstance(other, AIMessage) and not one.tool_calls


def _joined(one: BaseMessage, other: BaseMessage) -> BaseMessage:
    content: str | list[Any]
    if isinstance(one.content, str) and isinstance(other.content, str):
        content = "\n\n".join(text for text in (one.content, other.content) if text)
    else:
        content = [*_as_blocks(one.content), *_as_blocks(other.content)]
    return other.model_copy(update={"content": content})


def _as_blocks(content: str | list[str | dict[str, Any]]) -> list[str | dict[str, Any]]:
    if isinstance(content, str):
        return [{"type": "text", "text": content}] if content.strip() else []
    return content
