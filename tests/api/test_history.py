"""The history over HTTP: messages and search."""

from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import event, text

from flowdeck.container import Container
from flowdeck.storage.scope import LOCAL, Scope
from tests.api.said import NOON, contents, say, search
from tests.factories import code_of, create_session, run

pytestmark = pytest.mark.anyio

UNKNOWN = "chat-251022-174800-000000"
STRANGER = Scope("other", "someone")


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

    async with container.database.read(LOCAL) as reading:
        connection = await reading._session.connection()
        if reading.dialect == "postgresql":
            await reading.execute(text("SET LOCAL enable_seqscan = off"))  # tables this small are read whole
        event.listen(connection.sync_connection, "before_cursor_execute", remember)
        wanted = {"types": ["user"], "start": NOON} if filtered else {}
        await container.history.page_messages(reading, session_id, limit=20, **wanted)  # type: ignore[arg-type]
        bookmarks, _ = await container.bookmarks.list_bookmarks(reading, session_id=session_id if filtered else None)
        await container.bookmarks.messages_of(reading, bookmarks)
        event.remove(connection.sync_connection, "before_cursor_execute", remember)
        word = "EXPLAIN QUERY PLAN" if reading.dialect == "sqlite" else "EXPLAIN"
        plans = []
        for statement, parameters in statements:
            rows = (await connection.exec_driver_sql(f"{word} {statement}", parameters)).all()
            plans.append("\n".join(str(row[-1]) for row in rows))
    listing = "ix_bookmarks_session" if filtered else "ix_bookmarks_listing"
    counted = f"{listing}|uq_bookmarks_message" if filtered else listing  # both begin with the session
    by_key = "sqlite_autoindex_messages_1" if word == "EXPLAIN QUERY PLAN" else "pk_messages"
    indexes = ["messages", "ix_messages_order", "messages", counted, listing, by_key]
    assert len(plans) == len(indexes)
    for plan, index in zip(plans, indexes, strict=True):
        assert any(name in plan for name in index.split("|"))
        assert "Seq Scan" not in plan
        assert "TEMP B-TREE" not in plan or index == "messages"
    if word == "EXPLAIN QUERY PLAN":
        assert [plan for plan in plans[:2] if "COVERING INDEX ix_messages_order" not in plan] == []
