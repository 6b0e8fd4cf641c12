"""What Flowdeck promises of a session, its runs, snapshots and bookmarks, as a model in memory.

It shares no code with the product. A request that is refused raises Refused, and changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.faults.machine.execution import Execution, end, is_like, or_none
from tests.faults.machine.parts import EXECUTING, OPEN, QUEUE_LIMIT, Checkpoint, Refused, Run, Said
from tests.faults.machine.workflows import START, NodeFailed

_SETTABLE = {
    "active": {"active", "paused", "completed", "archived"},
    "failed": {"active", "paused", "completed", "archived"},
    "paused": {"paused", "active", "completed", "archived"},
    "completed": {"completed", "active", "archived"},
    "archived": {"archived", "active"},
}


@dataclass(eq=False)
class Session(Execution):
    """A session as people see and drive it."""

    def created(self) -> None:
        self._tell()

    def change(self, body: Mapping[str, Any], *, stale: bool) -> None:
        if stale:
            raise Refused(412, "session_stale")
        if (status := body.get("status")) is not None:
            if self.head is not None or status not in _SETTABLE[self.status]:
                raise Refused(409, "status_not_allowed")
            self.lifecycle = status
            self.run_status = None
        self.title = body.get("title", self.title)
        if "metadata" in body:
            given = body["metadata"]
            merged = {} if given is None else {**(self.metadata or {}), **given}
            self.metadata = {key: value for key, value in merged.items() if value is not None} or None
        self._touch()
        self._tell()

    def _touch(self) -> None:
        self.version += 1

    def require_idle(self) -> None:
        if self.head is not None:
            raise Refused(409, "session_busy")

    def require_state(self) -> None:
        if not self.checkpoints:
            raise Refused(409, "session_has_no_state")

    def restore(self, checkpoint: Checkpoint | None, *, unknown: str) -> None:
        """Go back to a checkpoint; None is what was named by `unknown` and is not there."""
        self.require_idle()
        if checkpoint is None:
            raise Refused(404, f"{unknown}_not_found")
        self._copy(checkpoint)
        self._touch()
        if self.run_status == "failed":
            self.run_status = None
        self._tell()
        self._retell()
        self._keep_only()

    def _copy(self, of: Checkpoint) -> None:
        self.checkpoints.append(Checkpoint("fork", [], dict(of.values), of.next, None, of.writer, of.named, of.pending))

    def edited(
        self, there: Checkpoint, values: Mapping[str, Any], removed: Sequence[str], node: str | None
    ) -> Checkpoint:
        """The checkpoint that an edit makes of another one."""
        held = there.values.get("messages", [])
        if any(name not in {said.id for said in held} for name in removed):
            raise Refused(422, "edit_not_applicable")
        after = {**there.values, **values}
        if "messages" in self.workflow.first:
            after["messages"] = _merged(held, values.get("messages", []), removed)
        named = node or (START if there.next == START else there.named)
        wrote = named or there.writer or START
        try:
            way = self.workflow.entry if wrote == START else self.workflow.way(wrote, after)
        except NodeFailed as error:
            raise Refused(422, "edit_not_applicable") from error
        return Checkpoint("update", [] if node is None else [node], after, or_none(way), None, there.writer, named)

    def edit(self, checkpoint: Checkpoint) -> None:
        """Take a checkpoint that `edited` has made."""
        self.checkpoints.append(checkpoint)
        self._touch()
        if self.run_status == "failed":
            self.run_status = None
        self._tell()
        self._retell()
        self._keep_only()

    def fork(self, there: Checkpoint, edited: Checkpoint | None, label: str | None) -> "Session":
        made = Session(
            self.workflow,
            self.model,
            self.initial,
            None if self.metadata is None else dict(self.metadata),
            label or self.title,
            (self.id, there.id),
        )
        made._copy(there)
        if edited is not None:
            made.checkpoints.append(edited)
        made.created()
        made._retell()
        if there.asked and made.latest.next == there.next:
            made.start(None, "reject", {})
            made.settle()
        return made

    def _retell(self) -> None:
        """Tell of messages of the state that the history does not have, or has with another text."""
        for said in self.messages():
            entry = self._entry(said)
            if entry is None or not is_like(entry.said, said):
                self._write(said, None)

    def _keep_only(self) -> None:
        held = self.messages()
        ids = {said.id for said in held if said.id}
        for entry in self.history:
            entry.discarded = not (entry.said in held and entry.id == entry.said.id) and entry.id not in ids

    # -- runs

    def start(
        self, run_input: Mapping[str, Any] | None, on_conflict: str, limits: dict[str, int], *, tag: str | None = None
    ) -> Run:
        """Queue a run. `tag` is an If-Match that fits: version, state; or stale."""
        if self.lifecycle != "active":
            raise Refused(409, "session_not_open")
        others = self.open_runs
        if others and on_conflict == "reject":
            raise Refused(409, "session_busy")
        if on_conflict == "enqueue" and sum(run.status == "queued" for run in others) >= QUEUE_LIMIT:
            raise Refused(409, "session_queue_full")
        stays = bool(others) and (on_conflict == "enqueue" or others[0].status in EXECUTING)
        if tag is not None and (stays or tag == "stale"):
            raise Refused(412, "session_stale")
        if on_conflict in ("stop_after_step", "cancel_previous"):
            self._end_others(others, at_once=on_conflict == "cancel_previous")
        said = (message["content"] for message in (run_input or {}).get("messages", ()) if message["role"] == "user")
        self.title = self.title or next(said, None)
        begun = bool(self.checkpoints)
        run = Run(None if begun and run_input is None else dict(run_input or {}), limits)
        self.runs.append(run)
        self._tell(run)
        return run

    def _end_others(self, others: Sequence[Run], *, at_once: bool) -> None:
        changed = [run for run in others if at_once or run.stop != "cancel"]
        for run in changed:
            if run.status == "running":
                run.status, run.stop = ("cancelling", None) if at_once else ("running", "cancel")
            else:
                end(run, "cancelled")
        for run in changed:
            self._tell(run)

    def cancel(self, run: Run) -> str:
        """The status that is answered."""
        if run.status not in OPEN:
            raise Refused(409, "run_not_active")
        if run.status == "running":
            run.status, run.stop = "cancelling", None
        else:
            end(run, "cancelled")
        self._tell(run)
        return run.status

    def pause(self, run: Run) -> None:
        if run.stop == "pause" or run.status == "paused":
            return
        if run.status not in ("queued", "running") or run.stop == "cancel":
            raise Refused(409, "run_not_pausable")
        run.stop = "pause"
        self._tell(run)

    def resume(self, run: Run) -> None:
        if run.status == "interrupted":
            raise Refused(422, "answer_missing")
        if run.status != "paused":
            raise Refused(409, "run_not_interrupted")
        run.status = "queued"
        self._tell(run)

    def answer(self, run: Run, answers: Mapping[str, Any]) -> None:
        """Answers by question; all of them fit."""
        if run.status != "interrupted":
            raise Refused(409, "run_not_interrupted")
        run.status, run.questions, run.answered = "queued", [], dict(answers)
        self._tell(run)

    def retry(self, run: Run, limits: Mapping[str, int]) -> None:
        if run.status not in ("failed", "cancelled"):
            raise Refused(409, "run_not_retryable")
        self.require_idle()
        if run is not self.runs[-1]:
            raise Refused(409, "run_not_latest")
        if self.lifecycle != "active":
            raise Refused(409, "session_not_open")
        wanted = {**run.limits, **limits}
        if run.tokens >= wanted.get("tokens", run.tokens + 1):
            raise Refused(409, "run_limit_spent")
        run.status, run.error, run.limits = "queued", None, wanted
        run.attempt += 1
        self._tell(run)


def _merged(held: Sequence[Said], given: Sequence[Said], removed: Sequence[str]) -> list[Said]:
    """Messages replace those with their id, and follow the others."""
    by_id = {said.id: said for said in given if said.id}
    kept = [by_id.pop(said.id, said) if said.id else said for said in held]
    new = [said for said in given if said.id is None or said.id in by_id]
    return [said for said in (*kept, *new) if said.id not in removed]
