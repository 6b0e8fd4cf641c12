"""How the model executes runs: the workflows of workflows.py, step by step, with the checkpoints they leave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.faults.machine.parts import EXECUTING, OPEN, Bookmark, Checkpoint, Entry, Run, Said, Snapshot
from tests.faults.machine.workflows import END, START, Ask, Hold, NodeFailed, Reply, Transform, Workflow


@dataclass(eq=False)
class Execution:
    """A session as far as its runs go."""

    workflow: Workflow
    model: str = "default"
    initial: Mapping[str, Any] | None = None
    metadata: dict[str, Any] | None = None
    title: str | None = None
    forked_from: tuple[str | None, str | None] | None = None
    id: str | None = None
    version: int = 1
    lifecycle: str = "active"
    run_status: str | None = None
    checkpoints: list[Checkpoint] = field(default_factory=list)
    history: list[Entry] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    snapshots: list[Snapshot] = field(default_factory=list)
    bookmarks: list[Bookmark] = field(default_factory=list)
    facts: list[tuple[Any, ...]] = field(default_factory=list)  # of the session's and its runs' status, in order

    # -- what it shows

    @property
    def status(self) -> str:
        if self.run_status in ("queued", *EXECUTING):
            return "running"
        if self.run_status in ("interrupted", "paused"):
            return str(self.run_status)
        if self.lifecycle != "active":
            return self.lifecycle
        return "failed" if self.run_status == "failed" else "active"

    @property
    def latest(self) -> Checkpoint:
        return self.checkpoints[-1]

    @property
    def head(self) -> Run | None:
        """The run that occupies the session, else the first that is queued."""
        return next(iter(self.open_runs), None)

    @property
    def open_runs(self) -> list[Run]:
        return sorted((run for run in self.runs if run.status in OPEN), key=lambda run: run.status == "queued")

    @property
    def holds(self) -> bool:
        """Whether a run executes, and waits at the turnstile."""
        return self.head is not None and self.head.status == "running"

    @property
    def entered(self) -> int:
        """How often runs have come to the turnstile."""
        return sum(run.nodes.count(("start", "hold")) for run in self.runs)

    def messages(self) -> list[Said]:
        return list(self.latest.values.get("messages", [])) if self.checkpoints else []

    def _tell(self, run: Run | None = None) -> None:
        if run is None:
            self.facts.append((None, self.status))
            return
        self.run_status = (self.head or run).status
        self.facts.append((self.runs.index(run), self.status, run.status, run.attempt, run.stop))

    # -- the history of its messages

    def _entry(self, said: Said) -> Entry | None:
        """Where the history has a message, be it with another text."""
        found = (entry for entry in self.history if (entry.id == said.id if said.id else entry.said is said))
        return next(found, None)

    def _write(self, said: Said, run: Run | None) -> None:
        """Tell of a message at the end of the history; an earlier text of it stays, as discarded."""
        entry = self._entry(said)
        if entry is not None and is_like(entry.said, said):
            self.history.remove(entry)
        elif entry is not None:
            index = self.history.index(entry)
            self.history[index] = Entry(entry.said, entry.run, f"{entry.id}.{entry.seq}", entry.seq, discarded=True)
        self.history.append(Entry(said, run, said.id))

    # -- how runs execute

    def settle(self) -> None:
        """Execute what can: until a run waits, or none is queued."""
        while (run := self.head) is not None:
            if run.status == "cancelling":
                self._finish(run, "cancelled")
            elif run.status == "queued":
                self._execute(run)
            else:
                return

    def open_turnstile(self) -> None:
        run = self.head
        if run is not None and run.status == "running":
            self._step_done(run, "hold", {})
            self._go_on(run)

    def _execute(self, run: Run) -> None:
        again = run.begun
        run.status, run.begun, run.steps = "running", True, 0
        self._tell(run)
        goes_on = again and (run.answered is not None or (bool(self.checkpoints) and self.latest.run is run))
        if not goes_on and self.checkpoints and run.input is None:
            goes_on = self.latest.next is not None
        if not goes_on:
            given = run.input or {}
            if not self.checkpoints:
                given = _joined(self.initial or {}, given)
            self._take_in(run, given)
        if run.answered is not None:
            self.latest.answers.update(run.answered)
        self._go_on(run)

    def _take_in(self, run: Run, given: Mapping[str, Any]) -> None:
        before = dict(self.latest.values) if self.checkpoints else _copied(self.workflow.first)
        writer = self.latest.writer if self.checkpoints else None
        read = {name: _read(value) if name == "messages" else value for name, value in given.items()}
        self.checkpoints.append(Checkpoint("input", [], before, START, run, writer, pending=read))

    def _go_on(self, run: Run) -> None:
        """Execute steps until the run ends, waits for a person or at the turnstile."""
        status = None
        while status is None:
            status = self._stops(run) or self._step(run)
        if status != "running":
            self._finish(run, status)

    def _stops(self, run: Run) -> str | None:
        """What becomes of the run before its next step; None: it goes on."""
        if self.latest.next is None:
            return "succeeded"
        if run.stop is not None:
            return "paused"
        if self.latest.next != START and run.steps == run.limits.get("steps"):
            run.error = "limit_steps"
            return "failed"
        return None

    def _step(self, run: Run) -> str | None:
        """One step; what becomes of the run in it, None where it goes on."""
        here, name = self.latest, str(self.latest.next)
        if name == START:
            self._put(run, START, here.pending or {}, self.workflow.entry)
            return None
        run.steps += 1
        run.nodes.append(("start", name))
        node = self.workflow.nodes[name]
        if isinstance(node, Hold):
            return "running"
        if isinstance(node, Ask) and (unanswered := [q for q in node.questions if q not in here.answers]):
            here.asked, run.questions, run.answered = True, unanswered, None
            run.nodes.append(("asked", name))
            return "interrupted"
        try:
            self._step_done(run, name, self._update(run, node, here))
        except NodeFailed as error:
            if error.code != "limit_tokens":  # which ends the run in the middle of the node
                run.nodes.append(("failed", name))
            run.error = error.code
            return "failed"
        return None

    def _update(self, run: Run, node: Transform | Reply | Ask, here: Checkpoint) -> dict[str, Any]:
        """What a node changes. Raises NodeFailed."""
        if isinstance(node, Transform):
            return node.update(here.values)
        if isinstance(node, Ask):
            return node.update([here.answers[question] for question in node.questions])
        if self.model == "down":
            raise NodeFailed("provider_unavailable")
        run.tokens += node.tokens
        if run.tokens > run.limits.get("tokens", run.tokens):
            raise NodeFailed("limit_tokens")
        return {"messages": [Said("assistant", node.text)]}

    def _step_done(self, run: Run, node: str, update: Mapping[str, Any]) -> None:
        after = self._reduced(update)
        way = self.workflow.way(node, after)
        run.nodes.append(("end", node))
        self._put(run, node, update, way)

    def _reduced(self, update: Mapping[str, Any]) -> dict[str, Any]:
        values = dict(self.latest.values)
        for name, value in update.items():
            values[name] = values[name] + value if name in self.workflow.appended else value
        return values

    def _put(self, run: Run, node: str, update: Mapping[str, Any], way: str) -> None:
        writer = None if node == START else node
        self.checkpoints.append(Checkpoint("loop", [node], self._reduced(update), or_none(way), run, writer))
        for said in update.get("messages", []):
            self._write(said, run)

    def _finish(self, run: Run, status: str) -> None:
        cancelled = run.status == "cancelling" or (run.stop == "cancel" and status in ("paused", "interrupted"))
        if cancelled:
            run.error = None
        end(run, "cancelled" if cancelled else status)
        self._tell(run)


def end(run: Run, status: str) -> None:
    run.status, run.stop = status, None
    if status != "interrupted":
        run.questions = []
    if status != "paused":
        run.answered = None


def is_like(one: Said, other: Said) -> bool:
    return (one.type, one.content) == (other.type, other.content)


def or_none(way: str) -> str | None:
    return None if way == END else way


def _copied(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: list(value) if isinstance(value, list) else value for name, value in values.items()}


def _read(messages: Sequence[Mapping[str, Any]]) -> list[Said]:
    return [Said(message["role"], message["content"], message.get("id")) for message in messages]


def _joined(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Lists follow each other."""
    lists = {name: [*first[name], *value] for name, value in second.items() if isinstance(first.get(name), list)}
    return {**first, **second, **lists}
