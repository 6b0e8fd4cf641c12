"""Rules about sessions: made, changed, listed, deleted."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from tests.factories import code_of
from tests.faults.machine.driven import MOST_SESSIONS, PLACES, WHICH, Driven, pick
from tests.faults.machine.model import Session
from tests.faults.machine.parts import Refused
from tests.faults.machine.workflows import CHAT, GATED, WORKFLOWS

_REQUESTS: list[tuple[str, str, Any]] = [
    ("GET", "", None),
    ("GET", "/runs", None),
    ("GET", "/state", None),
    ("GET", "/checkpoints", None),
    ("GET", "/events", None),
    ("POST", "/runs", {"input": {}}),
    ("POST", "/save", {}),
    ("POST", "/restore", {}),
    ("POST", "/fork", {}),
    ("PATCH", "/state", {"values": {"n": 1}}),
]


class SessionRules(Driven):
    """What people do with sessions."""

    @initialize()
    def begin(self) -> None:
        self._create(Session(GATED), twice=False)

    @precondition(lambda self: len(self.living) < MOST_SESSIONS)
    @rule(
        name=st.sampled_from([workflow.name for workflow in WORKFLOWS]),
        model=st.sampled_from(["default", "default", "down"]),
        begins=st.booleans(),
        metadata=st.sampled_from([None, {"customer": "4711"}]),
        twice=st.booleans(),
    )
    def create(self, *, name: str, model: str, begins: bool, metadata: dict[str, Any] | None, twice: bool) -> None:
        workflow = next(one for one in WORKFLOWS if one.name == name)
        initial: dict[str, Any] | None = None
        if begins and workflow is CHAT:
            initial = {"messages": [{"role": "system", "content": "Be kind."}]}
        elif begins and "notes" in workflow.first:
            initial = {"n": 3, "notes": ["begun with"]}
        self._create(Session(workflow, model if workflow is CHAT else "default", initial, metadata), twice=twice)

    def _create(self, session: Session, *, twice: bool) -> None:
        session.created()
        body: dict[str, Any] = {
            "workflow_config_path": f"configs/workflows/{session.workflow.name}.yaml",
            "agent_config": {"model": session.model},
            "initial_state": session.initial,
            "metadata": session.metadata,
        }
        headers = {"Idempotency-Key": f"{self.name}-{self.used_keys}"}
        self.used_keys += 1
        answer = self.api.call("POST", "/sessions", json=body, headers=headers)
        assert answer.status_code == 201, answer.text
        if twice:
            again = self.api.call("POST", "/sessions", json=body, headers=headers)
            assert (again.json(), again.headers["idempotent-replayed"]) == (answer.json(), "true")
            other = self.api.call("POST", "/sessions", json={**body, "metadata": {"other": 1}}, headers=headers)
            assert code_of(other) == (409, "idempotency_key_reused")
        session.id = answer.json()["session_id"]
        self.living.append(session)
        self.api.compare(session)

    @rule(
        which=WHICH,
        status=st.sampled_from([None, "active", "paused", "completed", "archived"]),
        body=st.sampled_from(
            [
                {},
                {"title": None},
                {"title": "Renamed"},
                {"metadata": None},
                {"metadata": {"customer": None}},
                {"title": "Named", "metadata": {"customer": "7", "x": [1]}},
            ]
        ),
        match=st.sampled_from([None, "right", "stale", "*"]),
    )
    def change(self, *, which: int, status: str | None, body: dict[str, Any], match: str | None) -> None:
        session = self.one(which)
        sent = body if status is None else {**body, "status": status}
        tags = {"right": f'"0", "{session.version}"', "stale": f'"{session.version + 1}"', "*": "*"}
        headers = {} if match is None else {"If-Match": tags[match]}
        answer = self.api.call("PUT", f"/sessions/{session.id}", json=sent, headers=headers)
        try:
            session.change(sent, stale=match == "stale")
        except Refused as refused:
            self.refuses(answer, refused)
        else:
            assert (answer.status_code, answer.headers["etag"]) == (200, f'"{session.version}"'), answer.text
        self.api.compare(session)

    @precondition(lambda self: len(self.living) > 1)
    @rule(which=WHICH)
    def delete(self, *, which: int) -> None:
        session = self.one(which)
        if session.head is None:
            assert self.api.call("DELETE", f"/sessions/{session.id}").status_code == 200
        else:
            assert code_of(self.api.call("DELETE", f"/sessions/{session.id}")) == (409, "session_busy")
            self.api.delete(str(session.id))
        self.living.remove(session)
        self.deleted.append(session)
        self.check_database()

    @precondition(lambda self: self.deleted)
    @rule(which=WHICH, place=PLACES)
    def meet_nothing_of_a_deleted_session(self, *, which: int, place: int) -> None:
        session = pick(self.deleted, which)
        method, path, body = _REQUESTS[place % len(_REQUESTS)]
        answer = self.api.call(method, f"/sessions/{session.id}{path}", json=body)
        assert code_of(answer) == (404, "session_not_found")
        run = pick(session.runs, place)
        if run is not None:
            assert code_of(self.api.call("GET", f"/runs/{run.id}")) == (404, "run_not_found")
        bookmark = pick(session.bookmarks, place)
        if bookmark is not None:
            gone = self.api.call("DELETE", f"/history/bookmarks/{bookmark.id}")
            assert code_of(gone) == (404, "bookmark_not_found")

    @rule(which=WHICH, status=st.sampled_from(["active", "running", "paused", "interrupted", "failed", "archived"]))
    def list_sessions(self, *, which: int, status: str) -> None:
        told = self.api.pages("/sessions", "sessions", status=status)
        assert {one["session_id"] for one in told} == {one.id for one in self.living if one.status == status}
        session = self.one(which)
        text = (session.title or session.workflow.name).upper()
        told = self.api.pages("/sessions", "sessions", search=text, sort_by="session_id", sort_order="asc")
        wanted = [one.id for one in self.living if text.lower() in f"{one.title} {one.workflow.name}".lower()]
        assert [one["session_id"] for one in told] == sorted(map(str, wanted))
