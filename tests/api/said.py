"""Messages of sessions, for tests of the history over HTTP."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from httpx import AsyncClient

from flowdeck.container import Container
from flowdeck.storage.scope import LOCAL

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


async def say(container: Container, session_id: str, *said: tuple[str, str] | str, **details: Any) -> list[str]:
    """Messages in a session, a minute apart from noon on; those without a type are a user's."""
    async with container.database.write(LOCAL) as tx:
        row = await container.sessions.get(tx, session_id)
        first = row.last_seq + 1
        await tx.change(row, last_seq=row.last_seq + len(said))
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
        await container.history.add_messages(tx, rows, at=NOON)
    return [str(row["message_id"]) for row in rows]


async def search(client: AsyncClient, query: str, session_id: str | None = None, **params: Any) -> dict[str, Any]:
    """A search that succeeds."""
    path = "search" if session_id is None else f"sessions/{session_id}/search"
    answer = await client.get(f"/api/history/{path}", params={"query": query, **params})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def contents(rows: Sequence[dict[str, Any]]) -> list[str]:
    return [row["content"] for row in rows]
