"""What a node writes, made into what every database can store."""

from collections.abc import Mapping
from typing import Any

from langchain_core.messages import BaseMessage

from flowdeck.graphs.blocks import Media, with_references
from flowdeck.graphs.media import MediaStore
from flowdeck.graphs.storable import clean, require_storable


def storable_update(update: Mapping[str, Any], media: MediaStore) -> dict[str, Any]:
    """The update with its texts cleaned, and with the bytes in its messages kept in `media` and referred to.

    Raises Invalid `text_not_storable` for numbers that no database stores, and what `media` raises for bytes that it
    does not keep.
    """
    found: list[Media] = []
    taken = {name: _without_bytes(value, found) for name, value in update.items()}
    if found:
        media.keep(found)
    cleaned: dict[str, Any] = clean(taken)
    require_storable(cleaned)
    return cleaned


def _without_bytes(value: Any, found: list[Media]) -> Any:
    if isinstance(value, list) and any(isinstance(item, BaseMessage) for item in value):
        return [_without_bytes(item, found) for item in value]
    if not isinstance(value, BaseMessage):
        return value
    content, media = with_references(value.content)
    if not media:
        return value
    found.extend(media)
    return value.model_copy(update={"content": content})
