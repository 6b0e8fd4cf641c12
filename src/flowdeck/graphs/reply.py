"""What a model replied, read from the parts of its stream, and what the reply is worth.

Pure: however a provider cuts a reply into chunks, the result is the same. The file is long because the reader and
the rules for an incomplete reply share their cases.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from flowdeck.graphs.json_text import parse_strict
from flowdeck.graphs.providers.parts import (
    BlockChange,
    BlockInput,
    BlockStart,
    CallPart,
    End,
    ModelName,
    Part,
    Reasoning,
    Refusal,
    Text,
    Usage,
)
from flowdeck.graphs.storable import clean, clean_text
from flowdeck.graphs.thinking import Piece, ThinkingSplitter, without_unopened

EndReason = Literal["stop", "tool_calls", "length", "content_filter", "refusal", "pause", "empty", "unknown"]

END_REASONS: tuple[EndReason, ...] = (
    "stop",
    "tool_calls",
    "length",
    "content_filter",
    "refusal",
    "pause",
    "empty",
    "unknown",
)
# Replies that are not all of what was asked for.
INCOMPLETE: frozenset[EndReason] = frozenset({"length", "content_filter", "refusal", "pause", "empty"})

_REASONS: Mapping[EndReason, frozenset[str]] = {
    "stop": frozenset({"stop", "end_turn", "stop_sequence", "eos", "eos_token", "complete", "completed", "end"}),
    "tool_calls": frozenset({"tool_calls", "tool_call", "tool_use", "function_call"}),
    "length": frozenset(
        {"length", "max_tokens", "max_output_tokens", "model_length", "model_context_window_exceeded", "token_limit"}
    ),
    "content_filter": frozenset(
        {
            "content_filter",
            "content_filtered",
            "guardrail_intervened",
            "safety",
            "recitation",
            "blocklist",
            "prohibited_content",
            "spii",
            "image_safety",
            "language",
            "sensitive",
        }
    ),
    "refusal": frozenset({"refusal", "refused"}),
    "pause": frozenset({"pause_turn", "pause"}),
}
# Reasons by which a provider says that its reply broke off.
_BROKEN = frozenset({"error", "network_error", "insufficient_system_resource", "load", "unload", "abort", "aborted"})


class BrokenReplyError(Exception):
    """The stream ended before the reply did."""


@dataclass(frozen=True, slots=True)
class RawCall:
    """A tool call as the model wrote it; `args` is the text of its arguments."""

    id: str
    name: str
    args: str


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole reply. `content` is its text, or its blocks in order where it has more than text and calls."""

    text: str
    reasoning: str
    reasoning_field: str | None
    content: str | list[dict[str, Any]]
    calls: tuple[RawCall, ...]
    end_reason: EndReason
    provider_end_reason: str | None
    usage: Usage
    model: str | None

    @property
    def complete(self) -> bool:
        """Whether the model wrote all that it wanted to, so that its tool calls are whole."""
        return self.end_reason not in INCOMPLETE


@dataclass(slots=True)
class _Block:
    kind: Literal["text", "reasoning", "other"]
    index: int | None
    text: list[str] = field(default_factory=list)
    signature: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    input: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Call:
    index: int | str | None
    id: str
    name: str
    args: str
    whole: bool


class ReplyReader:
    """Reads the parts of one reply. `add` gives what can be shown at once, `finish` the reply."""

    def __init__(self) -> None:
        self._blocks: list[_Block] = []
        self._splitters: dict[int | None, ThinkingSplitter] = {}
        self._calls: list[_Call] = []
        self._usage = Usage()
        self._model: str | None = None
        self._reason: str | None = None
        self._ended = self._refused = self._tagged = False
        self._reasoning_field: str | None = None

    def add(self, part: Part) -> Iterable[Text | Reasoning | CallPart]:
        """Take a part. Texts are cleaned, and what the model thinks aloud is reasoning."""
        match part:
            case Text():
                splitter = self._splitters.setdefault(part.block, ThinkingSplitter())
                return self._take(splitter.feed(part.text), part.block)
            case Refusal():
                self._refused = True
                return self._take([Piece("text", clean_text(part.text))], None)
            case Reasoning():
                return self._reason_aloud(part)
            case CallPart():
                return [self._call(part)]
            case BlockInput():
                return self._block_input(part)
            case _:
                self._note(part)
                return ()

    def _note(self, part: BlockStart | BlockChange | Usage | ModelName | End) -> None:
        match part:
            case BlockStart():
                self._blocks.append(_Block("other", part.block, data=dict(part.data)))
            case BlockChange():
                self._change(part)
            case Usage():
                self._usage = latest_usage(self._usage, part)
            case ModelName():
                self._model = part.name
            case End():
                self._ended = True
                self._reason = part.reason or self._reason

    def rest(self) -> Iterable[Text | Reasoning]:
        """What was held back because it might have been the beginning of a tag. To be called before `finish`."""
        return [piece for block, splitter in self._splitters.items() for piece in self._take(splitter.finish(), block)]

    def finish(self, *, ended: bool) -> Reply:
        """The reply. `ended` says that the stream itself told that nothing follows.

        Raises BrokenReplyError for a stream that stopped without a reason and without saying that it was done.
        """
        list(self.rest())
        if self._reason is not None and self._reason.lower() in _BROKEN:
            raise BrokenReplyError(f"the reply broke off: {self._reason}")
        if not (self._ended or ended):
            raise BrokenReplyError("the stream ended before the reply did")
        self._close_unopened()
        text = self._joined("text")
        content = self._content()
        return Reply(
            text=text,
            reasoning=self._joined("reasoning"),
            reasoning_field=self._reasoning_field,
            content=content,
            calls=tuple(RawCall(call.id, call.name, call.args) for call in self._calls),
            end_reason=self._end_reason(has_content=bool(text.strip()) or any(b.kind == "other" for b in self._blocks)),
            provider_end_reason=self._reason,
            usage=self._usage,
            model=self._model,
        )

    def _take(self, pieces: Sequence[Piece], index: int | None) -> list[Text | Reasoning]:
        shown: list[Text | Reasoning] = []
        for piece in pieces:
            kind = piece.kind
            self._tagged = self._tagged or kind == "reasoning"
            self._block(kind, index).text.append(piece.text)
            shown.append(Text(piece.text) if kind == "text" else Reasoning(piece.text))
        return shown

    def _reason_aloud(self, part: Reasoning) -> list[Reasoning]:
        block = self._block("reasoning", part.block)
        block.text.append(part.text)
        block.signature += part.signature
        self._reasoning_field = self._reasoning_field or part.field
        return [Reasoning(clean_text(part.text))] if part.text else []

    def _block(self, kind: Literal["text", "reasoning"], index: int | None) -> _Block:
        """The block that a piece continues; a new one where another kind came between."""
        if index is not None:
            mine = [block for block in self._blocks if block.index == index and block.kind == kind]
            last = mine[-1] if mine else None
        else:
            last = self._blocks[-1] if self._blocks else None
            if last is not None and (last.kind != kind or last.index is not None):
                last = None
        if last is None:
            last = _Block(kind, index)
            self._blocks.append(last)
        return last

    def _call(self, part: CallPart) -> CallPart:
        position = self._position(part)
        if position is None:
            self._calls.append(_Call(part.index, part.id, part.name, part.args, part.whole))
            return CallPart(len(self._calls) - 1, part.id, part.name, clean_text(part.args))
        call = self._calls[position]
        call.id = call.id or part.id
        if part.name and part.name != call.name:
            call.name += part.name  # a name may come in pieces, but one that is repeated is not
        call.args += part.args
        return CallPart(position, "", "", clean_text(part.args))

    def _position(self, part: CallPart) -> int | None:
        """The call that a part continues; None if it begins one.

        Servers disagree: all calls under index 0, no index at all, one id for all calls, the id and name in each chunk.
        """
        if part.whole:
            return None
        for position in reversed(range(len(self._calls))):
            call = self._calls[position]
            if part.index is None or call.index == part.index:
                return None if call.whole or _begins_another(call, part) else position
        return None

    def _block_input(self, part: BlockInput) -> Iterable[CallPart]:
        if any(call.index == part.block for call in self._calls):
            return [self._call(CallPart(part.block, args=part.json))]
        for block in self._blocks:
            if block.index == part.block and block.kind == "other":
                block.input.append(part.json)
        return ()

    def _change(self, part: BlockChange) -> None:
        for block in self._blocks:
            if block.index != part.block:
                continue
            for name, value in part.data.items():
                earlier = block.data.get(name)
                block.data[name] = (
                    [*earlier, *value] if isinstance(earlier, list) and isinstance(value, list) else value
                )

    def _close_unopened(self) -> None:
        """Of a text that only closes its thinking, what precedes the tag is reasoning."""
        texts = [block for block in self._blocks if block.kind == "text"]
        if self._tagged or len(texts) != 1:
            return
        thought, text = without_unopened("".join(texts[0].text))
        if thought:
            texts[0].text = [text]
            self._blocks.insert(0, _Block("reasoning", None, [thought]))

    def _joined(self, kind: str) -> str:
        blocks = ("".join(block.text) for block in self._blocks if block.kind == kind)
        parts = [part for part in blocks if part]
        joined = "".join(parts) if kind == "text" else "\n\n".join(part.strip("\n") for part in parts)
        return clean_text(joined)

    def _content(self) -> str | list[dict[str, Any]]:
        """The text alone, unless the provider wants its blocks back as they were, or there is more than text."""
        plain = all(
            (block.kind == "text" and not block.data) or (block.kind == "reasoning" and not block.signature)
            for block in self._blocks
        )
        if plain:
            return self._joined("text")
        content = [_as_content(block) for block in self._blocks]
        return [block for block in content if block]

    def _end_reason(self, *, has_content: bool) -> EndReason:
        known = end_reason(self._reason, has_content=has_content, has_calls=bool(self._calls))
        return "refusal" if self._refused and known in ("stop", "unknown", "empty") else known


def read_reply(parts: Iterable[Part], *, ended: bool = False) -> Reply:
    """The reply that the parts make. Raises BrokenReplyError."""
    reader = ReplyReader()
    for part in parts:
        reader.add(part)
    return reader.finish(ended=ended)


def end_reason(sent: str | None, *, has_content: bool, has_calls: bool) -> EndReason:
    """Why a reply ended, by what the provider sent and by what is there."""
    name = "" if sent is None else sent.lower()
    known: EndReason = next((reason for reason, names in _REASONS.items() if name in names), "unknown")
    if known not in ("stop", "tool_calls", "unknown"):
        return known
    if has_calls:
        return "unknown" if known == "unknown" else "tool_calls"
    if not has_content:
        return "empty"
    return "stop" if known == "tool_calls" else known


def joined_replies(first: Reply, second: Reply) -> Reply:
    """A reply that its provider paused, with what followed."""
    content: str | list[dict[str, Any]]
    if isinstance(first.content, str) and isinstance(second.content, str):
        content = first.content + second.content
    else:
        content = [*_blocks(first.content), *_blocks(second.content)]
    reasoning = "\n\n".join(part for part in (first.reasoning, second.reasoning) if part)
    return replace(
        second,
        text=first.text + second.text,
        content=content,
        reasoning=reasoning,
        reasoning_field=first.reasoning_field or second.reasoning_field,
        calls=first.calls + second.calls,
    )


def prompt_tokens(usage: Usage) -> int | None:
    """All tokens of the prompt, cached ones included; None where the provider does not say."""
    if not usage.apart or usage.prompt is None:
        return usage.prompt
    return usage.prompt + (usage.cached or 0) + (usage.cache_write or 0)


def _begins_another(call: _Call, part: CallPart) -> bool:
    """Whether a part at the place of a call begins the next one."""
    if part.id and call.id and part.id != call.id:
        return True
    if not part.name:
        return False
    if part.index is None and call.name and part.name != call.name:
        return True
    # The name again: in each chunk of one call, or at the beginning of another. A call that is whole is over.
    return bool(call.args.strip()) and _is_whole(call.args)


_OBJECT_END = re.compile(r"\}\s*\Z")


def _is_whole(args: str) -> bool:
    if not _OBJECT_END.search(args):
        return False
    try:
        parse_strict(args)
    except ValueError:
        return False
    return True


def latest_usage(earlier: Usage, later: Usage) -> Usage:
    """Each count as it was told last. Counts are cumulative; a later 0 beside an earlier count says nothing."""
    merged: dict[str, Any] = {}
    for name in (one.name for one in fields(Usage) if one.name != "apart"):
        before, after = _count(getattr(earlier, name)), _count(getattr(later, name))
        merged[name] = after or (before if before is not None else after)
    return Usage(**merged, apart=earlier.apart or later.apart)


def _count(value: Any) -> int | None:
    """A number of tokens; None for what is not one."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < 2**53:
        return None
    return int(value)


def _as_content(block: _Block) -> dict[str, Any]:
    text = clean_text("".join(block.text))
    if block.kind == "text":
        return {"type": "text", "text": text, **clean(block.data)} if text else {}
    if block.kind == "reasoning":
        return {"type": "thinking", "thinking": text, **({"signature": block.signature} if block.signature else {})}
    data: dict[str, Any] = clean(block.data)
    if block.input:
        try:
            data["input"] = parse_strict("".join(block.input))
        except ValueError:
            data.setdefault("input", {})
    return data


def _blocks(content: str | list[dict[str, Any]]) -> list[dict[str, Any]]:
    if isinstance(content, list):
        return content
    return [{"type": "text", "text": content}] if content else []
