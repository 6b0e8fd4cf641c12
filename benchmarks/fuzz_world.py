"""Things that requests of the fuzzing can be about: sessions with a past, runs in every state, errors, files, hooks.

Random ids exist nowhere, so that random requests end at the first look-up. Here each operation gets the ids of things
that are as it needs them, made through the API, used a few times and then made anew.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import httpx

Subject = dict[str, Any]
"""Values by the names that parameters and members of bodies have for them."""

CHAT = "configs/workflows/chat.yaml"
HOOK = "http://127.0.0.1:9/hook"  # nobody listens: each delivery fails at once
FILE = "workflows/fuzzed.yaml"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def definition(description: str = "") -> dict[str, Any]:
    """A workflow that loads, whatever its description."""
    return {
        "name": "fuzzed",
        "description": description[:1000],
        "nodes": {"answer": {"type": "llm"}},
        "entry": "answer",
        "edges": [{"from": "answer", "to": "END"}],
    }


@dataclass
class _Stock:
    """A subject and how many more requests it may serve."""

    subject: Subject
    left: int


class World:
    """Makes subjects by what an operation needs."""

    def __init__(self, address: str) -> None:
        self._client = httpx.Client(base_url=address, timeout=30)
        self._stocks: dict[str, _Stock] = {}
        self._made = 0

    def subject_for(self, operation_id: str) -> Subject:
        """What a request of the operation may be about."""
        make = _NEEDS.get(operation_id, World.talk)
        name = f"{make.__name__} {operation_id if operation_id in _USES_UP else ''}"
        stock = self._stocks.get(name)
        if stock is None or stock.left <= 0:
            if make is not World.webhook:
                self._remove_webhooks()
            stock = self._stocks[name] = _Stock(make(self), _USES)
        stock.left -= 1
        return stock.subject

    def note(self, operation_id: str, subject: Subject, status: int, problem: Mapping[str, Any]) -> None:
        """How a request about it was answered. What it has used up is not given out again."""
        gone = status == HTTPStatus.NOT_FOUND and any(
            isinstance(value, str) and value in problem["detail"] for value in subject.values()
        )
        if gone or status == HTTPStatus.CONFLICT or (operation_id in _USES_UP and status < HTTPStatus.BAD_REQUEST):
            for stock in self._stocks.values():
                if stock.subject is subject:
                    stock.left = 0

    def talk(self) -> Subject:
        """A session with two runs, an image, a snapshot, a bookmark, and a price of its own."""
        session_id = self._session(CHAT)
        image = {"type": "image", "base64": base64.b64encode(PIXEL).decode(), "mime_type": "image/png"}
        content = [{"type": "text", "text": "What is 17 times 23? 你好，数据"}, image]
        first = self._post(f"sessions/{session_id}/runs", input={"messages": [{"role": "user", "content": content}]})
        self._post(f"sessions/{session_id}/runs", input="And 18 times?")
        label = f"label {session_id}"
        snapshot = self._post(f"sessions/{session_id}/save", label=label)
        messages = self._get(f"history/sessions/{session_id}/messages")["records"]
        bookmark = self._post(f"history/sessions/{session_id}/bookmarks", message_id=messages[0]["message_id"])
        checkpoints = self._get(f"sessions/{session_id}/checkpoints")["checkpoints"]
        session = self._get(f"sessions/{session_id}")
        return {
            "session_id": session_id,
            "workflow_id": session["workflow_id"],
            "workflow": "chat",
            "run_id": first["run_id"],
            "snapshot_id": snapshot["snapshot_id"],
            "label": label,
            "message_id": messages[-1]["message_id"],
            "bookmark_id": bookmark["bookmark_id"],
            "checkpoint_id": checkpoints[1]["checkpoint_id"],
            "from": checkpoints[-1]["checkpoint_id"],
            "to": checkpoints[0]["checkpoint_id"],
            "remove_messages": [messages[-1]["message_id"]],
            "values": {"messages": [{"role": "user", "content": "Edited"}]},
            "as_node": "answer",
            "workflow_config_path": CHAT,
            "query": "数据",
            "if_match": f'"{session["version"]}"',
            "model": "month-fast",
            "digest": f"sha256:{hashlib.sha256(PIXEL).hexdigest()}",
        }

    def asked(self) -> Subject:
        """A run that waits for an answer."""
        session_id = self._session("configs/workflows/ask.yaml")
        run = self._post(f"sessions/{session_id}/runs", input={})
        interrupt_id = run["interrupts"][0]["interrupt_id"]
        return {
            "session_id": session_id,
            "run_id": run["run_id"],
            "answer": True,
            "answers": {interrupt_id: False},
        }

    def failed(self) -> Subject:
        """A run that failed, and its error's group."""
        session_id = self._session("configs/workflows/broken.yaml")
        run = self._post(f"sessions/{session_id}/runs", input={})
        groups = self._get(f"errors/?session_id={session_id}")["groups"]
        return {"session_id": session_id, "run_id": run["run_id"], "group_id": groups[0]["group_id"]}

    def running(self) -> Subject:
        """A run that takes a while."""
        session_id = self._session(CHAT, agent_config={"model": "slow"})
        run = self._post(f"sessions/{session_id}/runs", input="Hi", mode="background")
        return {"session_id": session_id, "run_id": run["run_id"]}

    def workflow(self) -> Subject:
        """Two versions of a workflow that nobody uses."""
        first, second = (self._post("workflows/", config_data=definition(self._new())) for _ in range(2))
        session_id = self._post(f"workflows/{first['workflow_id']}/run")["session_id"]
        return {
            "workflow_id": first["workflow_id"],
            "session_id": session_id,
            "to": second["workflow_id"],
            "config_path": CHAT,
            "config_data": definition(self._new()),
            "state": {"messages": [{"role": "user", "content": "Hi"}]},
        }

    def unused_workflow(self) -> Subject:
        """A version without sessions."""
        return {"workflow_id": self._post("workflows/", config_data=definition(self._new()))["workflow_id"]}

    def webhook(self) -> Subject:
        """A webhook with a delivery."""
        self._remove_webhooks()
        webhook_id = self._post("webhooks/", url=HOOK)["webhook_id"]
        delivery = self._post(f"webhooks/{webhook_id}/test")
        return {"webhook_id": webhook_id, "delivery_id": delivery["delivery_id"], "url": f"{HOOK}/other"}

    def file(self) -> Subject:
        """A workflow's file with two versions, and an archive of the whole configuration."""
        for _ in range(2):
            self._put(f"config/files/{FILE}", content=json.dumps(definition(self._new())))
        newest = self._get(f"config/files/{FILE}")
        archive = self._client.get("/api/config/export").raise_for_status().content
        return {
            "path": FILE,
            "number": newest["version"],
            "from": newest["version"] - 1,
            "to": newest["version"],
            "content": json.dumps(definition(self._new())),
            "if_match": newest["etag"],
            "archive": archive,
        }

    def _remove_webhooks(self) -> None:
        """Each is told of every run's end, which would soon be most of what the server does; a project may have 50."""
        for webhook in self._get("webhooks/?page_size=100")["webhooks"]:
            self._client.delete(f"/api/webhooks/{webhook['webhook_id']}").raise_for_status()

    def _new(self) -> str:
        self._made += 1
        return f"number {self._made}"

    def _session(self, path: str, **body: Any) -> str:
        return str(self._post("sessions/", workflow_config_path=path, **body)["session_id"])

    def _get(self, path: str) -> dict[str, Any]:
        return _read(self._client.get(f"/api/{path}"))

    def _put(self, path: str, **body: Any) -> dict[str, Any]:
        return _read(self._client.put(f"/api/{path}", json=body))

    def _post(self, path: str, **body: Any) -> dict[str, Any]:
        return _read(self._client.post(f"/api/{path}", json=body or None))


def _read(answer: httpx.Response) -> dict[str, Any]:
    if not answer.is_success:
        raise RuntimeError(f"{answer.request.method} {answer.request.url}: {answer.status_code} {answer.text}")
    read: dict[str, Any] = answer.json()
    return read


_USES = 100
_USES_UP = frozenset(
    {
        "delete_session", "delete_snapshot", "remove_bookmark", "resume_run", "retry_run", "cancel_run", "pause_run",
        "unload_workflow", "delete_webhook", "delete_config_file",
    }
)  # fmt: skip
"""Operations after whose success their subject is gone, or another."""

_NEEDS: Mapping[str, Callable[[World], Subject]] = {
    "resume_run": World.asked,
    **dict.fromkeys(("cancel_run", "pause_run"), World.running),
    **dict.fromkeys(
        (
            "retry_run", "get_error_group", "resolve_error_group", "reopen_error_group", "mute_error_group",
            "note_error_group",
        ),
        World.failed,
    ),
    **dict.fromkeys(
        (
            "create_workflow", "get_workflow", "load_workflow", "run_workflow", "stream_workflow", "diff_workflows",
            "list_workflow_versions", "make_workflow_current", "get_workflow_visualization",
        ),
        World.workflow,
    ),
    "unload_workflow": World.unused_workflow,
    **dict.fromkeys(
        (
            "create_webhook", "get_webhook", "update_webhook", "delete_webhook", "list_deliveries", "test_webhook",
            "redeliver",
        ),
        World.webhook,
    ),
    **dict.fromkeys(
        (
            "get_config_file", "save_config_file", "delete_config_file", "diff_config_versions",
            "validate_config_file", "list_config_versions", "get_config_version", "restore_config_version",
            "import_config",
        ),
        World.file,
    ),
}  # fmt: skip
"""By operation: what it is about. The others are about a session."""
