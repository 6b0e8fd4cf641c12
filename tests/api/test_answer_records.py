"""What is kept of people's answers: question, outcome, who and when, over all interrupts of a run, and in exports."""

import asyncio
import json
from typing import Any

import pytest
from httpx import AsyncClient

from tests.api.test_answers import asking_twice, resume
from tests.api.test_exports import exported
from tests.factories import code_of, create_session, run
from tests.workbench import Workbench

pytestmark = pytest.mark.anyio


async def answers(client: AsyncClient, session_id: str, **query: Any) -> list[dict[str, Any]]:
    """What the session has, the earliest first."""
    answer = await client.get(f"/api/sessions/{session_id}/answers", params=query)
    assert answer.status_code == 200, answer.text
    return list(reversed(answer.json()["answers"]))


async def told(client: AsyncClient, session_id: str) -> list[dict[str, Any]]:
    """The answers that the session's log has."""
    page = (await client.get(f"/api/sessions/{session_id}/log", params={"types": "answer"})).json()
    return [{"seq": event["seq"], **event["data"]} for event in page["events"]]


async def test_an_answer_is_kept_with_its_question_and_who_gave_it(client: AsyncClient) -> None:
    session_id = await create_session(client, "ask")
    asked = await run(client, session_id, {})
    ended = await resume(client, asked["run_id"], answer=False)

    (kept,) = await answers(client, session_id)

    assert ended["status"] == "succeeded"
    assert kept["question"] == asked["interrupts"][0]
    assert (kept["run_id"], kept["outcome"], kept["answer"]) == (asked["run_id"], "answered", False)
    assert kept["answered_by"] == "local"
    assert asked["created_at"] <= kept["answered_at"] <= ended["completed_at"]
    names = ("seq", "run_id", "question", "outcome", "answer", "answered_by")
    assert await told(client, session_id) == [{name: kept[name] for name in names}]


async def test_questions_that_are_answered_one_by_one_are_all_kept(client: AsyncClient, workbench: Workbench) -> None:
    asking_twice(workbench, "choices: [1, 2]")
    session_id = await create_session(client, "twice")
    first = await run(client, session_id, {})
    by_text = {asked["question"]: asked["interrupt_id"] for asked in first["interrupts"]}
    await resume(client, first["run_id"], answers={by_text["right?"]: 2})
    await resume(client, first["run_id"], answers={by_text["left?"]: 1})

    kept = await answers(client, session_id, run_id=first["run_id"])

    assert [(row["question"]["question"], row["answer"]) for row in kept] == [("right?", 2), ("left?", 1)]
    assert await answers(client, session_id, run_id="run-unknown") == []


async def test_a_default_is_nobodys_answer(client: AsyncClient, workbench: Workbench) -> None:
    workbench.write(
        "workflows/due.yaml",
        """
        name: due
        state: {answer: {type: string}}
        nodes:
          ask: {type: human, question: "Which?", choices: [a, b], deadline: 50ms, default: b, output: answer}
        entry: ask
        edges: [{from: ask, to: END}]
        """,
    )
    session_id = await create_session(client, "due")
    asked = await run(client, session_id, {})
    async with asyncio.timeout(20):
        while (await client.get(f"/api/runs/{asked['run_id']}")).json()["status"] != "succeeded":
            await asyncio.sleep(0.01)

    (kept,) = await answers(client, session_id)

    assert (kept["outcome"], kept["answer"], kept["answered_by"]) == ("default", "b", None)


@pytest.mark.parametrize("how", ["cancel", "cancel_previous"])
async def test_a_question_that_was_cancelled_says_who_did(client: AsyncClient, how: str) -> None:
    session_id = await create_session(client, "ask")
    asked = await run(client, session_id, {})
    if how == "cancel":
        await client.post(f"/api/runs/{asked['run_id']}/cancel")
    else:
        await run(client, session_id, {}, on_conflict=how)

    (kept,) = await answers(client, session_id)

    assert (kept["run_id"], kept["outcome"], kept["answer"]) == (asked["run_id"], "cancelled", None)
    assert kept["answered_by"] == "local"


async def test_an_answer_that_does_not_fit_is_not_kept(client: AsyncClient) -> None:
    session_id = await create_session(client, "ask")
    asked = await run(client, session_id, {})
    refused = await client.post(f"/api/runs/{asked['run_id']}/resume", json={"answer": "yes"})

    assert code_of(refused) == (422, "answer_invalid")
    assert await answers(client, session_id) == []
    assert (await client.get("/api/sessions/unknown/answers")).status_code == 404


async def test_answers_go_with_their_session(client: AsyncClient) -> None:
    session_id = await create_session(client, "ask")
    asked = await run(client, session_id, {})
    await resume(client, asked["run_id"], answer=True)

    assert (await client.delete(f"/api/sessions/{session_id}")).status_code == 200
    assert (await client.get(f"/api/sessions/{session_id}/answers")).status_code == 404


async def test_runs_without_a_reply_are_listed_by_themselves(client: AsyncClient) -> None:
    replied = await create_session(client)
    failed = await create_session(client, agent_config={"model": "down"})
    for session_id in (replied, failed):
        await client.post(f"/api/sessions/{session_id}/runs", json={"input": "Hi"})
    silent = await create_session(client, "ask")
    asked = await run(client, silent, {})
    await resume(client, asked["run_id"], answer=True)
    await run(client, silent, {})

    async def listed(session: str) -> list[str]:
        answer = await client.get(f"/api/sessions/{session}/runs", params={"without_reply": True})
        return [row["status"] for row in answer.json()["runs"]]

    assert await listed(replied) == []
    assert await listed(failed) == ["failed"]
    assert await listed(silent) == ["succeeded"]  # and not the one that waits for its answer


async def test_exports_have_answers_and_silent_runs_in_their_places(client: AsyncClient, workbench: Workbench) -> None:
    workbench.write(
        "workflows/mail.yaml",
        """
        name: mail
        state: {messages: {type: messages}, approved: {type: boolean}}
        nodes:
          approve: {type: human, question: "Send it?", schema: {type: boolean}, output: approved}
        entry: approve
        edges: [{from: approve, to: END}]
        """,
    )
    session_id = await create_session(client, "mail")
    for words, answer in (("First mail", True), ("Second mail", False)):
        asked = await run(client, session_id, words)
        await resume(client, asked["run_id"], answer=answer)

    whole = json.loads(await exported(client, session_id, "json"))
    lines = [json.loads(line) for line in (await exported(client, session_id, "jsonl")).splitlines()]
    page = await exported(client, session_id, "markdown")

    assert whole["answers"] == await answers(client, session_id)
    assert [line["type"] for line in lines] == ["user", "answer", "run"] * 2
    assert [line["answer"] for line in lines if line["type"] == "answer"] == [True, False]
    assert page.startswith(f"# First mail\n\n- Session: `{session_id}`\n")
    parts = ["First mail", "Send it?", "Answer (local):\n\n```json\ntrue", "run · succeeded", '"approved": true']
    parts += ["Second mail", "Send it?", "Answer (local):\n\n```json\nfalse", "run · succeeded", '"approved": false']
    place = page.index("## ")
    for part in parts:
        place = page.index(part, place)


async def test_an_export_without_messages_has_its_runs(client: AsyncClient) -> None:
    session_id = await create_session(client, "count")
    made = [await run(client, session_id, {}) for _ in range(3)]

    lines = [json.loads(line) for line in (await exported(client, session_id, "jsonl")).splitlines()]

    assert [line["run_id"] for line in lines] == [row["run_id"] for row in made]
