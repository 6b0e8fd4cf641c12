"""The bytes that messages refer to, as graphs use them; where they are stored is the engine's business."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from flowdeck.graphs.blocks import Media


class MediaStore(Protocol):
    """Keeps bytes by their digest, for the messages that refer to them."""

    def keep(self, media: Sequence[Media]) -> None:
        """Store these with the step that writes the messages which refer to them."""
        ...

    async def load(self, digests: Sequence[str]) -> Mapping[str, tuple[str, bytes]]:
        """The media type and the bytes by digest; what is not stored is left out."""
        ...


class MemoryMedia:
    """Keeps media as long as it lives: for graphs that run without a server."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[str, bytes]] = {}

    def keep(self, media: Sequence[Media]) -> None:
        """Keep these."""
        self._kept.update({one.digest: (one.mime_type, one.data) for one in media})

    async def load(self, digests: Sequence[str]) -> Mapping[str, tuple[str, bytes]]:
        """Those of them that are kept."""
        return {digest: self._kept[digest] for digest in digests if digest in self._kept}
