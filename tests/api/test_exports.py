"""The export of sessions over HTTP."""

import asyncio
import csv
import hashlib
import io
import json

import pytest
from httpx import AsyncClient

from flowdeck.api.export_formats import LAYOUTS, plain_cell
from flowdeck.api.utils.serialization import attachment
from flowdeck.container import Container
from flowdeck.services.export_service import ExportBroken
from flowdeck.storage.scope import LOCAL, Scope
from tests.api.said import say
from tests.factories import code_of, create_session, problem_of, run

pytestmark = pytest.mark.anyio

UNKNOWN = "chat-251022-174800-000000"
STRANGER = Scope("other", "someone")


async def exported(client: AsyncClient, session_id: str, wanted: str) -> str:
    answer = await client.get(f"/api/history/sessions/{session_id}/export", params={"format": wanted})
    assert answer.status_code == 200, answer.text
    return answer.content.decode()


AWKWARD = [
    "=1+1",
    "'=1",
    "+a",
    "-5",
    "@SUM(A1)",
    "\ttab",
    "\rreturn",
    "'tis",
    'say "hi", she\r\nsaid\n',
    "数据，🚀",
    "",
    "a,b;c",
]


async def test_csv_is_rfc_4180_and_gives_every_text_back(client: AsyncClient, container: Container) -> None:
    session_id = await create_session(client)
    await say(container, session_id, *AWKWARD)

    answer = await client.get(f"/api/history/sessions/{session_id}/export?format=csv")

    body = answer.content.decode()
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["x-total-count"] == str(len(AWKWARD))
    assert answer.headers["content-disposition"] == (
        f"attachment; filename=\"{session_id}.csv\"; filename*=UTF-8''{session_id}.csv"
    )
    assert body.startswith("\ufeffseq,message_id,")
    assert body.endswith("\r\n")
    records = list(csv.DictReader(io.StringIO(body.removeprefix("\ufeff"), newline="")))
    cells = [record["content"] for record in records]
    assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in cells)
    assert [cell[1:] if plain_cell(cell) != cell else cell for cell in cells] == AWKWARD


async def test_json_has_the_whole_session(client: AsyncClient) -> None:
    session_id = await create_session(client)
    made = await run(client, session_id, "数据 please")
    messages = (await client.get(f"/api/history/sessions/{session_id}/messages")).json()["records"]
    bookmark = (
        await client.post(
            f"/api/history/sessions/{session_id}/bookmarks", json={"message_id": messages[0]["message_id"]}
        )
    ).json()

    whole = json.loads(await exported(client, session_id, "json"))

    assert list(whole) == ["session", "runs", "answers", "model_calls", "bookmarks", "media", "messages"]
    assert whole["session"] == (await client.get(f"/api/sessions/{session_id}")).json()
    assert [row["run_id"] for row in whole["runs"]] == [made["run_id"]]
    assert [(call["model"], call["prompt_tokens"]) for call in whole["model_calls"]] == [("rehearsal-1", 10)]
    assert [row["bookmark_id"] for row in whole["bookmarks"]] == [bookmark["bookmark_id"]]
    assert whole["messages"] == messages


async def test_an_empty_session_is_exported_as_one(client: AsyncClient) -> None:
    session_id = await create_session(client)

    whole = json.loads(await exported(client, session_id, "json"))

    assert [whole[name] for name in ("runs", "model_calls", "bookmarks", "media", "messages")] == [[]] * 5
    assert await exported(client, session_id, "jsonl") == ""
    assert (await exported(client, session_id, "csv")).count("\r\n") == 1


async def test_json_lines_are_the_messages_as_they_were_written(client: AsyncClient, container: Container) -> None:
    session_id = await create_session(client)
    said = [f"{AWKWARD[number % len(AWKWARD)]} {number} 数据\u2028" for number in range(1300)]
    await say(container, session_id, *said)

    lines = (await exported(client, session_id, "jsonl")).removesuffix("\n").split("\n")

    read = hashlib.sha256("\0".join(json.loads(line)["content"] for line in lines).encode())
    assert read.hexdigest() == hashlib.sha256("\0".join(said).encode()).hexdigest()


async def test_markdown_reads_as_the_conversation(client: AsyncClient, container: Container) -> None:
    session_id = await create_session(client)
    await say(container, session_id, "What is 1+1?")
    await say(container, session_id, ("tool", "```\n2\n```"), name="calculator")

    page = await exported(client, session_id, "markdown")

    assert page.startswith(f"# {session_id}\n\n- Session: `{session_id}`\n")
    assert "## 2 · user · 2026-03-01T12:00:00.000000Z\n\nWhat is 1+1?\n" in page
    assert "## 3 · tool · calculator · 2026-03-01T12:01:00.000000Z\n\n````\n```\n2\n```\n````\n" in page


async def test_an_unknown_format_is_refused_before_anything_is_looked_at(client: AsyncClient) -> None:
    answer = await client.get(f"/api/history/sessions/{UNKNOWN}/export?format=xml")

    assert code_of(answer) == (400, "export_format_unknown")
    assert "json, csv, jsonl, markdown" in problem_of(answer)["detail"]


async def test_an_export_holds_what_was_there_when_it_began(client: AsyncClient, container: Container) -> None:
    session_id = await create_session(client)
    await say(container, session_id, *(f"before {number}" for number in range(120)))

    export = await container.export_service.open(LOCAL, session_id, LAYOUTS["jsonl"])
    chunks = [await anext(export.chunks), await anext(export.chunks)]
    await say(container, session_id, "after")
    chunks += [chunk async for chunk in export.chunks]

    body = b"".join(chunks).decode()
    assert export.total == 120
    assert body.count("\n") == 120
    assert "after" not in body


async def test_an_export_whose_session_is_deleted_breaks_off(client: AsyncClient, container: Container) -> None:
    session_id = await create_session(client)
    await say(container, session_id, *(f"message {number}" for number in range(120)))

    export = await container.export_service.open(LOCAL, session_id, LAYOUTS["jsonl"])
    await anext(export.chunks)
    await client.delete(f"/api/sessions/{session_id}")

    with pytest.raises(ExportBroken, match="of 120 messages"):
        async for _ in export.chunks:
            pass


async def test_an_export_holds_no_connection_between_its_pages(client: AsyncClient, container: Container) -> None:
    session_id = await create_session(client)
    await say(container, session_id, *(f"message {number}" for number in range(120)))

    exports = [await container.export_service.open(LOCAL, session_id, LAYOUTS["csv"]) for _ in range(30)]
    for export in exports:
        await anext(export.chunks)
        await anext(export.chunks)

    async with asyncio.timeout(10):
        assert (await client.get(f"/api/sessions/{session_id}")).status_code == 200
    for export in exports:
        await export.chunks.aclose()  # type: ignore[attr-defined]


def test_a_files_name_is_told_to_old_and_new_clients() -> None:
    assert attachment('报告 "1".csv') == (
        "attachment; filename=\"__ _1_.csv\"; filename*=UTF-8''%E6%8A%A5%E5%91%8A%20%221%22.csv"
    )
