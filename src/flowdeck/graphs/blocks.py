"""Content blocks: the parts of a message that are not plain text, in the dialects in which they come in.

Images, files and audio get one form, LangChain's: `{type, mime_type, base64 | url | file_id | media}`. `media` is a
reference, `sha256:…`, to bytes that are stored once.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import JsonValue

Block = dict[str, Any]

MEDIA_TYPES = ("image", "file", "audio", "video")
_SOURCES = ("base64", "url", "file_id", "media")
_DATA_URL = re.compile(r"data:(?P<mime>[\w.+-]+/[\w.+-]+)?(?:;[\w=.+-]+)*;base64,(?P<data>.*)", re.DOTALL)
_MIME = re.compile(r"[A-Za-z0-9][\w.+-]{0,63}/[A-Za-z0-9][\w.+-]{0,63}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_REASONING_TYPES = frozenset({"thinking", "reasoning"})
_CALL_TYPES = frozenset({"tool_use", "tool_call", "invalid_tool_call", "function_call", "input_json_delta"})
_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"RIFF", "audio/wav"),
    (b"ID3", "audio/mpeg"),
)
_DEFAULT_MIME = {"image": "image/png", "audio": "audio/wav", "video": "video/mp4", "file": "application/octet-stream"}


@dataclass(frozen=True, slots=True)
class Media:
    """Bytes that a message refers to by `digest`, which is `sha256:` and the hash of the bytes."""

    digest: str
    mime_type: str
    data: bytes


def text_of(content: str | Sequence[Any]) -> str:
    """The text of a message's content: all of its text blocks, one after the other."""
    if isinstance(content, str):
        return content
    return "".join(
        block if isinstance(block, str) else str(block.get("text") or "")
        for block in content
        if isinstance(block, str) or (isinstance(block, Mapping) and block.get("type") == "text")
    )


def reasoning_of(content: str | Sequence[Any]) -> str:
    """What the model thought, as far as the content has it."""
    if isinstance(content, str):
        return ""
    thoughts = (
        str(block.get("thinking") or block.get("reasoning") or "")
        for block in content
        if isinstance(block, Mapping) and block.get("type") in _REASONING_TYPES
    )
    return "\n\n".join(thought for thought in thoughts if thought)


def is_media(block: object) -> bool:
    """Whether a block is an image, a file, audio or video, in any dialect."""
    return isinstance(block, Mapping) and (
        block.get("type") in {*MEDIA_TYPES, "image_url", "input_audio", "document", "media"}
    )


def media_block(block: Mapping[str, Any]) -> Block:
    """A media block in the one form. Raises ValueError, with the reason, for one that has nothing to show."""
    kind = str(block.get("type"))
    name = _name_of(block)
    extra: Block = {"filename": name} if name else {}
    of_openai = _OPENAI.get(kind)
    inner = block.get(kind)
    if of_openai is not None and (kind != "file" or isinstance(inner, Mapping)):
        return of_openai(inner, extra)
    kind = {"document": "file", "media": _kind_of(str(block.get("mime_type") or ""))}.get(kind, kind)
    return _of_langchain(kind, block, extra)


def _of_langchain(kind: str, block: Mapping[str, Any], extra: Block) -> Block:
    """LangChain's two forms, Anthropic's `source`, and references."""
    source = block.get("source")
    if isinstance(source, Mapping):
        return _from_source(kind, source, extra)
    if isinstance(block.get("media"), str):
        return _from_reference(kind, block, extra)
    mime = block.get("mime_type")
    data = block.get("base64", block.get("data"))
    if data is not None:
        return _from_base64(kind, data, mime, extra)
    if block.get("url") is not None:
        return _from_url(kind, block["url"], extra, mime)
    file_id = block.get("file_id", block.get("id") if block.get("source_type") == "id" else None)
    if isinstance(file_id, str):
        return {"type": kind, "file_id": file_id, **extra}
    raise ValueError(f"{kind} needs base64 and mime_type, or a url")


def stored_form(block: Mapping[str, Any]) -> tuple[Block, Media | None]:
    """A media block as it is stored and shown: bytes are replaced by a reference to them. Raises ValueError."""
    known = media_block(block)
    if "base64" not in known:
        return known, None
    data = base64.b64decode(known.pop("base64"))
    digest = f"sha256:{hashlib.sha256(data).hexdigest()}"
    return {**known, "media": digest, "bytes": len(data)}, Media(digest, known["mime_type"], data)


def outward_blocks(content: str | Sequence[Any]) -> list[JsonValue] | None:
    """A message's content as blocks for clients; None for plain text. Bytes are references, tool calls are left out."""
    if isinstance(content, str):
        return None
    blocks: list[JsonValue] = []
    for block in content:
        if isinstance(block, str):
            blocks.append({"type": "text", "text": block})
        elif isinstance(block, Mapping) and block.get("type") not in _CALL_TYPES:
            blocks.append(_outward(block))
    return blocks


def with_references(content: str | Sequence[Any]) -> tuple[str | list[Any], list[Media]]:
    """A message's content with its bytes replaced by references, and the bytes."""
    if isinstance(content, str):
        return content, []
    found: list[Media] = []
    blocks: list[Any] = []
    for block in content:
        kept = block
        if isinstance(block, Mapping) and is_media(block):
            try:
                kept, media = stored_form(block)
            except ValueError:
                media = None  # a graph's own block: it stays as it is
            if media is not None:
                found.append(media)
        blocks.append(kept)
    return blocks, found


def media_of(content: str | Sequence[Any]) -> Iterator[str]:
    """The digests that a content refers to."""
    for block in () if isinstance(content, str) else content:
        if isinstance(block, Mapping) and isinstance(block.get("media"), str) and is_media(block):
            yield block["media"]


def block_fault(block: object) -> str | None:
    """What keeps a block that a client sends from being one; None if nothing does."""
    if isinstance(block, str):
        return None
    if not isinstance(block, Mapping) or not isinstance(block.get("type"), str) or not block["type"]:
        return "a content block must be a string or an object with a `type`"
    if block["type"] == "text":
        return None if isinstance(block.get("text"), str) else "a text block needs a `text`"
    if not is_media(block):
        return None
    try:
        media_block(block)
    except ValueError as error:
        return str(error)
    return None


def _outward(block: Mapping[str, Any]) -> JsonValue:
    if not is_media(block):
        return dict(block)
    try:
        return stored_form(block)[0]
    except ValueError:
        return dict(block)


def _name_of(block: Mapping[str, Any]) -> str:
    places: tuple[Any, ...] = (block, block.get("file"), block.get("extras"), block.get("metadata"))
    names = (place.get("filename") for place in places if isinstance(place, Mapping))
    return next((name for name in names if isinstance(name, str) and name), "")


def _image_url(inner: object, extra: Block) -> Block:
    if not isinstance(inner, Mapping):
        return _from_url("image", inner, extra)
    detail = inner.get("detail")
    return _from_url("image", inner.get("url"), {**extra, **({"detail": detail} if isinstance(detail, str) else {})})


def _input_audio(inner: object, extra: Block) -> Block:
    if not isinstance(inner, Mapping):
        raise ValueError("input_audio must be an object {data, format}")  # noqa: TRY004 - its callers tell ValueErrors
    form = str(inner.get("format") or "wav")
    return _from_base64("audio", inner.get("data"), "audio/mpeg" if form == "mp3" else f"audio/{form}", extra)


def _file(inner: Any, extra: Block) -> Block:
    if isinstance(inner.get("file_id"), str):
        return {"type": "file", "file_id": inner["file_id"], **extra}
    return _from_url("file", inner.get("file_data"), extra)


_OPENAI: Mapping[str, Callable[[Any, Block], Block]] = {
    "image_url": _image_url,
    "input_audio": _input_audio,
    "file": _file,
}


def _from_source(kind: str, source: Mapping[str, Any], extra: Block) -> Block:
    """Anthropic's `source`."""
    if source.get("type") == "base64":
        return _from_base64(kind, source.get("data"), source.get("media_type"), extra)
    if source.get("type") == "text" and isinstance(source.get("data"), str):
        encoded = base64.b64encode(source["data"].encode()).decode()
        return _from_base64(kind, encoded, source.get("media_type") or "text/plain", extra)
    if source.get("type") == "file" and isinstance(source.get("file_id"), str):
        return {"type": kind, "file_id": source["file_id"], **extra}
    return _from_url(kind, source.get("url"), extra)


def _from_reference(kind: str, block: Mapping[str, Any], extra: Block) -> Block:
    if not _DIGEST.fullmatch(block["media"]):
        raise ValueError("media must be `sha256:` and 64 hexadecimal digits")
    known = {"mime_type": _mime(kind, block.get("mime_type"), b""), "media": block["media"]}
    size = block.get("bytes")
    return {"type": kind, **known, **({"bytes": size} if isinstance(size, int) else {}), **extra}


def _from_base64(kind: str, data: object, mime: object, extra: Block) -> Block:
    if not isinstance(data, str):
        raise ValueError(f"{kind}: base64 must be a string")  # noqa: TRY004 - as above
    if data.startswith("data:"):
        return _from_url(kind, data, extra, mime)
    try:
        plain = base64.b64decode("".join(data.split()), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError(f"{kind}: base64 cannot be decoded") from None
    if not plain:
        raise ValueError(f"{kind}: base64 is empty")
    return {"type": kind, "mime_type": _mime(kind, mime, plain), "base64": base64.b64encode(plain).decode(), **extra}


def _from_url(kind: str, url: object, extra: Block, mime: object = None) -> Block:
    if not isinstance(url, str) or not url:
        raise ValueError(f"{kind}: url must be a string")
    match = _DATA_URL.fullmatch(url)
    if match is not None:
        return _from_base64(kind, match["data"], match["mime"] or mime, extra)
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"{kind}: url must begin with http://, https:// or data:")
    return {"type": kind, "url": url, **({"mime_type": mime} if isinstance(mime, str) else {}), **extra}


def _mime(kind: str, given: object, data: bytes) -> str:
    if isinstance(given, str) and given:
        if not _MIME.fullmatch(given):
            raise ValueError(f"{kind}: {given[:64]!r} is not a media type")
        return given.lower()
    return next((mime for start, mime in _SIGNATURES if data.startswith(start)), _DEFAULT_MIME.get(kind, "*/*"))


def _kind_of(mime: str) -> str:
    kind = mime.partition("/")[0]
    return kind if kind in {"image", "audio", "video"} else "file"
