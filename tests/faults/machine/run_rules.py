"""Rules about runs: started under every condition, sent again, paused, answered, cancelled, retried."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from httpx import Response
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.factories import code_of, events_in
from tests.faults.machine.api import run_shows
from tests.faults.machine.driven import PLACES, WHICH, Driven, has_runs, pick, some
from tests.faults.machine.model import Session
from tests.faults.machine.parts import Refused, Run
from tests.faults.machine.turnstiles import open_once
from tests.faults.machine.workflows import Ask, Workflow

WORDS = ("refund", "数据", "Straße", "100%", "a_b", '"quoted"', "naïve")
_MOMENT = 0.02  # seconds to wait for a run that will not end
MODES = st.sampled_from(["wait", "background"])


def is_holding(session: Session) -> bool:
    return session.holds


def has_question(session: Session) -> bool:
    return session.status == "interrupted"


@dataclass(frozen=True)
class Wish:
    """How a run is started, besides its input. `tag` is the If-Match: of the version, of the state, or a stale one."""

    on_conflict: str = "reject"
    limit: Mapping[str, int] = field(default_factory=dict)
    tag: str | None = None
    mode: str = "background"
    keyed: bool = False


class RunRules(Driven):
    """What people do with runs."""

    def _input(self, workflow: Workflow, data: st.DataObject) -> tuple[Any, Any]:
        """What is sent, and what the model takes it for."""
        if workflow.talks:
            kind = data.draw(st.sampled_from(["text", "messages", "nothing"]))
            self.said += 1
            content = f"{data.draw(st.sampled_from(WORDS))} {self.said}"
            message = {"role": "user", "content": content}
            state = {"messages": [message]}
            return {"text": (content, state), "messages": (state, state), "nothing": (None, None)}[kind]
        values: dict[str, Any] = {}
        if "n" in workflow.first and data.draw(st.booleans()):
            values["n"] = data.draw(st.integers(0, 5))
        if "notes" in workflow.first and data.draw(st.booleans()):
            values["notes"] = ["given"]
        if not values and data.draw(st.booleans()):
            return None, None
        return values, values

    @rule(which=WHICH, data=st.data())
    def run(self, *, which: int, data: st.DataObject) -> None:
        self._start(self.one(which), data, Wish())

    @rule(
        which=WHICH,
        data=st.data(),
        wish=st.builds(
            Wish,
            on_conflict=st.sampled_from(["reject", "enqueue", "stop_after_step", "cancel_previous"]),
            limit=st.sampled_from([{}, {}, {"steps": 1}, {"steps": 2}, {"steps": 3}, {"tokens": 5}, {"tokens": 13}]),
            tag=st.sampled_from([None, None, "version", "state", "stale"]),
            mode=st.sampled_from(["wait", "background", "stream"]),
            keyed=st.booleans(),
        ),
    )
    def run_with(self, *, which: int, data: st.DataObject, wish: Wish) -> None:
        self._start(self.one(which), data, wish)

    def _start(self, session: Session, data: st.DataObject, wish: Wish) -> None:
        sent, taken = self._input(session.workflow, data)
        tag = "stale" if wish.tag == "state" and not session.checkpoints else wish.tag
        tags = {
            "version": f'"{session.version}"',
            "state": f'"{session.latest.id}"' if session.checkpoints else '"none"',
            "stale": '"999"',
        }
        headers = {} if tag is None else {"If-Match": tags[tag]}
        body: dict[str, Any] = {"input": sent, "on_conflict": wish.on_conflict}
        if wish.limit:
            body["limits"] = wish.limit
        try:
            run = session.start(taken, wish.on_conflict, dict(wish.limit), tag=tag)
        except Refused as refused:
            run, why = None, refused
        session.settle()
        goes_on = run is not None and run.status in ("queued", "running")
        mode = body["mode"] = "background" if goes_on and wish.mode == "stream" else wish.mode
        if goes_on and mode == "wait":
            body["timeout"] = _MOMENT
        if wish.keyed:
            headers["Idempotency-Key"] = f"{self.name}-{self.used_keys}"
        answer = self.api.call("POST", f"/sessions/{session.id}/runs", json=body, headers=headers)
        if run is None:
            self.refuses(answer, why)
        else:
            assert answer.status_code in (200, 202, 502), answer.text
            if mode == "stream":
                run.id = events_in(answer.text)[-1].data["run_id"]
                self._check_stream(session, run, answer)
            else:
                run.id = answer.json()["run_id"]
                self._check_run_answer(run, mode, answer)
            self.used_keys += wish.keyed
            if wish.keyed and mode != "stream":
                self.keys.append((headers["Idempotency-Key"], session, run, body))
        self.api.compare(session)

    def _check_run_answer(self, run: Run, mode: str, answer: Response) -> None:
        if mode == "background":
            assert (answer.status_code, answer.json()["status"]) == (202, "queued"), answer.text
        elif run.status in ("queued", "running"):
            assert answer.status_code == 202, answer.text
            assert answer.json()["status"] in ("queued", "running")
        elif run.error == "provider_unavailable":
            assert code_of(answer) == (502, run.error)
        else:
            assert (answer.status_code, run_shows(answer.json())) == (200, run.shows), answer.text

    def _check_stream(self, session: Session, run: Run, answer: Response) -> None:
        assert answer.status_code == 200
        events = events_in(answer.text)
        assert (events[-1].type, events[-1].data["status"]) == ("end", run.status)
        stored = [int(event.id) for event in events if event.id is not None]
        assert stored == [event.seq for event in self.api.log(str(session.id)) if event.run_id == run.id]

    @precondition(lambda self: self.keys)
    @rule(place=PLACES, same=st.booleans())
    def send_again(self, place: int, same: bool) -> None:
        key, session, run, body = pick(self.keys, place)
        if not same:
            body = {**body, "limits": {"steps": 99}}
        answer = self.api.call("POST", f"/sessions/{session.id}/runs", json=body, headers={"Idempotency-Key": key})
        if session not in self.living:
            assert code_of(answer) == (404, "session_not_found")
        elif not same:
            assert code_of(answer) == (409, "idempotency_key_reused")
        else:
            assert answer.headers["idempotent-replayed"] == "true"
            assert answer.json()["run_id"] == run.id
            if body["mode"] == "background" or run.status in ("queued", "running"):
                assert (answer.status_code, run_shows(answer.json())) == (202, run.shows)
            else:
                self._check_run_answer(run, "wait", answer)
        if session in self.living:
            self.api.compare(session)

    @rule(which=WHICH)
    def ask_for_what_cannot_be(self, *, which: int) -> None:
        session = self.one(which)
        wrong: list[Any] = [{"n": "x"}, {"unknown": 1}, {"messages": 5}]
        for sent in wrong if session.workflow.talks else [*wrong, "a text"]:
            answer = self.api.call("POST", f"/sessions/{session.id}/runs", json={"input": sent})
            assert code_of(answer) == (422, "state_invalid")
        last = self.api.get(f"/sessions/{session.id}")["last_seq"]
        answer = self.api.call("GET", f"/sessions/{session.id}/events", params={"after_seq": last + 1})
        assert code_of(answer) == (422, "cursor_unknown")
        self.api.compare(session)

    @some(is_holding)
    @rule(which=WHICH)
    def open_the_turnstile(self, *, which: int) -> None:
        session = self.one(which, is_holding)
        session.open_turnstile()
        session.settle()
        self.api.wait(open_once(str(session.id)))
        self.api.compare(session)

    @some(has_runs)
    @rule(which=WHICH, place=st.integers(0, 2))
    def cancel(self, *, which: int, place: int) -> None:
        session = self.one(which, has_runs)
        run = pick(session.runs, place)
        answer = self.api.call("POST", f"/runs/{run.id}/cancel")
        try:
            status = session.cancel(run)
        except Refused as refused:
            self.refuses(answer, refused)
        else:
            assert (answer.status_code, answer.json()["status"]) == (200, status)
        session.settle()
        self.api.compare(session)

    @some(has_runs)
    @rule(which=WHICH, place=st.integers(0, 2))
    def pause(self, *, which: int, place: int) -> None:
        session = self.one(which, has_runs)
        run = pick(session.runs, place)
        answer = self.api.call("POST", f"/runs/{run.id}/pause")
        try:
            session.pause(run)
        except Refused as refused:
            self.refuses(answer, refused)
        else:
            assert (answer.status_code, run_shows(answer.json())) == (200, run.shows)
        self.api.compare(session)

    @some(has_runs)
    @rule(which=WHICH, place=st.integers(0, 2), mode=MODES)
    def resume(self, *, which: int, place: int, mode: str) -> None:
        session = self.one(which, has_runs)
        run = pick(session.open_runs or session.runs, place)
        self._go_on(session, run, lambda: session.resume(run), "resume", {"mode": mode})

    @some(has_runs)
    @rule(
        which=WHICH,
        place=st.integers(0, 2),
        mode=MODES,
        limit=st.sampled_from([{}, {"steps": 4}, {"tokens": 13}, {"tokens": 40}]),
    )
    def retry(self, *, which: int, place: int, mode: str, limit: dict[str, int]) -> None:
        session = self.one(which, has_runs)
        run = pick(session.runs, place)
        body = {"mode": mode, "limits": limit} if limit else {"mode": mode}
        self._go_on(session, run, lambda: session.retry(run, limit), "retry", body)

    @some(has_runs)
    @rule(which=WHICH, place=st.integers(0, 2), mode=MODES)
    def answer_what_is_not_asked(self, *, which: int, place: int, mode: str) -> None:
        session = self.one(which, has_runs)
        run = pick(session.runs, place)
        if run.status != "interrupted":
            self._go_on(session, run, lambda: session.answer(run, {}), "resume", {"mode": mode, "answer": True})

    @some(has_question)
    @rule(which=WHICH, data=st.data(), mode=MODES, wrong=st.sampled_from([False, False, True]))
    def answer(self, *, which: int, data: st.DataObject, mode: str, wrong: bool) -> None:
        session = self.one(which, has_question)
        run = session.head
        assert run is not None
        told = self.api.get(f"/runs/{run.id}")["interrupts"]
        node = session.workflow.nodes[str(session.latest.next)]
        assert isinstance(node, Ask)
        chosen = data.draw(st.lists(st.sampled_from(told), min_size=1, unique_by=lambda one: one["interrupt_id"]))
        answers = {one["interrupt_id"]: data.draw(st.sampled_from(node.fits)) for one in chosen}
        if wrong:
            answers[chosen[0]["interrupt_id"]] = data.draw(st.sampled_from(node.unfit))
            self._answer_wrongly(session, run, told, answers)
            return
        body: dict[str, Any] = {"mode": mode, "answers": answers}
        if len(told) == 1 and data.draw(st.booleans()):
            body = {"mode": mode, "answer": next(iter(answers.values()))}
        by_question = {one["question"]: answers[one["interrupt_id"]] for one in chosen}
        self._go_on(session, run, lambda: session.answer(run, by_question), "resume", body)

    def _answer_wrongly(self, session: Session, run: Run, told: list[dict[str, Any]], answers: dict[str, Any]) -> None:
        url = f"/runs/{run.id}/resume"
        assert code_of(self.api.call("POST", url, json={"answers": answers})) == (422, "answer_invalid"), answers
        unknown = self.api.call("POST", url, json={"answers": {"nobody": True}})
        assert code_of(unknown) == (404, "interrupt_unknown")
        if len(told) > 1:
            assert code_of(self.api.call("POST", url, json={"answer": 1})) == (422, "answer_ambiguous")
        self.api.compare(session)

    def _go_on(self, session: Session, run: Run, promised: Callable[[], None], verb: str, body: dict[str, Any]) -> None:
        try:
            promised()
        except Refused as refused:
            self.refuses(self.api.call("POST", f"/runs/{run.id}/{verb}", json=body), refused)
        else:
            run.seen = "queued"
            session.settle()
            if body["mode"] == "wait" and run.status in ("queued", "running"):
                body = {**body, "timeout": _MOMENT}
            self._check_run_answer(run, body["mode"], self.api.call("POST", f"/runs/{run.id}/{verb}", json=body))
        self.api.compare(session)
