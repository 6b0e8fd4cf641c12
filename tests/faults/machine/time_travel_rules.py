"""Rules about earlier states: saved, restored, forked, edited, compared."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.factories import code_of
from tests.faults.machine.driven import LABELS, MOST_SESSIONS, PLACES, WHICH, Driven, has_state, pick, some
from tests.faults.machine.model import Session
from tests.faults.machine.parts import Checkpoint, Refused, Said, Snapshot


def has_snapshots(session: Session) -> bool:
    return bool(session.snapshots)


class TimeTravelRules(Driven):
    """What people do with checkpoints and snapshots."""

    @rule(which=WHICH, label=st.sampled_from([None, *LABELS]))
    def save(self, *, which: int, label: str | None) -> None:
        session = self.one(which)
        answer = self.api.call("POST", f"/sessions/{session.id}/save", json={"label": label})
        try:
            session.require_state()
        except Refused as refused:
            self.refuses(answer, refused)
            return
        assert (answer.status_code, answer.json()["checkpoint_id"]) == (200, session.latest.id), answer.text
        session.snapshots.append(Snapshot(session.latest, label, answer.json()["snapshot_id"]))
        self.api.compare_named(session)

    @some(has_snapshots)
    @rule(which=WHICH, place=PLACES)
    def forget_a_snapshot(self, *, which: int, place: int) -> None:
        session = self.one(which, has_snapshots)
        snapshot = pick(session.snapshots, place)
        url = f"/sessions/{session.id}/snapshots/{snapshot.id}"
        assert self.api.call("DELETE", url).status_code == 200
        assert code_of(self.api.call("DELETE", url)) == (404, "snapshot_not_found")
        session.snapshots.remove(snapshot)
        self.api.compare_named(session)

    @rule(which=WHICH, place=PLACES, by=st.sampled_from(["latest", *LABELS, "snapshot", "checkpoint", "unknown"]))
    def restore(self, *, which: int, place: int, by: str) -> None:
        session = self.one(which)
        checkpoint, body = self._place(session, place, by)
        answer = self.api.call("POST", f"/sessions/{session.id}/restore", json=body)
        try:
            session.require_idle()
            session.restore(checkpoint, unknown="checkpoint" if "checkpoint_id" in body else "snapshot")
        except Refused as refused:
            self.refuses(answer, refused)
        else:
            assert (answer.status_code, answer.headers["etag"]) == (200, f'"{session.version}"'), answer.text
        self.api.compare(session)

    def _place(self, session: Session, place: int, by: str) -> tuple[Checkpoint | None, dict[str, Any]]:
        if by == "checkpoint" and session.checkpoints:
            checkpoint = pick(session.checkpoints, place)
            return checkpoint, {"checkpoint_id": checkpoint.id}
        if by in ("checkpoint", "unknown"):
            return None, {"checkpoint_id": "1f0af6a5-91c2-6b1e-8003-0f4f2a0c9d11"}
        named = session.snapshots if by in ("latest", "snapshot") else [s for s in session.snapshots if s.label == by]
        snapshot = pick(named, place if by == "snapshot" else 0)
        if by == "snapshot":
            body = {"snapshot_id": "snapshot-nothing" if snapshot is None else snapshot.id}
        else:
            body = {} if by == "latest" else {"label": by}
        return (None if snapshot is None else snapshot.checkpoint), body

    @precondition(lambda self: len(self.living) < MOST_SESSIONS)
    @rule(
        which=WHICH,
        place=PLACES,
        latest=st.booleans(),
        label=st.sampled_from([None, *LABELS]),
        edits=st.booleans(),
        data=st.data(),
    )
    def fork(
        self, *, which: int, place: int, latest: bool, label: str | None, edits: bool, data: st.DataObject
    ) -> None:
        session = self.one(which)
        there = session.checkpoints[-1] if latest and session.checkpoints else pick(session.checkpoints, place)
        body: dict[str, Any] = {} if label is None else {"label": label}
        if not latest and there is not None:
            body["checkpoint_id"] = there.id
        edited = None
        try:
            session.require_state()
            if edits:
                body["values"], values, _ = self._edit(session, there, data)
                edited = session.edited(there, values, (), None)
        except Refused as refused:
            answer = self.api.call("POST", f"/sessions/{session.id}/fork", json=body)
            self.refuses(answer, refused)
            self.list_everything()
            return
        made = session.fork(there, edited, label)
        answer = self.api.call("POST", f"/sessions/{session.id}/fork", json=body)
        assert (answer.status_code, answer.json()["status"]) == (201, made.status), answer.text
        made.id = answer.json()["session_id"]
        self.living.append(made)
        self.api.compare(made)
        if label is not None:
            (named,) = self.api.get(f"/sessions/{made.id}/snapshots")["snapshots"]
            beginning = made.checkpoints[0 if edited is None else 1]
            made.snapshots.append(Snapshot(beginning, label, named["snapshot_id"]))
            self.api.compare_named(made)
        self.api.compare(session)

    @rule(which=WHICH, place=PLACES, latest=st.booleans(), named=st.booleans(), data=st.data())
    def edit(self, *, which: int, place: int, latest: bool, named: bool, data: st.DataObject) -> None:
        session = self.one(which)
        there = session.checkpoints[-1] if latest and session.checkpoints else pick(session.checkpoints, place)
        body: dict[str, Any] = {"values": {"n": 1}}
        try:
            session.require_state()
            body["values"], values, body["remove_messages"] = self._edit(session, there, data)
            if not latest:
                body["checkpoint_id"] = there.id
            node = data.draw(st.sampled_from(["START", *session.workflow.nodes])) if named else None
            if node is not None:
                body["as_node"] = node
            session.require_idle()
            edited = session.edited(there, values, body["remove_messages"], node)
        except Refused as refused:
            self.refuses(self.api.call("PATCH", f"/sessions/{session.id}/state", json=body), refused)
        else:
            session.edit(edited)
            answer = self.api.call("PATCH", f"/sessions/{session.id}/state", json=body)
            assert (answer.status_code, answer.headers["etag"]) == (200, f'"{session.version}"'), answer.text
        self.api.compare(session)

    def _edit(
        self, session: Session, there: Checkpoint, data: st.DataObject
    ) -> tuple[dict[str, Any], dict[str, Any], list[str]]:
        """Values as they are sent and as the model takes them, and messages to take out."""
        if session.workflow.talks:
            held = there.values["messages"]
            self.said += 1
            kind = data.draw(st.sampled_from(["changed", "new", "removed"]))
            if kind == "removed" and held:
                return {}, {}, [data.draw(st.sampled_from(held)).id]
            content = f"edited {self.said}"
            if kind == "changed" and held:
                old = data.draw(st.sampled_from(held))
                said = Said(old.type, content, old.id)
            else:
                said = Said("user", content)
            sent = {"role": said.type, "content": content, **({"id": said.id} if said.id else {})}
            return {"messages": [sent]}, {"messages": [said]}, []
        if "notes" in session.workflow.first and data.draw(st.booleans()):
            notes = {"notes": data.draw(st.sampled_from([[], ["edited"]]))}
            return notes, notes, []
        field = "n" if "n" in session.workflow.first else "voters"
        values = {"n": data.draw(st.integers(0, 5))} if field == "n" else {"voters": ["ann", "bob"]}
        return values, values, []

    @some(has_state)
    @rule(which=WHICH, one=PLACES, other=PLACES)
    def compare_checkpoints(self, *, which: int, one: int, other: int) -> None:
        session = self.one(which, has_state)
        before, after = pick(session.checkpoints, one), pick(session.checkpoints, other)
        told = self.api.get(f"/sessions/{session.id}/checkpoints/diff", **{"from": before.id, "to": after.id})
        fields = {*before.values, *after.values}
        assert set(told["changed"]) == {
            name for name in fields if before.values.get(name, self) != after.values.get(name, self)
        }
