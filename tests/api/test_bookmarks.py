"""Bookmarks over HTTP."""

import asyncio

import pytest
from httpx import AsyncClient
from sqlalchemy import delete

from flowdeck.container import Container
from flowdeck.storage.scope import LOCAL, Scope
from flowdeck.storage.tables import MessageRow, SessionRow
from tests.api.said import say, search
from tests.factories import code_of, create_session

pytestmark = pytest.mark.anyio

UNKNOWN = "chat-251022-174800-000000"
STRANGER = Scope("other", "someone")


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
        await tx.change(await container.sessions.get(tx, session_id), title="数据")
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
