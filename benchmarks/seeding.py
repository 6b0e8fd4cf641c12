"""Writes the scripted month into a database, as the rows that runs leave: by the product's own code, in bulk.

Checkpoints are left out: no list, search or figure reads them, and they are read session by session.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.month import BEGIN, WORKFLOWS, Call, Failed, Failure, Message, NodeRun, Run, Session
from flowdeck.container import Container
from flowdeck.engine.metering import ModelCall
from flowdeck.engine.outcomes import Outcome, question
from flowdeck.engine.pricing import PriceList, TokenUsage
from flowdeck.engine.rows import FailureRecord, message_row, node_run_row
from flowdeck.engine.run_failures import RunFailures
from flowdeck.errors.base import FlowdeckError
from flowdeck.errors.nodes import ExpressionFailed, ToolCallFailed
from flowdeck.errors.providers import ProviderTimeout, ProviderUnavailable
from flowdeck.events.types import Fact, MessageAdded, NodeFinished, NodeStarted, SessionUpdated, StoredEvent
from flowdeck.graphs.failure_reporting import NodePlace
from flowdeck.managers.occurrences import ErrorOrigin, Occurrence
from flowdeck.storage.scope import LOCAL, Scope
from flowdeck.storage.tables import (
    BookmarkRow,
    EventRow,
    LineItemRow,
    ModelCallRow,
    NodeRunRow,
    OwnedMixin,
    RunRow,
    SessionRow,
    WorkflowRow,
)
from flowdeck.yaml_source.located import Source

_BATCH = 20  # sessions in one transaction: some 2,000 messages
_MESSAGES = 2000

Rows = defaultdict[type[OwnedMixin], list[dict[str, Any]]]


async def load_workflows(container: Container, scope: Scope = LOCAL) -> list[WorkflowRow]:
    """The versions of WORKFLOWS, loaded from the configuration as a user would; a second version differs in `version`.

    Returns them in the order of WORKFLOWS.
    """
    folder = container.settings.config_dir / "workflows"
    loaded = []
    for name, number in WORKFLOWS:
        path = folder / f"{name}.yaml"
        text = path.read_text(encoding="utf-8")
        path.write_text(re.sub(r'version: "\d+"', f'version: "{number}"', text), encoding="utf-8")
        loaded.append(await container.workflow_service.load(scope, f"configs/workflows/{name}.yaml"))
    return loaded


async def seed(
    container: Container,
    sessions: Iterable[Session],
    workflows: Sequence[WorkflowRow],
    *,
    scope: Scope = LOCAL,
    events: bool = True,
) -> None:
    """Write the sessions and all they left; without `events` their log stays empty, which halves the time."""
    prices = price_list(container.settings.config_dir)
    left = iter(sessions)
    while batch := list(islice(left, _BATCH)):
        rows: Rows = defaultdict(list)
        occurrences: list[Occurrence] = []
        messages: list[dict[str, Any]] = []
        for session in batch:
            writer = _SessionWriter(container, session, workflows[session.workflow], prices, scope)
            writer.write()
            for table, made in writer.rows.items():
                rows[table].extend(made)
            messages.extend(writer.messages)
            occurrences.extend(writer.occurrences)
        if not events:
            del rows[EventRow]
        async with container.database.write(scope) as tx:
            for table in (SessionRow, RunRow, EventRow, ModelCallRow, LineItemRow, NodeRunRow):
                await tx.insert_many(table, rows[table])
            await container.history.add_messages(tx, messages, at=BEGIN)
            await tx.insert_many(BookmarkRow, [row for session in batch for row in _bookmarks(session)])
            await container.errors.record(tx, occurrences)


async def add_messages(container: Container, session_id: str, texts: Iterable[tuple[str, str]]) -> None:
    """Fill an empty session with messages (id and text), by turns of the user and the assistant, a second apart."""
    numbered, last = enumerate(texts, 1), 0
    while batch := list(islice(numbered, _MESSAGES)):
        rows = []
        for seq, (message_id, content) in batch:
            shown = {"id": message_id, "type": "user" if seq % 2 else "assistant", "content": content}
            rows.append(message_row(session_id, None, seq, shown, BEGIN + timedelta(seconds=seq)))
            last = seq
        async with container.database.write(LOCAL) as tx:
            await container.history.add_messages(tx, rows, at=BEGIN)
    async with container.database.write(LOCAL) as tx:
        await tx.update_one(SessionRow, {"session_id": session_id}, {"last_seq": last}, "session_id")


def settle(url: str) -> None:
    """What PostgreSQL's autovacuum does by itself after so much was written; not every server has it on."""
    if url.startswith("postgresql"):
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")


def price_list(config_dir: Path) -> PriceList:
    """The prices of the configuration."""
    return PriceList.load(Source(path="prices.yaml", text=(config_dir / "prices.yaml").read_text(encoding="utf-8")))


@dataclass
class _SessionWriter:
    """One session as rows."""

    container: Container
    session: Session
    workflow: WorkflowRow
    prices: PriceList
    scope: Scope
    rows: Rows = field(default_factory=lambda: defaultdict(list))
    messages: list[dict[str, Any]] = field(default_factory=list)
    occurrences: list[Occurrence] = field(default_factory=list)

    def write(self) -> None:
        session = self.session
        last = session.runs[-1]
        self.rows[SessionRow].append(
            {
                "session_id": session.session_id,
                "workflow_id": self.workflow.workflow_id,
                "workflow_config_path": self.workflow.config_path,
                "title": session.title,
                "run_status": last.status,
                "executor": f"{last.run_id} lease-of-the-month",
                "last_seq": session.last_seq,
                "created_at": session.created_at,
                "updated_at": session.updated_at,
            }
        )
        self._event(1, SessionUpdated("active"), session.created_at)
        for run in session.runs:
            self._run(run)

    def _run(self, run: Run) -> None:
        told, before = {"run_id": run.run_id, "attempt": 1}, len(self.rows[EventRow])
        self._event(run.first_seq, _status("running", told | {"status": "queued"}), run.created_at)
        self._event(run.first_seq + 1, _status("running", told | {"status": "running"}), run.started_at)
        outcome = None
        for step in run.steps:
            match step:
                case Message():
                    self._message(run, step)
                case Call():
                    self._call(run, step)
                case NodeRun():
                    self._node(run, step)
                case Failed():
                    outcome = self._failed(run, step) or outcome
        self._start_nodes(run, {event["seq"] for event in self.rows[EventRow][before:]})
        status = run.status if run.status in {"failed", "interrupted"} else "active"
        self._event(run.last_seq, _status(status, told | {"status": run.status}), run.ended_at)
        asked = [_asked(run)] if run.status == "interrupted" else None
        said = [{"role": "user", "content": _first(run).content}]
        self.rows[RunRow].append(
            {
                "run_id": run.run_id,
                "session_id": self.session.session_id,
                "workflow_id": self.workflow.workflow_id,
                "status": run.status,
                "input": {"messages": said},
                "output": {"messages": said} if run.status == "succeeded" else None,
                "error": None if outcome is None else dict(outcome.error or {}),
                "interrupts": asked,
                "limits": {"steps": 100, "seconds": 3600, "fan_out": 100, "tokens": None, "cost": None},
                "attempt": 1,
                "created_at": run.created_at,
                "started_at": run.started_at,
                "completed_at": None if run.status == "interrupted" else run.ended_at,
                "active_ms": run.active_ms,
                "first_token_ms": run.first_token_ms,
            }
        )

    def _message(self, run: Run, message: Message) -> None:
        called = {"name": message.tool, "args": {"query": message.content[:20]}, "id": f"call-{message.message_id}"}
        shown: dict[str, Any] = {"id": message.message_id, "type": message.type, "content": message.content}
        if message.tool and message.type == "assistant":
            shown["tool_calls"] = [called]
        elif message.tool:
            shown |= {"name": message.tool, "tool_call_id": f"call-{message.message_id}", "status": "success"}
        self._event(message.seq, MessageAdded(run.run_id, shown), message.at)
        self.messages.append(message_row(self.session.session_id, run.run_id, message.seq, shown, message.at))

    def _call(self, run: Run, call: Call) -> None:
        usage = None if call.tokens is None else TokenUsage(**call.tokens)
        model = call.model
        metered = ModelCall(
            model_call_id=call.call_id,
            node=call.node,
            provider=model.provider,
            model=model.name,
            configured_as=model.name,
            usage=usage,
            estimated=call.estimated,
            latency_ms=call.latency_ms,
            time_to_first_token_ms=call.first_token_ms,
            price=None if usage is None else self.prices.price(model.provider, model.name, usage, at=call.at),
            error=None if call.failure is None else {"code": "ScriptedFailureError", "status": 503},
            created_at=call.at,
            end_reason=call.end_reason,
            provider_end_reason=call.end_reason,
        )
        self._event(call.seq, metered.fact(run.run_id), call.at)
        row = metered.row(self.session.session_id, run.run_id, self.workflow.workflow_id, call.seq)
        self.rows[ModelCallRow].append(row)
        self.rows[LineItemRow].extend(metered.item_rows())

    def _node(self, run: Run, node: NodeRun) -> None:
        path = tuple(node.path.split("/")) if node.path else ()
        ended = NodeFinished(
            run.run_id, node.node, f"task-{node.seq}", node.duration_ms, {}, path,
            error="failed" if node.status == "failed" else None, interrupted=node.status == "interrupted",
        )  # fmt: skip
        event = self._event(node.seq, ended, node.at)
        self.rows[NodeRunRow].append(node_run_row(self.workflow.workflow_id, ended, event))

    def _start_nodes(self, run: Run, seen: set[int]) -> None:
        """The starts of nodes: what the numbers between the other events were left for."""
        for seq in range(run.first_seq, run.last_seq):
            if seq not in seen:
                self._event(seq, NodeStarted(run.run_id, "model", f"task-{seq}", ("answer",)), run.started_at)

    def _failed(self, run: Run, failed: Failed) -> Outcome | None:
        """Record the failure. Returns the run's outcome where it ended by it."""
        origin = ErrorOrigin(
            session_id=self.session.session_id,
            run_id=run.run_id,
            workflow=self.workflow.name,
            workflow_id=self.workflow.workflow_id,
        )
        failures = RunFailures(
            origin=origin,
            project_id=self.scope.project_id or "",
            redactor=self.container.redactor,
            clock=lambda: failed.at,
        )
        records: list[FailureRecord] = []
        failures.record = records.append
        try:
            raise _exception(failed)
        except FlowdeckError as error:
            failures.heard(error, None if failed.node is None else NodePlace(failed.node))
            outcome = None if failed.severity == "warning" else failures.ended(error, failed.node)
        (record,) = records
        occurrence = replace(
            record.occurrence,
            occurrence_id=failed.occurrence_id,
            severity="warning" if outcome is None else "error",
        )
        self.occurrences.append(occurrence)
        self._event(failed.seq, record.fact(run.run_id), failed.at)
        return outcome

    def _event(self, seq: int, fact: Fact, at: Any) -> StoredEvent:
        event = StoredEvent(self.session.session_id, seq, fact.type, fact.run_id, fact.data(), at)
        self.rows[EventRow].append(
            {
                "session_id": event.session_id,
                "seq": seq,
                "run_id": event.run_id,
                "type": event.type,
                "data": event.data,
                "created_at": at,
            }
        )
        return event


def _bookmarks(session: Session) -> list[dict[str, Any]]:
    return [
        {
            "bookmark_id": f"bookmark-{session.session_id}-{place}",
            "session_id": session.session_id,
            "message_id": message_id,
            "note": note,
            "created_at": at,
            "updated_at": at,
        }
        for place, (message_id, note, at) in enumerate(session.bookmarks)
    ]


def _status(status: str, run: Mapping[str, Any]) -> SessionUpdated:
    return SessionUpdated(status, run, str(run["run_id"]))


def _asked(run: Run) -> dict[str, Any]:
    """An open question without a deadline."""
    value = {"node": "answer", "question": "Go on?"}
    asked = question(f"ask-{run.run_id}"[:64], {"value": value, "node": "answer", "path": []})
    return {**asked, "deadline_at": None}


def _first(run: Run) -> Message:
    return next(step for step in run.steps if isinstance(step, Message))


def _exception(failed: Failed) -> FlowdeckError:
    kinds: Mapping[Failure, FlowdeckError] = {
        "provider_unavailable": ProviderUnavailable(
            provider="scripted", model="month-fast", message="HTTP 503: overloaded", status=503
        ),
        "provider_timeout": ProviderTimeout(provider="scripted", model="month-deep", seconds="60"),
        "tool_failed": ToolCallFailed(tool="search", message="no connection"),
        "expression_failed": ExpressionFailed(node=failed.node, expression="1 / n", message="division by zero"),
    }
    return kinds[failed.type]  # type: ignore[index]
