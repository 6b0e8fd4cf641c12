"""Versions of a workflow over HTTP: listed, compared, made current; and what a drawing of one holds."""

from typing import Any

import pytest
from httpx import AsyncClient

from flowdeck.container import Container
from flowdeck.storage.scope import LOCAL, Scope
from tests.factories import code_of, create_session, load_workflow, run
from tests.workbench import ASK, CHAT, Workbench

pytestmark = pytest.mark.anyio

CHILD = "name: child\nnodes:\n  say: {type: llm}\nentry: say\nedges: [{from: say, to: END}]\n"
PARENT = (
    "name: parent\nnodes:\n  call: {type: subworkflow, workflow: child.yaml}\nentry: call\n"
    "edges: [{from: call, to: END}]\n"
)


async def workflow_of(client: AsyncClient, session_id: str) -> str:
    return str((await client.get(f"/api/sessions/{session_id}")).json()["workflow_id"])


async def versions(client: AsyncClient, workflow_id: str, **query: int) -> dict[str, Any]:
    answer = await client.get(f"/api/workflows/{workflow_id}/versions", params=query)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def three(client: AsyncClient, workbench: Workbench) -> list[str]:
    """Three versions of `chat`."""
    ids = []
    for word in ("brief", "long", "odd"):
        workbench.write("workflows/chat.yaml", CHAT.replace("brief", word))
        ids.append(await load_workflow(client))
    return ids


async def test_the_versions_of_a_name_are_listed_newest_first(client: AsyncClient, workbench: Workbench) -> None:
    ids = await three(client, workbench)
    await load_workflow(client, "ask")
    await client.delete(f"/api/workflows/{ids[1]}")

    page = await versions(client, ids[0], page_size=2)

    assert (page["total"], page["has_next"]) == (3, True)
    assert [(row["workflow_id"], row["number"], row["loaded"], row["current"]) for row in page["versions"]] == [
        (ids[2], 3, True, True),
        (ids[1], 2, False, False),
    ]
    assert [row["number"] for row in (await versions(client, ids[1], page=2, page_size=2))["versions"]] == [1]
    assert code_of(await client.get("/api/workflows/nope/versions")) == (404, "workflow_not_found")
    assert code_of(await client.get(f"/api/workflows/{ids[0]}/versions?page_size=101")) == (422, "request_invalid")


async def test_two_versions_are_compared_in_text_and_structure(client: AsyncClient, workbench: Workbench) -> None:
    first = await load_workflow(client, "ask")
    workbench.write(
        "workflows/ask.yaml",
        ASK.replace("Send it?", "Really?")
        .replace("{from: send, to: END}", "{from: send, to: last}\n      - {from: last, to: END}")
        .replace("entry:", "  last: {type: transform, set: {sent: 'true'}}\n    entry:"),
    )
    second = await load_workflow(client, "ask")

    told = (await client.get(f"/api/workflows/{first}/diff?to={second}")).json()

    assert (told["from"], told["to"]) == (first, second)
    assert told["diff"].startswith("--- ask@1\n+++ ask@2\n")
    assert "{from: last, to: END}\n" in told["diff"]
    graph = told["graph"]
    assert [node["id"] for node in graph["nodes_added"]] == ["last"]
    assert [node["id"] for node in graph["nodes_changed"]] == ["approve"]
    assert [(edge["from"], edge["to"]) for edge in graph["edges_added"]] == [("send", "last"), ("last", "END")]
    assert [(edge["from"], edge["to"]) for edge in graph["edges_removed"]] == [("send", "END")]
    same = (await client.get(f"/api/workflows/{first}/diff?to={first}")).json()
    assert (same["diff"], same["graph"]["nodes_changed"]) == ("", [])
    assert code_of(await client.get(f"/api/workflows/{first}/diff?to=nope")) == (404, "workflow_not_found")
    assert code_of(await client.get(f"/api/workflows/{first}/diff")) == (422, "request_invalid")


async def test_an_old_version_made_current_is_what_new_sessions_get(client: AsyncClient, workbench: Workbench) -> None:
    ids = await three(client, workbench)
    text = (workbench.folder / "configs/workflows/chat.yaml").read_text()
    before = await create_session(client)

    made = await client.post(f"/api/workflows/{ids[0]}/current")

    assert made.status_code == 200, made.text
    assert made.json()["workflow"]["workflow_id"] == ids[0]
    assert made.json()["files"] == ["workflows/chat.yaml"]
    after = await create_session(client)
    assert [await workflow_of(client, one) for one in (before, after)] == [ids[2], ids[0]]
    assert [row["current"] for row in (await versions(client, ids[0]))["versions"]] == [False, False, True]
    rows = (await client.get("/api/config/files/workflows/chat.yaml/versions")).json()["versions"]
    assert [(row["origin"], row["created_by"]) for row in rows] == [("restored", "local"), ("disk", "disk")]
    again = await client.post(f"/api/workflows/{ids[2]}/current")
    assert again.json()["workflow"]["workflow_id"] == ids[2]
    assert (workbench.folder / "configs/workflows/chat.yaml").read_text() == text
    unchanged = await client.post(f"/api/workflows/{ids[2]}/current")
    assert unchanged.json()["files"] == []


async def test_a_file_that_goes_back_and_forth_says_what_is_current(client: AsyncClient, workbench: Workbench) -> None:
    ids = await three(client, workbench)
    workbench.write("workflows/chat.yaml", CHAT)

    assert await workflow_of(client, await create_session(client)) == ids[0]

    assert [row["current"] for row in (await versions(client, ids[0]))["versions"]] == [False, False, True]


async def test_a_version_comes_back_with_its_subworkflows(client: AsyncClient, workbench: Workbench) -> None:
    workbench.write("workflows/child.yaml", CHILD)
    workbench.write("workflows/parent.yaml", PARENT)
    first = await load_workflow(client, "parent")
    workbench.write("workflows/child.yaml", CHILD.replace("{type: llm}", "{type: llm, system: New.}"))
    second = await load_workflow(client, "parent")
    assert second != first
    told = (await client.get(f"/api/workflows/{first}/diff?to={second}")).json()["diff"]
    assert "--- configs/workflows/child.yaml@1" in told

    made = (await client.post(f"/api/workflows/{first}/current")).json()

    assert (made["workflow"]["workflow_id"], made["files"]) == (first, ["workflows/child.yaml"])
    assert (workbench.folder / "configs/workflows/child.yaml").read_text() == CHILD


async def test_an_unloaded_version_is_loaded_again(client: AsyncClient, workbench: Workbench) -> None:
    ids = await three(client, workbench)
    await client.delete(f"/api/workflows/{ids[0]}")

    made = (await client.post(f"/api/workflows/{ids[0]}/current")).json()["workflow"]

    assert made["workflow_id"] not in ids
    assert (await versions(client, ids[0]))["versions"][0]["number"] == 4
    assert await workflow_of(client, await create_session(client)) == made["workflow_id"]


async def test_a_version_that_was_sent_as_data_is_made_current_without_a_file(client: AsyncClient) -> None:
    ids = []
    for word in ("one", "two"):
        body = {"config_data": CHILD.replace("{type: llm}", f"{{type: llm, system: {word}}}")}
        ids.append((await client.post("/api/workflows", json=body)).json()["workflow_id"])

    made = (await client.post(f"/api/workflows/{ids[0]}/current")).json()

    assert (made["workflow"]["workflow_id"], made["files"]) == (ids[0], [])
    assert [row["current"] for row in (await versions(client, ids[0]))["versions"]] == [False, True]


async def test_a_version_that_cannot_be_built_today_does_not_become_current(
    client: AsyncClient, workbench: Workbench
) -> None:
    workbench.write("workflows/chat.yaml", CHAT.replace("type: llm", "type: llm, model: slow"))
    old = await load_workflow(client)
    workbench.write("workflows/chat.yaml", CHAT)
    await load_workflow(client)
    text = 'models: {default: {provider: scripted, model: m, replies: [{text: "x"}]}}\n'
    assert (await client.put("/api/config/files/models.yaml", json={"content": text})).status_code == 200

    refused = await client.post(f"/api/workflows/{old}/current")

    assert code_of(refused) == (400, "model_not_configured")
    assert "slow" not in (workbench.folder / "configs/workflows/chat.yaml").read_text()
    assert code_of(await client.post("/api/workflows/nope/current")) == (404, "workflow_not_found")


async def test_each_project_has_current_versions_of_its_own(client: AsyncClient, container: Container) -> None:
    ours = await load_workflow(client)
    stranger = Scope("other", "somebody")
    theirs = (await container.workflow_service.load(stranger, "configs/workflows/chat.yaml")).workflow_id
    await container.config_service.read(LOCAL, "workflows/chat.yaml")
    for text in (f"{CHAT}# a\n", f"{CHAT}# b\n"):
        await container.config_service.save(stranger, "workflows/chat.yaml", text.replace("\n    ", "\n").strip())

    for scope, expected, number in ((LOCAL, ours, 1), (stranger, theirs, 3)):
        async with container.database.read(scope) as tx:
            assert [row.workflow_id for row in await container.workflows.list_current(tx)] == [expected]
            by_path = await container.workflows.current_by_path(tx)
            assert {path: row.workflow_id for path, row in by_path.items()} == {"configs/workflows/chat.yaml": expected}
            newest = await container.config_versions.latest_of_all(tx)
            assert newest["workflows/chat.yaml"].number == number


async def test_a_drawing_has_lines_and_the_figures_of_the_latest_runs(client: AsyncClient) -> None:
    session_id = await create_session(client, "count")
    workflow_id = await workflow_of(client, session_id)
    empty = (await client.get(f"/api/workflows/{workflow_id}/visualization")).json()
    await run(client, session_id, {"n": 3})

    drawing = (await client.get(f"/api/workflows/{workflow_id}/visualization")).json()

    assert empty["figures"] == []
    (step,) = drawing["figures"]
    assert (step["node"], step["path"], step["count"], step["failed"], step["error_rate"]) == ("step", [], 2, 0, 0)
    assert step["duration"]["count"] == 2
    assert 0 <= step["duration"]["p50"] <= step["duration"]["max"]
    assert [(line["from"], line["to"]) for line in drawing["lines"]] == [
        (edge["from"], edge["to"]) for edge in drawing["edges"]
    ]
    assert {(line["from"], line["to"]) for line in drawing["lines"] if line["back"]} == {("step", "step")}
    assert all(0 <= point["x"] <= drawing["width"] for line in drawing["lines"] for point in line["points"])
    assert all(0 <= place["y"] <= drawing["height"] for place in drawing["layout"].values())


async def test_a_versions_text_is_read_also_when_it_was_unloaded(client: AsyncClient, workbench: Workbench) -> None:
    workbench.write("workflows/child.yaml", CHILD)
    workbench.write("workflows/parent.yaml", PARENT)
    workflow_id = await load_workflow(client, "parent")
    await client.delete(f"/api/workflows/{workflow_id}")

    told = (await client.get(f"/api/workflows/{workflow_id}/source")).json()

    assert (told["name"], told["number"], told["config_path"]) == ("parent", 1, "configs/workflows/parent.yaml")
    assert told["source"] == PARENT
    assert (told["loaded"], told["current"], told["current_workflow_id"]) == (False, False, None)
    assert told["subworkflows"] == [{"path": "configs/workflows/child.yaml", "text": CHILD}]
    assert [node["id"] for node in told["nodes"]] == ["START", "call", "END"]
    assert {"from": "call", "to": "END", "when": None} in told["edges"]
    assert code_of(await client.get("/api/workflows/nope/source")) == (404, "workflow_not_found")


async def test_an_older_versions_text_names_the_current_one(client: AsyncClient, workbench: Workbench) -> None:
    ids = await three(client, workbench)

    told = [(await client.get(f"/api/workflows/{one}/source")).json() for one in (ids[0], ids[2])]

    assert [(one["current"], one["current_workflow_id"]) for one in told] == [(False, ids[2]), (True, ids[2])]


FORM = """
    name: form
    input:
      description: A mail and whom to tell.
      example: {mail: "It is broken."}
    state:
      mail: {type: string, required: true, description: "The customer's words"}
      level: {type: integer, default: 3, schema: {minimum: 1}}
      greeting: {type: string, default: "${GREETING:hello}"}
      notes: {type: list, reducer: append, items: {type: string}}
    nodes:
      sort: {type: transform, set: {level: level + 1}}
    entry: sort
    edges:
      - {from: sort, to: END}
"""


async def test_what_a_workflow_takes_is_told_as_it_is_written(client: AsyncClient, workbench: Workbench) -> None:
    workbench.write("workflows/form.yaml", FORM)

    told = (await client.get(f"/api/workflows/{await load_workflow(client, 'form')}/inputs")).json()

    assert (told["messages_field"], told["description"]) == (None, "A mail and whom to tell.")
    assert told["example"] == {"mail": "It is broken."}
    fields = {field["name"]: field for field in told["state"]}
    assert list(fields) == ["mail", "level", "greeting", "notes"]
    assert (fields["mail"]["required"], fields["mail"]["has_default"]) == (True, False)
    assert fields["mail"]["description"] == "The customer's words"
    assert (fields["level"]["type"], fields["level"]["default"]) == ("integer", 3)
    assert fields["level"]["schema"] == {"minimum": 1}
    assert fields["greeting"]["default"] == "${GREETING:hello}"
    assert (fields["notes"]["reducer"], fields["notes"]["items"]) == ("append", {"type": "string"})
    chat = (await client.get(f"/api/workflows/{await load_workflow(client)}/inputs")).json()
    assert (chat["messages_field"], chat["example"]) == ("messages", None)
    assert code_of(await client.get("/api/workflows/nope/inputs")) == (404, "workflow_not_found")


async def test_a_session_on_a_version_keeps_to_it_whatever_the_file_says(
    client: AsyncClient, workbench: Workbench
) -> None:
    ids = await three(client, workbench)

    made = await client.post("/api/sessions", json={"workflow_id": ids[0]})

    assert made.status_code == 201, made.text
    assert made.json()["workflow_id"] == ids[0]
    assert (await run(client, made.json()["session_id"]))["status"] == "succeeded"
    assert code_of(await client.post("/api/sessions", json={"workflow_id": "nope"})) == (404, "workflow_not_found")
    for body in ({}, {"workflow_id": ids[0], "workflow_config_path": "configs/workflows/chat.yaml"}):
        assert code_of(await client.post("/api/sessions", json=body)) == (422, "request_invalid")
