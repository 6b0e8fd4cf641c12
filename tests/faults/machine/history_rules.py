"""Rules about the history: bookmarks, pages, search, export."""

import json
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.factories import code_of
from tests.faults.machine.driven import PLACES, WHICH, Driven, has_messages, pick, some
from tests.faults.machine.model import Session
from tests.faults.machine.parts import Bookmark

NOTES = ("look again", "", None)


def has_bookmarks(session: Session) -> bool:
    return bool(session.bookmarks)


class HistoryRules(Driven):
    """What people do with messages."""

    @some(has_messages)
    @rule(which=WHICH, place=PLACES, note=st.sampled_from(NOTES))
    def bookmark(self, *, which: int, place: int, note: str | None) -> None:
        session = self.one(which, has_messages)
        message_id = str(pick(session.history, place).id)
        url = f"/history/sessions/{session.id}/bookmarks"
        unknown = self.api.call("POST", url, json={"message_id": f"not {message_id}", "note": note})
        assert code_of(unknown) == (404, "message_not_found")
        answer = self.api.call("POST", url, json={"message_id": message_id, "note": note})
        known = next((one for one in session.bookmarks if one.entry_id == message_id), None)
        if known is None:
            assert answer.status_code == 201, answer.text
            session.bookmarks.append(Bookmark(message_id, note, answer.json()["bookmark_id"]))
        else:
            known.note = known.note if note is None else note
            assert (answer.status_code, answer.json()["bookmark_id"]) == (200, known.id)
        self.api.compare_named(session)

    @some(has_bookmarks)
    @rule(which=WHICH, place=PLACES, note=st.sampled_from(["new", None]), removes=st.booleans())
    def change_a_bookmark(self, *, which: int, place: int, note: str | None, removes: bool) -> None:
        session = self.one(which, has_bookmarks)
        bookmark = pick(session.bookmarks, place)
        url = f"/history/bookmarks/{bookmark.id}"
        if removes:
            assert self.api.call("DELETE", url).status_code == 200
            assert code_of(self.api.call("DELETE", url)) == (404, "bookmark_not_found")
            session.bookmarks.remove(bookmark)
        else:
            assert self.api.call("PATCH", url, json={"note": note}).json()["note"] == note
            bookmark.note = note
        self.api.compare_named(session)

    @some(has_messages)
    @rule(which=WHICH, limit=st.integers(1, 5), offset=st.integers(0, 5), kind=st.sampled_from(["user", "assistant"]))
    def read_the_history(self, *, which: int, limit: int, offset: int, kind: str) -> None:
        session = self.one(which, has_messages)
        ids = [entry.id for entry in session.history]
        told = self.api.get(f"/sessions/{session.id}/history", limit=limit)
        assert ([one["message_id"] for one in told["history"]], told["total"]) == (ids[-limit:], len(ids))
        url = f"/history/sessions/{session.id}/messages"
        told = self.api.get(url, limit=limit, offset=offset)
        assert ([one["message_id"] for one in told["records"]], told["total"]) == (
            ids[offset : offset + limit],
            len(ids),
        )
        of_kind = [entry.id for entry in session.history if entry.said.type == kind]
        told = self.api.get(url, message_types=kind)
        assert ([one["message_id"] for one in told["records"]], told["total"]) == (of_kind, len(of_kind))

    @some(has_messages)
    @rule(which=WHICH, place=PLACES, start=st.integers(0, 10), length=st.integers(1, 12))
    def search_for_what_was_said(self, *, which: int, place: int, start: int, length: int) -> None:
        session = self.one(which, has_messages)
        text = pick(session.history, place).said.content[start : start + length]
        if not text.strip():
            return  # blank queries are refused
        within = self.api.get(f"/history/sessions/{session.id}/search", query=text, limit=100)
        self._compare_found(within, text, [session])
        self._compare_found(self.api.get("/history/search", query=text, page_size=100), text, self.living)

    def _compare_found(self, told: dict[str, Any], text: str, among: list[Session]) -> None:
        found = {
            (session.id, entry.id): entry.discarded
            for session in among
            for entry in session.history
            if text.lower() in entry.said.content.lower()
        }
        assert {(one["session_id"], one["message_id"]): one["discarded"] for one in told["results"]} == found
        assert told["total"] == len(found)

    @some(has_messages)
    @rule(which=WHICH)
    def export(self, *, which: int) -> None:
        session = self.one(which, has_messages)
        answer = self.api.call("GET", f"/history/sessions/{session.id}/export", params={"format": "jsonl"})
        messages = self.api.get(f"/history/sessions/{session.id}/messages", limit=500)["records"]
        assert [json.loads(line) for line in answer.text.splitlines()] == messages
        assert answer.headers["x-total-count"] == str(len(session.history))
