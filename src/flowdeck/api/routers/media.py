"""Images, files and audio that messages refer to."""

from typing import Annotated

from fastapi import Path, Response

from flowdeck.api.dependencies import ContainerDep, Reading
from flowdeck.api.openapi_errors import failures
from flowdeck.api.strict_router import Router

router = Router(prefix="/media", tag="history")

# What a browser shows without running anything in it; all else is a download of bytes.
_SHOWN = frozenset(
    {
        "image/png",
        "image/jpeg",
        "image/gif",
        "image/webp",
        "audio/mpeg",
        "audio/wav",
        "audio/ogg",
        "audio/flac",
        "video/mp4",
        "video/webm",
    }
)
_HEADERS = {
    # The bytes of a digest never change.
    "Cache-Control": "private, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
}


@router.get(
    "/{digest}",
    summary="Get media",
    response_class=Response,
    responses={
        200: {
            "description": "The bytes, with their media type.",
            "content": {"*/*": {"schema": {"type": "string", "format": "binary"}}},
        },
        **failures("media_not_found"),
    },
)
async def get_media(
    digest: Annotated[
        str,
        Path(
            pattern="^sha256:[0-9a-f]{64}$",
            description="The digest, as blocks contain it under `media`.",
            examples=["sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],
        ),
    ],
    tx: Reading,
    container: ContainerDep,
) -> Response:
    """Returns the bytes of an image, file or audio in a message. Types that a browser could execute are downloads."""
    row = await container.media.get(tx, digest)
    shown = row.mime_type in _SHOWN
    disposition = "inline" if shown else f'attachment; filename="{digest[7:23]}"'
    return Response(
        row.data,
        media_type=row.mime_type if shown else "application/octet-stream",
        headers={**_HEADERS, "Content-Disposition": disposition, "ETag": f'"{digest[7:]}"'},
    )
