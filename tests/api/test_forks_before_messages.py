"""Forks from before a message: edit what was said, and go on from there."""

import pytest
from httpx import AsyncClient

from flowdeck.container import Container
from flowdeck.errors.base import NotFound
from flowdeck.storage.scope import Scope
from tests.api.forks import DRAFT, history_of, make_fork, user_messages_of
from tests.factories import code_of, create_session, run
from tests.workbench import Workbench

pytestmark = pytest.mark.anyio


async def test_a_fork_before_a_message_has_what_was_before_it_and_goes_on_with_another(client: AsyncClient) -> None:
    session_id = await create_session(client)
    await run(client, session_id, "one")
    await run(client, session_id, "two")
    _, two = await user_messages_of(client, session_id)

    fork = await make_fork(client, session_id, before_message_id=two["message_id"])

    greeting = ("assistant", "Hello there, friend", False)
    assert await history_of(client, fork["session_id"]) == [("user", "one", False), greeting]
    done = await run(client, fork["session_id"], "three")
    assert done["status"] == "succeeded"
    assert await history_of(client, fork["session_id"]) == [
        ("user", "one", False),
        greeting,
        ("user", "three", False),
        greeting,
    ]
    assert fork["forked_from"]["session_id"] == session_id


async def test_a_fork_before_the_first_message_begins_with_the_initial_state(client: AsyncClient) -> None:
    session_id = await create_session(client, initial_state={"messages": [{"role": "system", "content": "Be brief."}]})
    await run(client, session_id, "one")
    (first,) = await user_messages_of(client, session_id)

    fork = await make_fork(client, session_id, before_message_id=first["message_id"], label="anew")
    await run(client, fork["session_id"], "two")

    assert (fork["title"], fork["status"], fork["forked_from"]["session_id"]) == ("anew", "active", session_id)
    assert await history_of(client, fork["session_id"]) == [
        ("system", "Be brief.", False),
        ("user", "two", False),
        ("assistant", "Hello there, friend", False),
    ]


async def test_a_fork_before_the_first_message_is_titled_by_what_is_said_in_it(client: AsyncClient) -> None:
    session_id = await create_session(client)
    await run(client, session_id, "Tell me of Paris")
    (first,) = await user_messages_of(client, session_id)

    fork = await make_fork(client, session_id, before_message_id=first["message_id"])
    await run(client, fork["session_id"], "Tell me of Rome")

    assert fork["title"] is None
    assert (await client.get(f"/api/sessions/{fork['session_id']}")).json()["title"] == "Tell me of Rome"


async def test_a_fork_before_a_message_that_came_with_a_fork_is_one_of_the_original(client: AsyncClient) -> None:
    session_id = await create_session(client)
    await run(client, session_id, "one")
    await run(client, session_id, "two")
    fork = await make_fork(client, session_id)
    _, two = await user_messages_of(client, fork["session_id"])

    second = await make_fork(client, fork["session_id"], before_message_id=two["message_id"])

    assert second["forked_from"]["session_id"] == session_id
    assert [text for _, text, _ in await history_of(client, second["session_id"])] == ["one", "Hello there, friend"]


async def test_nobody_is_asked_by_a_fork_before_a_message(client: AsyncClient, workbench: Workbench) -> None:
    workbench.write("workflows/draft.yaml", DRAFT)
    session_id = await create_session(client, "draft")
    await run(client, session_id, "My bill is wrong")
    await run(client, session_id, "And so is the next", on_conflict="interrupt")
    _, second = await user_messages_of(client, session_id)

    fork = await make_fork(client, session_id, before_message_id=second["message_id"])

    assert fork["status"] == "active"
    waiting = await run(client, fork["session_id"], "It was right after all")
    assert waiting["status"] == "interrupted"
    assert [content for kind, content, _ in await history_of(client, fork["session_id"]) if kind == "user"] == [
        "My bill is wrong",
        "It was right after all",
    ]


async def test_a_fork_before_a_message_that_no_run_brought_is_refused(
    client: AsyncClient, container: Container
) -> None:
    session_id = await create_session(client)
    await run(client, session_id, "one")
    edit = {"values": {"messages": [{"role": "user", "content": "by hand", "id": "by-hand"}]}}
    assert (await client.patch(f"/api/sessions/{session_id}/state", json=edit)).status_code == 200
    url = f"/api/sessions/{session_id}/fork"

    by_hand = await client.post(url, json={"before_message_id": "by-hand"})
    unknown = await client.post(url, json={"before_message_id": "nowhere"})
    both = await client.post(url, json={"before_message_id": "by-hand", "checkpoint_id": "x"})

    assert code_of(by_hand) == (409, "state_before_unknown")
    assert code_of(unknown) == (404, "message_not_found")
    assert code_of(both) == (422, "request_invalid")
    with pytest.raises(NotFound):
        await container.time_travel_service.fork_before(Scope("other", "someone"), session_id, "by-hand")
