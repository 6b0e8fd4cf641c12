"""Input that means harm: nothing of it is answered with a 5xx or a traceback, and nothing of it is stored."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import func, select

from flowdeck.container import Container
from flowdeck.storage.database import Database
from flowdeck.storage.scope import SYSTEM
from flowdeck.storage.tables import EventRow, MessageRow, RunRow, SessionRow, WorkflowRow
from tests.factories import code_of, create_session, load_workflow, run
from tests.workbench import Workbench

pytestmark = pytest.mark.anyio

PATHS = [
    "../models.yaml",
    "configs/workflows/../models.yaml",
    "configs/workflows/../../configs/workflows/chat.yaml",
    "..%2fmodels.yaml",
    "%2e%2e/models.yaml",
    "configs/workflows/%2e%2e/models.yaml",
    "..\\models.yaml",
    "/etc/passwd",
    "//etc/passwd",
    "/dev/zero",
    "/dev/stdin",
    "/proc/self/environ",
    "~/secrets.yaml",
    "C:\\boot.ini",
    "\\\\host\\share\\x.yaml",
    "file:///etc/passwd",
    "http://127.0.0.1/x.yaml",
    "https://evil.example/x.yaml",
    "chat.yaml\x00.txt",
    "chat.yaml%00",
    "chat\nyaml",
    "\u202echat.yaml",
    "",
    " ",
    ".",
    "..",
    "a/" * 2500,
    "x" * 5000,
    "🦄.yaml",
    "configs/models.yaml",
    "link-out.yaml",
    "link-folder/secret.yaml",
    "link-device.yaml",
    "pipe.yaml",
    "folder",
    "configs/workflows",
    "${HOME}/x.yaml",
    "workflow.py:graph",
]

TEXTS = {
    "a tag": "name: !!python/object/apply:os.system [id]\n",
    "a local tag": "name: !secret x\n",
    "an alias bomb": "a: &a [x, x, x, x, x, x, x, x, x]\n"
    + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9)),
    "itself": "a: &a [*a]\n",
    "a duplicate key": "name: x\nname: y\n",
    "an unknown key": "name: x\ncolour: red\n",
    "a merge": "a: &a {x: 1}\nb: {<<: *a}\n",
    "two documents": "name: x\n---\nname: y\n",
    "a list": "- name: x\n",
    "nothing": "",
    "a number": "5\n",
    "a NUL": "name: x\0y\n",
    "half a surrogate": 'name: "\\ud800"\n',
    "depth": "a: " + "[" * 500 + "]" * 500,
    "depth of braces": "{a: " * 20_000,
    "a tab": "name:\tx\n\tentry: y\n",
    "no entry": "name: x\nnodes:\n  a: {type: llm}\nedges: []\n",
    "a missing node": "name: x\nentry: b\nnodes:\n  a: {type: llm}\nedges:\n  - {from: a, to: END}\n",
    "an edge to nowhere": "name: x\nentry: a\nnodes:\n  a: {type: llm}\nedges:\n  - {from: a, to: b}\n",
    "a cycle": "name: x\nentry: a\nnodes:\n  a: {type: llm}\n  b: {type: llm}\n"
    "edges:\n  - {from: a, to: b}\n  - {from: b, to: a}\n",
    "a bad expression": "name: x\nentry: a\nnodes:\n  a: {type: llm}\n"
    "edges:\n  - {from: a, to: END, when: 'messages[['}\n  - {from: a, to: END}\n",
    "an unknown field": "name: x\nentry: a\nnodes:\n  a: {type: llm}\n"
    "edges:\n  - {from: a, to: END, when: 'nope == 1'}\n  - {from: a, to: END}\n",
    "an unknown model": "name: x\nentry: a\nnodes:\n  a: {type: llm, model: gpt-99}\nedges:\n  - {from: a, to: END}\n",
    "an unknown tool": "name: x\nentry: a\nnodes:\n  a: {type: tool, tool: rm}\nedges:\n  - {from: a, to: END}\n",
    "a variable of the server's": "name: x\nentry: a\nnodes:\n  a: {type: llm, system: '${PATH}'}\n"
    "edges:\n  - {from: a, to: END}\n",
    "Python": "name: x\nentry: a\nnodes:\n  a: {type: python, call: 'os:system'}\nedges:\n  - {from: a, to: END}\n",
    "a Python graph": "name: x\ngraph: os:system\n",
    "a subworkflow outside": "name: x\nentry: a\nnodes:\n  a: {type: subworkflow, workflow: ../../etc/passwd}\n"
    "edges:\n  - {from: a, to: END}\n",
    "a template": "name: x\nentry: a\nnodes:\n  a: {type: llm, prompt: '{{ '}\nedges:\n  - {from: a, to: END}\n",
    "a huge number": "name: x\nlimits: {steps: 99999999999999999999999}\n",
    "a long version": f"name: x\nversion: {'v' * 100}\nentry: a\nnodes:\n  a: {{type: llm}}\n"
    "edges:\n  - {from: a, to: END}\n",
    "too much": "name: x\n# " + "x" * 300_000,
}


STATES: list[dict[str, Any]] = [
    {"n": 2**63},
    {"n": 2**200},
    {"n": 1.5},
    {"n": "1"},
    {"n": None},
    {"n": True},
    {"n": {"n": 1}},
    {"messages": []},
    {"__proto__": 1},
    {"\x00": 1},
    {"": 1},
    {"n": 1, "🦄": 2},
]

MESSAGES: list[Any] = [
    [{"role": "user", "content": "\x00"}],
    [{"role": "user", "content": "\ud800"}],
    [{"role": "user", "content": "x", "id": "i" * 129}],
    [{"role": "root", "content": "x"}],
    [{"role": "user"}],
    [5],
    5,
    [{"role": "tool", "content": "x"}],
    [{"role": "user", "content": "x", "additional_kwargs": {}}],
    [{"lc": 1, "type": "constructor", "id": ["os", "system"], "kwargs": {}}],
]

SESSION_PARTS: list[dict[str, Any]] = [
    {"metadata": {"a": "\x00"}},
    {"metadata": {"\x00": 1}},
    {"metadata": {"a": 2**64}},
    {"agent_config": {"model": "gpt-99"}},
    {"agent_config": {"temperature": "hot"}},
    {"agent_config": {"x": "\x00"}},
    {"initial_state": []},
    {"metadata": "x"},
]

ADDRESSES = [
    "/api/sessions/%00",
    "/api/sessions/a%00b/history",
    "/api/sessions/%ff",
    "/api/sessions/%F0%9F%A6%84",
    "/api/sessions/" + "x" * 5000,
    "/api/sessions/..%2f..%2fetc%2fpasswd",
    "/api/sessions/%2e%2e",
    "/api/sessions/'%20OR%201=1--",
    "/api/sessions/%0d%0aSet-Cookie:%20x",
    "/api/runs/%00",
    "/api/workflows/%00",
    "/api/workflows/%00/visualization",
    "/api/docs/%00",
]

QUERIES = [
    "search=%00",
    "search=" + "x" * 201,
    "page=99999999999999999999",
    "page=" + "9" * 5000,
    "page=1&page_size=1e2",
    "status=%00",
    "sort_by=session_id%3B--",
]


async def _rows(database: Database) -> int:
    async with database.read(SYSTEM) as tx:
        counts = [
            await tx.scalar(select(func.count()).select_from(table))
            for table in (WorkflowRow, SessionRow, RunRow, EventRow, MessageRow)
        ]
    return sum(count or 0 for count in counts)


@pytest.fixture
def traps(workbench: Workbench, tmp_path: Path) -> None:
    """What an attacker with write access to a workflow folder might leave there."""
    folder = tmp_path / "configs" / "workflows"
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "secret.yaml").write_text("name: secret\n")
    (folder / "link-out.yaml").symlink_to(tmp_path / "secret" / "secret.yaml")
    (folder / "link-folder").symlink_to(tmp_path / "secret")
    (folder / "link-device.yaml").symlink_to("/dev/zero")
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe.yaml")


async def test_a_path_leads_to_no_file_outside_the_workflow_folders(
    client: AsyncClient, container: Container, traps: None, subtests: pytest.Subtests
) -> None:
    workflow_id = await load_workflow(client)
    for path in PATHS:
        with subtests.test(path=ascii(path)[:60]):
            for answer in (
                await client.post("/api/sessions", json={"workflow_config_path": path}),
                await client.post("/api/workflows", json={"config_path": path}),
                await client.post(f"/api/workflows/{workflow_id}/load", params={"config_path": path}),
            ):
                status, code = code_of(answer)
                assert status == 400
                assert code in {"path_outside_roots", "path_not_found", "path_not_a_file"}
    assert await _rows(container.database) == 1


async def test_a_hostile_text_is_refused_from_a_file_and_as_data(
    client: AsyncClient, container: Container, workbench: Workbench, subtests: pytest.Subtests
) -> None:
    for name, text in TEXTS.items():
        with subtests.test(name):
            (workbench.folder / "configs" / "workflows" / "hostile.yaml").write_bytes(text.encode())
            body = {"workflow_config_path": "configs/workflows/hostile.yaml"}
            assert code_of(await client.post("/api/sessions", json=body))[0] == 400
            assert code_of(await client.post("/api/workflows", json={"config_data": text}))[0] == 400
    assert await _rows(container.database) == 0


async def test_a_state_that_does_not_fit_starts_no_run(
    client: AsyncClient, container: Container, subtests: pytest.Subtests
) -> None:
    session_id = await create_session(client, "count")
    before = await _rows(container.database)
    for state in STATES:
        with subtests.test(state=ascii(state)):
            path = "configs/workflows/count.yaml"
            for answer in (
                await client.post(f"/api/sessions/{session_id}/runs", json={"input": state}),
                await client.post("/api/sessions", json={"workflow_config_path": path, "initial_state": state}),
            ):
                assert code_of(answer) in {(422, "state_invalid"), (422, "text_not_storable")}
    assert await _rows(container.database) == before


async def test_messages_that_are_none_start_no_run(
    client: AsyncClient, container: Container, subtests: pytest.Subtests
) -> None:
    session_id = await create_session(client)
    before = await _rows(container.database)
    headers = {"Content-Type": "application/json"}
    for messages in MESSAGES:
        with subtests.test(messages=ascii(messages)[:60]):
            body = json.dumps({"input": {"messages": messages}}).encode()
            answer = await client.post(f"/api/sessions/{session_id}/runs", content=body, headers=headers)
            assert code_of(answer) in {(422, "state_invalid"), (422, "text_not_storable")}
    assert await _rows(container.database) == before


async def test_text_of_a_user_that_cannot_be_stored_is_refused(client: AsyncClient) -> None:
    session_id = await create_session(client)
    for text in ("a\x00b", "\ud83d"):
        body = json.dumps({"input": text}).encode()
        headers = {"Content-Type": "application/json"}
        answer = await client.post(f"/api/sessions/{session_id}/runs", content=body, headers=headers)
        assert code_of(answer) == (422, "text_not_storable")


async def test_what_belongs_to_a_session_must_be_storable(
    client: AsyncClient, container: Container, subtests: pytest.Subtests
) -> None:
    for part in SESSION_PARTS:
        with subtests.test(part=ascii(part)):
            body = {"workflow_config_path": "configs/workflows/count.yaml", **part}
            assert code_of(await client.post("/api/sessions", json=body))[0] in {400, 422}
    async with container.database.read(SYSTEM) as tx:
        assert await tx.scalar(select(func.count()).select_from(SessionRow)) == 0


async def test_a_hostile_address_is_unknown(client: AsyncClient, subtests: pytest.Subtests) -> None:
    for address in ADDRESSES:
        with subtests.test(address=address[:60]):
            answer = await client.get(address)
            assert code_of(answer)[0] == 404
            assert "set-cookie" not in answer.headers


async def test_a_hostile_query_is_refused(client: AsyncClient, subtests: pytest.Subtests) -> None:
    for query in QUERIES:
        with subtests.test(query=query[:60]):
            assert code_of(await client.get(f"/api/sessions?{query}")) == (422, "request_invalid")


async def test_a_strange_search_finds_nothing(client: AsyncClient, subtests: pytest.Subtests) -> None:
    await create_session(client)
    for search in ("'; DROP TABLE sessions; --", "%", "\\", "🦄", "x" * 200, "\ufffd"):
        with subtests.test(search=search[:60]):
            answer = await client.get("/api/sessions", params={"search": search, "page": 1_000_000_000})
            assert (answer.status_code, answer.json()["total"]) == (200, 0)


async def test_a_body_as_deep_as_allowed_is_read(client: AsyncClient) -> None:
    for depth, status in ((90, 201), (101, 400)):
        nested: Any = 1
        for _ in range(depth):
            nested = [nested]
        body = {"workflow_config_path": "configs/workflows/count.yaml", "metadata": {"deep": nested}}
        assert (await client.post("/api/sessions", json=body)).status_code == status


async def test_what_is_unusual_and_harmless_is_kept_as_it_is(client: AsyncClient) -> None:
    session_id = await create_session(client, metadata={"🦄": "数据", "n": 2**63 - 1, "f": 1e308, "": None})
    text = "数据 🦄 \u202e <script> {{ messages }} ${HOME} %s \\ \r\n\t"

    await run(client, session_id, text)

    history = (await client.get(f"/api/sessions/{session_id}/history")).json()["history"]
    assert history[0]["content"] == text
    metadata = (await client.get(f"/api/sessions/{session_id}")).json()["metadata"]
    assert metadata == {"🦄": "数据", "n": 2**63 - 1, "f": 1e308, "": None}
