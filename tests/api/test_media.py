"""Images, files and audio in messages, on every way in and out."""

import base64
import json
from typing import Any

import pytest
from httpx import AsyncClient

from tests.factories import create_session, run

pytestmark = pytest.mark.anyio

PNG = b"\x89PNG\r\n\x1a\npixel"
BLOCK = {"type": "image", "base64": base64.b64encode(PNG).decode(), "mime_type": "image/png"}


def said(*blocks: Any, **fields: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": "See"}, *blocks], **fields}]}


async def last(client: AsyncClient, session_id: str, kind: str = "user") -> dict[str, Any]:
    url = f"/api/history/sessions/{session_id}/messages"
    records = (await client.get(url, params={"message_types": kind})).json()["records"]
    return next(record for record in reversed(records) if not record["discarded"])


async def test_an_image_is_shown_by_its_reference(client: AsyncClient) -> None:
    session_id = await create_session(client)
    await run(client, session_id, said(BLOCK))

    shown = await last(client, session_id)
    image = shown["blocks"][1]
    assert shown["content"] == "See"
    assert (image["type"], image["mime_type"], image["bytes"]) == ("image", "image/png", len(PNG))
    answer = await client.get(f"/api/media/{image['media']}")
    assert (answer.content, answer.headers["content-type"]) == (PNG, "image/png")
    assert answer.headers["content-disposition"] == "inline"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("mime", ["image/svg+xml", "text/html", "application/pdf"])
async def test_what_a_browser_might_execute_is_a_download(client: AsyncClient, mime: str) -> None:
    session_id = await create_session(client)
    script = base64.b64encode(b"<svg onload=alert(1)>").decode()
    await run(client, session_id, said({"type": "file", "base64": script, "mime_type": mime}))
    answer = await client.get(f"/api/media/{(await last(client, session_id))['blocks'][1]['media']}")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"].startswith("attachment")


async def test_media_that_is_not_there(client: AsyncClient) -> None:
    assert (await client.get(f"/api/media/sha256:{'0' * 64}")).json()["code"] == "media_not_found"
    assert (await client.get("/api/media/sha256:xyz")).status_code == 422


async def test_a_message_with_blocks_goes_through_an_edit_and_a_fork(client: AsyncClient) -> None:
    session_id = await create_session(client)
    await run(client, session_id, "Hi")

    edited = await client.patch(f"/api/sessions/{session_id}/state", json={"values": said(BLOCK, id="m1")})
    assert edited.status_code == 200, edited.text
    forked = await client.post(f"/api/sessions/{session_id}/fork", json={"values": said(BLOCK, id="m2")})
    assert forked.status_code == 201, forked.text
    for session in (session_id, forked.json()["session_id"]):
        image = (await last(client, session))["blocks"][1]
        assert (await client.get(f"/api/media/{image['media']}")).content == PNG
        state = (await client.get(f"/api/sessions/{session}/state")).json()["values"]
        assert BLOCK["base64"] not in json.dumps(state)
        assert state["messages"][-1]["blocks"][1] == image


async def test_what_is_shown_can_be_sent_again(client: AsyncClient) -> None:
    session_id = await create_session(client)
    await run(client, session_id, said(BLOCK))
    state = (await client.get(f"/api/sessions/{session_id}/state")).json()["values"]
    again = await create_session(client, initial_state=state)
    await run(client, again, "Hi")
    messages = (await client.get(f"/api/sessions/{again}/state")).json()["values"]["messages"]
    assert messages[: len(state["messages"])] == state["messages"]


async def test_an_edited_text_keeps_the_image(client: AsyncClient) -> None:
    session_id = await create_session(client)
    await run(client, session_id, said(BLOCK, id="m1"))
    message = (await client.get(f"/api/sessions/{session_id}/state")).json()["values"]["messages"][0]
    body = {"values": {"messages": [{**message, "content": "Look"}]}}
    assert (await client.patch(f"/api/sessions/{session_id}/state", json=body)).status_code == 200
    shown = (await client.get(f"/api/sessions/{session_id}/state")).json()["values"]["messages"][0]
    assert shown["content"] == "Look"
    assert [block["type"] for block in shown["blocks"]] == ["image", "text"]


async def test_exports_have_the_bytes_once(client: AsyncClient) -> None:
    session_id = await create_session(client)
    for _ in range(2):
        await run(client, session_id, said(BLOCK))
    url = f"/api/history/sessions/{session_id}/export"
    whole = (await client.get(url, params={"format": "json"})).json()
    assert [(one["mime_type"], base64.b64decode(one["base64"])) for one in whole["media"]] == [("image/png", PNG)]
    markdown = (await client.get(url, params={"format": "markdown"})).text
    assert markdown.count(f"[image: image/png, {len(PNG)} bytes sha256:") == 2
