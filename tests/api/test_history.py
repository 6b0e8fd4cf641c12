"""The history over HTTP: messages, search, export, bookmarks."""

import asyncio
import csv
import hashlib
import io
import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import delete, event, text

from flowdeck.api.services.export_formats import plain_cell
from flowdeck.api.services.export_service import ExportBroken
from flowdeck.api.utils.serialization import attachment
from flowdeck.container import Container
from flowdeck.storage.scope import LOCAL, Scope
from flowdeck.storage.tables import MessageRow, SessionRow
from tests.factories import code_of, create_session, problem_of, run

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
STRANGER = Scope("other", "someone")
UNKNOWN = "chat-251022-174800-000000"


async def say(container: Container, session_id: str, *said: tuple[str, str] | str, **details: Any) -> list[str]:
    """Messages in a session, a minute apart from noon on; those without a type are a user's."""
    async with container.database.write(LOCAL) as tx:
        row = await container.sessions.get(tx, session_id)
        first, row.last_seq = row.last_seq + 1, row.last_seq + len(said)
        rows = [
            {
                "session_id": session_id,
                "message_id": f"m{seq}",
                "seq": seq,
                "run_id": None,
                "type": "user" if isinstance(what, str) else what[0],
                "content": what if isinstance(what, str) else what[1],
                "details": details or None,
                "discarded_at": None,
                "created_at": NOON + timedelta(minutes=seq - 2),
            }
            for seq, what in enumerate(said, start=first)
        ]
        await container.history.add_messages(tx, rows)
    return [str(row["message_id"]) for row in rows]


async def search(client: AsyncClient, query: str, session_id: str | None = None, **params: Any) -> dict[str, Any]:
    """A search that succeeds."""
    path = "search" if session_id is None else f"sessions/{session_id}/search"
    answer = await client.get(f"/api/history/{path}", params={"query": query, **params})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def contents(rows: Sequence[dict[str, Any]]) -> list[str]:
    return [row["content"] for row in rows]


async def test_messages_are_listed_in_order_by_limit_and_offset(client: AsyncClient, container: Container) -> None:
    session_id = await create_session(client)
    await say(container, session_id, "one", ("assistant", "two"), ("tool", "three"), ("system", "four"))
    url = f"/api/history/sessions/{session_id}/messages"

    whole = (await client.get(url)).json()
    part = (await client.get(url, params={"limit": 2, "offset": 1})).json()
    behind = (await client.get(url, params={"offset": 4})).json()

    assert contents(whole["records"]) == ["one", "two", "three", "four"]
    assert (whole["session_id"], whole["total"], whole["limit"], whole["offset"]) == (session_id, 4, 50, 0)
    assert (contents(part["records"]), part["total"]) == (["two", "three"], 4)
    assert (behind["records"], behind["total"]) == ([], 4)


async def test_messages_are_narrowed_by_type_and_time(client: AsyncClient, container: Container) -> None:
    session_id = await create_session(client)
    await say(container, session_id, "one", ("assistant", "two"), ("tool", "three"), ("system", "four"))
    url = f"/api/history/sessions/{session_id}/messages"

    async def listed(**params: Any) -> list[str]:
        answer = (await client.get(url, params=params)).json()
        assert answer["total"] == len(answer["records"])
        return contents(answer["records"])

    assert await listed(message_types=["user", "tool"]) == ["one", "three"]
    assert await listed(message_types="user,tool") == ["one", "three"]
    assert await listed(start_time="2026-03-01T12:01:00Z") == ["two", "three", "four"]
    assert await listed(end_time="2026-03-01T20:01:00+08:00") == ["one", "two"]
    assert await listed(start_time="2026-03-01T12:01:00", end_time="2026-03-01T12:01:00") == ["two"]
    assert await listed(start_time="2026-03-01T12:01:00Z", message_types="system") == ["four"]


@pytest.mark.parametrize(
    "params",
    [
        {"start_time": "yesterday"},
        {"start_time": "0.5"},
        {"end_time": "1700000000"},
        {"message_types": ""},
        {"start_time": "0001-01-01T00:00:00+14:00"},
        {"message_types": "robot"},
        {"message_types": "user,"},
        {"limit": "0"},
        {"limit": "501"},
        {"offset": "-1"},
    ],
)
async def test_filters_that_cannot_be_are_refused(client: AsyncClient, params: dict[str, str]) -> None:
    session_id = await create_session(client)

    answer = await client.get(f"/api/history/sessions/{session_id}/messages", params=params)

    assert code_of(answer) == (422, "request_invalid")


@pytest.mark.parametrize("path", ["sessions/{}/messages", "sessions/{}/search", "search"])
async def test_a_time_that_ends_before_it_begins_is_refused(client: AsyncClient, path: str) -> None:
    session_id = await create_session(client)
    times = {"start_time": "2026-03-01T12:00:01Z", "end_time": "2026-03-01T12:00:00Z"}

    answer = await client.get(f"/api/history/{path.format(session_id)}", params={"query": "a", **times})

    assert code_of(answer) == (422, "time_range_reversed")


@pytest.mark.parametrize("path", ["messages", "search?query=a", "export", "export?format=csv"])
async def test_an_unknown_session_has_no_history(client: AsyncClient, path: str) -> None:
    assert code_of(await client.get(f"/api/history/sessions/{UNKNOWN}/{path}")) == (404, "session_not_found")


async def test_what_a_run_said_is_found_and_marked(client: AsyncClient) -> None:
    session_id = await create_session(client)
    await run(client, session_id, "你好，数据库在哪里？")

    chinese = await search(client, "数据")
    english = await search(client, "THERE", session_id)

    assert chinese["session_id"] is None
    assert (chinese["query"], chinese["total"], chinese["total_is_exact"]) == ("数据", 1, True)
    result = chinese["results"][0]
    assert (result["session_id"], result["type"], result["workflow"]) == (session_id, "user", "chat")
    assert (result["title"], result["bookmark_id"]) == ("你好，数据库在哪里？", None)
    assert result["snippet"] == {"text": "你好，数据库在哪里？", "start": 0, "ranges": [[3, 5]]}
    assert english["session_id"] == session_id
    assert english["results"][0]["content"] == "Hello there, friend"
    assert english["results"][0]["match"] == "word"


async def test_a_snippet_counts_characters_and_marks_each_match(client: AsyncClient, container: Container) -> None:
    session_id = await create_session(client)
    long = "🚀é " * 200 + "Needle and needle" + " end" * 200
    await say(container, session_id, long)

    snippet = (await search(client, "needle"))["results"][0]["snippet"]

    assert snippet["text"] == long[snippet["start"] : snippet["start"] + len(snippet["text"])]
    assert [snippet["text"][start:end] for start, end in snippet["ranges"]] == ["Needle", "needle"]
    assert len(snippet["text"]) == 240


async def test_words_come_before_beginnings_and_those_before_parts(client: AsyncClient, container: Container) -> None:
    session_id = await create_session(client)
    said = ["an error", "errors of old", "terror", "Error!", "no errand: a mirror", "a terrorerror, error"]
    await say(container, session_id, *said)

    found = await search(client, "error")

    assert contents(found["results"]) == ["a terrorerror, error", "Error!", "an error", "errors of old", "terror"]
    assert [result["match"] for result in found["results"]] == ["word", "word", "word", "prefix", "part"]


async def test_pages_of_results_have_all_of_them_once(client: AsyncClient, container: Container) -> None:
    session_id = await create_session(client)
    await say(container, session_id, *(f"{'' if number % 3 else 'x'}needle {number}" for number in range(250)))

    pages = [await search(client, "needle", page=page, page_size=60) for page in range(1, 6)]
    within = await search(client, "needle", session_id, limit=100, page=3)

    found = [result["message_id"] for page in pages for result in page["results"]]
    assert len(found) == len(set(found)) == 250
    assert [page["has_next"] for page in pages] == [True, True, True, True, False]
    assert all(page["total"] == 250 for page in pages)
    ranked = [result["match"] for page in pages for result in page["results"]][:200]
    assert ranked == sorted(ranked, reverse=True)
    assert [result["message_id"] for result in within["results"]] == found[200:]
    assert (await search(client, "needle", page=6, page_size=60))["results"] == []


async def test_a_search_is_narrowed(client: AsyncClient, container: Container) -> None:
    chat, ask = await create_session(client), await create_session(client, "ask")
    await say(container, chat, "needle one", ("assistant", "needle two"))
    await say(container, ask, ("tool", "needle three"))

    async def found(**params: Any) -> list[str]:
        return sorted(contents((await search(client, "needle", **params))["results"]))

    assert await found() == ["needle one", "needle three", "needle two"]
    assert await found(workflow="ask") == ["needle three"]
    assert await found(message_types="assistant,tool") == ["needle three", "needle two"]
    assert await found(end_time="2026-03-01T12:00:00Z") == ["needle one", "needle three"]
    assert await found(session_id=chat) == ["needle one", "needle two"]
    missing = await client.get("/api/history/search", params={"query": "a", "workflow": "nothing"})
    assert code_of(missing) == (404, "workflow_not_found")


@pytest.mark.parametrize("path", ["search", "sessions/{session_id}/search"])
@pytest.mark.parametrize(
    "query",
    [
        "",
        "query=",
        "query=%20%09",
        "query=%00",
        "query=a%00b",
        "query=%ED%A0%80",
        "query=%FF",
        f"query={'a' * 201}",
        f"query={'a' * 10_000}",
    ],
)
async def test_a_query_that_cannot_be_is_refused(client: AsyncClient, path: str, query: str) -> None:
    path = path.format(session_id=await create_session(client))

    assert code_of(await client.get(f"/api/history/{path}?{query}")) == (422, "request_invalid")


async def test_limits_of_a_search_just_inside_and_outside(client: AsyncClient) -> None:
    session_id = await create_session(client)
    url = f"/api/history/sessions/{session_id}/search"

    assert (await search(client, "字" * 200))["total"] == 0
    assert (await search(client, "a", page=100, page_size=100))["results"] == []
    for params, code in (
        ({"page": 101, "page_size": 100}, "page_out_of_reach"),
        ({"page_size": 101}, "request_invalid"),
        ({"page": 0}, "request_invalid"),
    ):
        assert code_of(await client.get("/api/history/search", params={"query": "a", **params})) == (422, code)
    for limit in (0, 101):
        assert code_of(await client.get(url, params={"query": "a", "limit": limit})) == (422, "request_invalid")


async def test_a_total_over_the_bound_says_so(
    client: AsyncClient, container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flowdeck.managers.history_search.COUNTED", 5)
    session_id = await create_session(client)
    await say(container, session_id, *(f"needle {number}" for number in range(8)))

    bounded = await search(client, "needle", page_size=3)
    counted = await search(client, "needle", page_size=3, count_all=True)
    behind = await search(client, "needle", page_size=3, page=3)
    within = await search(client, "needle", session_id, limit=3)

    assert (bounded["total"], bounded["total_is_exact"], bounded["has_next"]) == (5, False, True)
    assert (counted["total"], counted["total_is_exact"]) == (8, True)
    assert contents(bounded["results"]) == contents(counted["results"]) == ["needle 7", "needle 6", "needle 5"]
    assert (behind["total"], behind["total_is_exact"], behind["has_next"]) == (8, True, False)
    assert contents(behind["results"]) == ["needle 1", "needle 0"]
    assert (within["total"], within["total_is_exact"]) == (8, True)


async def test_discarded_messages_are_found_and_marked(client: AsyncClient) -> None:
    session_id = await create_session(client)
    url = f"/api/sessions/{session_id}"
    await run(client, session_id, "kept")
    await client.post(f"{url}/save")
    await run(client, session_id, "dropped")
    await client.post(f"{url}/restore")

    assert (await search(client, "dropped"))["results"][0]["discarded"] is True
    assert (await search(client, "kept"))["results"][0]["discarded"] is False


async def test_a_deleted_session_is_found_no_more(client: AsyncClient, container: Container) -> None:
    session_id = await create_session(client)
    await say(container, session_id, "needle")
    await client.delete(f"/api/sessions/{session_id}")

    assert (await search(client, "needle"))["total"] == 0


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

    assert list(whole) == ["session", "runs", "model_calls", "bookmarks", "messages"]
    assert whole["session"] == (await client.get(f"/api/sessions/{session_id}")).json()
    assert [row["run_id"] for row in whole["runs"]] == [made["run_id"]]
    assert [(call["model"], call["prompt_tokens"]) for call in whole["model_calls"]] == [("rehearsal-1", 10)]
    assert [row["bookmark_id"] for row in whole["bookmarks"]] == [bookmark["bookmark_id"]]
    assert whole["messages"] == messages


async def test_an_empty_session_is_exported_as_one(client: AsyncClient) -> None:
    session_id = await create_session(client)

    whole = json.loads(await exported(client, session_id, "json"))

    assert [whole[name] for name in ("runs", "model_calls", "bookmarks", "messages")] == [[], [], [], []]
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

    assert page.startswith(f"# Session {session_id}\n")
    assert "## 2 · user · 2026-03-01T12:00:00.000000Z\n\nWhat is 1+1?\n" in page
    assert "## 3 · tool · calculator · 2026-03-01T12:01:00.000000Z\n\n````\n```\n2\n```\n````\n" in page


async def test_an_unknown_format_is_refused_before_anything_is_looked_at(client: AsyncClient) -> None:
    answer = await client.get(f"/api/history/sessions/{UNKNOWN}/export?format=xml")

    assert code_of(answer) == (400, "export_format_unknown")
    assert "json, csv, jsonl, markdown" in problem_of(answer)["detail"]


async def test_an_export_holds_what_was_there_when_it_began(client: AsyncClient, container: Container) -> None:
    session_id = await create_session(client)
    await say(container, session_id, *(f"before {number}" for number in range(120)))

    export = await container.export_service.open(LOCAL, session_id, "jsonl")
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

    export = await container.export_service.open(LOCAL, session_id, "jsonl")
    await anext(export.chunks)
    await client.delete(f"/api/sessions/{session_id}")

    with pytest.raises(ExportBroken, match="of 120 messages"):
        async for _ in export.chunks:
            pass


async def test_an_export_holds_no_connection_between_its_pages(client: AsyncClient, container: Container) -> None:
    session_id = await create_session(client)
    await say(container, session_id, *(f"message {number}" for number in range(120)))

    exports = [await container.export_service.open(LOCAL, session_id, "csv") for _ in range(30)]
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


async def test_a_bookmark_is_added_once_changed_and_removed(client: AsyncClient, container: Container) -> None:
    session_id = await create_session(client)
    first, second = await say(container, session_id, "one", "two")
    url = f"/api/history/sessions/{session_id}/bookmarks"

    added = await client.post(url, json={"message_id": first, "note": "重要"})
    again = await client.post(url, json={"message_id": first})
    renoted = await client.post(url, params={"message_id": first, "note": "new"}, headers={"Accept-Language": "zh"})
    other = await client.post(url, params={"message_id": second})

    body = added.json()
    assert (added.status_code, again.status_code, renoted.status_code, other.status_code) == (201, 200, 200, 201)
    assert (body["session_id"], body["message_id"], body["note"]) == (session_id, first, "重要")
    assert body["message"] == "The bookmark was added."
    assert (again.json()["bookmark_id"], again.json()["note"]) == (body["bookmark_id"], "重要")
    assert (renoted.json()["bookmark_id"], renoted.json()["note"]) == (body["bookmark_id"], "new")
    assert renoted.json()["message"] == "该消息已有书签。"
    address = f"/api/history/bookmarks/{body['bookmark_id']}"
    assert (await client.patch(address, json={"note": None})).json()["note"] is None
    listed = await client.get("/api/history/bookmarks")
    assert [row["message_id"] for row in listed.json()] == [second, first]
    assert listed.headers["x-total-count"] == "2"
    assert (await client.delete(address)).json() == {"message": "The bookmark was removed."}
    assert code_of(await client.delete(address)) == (404, "bookmark_not_found")
    assert code_of(await client.patch(address, json={"note": "x"})) == (404, "bookmark_not_found")
    assert [row["message_id"] for row in (await client.get("/api/history/bookmarks")).json()] == [second]


async def test_a_bookmark_is_listed_with_what_it_is_about_and_told_by_a_search(
    client: AsyncClient, container: Container
) -> None:
    session_id = await create_session(client)
    async with container.database.write(LOCAL) as tx:
        (await container.sessions.get(tx, session_id)).title = "数据"
    first, second = await say(container, session_id, ("assistant", "字" * 300), "needle")
    url = f"/api/history/sessions/{session_id}/bookmarks"
    bookmark_id = (await client.post(url, json={"message_id": first})).json()["bookmark_id"]
    other_id = (await client.post(url, json={"message_id": second})).json()["bookmark_id"]

    user, assistant = (await client.get("/api/history/bookmarks")).json()
    found = (await search(client, "needle"))["results"][0]

    assert assistant["bookmark_id"] == bookmark_id
    assert (assistant["type"], assistant["excerpt"]) == ("assistant", "字" * 240)
    assert (user["type"], user["excerpt"], user["discarded"]) == ("user", "needle", False)
    assert (user["workflow"], found["bookmark_id"]) == ("chat", other_id)
    assert user["title"] == found["title"] == "数据"


async def test_bookmarks_are_listed_by_session_and_go_with_it(client: AsyncClient, container: Container) -> None:
    one, two = await create_session(client), await create_session(client)
    for session_id in (one, two):
        (message_id,) = await say(container, session_id, "a")
        await client.post(f"/api/history/sessions/{session_id}/bookmarks", json={"message_id": message_id})

    mine = (await client.get("/api/history/bookmarks", params={"session_id": one})).json()
    unknown = await client.get("/api/history/bookmarks", params={"session_id": UNKNOWN})
    await client.delete(f"/api/sessions/{one}")

    assert [row["session_id"] for row in mine] == [one]
    assert code_of(unknown) == (404, "session_not_found")
    assert [row["session_id"] for row in (await client.get("/api/history/bookmarks")).json()] == [two]


async def test_a_message_that_the_session_does_not_have_cannot_be_bookmarked(
    client: AsyncClient, container: Container
) -> None:
    one, two = await create_session(client), await create_session(client)
    await say(container, one, "a")
    await say(container, two, "b", "c")
    url = f"/api/history/sessions/{one}/bookmarks"

    assert code_of(await client.post(url, json={"message_id": "m3"})) == (404, "message_not_found")
    unknown = await client.post(f"/api/history/sessions/{UNKNOWN}/bookmarks", json={"message_id": "m2"})
    assert code_of(unknown) == (404, "session_not_found")
    for body in ({}, {"message_id": "m2", "note": "n" * 2001}, {"message_id": "m2", "colour": "red"}):
        assert code_of(await client.post(url, json=body)) == (422, "request_invalid")
    assert code_of(await client.post(url)) == (422, "bookmark_without_message")
    assert (await client.post(url, json={"message_id": "m2", "note": "n" * 2000})).status_code == 201


async def test_the_body_of_a_bookmark_goes_before_its_query(client: AsyncClient, container: Container) -> None:
    session_id = await create_session(client)
    first, second = await say(container, session_id, "a", "b")

    added = await client.post(
        f"/api/history/sessions/{session_id}/bookmarks",
        json={"message_id": first},
        params={"message_id": second, "note": "x"},
    )

    assert (added.json()["message_id"], added.json()["note"]) == (first, None)


async def test_the_same_bookmark_at_once_is_one(client: AsyncClient, container: Container) -> None:
    session_id = await create_session(client)
    (message_id,) = await say(container, session_id, "a")
    url = f"/api/history/sessions/{session_id}/bookmarks"

    answers = await asyncio.gather(*(client.post(url, json={"message_id": message_id}) for _ in range(6)))

    assert sorted(answer.status_code for answer in answers) == [200] * 5 + [201]
    assert len({answer.json()["bookmark_id"] for answer in answers}) == 1


async def test_another_projects_history_is_unknown(client: AsyncClient, container: Container) -> None:
    session_id = await create_session(client)
    (message_id,) = await say(container, session_id, "secret")
    added = await client.post(f"/api/history/sessions/{session_id}/bookmarks", json={"message_id": message_id})

    async with container.database.read(STRANGER) as tx:
        rows, total = await container.bookmarks.list_bookmarks(tx)
        messages, count = await container.history.page_messages(tx, session_id, limit=10)

    assert added.status_code == 201
    assert (list(rows), total, list(messages), count) == ([], 0, [], 0)


@pytest.mark.parametrize("filtered", [False, True])
async def test_lists_go_by_an_index(client: AsyncClient, container: Container, filtered: bool) -> None:
    session_id = await create_session(client)
    (message_id, *_) = await say(container, session_id, *(f"message {number}" for number in range(400)))
    await client.post(f"/api/history/sessions/{session_id}/bookmarks", json={"message_id": message_id})
    for _ in range(9):
        await say(container, await create_session(client), *(f"message {number}" for number in range(400)))
    async with container.database.write(LOCAL) as tx:
        await tx.execute(text("ANALYZE"))
    statements: list[tuple[str, Any]] = []

    def remember(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        statements.append((statement, parameters))

    async with container.database.read(LOCAL) as tx:
        connection = await tx.connection()
        if tx.dialect == "postgresql":
            await tx.execute(text("SET LOCAL enable_seqscan = off"))  # tables this small are read whole
        event.listen(connection.sync_connection, "before_cursor_execute", remember)
        wanted = {"types": ["user"], "start": NOON} if filtered else {}
        await container.history.page_messages(tx, session_id, limit=20, **wanted)  # type: ignore[arg-type]
        bookmarks, _ = await container.bookmarks.list_bookmarks(tx, session_id=session_id if filtered else None)
        await container.bookmarks.messages_of(tx, bookmarks)
        event.remove(connection.sync_connection, "before_cursor_execute", remember)
        word = "EXPLAIN QUERY PLAN" if tx.dialect == "sqlite" else "EXPLAIN"
        plans = []
        for statement, parameters in statements:
            rows = (await connection.exec_driver_sql(f"{word} {statement}", parameters)).all()
            plans.append("\n".join(str(row[-1]) for row in rows))
    listing = "ix_bookmarks_session" if filtered else "ix_bookmarks_listing"
    by_key = "sqlite_autoindex_messages_1" if word == "EXPLAIN QUERY PLAN" else "pk_messages"
    indexes = ["messages", "ix_messages_order", "messages", listing, listing, by_key]
    assert len(plans) == len(indexes)
    for plan, index in zip(plans, indexes, strict=True):
        assert index in plan
        assert "Seq Scan" not in plan
        assert "TEMP B-TREE" not in plan or index == "messages"
    if word == "EXPLAIN QUERY PLAN":
        assert [plan for plan in plans[:2] if "COVERING INDEX ix_messages_order" not in plan] == []


async def test_deleting_all_messages_of_a_session_row_by_row_leaves_no_bookmark(
    client: AsyncClient, container: Container
) -> None:
    session_id = await create_session(client)
    (message_id,) = await say(container, session_id, "needle")
    await client.post(f"/api/history/sessions/{session_id}/bookmarks", json={"message_id": message_id})

    async with container.database.write(LOCAL) as tx:
        await tx.execute(delete(MessageRow).where(MessageRow.session_id == session_id))

    assert (await client.get("/api/history/bookmarks")).json() == []
    assert (await search(client, "needle"))["total"] == 0
    async with container.database.read(LOCAL) as tx:
        assert await tx.get(SessionRow, session_id) is not None
