"""Checks that a database is complete and consistent. Changes nothing."""

# ruff: noqa: S608 - tables and conditions are constants of this file

from dataclasses import dataclass

from sqlalchemy import text

from flowdeck.storage.database import Database
from flowdeck.storage.run_status import OPEN, status_in
from flowdeck.storage.scope import SYSTEM
from flowdeck.storage.transactions import ReadTransaction
from flowdeck.storage.upgrade import latest_revision

_EXAMPLES = 5  # ids that a finding names
_LOOKS_BUSY = status_in(OPEN, "t.run_status")
_NO_SESSION = "NOT EXISTS (SELECT 1 FROM sessions WHERE sessions.session_id = t.session_id)"
_HAS_ACTIVE_RUN = (
    f"EXISTS (SELECT 1 FROM runs WHERE runs.session_id = t.session_id AND {status_in(OPEN, 'runs.status')})"
)

# Subject of a finding → query for the ids of the faulty rows.
_QUERIES = {
    "gaps in the event sequence": (
        "SELECT t.session_id FROM sessions t LEFT JOIN events e ON e.session_id = t.session_id "
        "GROUP BY t.session_id, t.last_seq, t.oldest_seq HAVING count(e.seq) <> t.last_seq - t.oldest_seq + 1 "
        "OR coalesce(min(e.seq), t.oldest_seq) <> t.oldest_seq OR coalesce(max(e.seq), t.last_seq) <> t.last_seq"
    ),
    "sessions marked as active without an active run": (
        f"SELECT t.session_id FROM sessions t WHERE {_LOOKS_BUSY} AND NOT {_HAS_ACTIVE_RUN}"
    ),
    "sessions marked as idle with an active run": (
        f"SELECT t.session_id FROM sessions t WHERE (t.run_status IS NULL OR NOT {_LOOKS_BUSY}) AND {_HAS_ACTIVE_RUN}"
    ),
    "checkpoints without a session": " UNION ".join(
        f"SELECT t.session_id FROM {table} t WHERE {_NO_SESSION}"
        for table in ("checkpoints", "checkpoint_values", "checkpoint_writes")
    ),
    "snapshots without a checkpoint": (
        "SELECT t.snapshot_id FROM snapshots t WHERE NOT EXISTS (SELECT 1 FROM checkpoints c WHERE "
        "c.session_id = t.session_id AND c.namespace = '' AND c.checkpoint_id = t.checkpoint_id)"
    ),
    "sessions missing from the search index": (
        "SELECT t.session_id FROM sessions t WHERE NOT EXISTS (SELECT 1 FROM session_search s WHERE "
        "s.session_id = t.session_id)"
    ),
    "messages missing from the search index": (
        "SELECT t.message_id FROM messages t WHERE NOT EXISTS (SELECT 1 FROM message_search s WHERE "
        "s.session_id = t.session_id AND s.message_id = t.message_id)"
    ),
    "search index entries without a message": (
        "SELECT t.message_id FROM message_search t WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE "
        "m.session_id = t.session_id AND m.message_id = t.message_id)"
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check. `wrong` is the number of faults, and `examples` names some of them."""

    subject: str
    wrong: int
    examples: tuple[str, ...] = ()


async def check(database: Database) -> list[Finding]:
    """Run all checks. Raises Unavailable if the database does not respond."""
    found = await database.revision()
    wanted = latest_revision()
    findings = [_finding("schema revision", [] if found == wanted else [f"found {found}, expected {wanted}"])]
    if findings[0].wrong:
        return findings
    async with database.read(SYSTEM) as tx:
        if database.is_sqlite:
            faults = [row for row in await _column(tx, "PRAGMA integrity_check") if row != "ok"]
            findings.append(_finding("file integrity", faults))
            findings.append(_finding("foreign keys", await _column(tx, "PRAGMA foreign_key_check")))
        for subject, query in _QUERIES.items():
            findings.append(_finding(subject, await _column(tx, query)))
    return findings


async def _column(tx: ReadTransaction, query: str) -> list[str]:
    return [str(row[0]) for row in await tx.execute(text(query))]


def _finding(subject: str, wrong: list[str]) -> Finding:
    return Finding(subject, len(wrong), tuple(wrong[:_EXAMPLES]))
