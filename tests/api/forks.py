"""Forks over the API, and what the histories of sessions say."""

from typing import Any

from httpx import AsyncClient

DRAFT = """
    name: draft
    state:
      messages: {type: messages}
      label: {type: string, default: ""}
      notes: {type: list, reducer: append}
      total: {type: integer, reducer: add}
      approved: {type: boolean}
      sent: {type: boolean, default: false}
    nodes:
      sort: {type: transform, set: {label: "'billing'", notes: "['sorted']", total: "1"}}
      draft: {type: llm, system: Be brief.}
      approve: {type: human, question: "Send it?", schema: {type: boolean}, output: approved}
      send: {type: transform, set: {sent: "true"}}
    entry: sort
    edges:
      - {from: sort, to: draft, when: "label == 'billing'"}
      - {from: sort, to: END, when: "label == 'other'"}
      - {from: draft, to: approve}
      - {from: approve, to: send, when: approved}
      - {from: approve, to: END}
      - {from: send, to: END}
"""


async def history_of(client: AsyncClient, session_id: str) -> list[tuple[str, str, bool]]:
    """Type, text and whether it is discarded of each message."""
    listed = (await client.get(f"/api/sessions/{session_id}/history")).json()["history"]
    return [(message["type"], message["content"], message["discarded"]) for message in listed]


async def make_fork(client: AsyncClient, session_id: str, **body: Any) -> dict[str, Any]:
    """A new session from a state of this one."""
    answer = await client.post(f"/api/sessions/{session_id}/fork", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def user_messages_of(client: AsyncClient, session_id: str) -> list[dict[str, Any]]:
    """What people wrote, as the history has it."""
    listed = (await client.get(f"/api/sessions/{session_id}/history")).json()["history"]
    return [message for message in listed if message["type"] == "user"]
