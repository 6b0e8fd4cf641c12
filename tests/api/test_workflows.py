"""Workflows over HTTP: load, list, draw, run, stream, unload."""

import re
from typing import Any

import pytest
from httpx import AsyncClient

from tests.factories import code_of, create_session, events_from, events_in, load_workflow, problem_of, run
from tests.workbench import CHAT, Workbench

pytestmark = pytest.mark.anyio

GREETER = {
    "name": "greeter",
    "version": 1.0,
    "entry": "greet",
    "nodes": {"greet": {"type": "llm", "system": "You greet ${WHO:people}."}},
    "edges": [{"from": "greet", "to": "END"}],
}


async def test_a_workflow_is_loaded_from_a_file_and_read_back(client: AsyncClient) -> None:
    created = await client.post("/api/workflows/", json={"config_path": "configs/workflows/ask.yaml"})

    assert created.status_code == 201
    body = created.json()
    assert created.headers["location"] == f"/api/workflows/{body['workflow_id']}"
    assert re.fullmatch(r"ask_\d{8}_\d{6}_[0-9a-f]{6}", body["workflow_id"])
    assert (body["name"], body["config_path"]) == ("ask", "configs/workflows/ask.yaml")
    assert (body["usage_count"], body["last_used"]) == (0, None)
    assert {node["id"]: node["type"] for node in body["nodes"]} == {
        "START": "start",
        "approve": "human",
        "send": "transform",
        "END": "end",
    }
    assert {"from": "approve", "to": "send", "when": "approved"} in body["edges"]
    assert (await client.get(f"/api/workflows/{body['workflow_id']}")).json() == body


async def test_the_same_text_is_the_same_version(client: AsyncClient) -> None:
    assert await load_workflow(client) == await load_workflow(client)
    assert (await client.get("/api/workflows")).json()["total"] == 1


async def test_a_workflow_is_created_from_data_without_filling_in_variables(client: AsyncClient) -> None:
    created = await client.post("/api/workflows", json={"config_data": GREETER, "description": "Greets."})

    assert created.status_code == 201, created.text
    body = created.json()
    assert (body["config_path"], body["description"], body["version"]) == (None, "Greets.", "1.0")
    node = next(node for node in body["nodes"] if node["id"] == "greet")
    assert node["config"]["system"] == "You greet ${WHO:people}."


async def test_a_workflow_is_created_from_yaml_text(client: AsyncClient) -> None:
    text = "name: tiny\nentry: a\nnodes:\n  a: {type: llm}\nedges:\n  - {from: a, to: END}\n"

    created = await client.post("/api/workflows", json={"config_data": text, "name": "renamed", "version": "7"})

    assert (created.json()["name"], created.json()["version"]) == ("renamed", "7")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"config_path": "configs/workflows/chat.yaml", "config_data": GREETER},
        {"config_data": 5},
        {"config_path": "configs/workflows/chat.yaml", "nmae": "x"},
        {"config_path": "configs/workflows/chat.yaml", "name": "../x"},
        {"config_path": "configs/workflows/chat.yaml", "version": "v" * 65},
        {"config_path": "configs/workflows/chat.yaml", "description": "\u0000"},
    ],
)
async def test_a_creation_that_does_not_fit_is_refused(client: AsyncClient, body: dict[str, object]) -> None:
    assert code_of(await client.post("/api/workflows", json=body)) == (422, "request_invalid")
    assert (await client.get("/api/workflows")).json()["total"] == 0


async def test_a_mistake_in_data_is_told_with_its_place(client: AsyncClient) -> None:
    answer = await client.post("/api/workflows", json={"config_data": "name: x\nnodes: {\n"})

    problem = problem_of(answer)
    assert (answer.status_code, problem["code"]) == (400, "definition_invalid")
    assert problem["errors"][0]["line"] == 3


async def test_loading_makes_the_next_version_of_the_same_name(client: AsyncClient, workbench: Workbench) -> None:
    workflow_id = await load_workflow(client)
    text = "name: other\nentry: a\nnodes:\n  a: {type: llm}\nedges:\n  - {from: a, to: END}\n"
    workbench.write("workflows/next.yaml", text)

    loaded = await client.post(f"/api/workflows/{workflow_id}/load?config_path=configs/workflows/next.yaml")

    assert loaded.json()["message"] == "The workflow was loaded."
    following = (await client.get(f"/api/workflows/{loaded.json()['workflow_id']}")).json()
    assert (following["name"], following["config_path"]) == ("chat", "configs/workflows/next.yaml")
    assert following["workflow_id"] != workflow_id
    assert (await client.get(f"/api/workflows/{workflow_id}")).status_code == 200


async def test_loading_tells_what_is_missing(client: AsyncClient) -> None:
    workflow_id = await load_workflow(client)
    url = f"/api/workflows/{workflow_id}/load"

    assert code_of(await client.post(url)) == (422, "request_invalid")
    assert code_of(await client.post(f"{url}?config_path=configs/workflows/no.yaml")) == (400, "path_not_found")
    unknown = await client.post("/api/workflows/nope/load?config_path=configs/workflows/chat.yaml")
    assert code_of(unknown) == (404, "workflow_not_found")


async def test_workflows_are_listed_newest_first_and_searched(client: AsyncClient) -> None:
    ids = [await load_workflow(client, name) for name in ("chat", "ask", "count")]

    page = (await client.get("/api/workflows?page_size=2")).json()
    found = (await client.get("/api/workflows?search=ASK")).json()

    assert [row["workflow_id"] for row in page["workflows"]] == [ids[2], ids[1]]
    assert (page["total"], page["has_next"]) == (3, True)
    assert [row["workflow_id"] for row in found["workflows"]] == [ids[1]]
    assert code_of(await client.get("/api/workflows?search=%00")) == (422, "request_invalid")


async def test_the_current_version_of_each_name_is_listed_in_the_order_asked_for(
    client: AsyncClient, workbench: Workbench
) -> None:
    old = await load_workflow(client)
    workbench.write("workflows/chat.yaml", CHAT.replace("brief", "long"))
    chat, ask, count = [await load_workflow(client, name) for name in ("chat", "ask", "count")]
    await run(client, await create_session(client, "count"), {})

    async def ids(query: str) -> list[str]:
        page = (await client.get(f"/api/workflows?current=true&{query}")).json()
        assert page["total"] == len(page["workflows"])
        return [row["workflow_id"] for row in page["workflows"]]

    assert await ids("") == [count, ask, chat]
    assert await ids("sort_by=name&sort_order=asc") == [ask, chat, count]
    assert await ids("search=chat") == [chat]
    for order in ("asc", "desc"):
        assert (await ids(f"sort_by=last_used&sort_order={order}"))[0] == count
    await client.delete(f"/api/workflows/{chat}")
    assert await ids("search=chat") == [old]
    assert (await client.get(f"/api/workflows/{old}")).json()["number"] == 1
    assert code_of(await client.get("/api/workflows?sort_by=source")) == (422, "request_invalid")


@pytest.mark.parametrize("wrapped", [False, True])
async def test_a_run_takes_the_state_bare_or_wrapped(client: AsyncClient, wrapped: bool) -> None:
    workflow_id = await load_workflow(client, "count")
    body = {"initial_state": {"n": 2}} if wrapped else {"n": 2}

    answer = await client.post(f"/api/workflows/{workflow_id}/run", json=body)

    assert answer.status_code == 200
    execution = answer.json()
    assert (execution["status"], execution["result"], execution["error"]) == ("succeeded", {"n": 5}, None)
    assert execution["workflow_id"] == workflow_id
    assert execution["completed_at"] >= execution["started_at"]
    stored = (await client.get(f"/api/runs/{execution['execution_id']}")).json()
    assert stored["session_id"] == execution["session_id"]
    assert (await client.get(f"/api/workflows/{workflow_id}")).json()["usage_count"] == 1


async def test_a_run_without_a_body_begins_with_the_defaults(client: AsyncClient) -> None:
    workflow_id = await load_workflow(client, "count")

    answer = await client.post(f"/api/workflows/{workflow_id}/run")

    assert answer.json()["result"] == {"n": 5}


async def test_a_run_goes_on_in_a_session_of_its_workflow(client: AsyncClient) -> None:
    session_id = await create_session(client, "count")
    workflow_id = (await client.get(f"/api/sessions/{session_id}")).json()["workflow_id"]
    other = await load_workflow(client, "chat")

    answer = await client.post(f"/api/workflows/{workflow_id}/run?session_id={session_id}", json={"n": 9})
    foreign = await client.post(f"/api/workflows/{other}/run?session_id={session_id}")
    unknown = await client.post(f"/api/workflows/{workflow_id}/run?session_id=nope")

    assert (answer.json()["session_id"], answer.json()["result"]) == (session_id, {"n": 10})
    assert code_of(foreign) == (409, "session_of_other_workflow")
    assert code_of(unknown) == (404, "session_not_found")


@pytest.mark.parametrize("verb", ["run", "stream"])
async def test_a_state_that_does_not_fit_starts_nothing(client: AsyncClient, verb: str) -> None:
    workflow_id = await load_workflow(client, "count")
    url = f"/api/workflows/{workflow_id}/{verb}"

    assert code_of(await client.post(url, json={"n": "many"})) == (422, "state_invalid")
    assert code_of(await client.post(url, json={"initial_state": [1]})) == (422, "state_invalid")
    assert code_of(await client.post(url, json=[1])) == (422, "request_invalid")
    assert code_of(await client.post(f"/api/workflows/nope/{verb}", json={})) == (404, "workflow_not_found")
    assert (await client.get("/api/sessions")).json()["total"] == 0


async def test_a_node_that_fails_is_a_failed_run_not_a_failed_request(client: AsyncClient) -> None:
    workflow_id = await load_workflow(client, "broken")

    answer = await client.post(f"/api/workflows/{workflow_id}/run")

    assert answer.status_code == 200
    assert answer.json()["status"] == "failed"
    assert answer.json()["error"]["code"] == "expression_failed"
    assert answer.json()["result"] is None


async def test_a_provider_that_is_down_is_a_bad_gateway_with_the_run(client: AsyncClient) -> None:
    session_id = await create_session(client, agent_config={"model": "down"})
    workflow_id = (await client.get(f"/api/sessions/{session_id}")).json()["workflow_id"]

    answer = await client.post(f"/api/workflows/{workflow_id}/run?session_id={session_id}", json={"messages": "Hi"})

    problem = problem_of(answer)
    assert (answer.status_code, problem["code"]) == (502, "provider_unavailable")
    assert problem["session_id"] == session_id
    stored = (await client.get(f"/api/runs/{problem['run_id']}")).json()
    assert (stored["status"], stored["error"]["code"]) == ("failed", "provider_unavailable")


async def test_a_stream_has_the_state_after_each_step(client: AsyncClient) -> None:
    workflow_id = await load_workflow(client, "count")

    answer = await client.post(f"/api/workflows/{workflow_id}/stream", json={"n": 3})

    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-accel-buffering"] == "no"
    *states, end = events_in(answer.text)
    assert [event.type for event in states] == ["state_update"] * len(states)
    assert [event.data["data"] for event in states] == [{"n": 3}, {"n": 4}, {"n": 5}]
    assert end.type == "end"
    run_id = end.data["run_id"]
    assert end.data == {
        "type": "end",
        "status": "succeeded",
        "run_id": run_id,
        "session_id": (await client.get(f"/api/runs/{run_id}")).json()["session_id"],
    }


async def test_a_client_that_lost_its_stream_continues_after_the_last_state_it_saw(browser: AsyncClient) -> None:
    workflow_id = await load_workflow(browser, "count")
    answer = await browser.post(f"/api/workflows/{workflow_id}/stream", json={"n": 3})
    *states, end = events_in(answer.text)
    places = [int(event.id or 0) for event in states]
    assert places == sorted(set(places))
    assert end.data["session_id"] in answer.headers["content-location"]

    cursor = {"Last-Event-ID": str(places[1])}
    async with browser.stream("GET", answer.headers["content-location"], headers=cursor) as rest:
        ended = []
        async for event in events_from(rest):
            if event.type == "workflow_state" and event.data["data"]["phase"] == "end":
                ended.append(event.data["data"]["changes"])
            if event.type == "session_update" and event.data["data"]["run"]["status"] == "succeeded":
                break
    assert ended == [{"n": 5}], "only the step after the state n = 4"


async def test_a_stream_of_a_failing_run_says_so_before_it_ends(client: AsyncClient) -> None:
    session_id = await create_session(client, agent_config={"model": "down"})
    workflow_id = (await client.get(f"/api/sessions/{session_id}")).json()["workflow_id"]

    answer = await client.post(f"/api/workflows/{workflow_id}/stream?session_id={session_id}", json={"messages": "Hi"})

    assert answer.status_code == 200
    *_, error, end = events_in(answer.text)
    assert error.type == "error"
    assert error.data["error"]["code"] == "provider_unavailable"
    assert (end.type, end.data["status"]) == ("end", "failed")


async def test_a_drawing_has_nodes_edges_mermaid_and_positions(client: AsyncClient) -> None:
    workflow_id = await load_workflow(client, "ask")

    drawing = (await client.get(f"/api/workflows/{workflow_id}/visualization")).json()

    names = {node["id"] for node in drawing["nodes"]}
    assert names == {"START", "approve", "send", "END"}
    assert {(edge["from"], edge["to"]) for edge in drawing["edges"]} >= {("approve", "send"), ("send", "END")}
    assert "approve" in drawing["mermaid"]
    assert set(drawing["layout"]) == names
    assert drawing["layout"]["START"]["y"] < drawing["layout"]["approve"]["y"] < drawing["layout"]["END"]["y"]
    assert code_of(await client.get("/api/workflows/nope/visualization")) == (404, "workflow_not_found")


async def test_an_unloaded_workflow_is_gone_but_its_sessions_go_on(client: AsyncClient) -> None:
    session_id = await create_session(client)
    workflow_id = (await client.get(f"/api/sessions/{session_id}")).json()["workflow_id"]

    unloaded = await client.delete(f"/api/workflows/{workflow_id}", headers={"Accept-Language": "zh"})

    assert unloaded.json() == {"message": "工作流已卸载。"}
    assert code_of(await client.get(f"/api/workflows/{workflow_id}")) == (404, "workflow_not_found")
    assert code_of(await client.delete(f"/api/workflows/{workflow_id}")) == (404, "workflow_not_found")
    assert (await client.get("/api/workflows")).json()["total"] == 0
    assert (await run(client, session_id))["status"] == "succeeded"


async def test_a_workflow_in_use_is_not_unloaded(client: AsyncClient) -> None:
    session_id = await create_session(client, "ask")
    workflow_id = (await client.get(f"/api/sessions/{session_id}")).json()["workflow_id"]
    await run(client, session_id, None)

    assert code_of(await client.delete(f"/api/workflows/{workflow_id}")) == (409, "workflow_in_use")


async def test_the_files_that_can_be_loaded_are_listed_with_what_is_wrong_with_the_others(
    client: AsyncClient, workbench: Workbench
) -> None:
    async def files(**headers: str) -> dict[str, Any]:
        answer = (await client.get("/api/workflows/", headers=headers)).json()
        return {file["config_path"]: file for file in answer["files"]}

    workbench.write("workflows/broken.yaml", "name: broken\nentry: nowhere\nnodes: {a: {type: llm}}\n")
    listed = await files()
    assert (await client.get("/api/workflows/")).json()["workflows"] == []
    assert (listed["configs/workflows/chat.yaml"]["name"], listed["configs/workflows/chat.yaml"]["code"]) == (
        "chat",
        None,
    )
    assert (listed["configs/workflows/chat.yaml"]["path"], listed["configs/workflows/chat.yaml"]["node_count"]) == (
        "workflows/chat.yaml",
        1,
    )
    broken = listed["configs/workflows/broken.yaml"]
    assert (broken["name"], broken["code"], broken["node_count"]) == (None, "definition_invalid", None)
    assert (2, "entry") in [(place["line"], place["field"]) for place in broken["errors"]]
    assert "无法加载" in (await files(**{"accept-language": "zh"}))["configs/workflows/broken.yaml"]["detail"]

    workbench.write("workflows/broken.yaml", CHAT.replace("name: chat", "name: mended"))
    assert (await files())["configs/workflows/broken.yaml"]["name"] == "mended"
    workbench.write(
        "workflows/asks.yaml",
        "name: asks\nentry: a\nnodes: {a: {type: llm, model: smart}}\nedges: [{from: a, to: END}]\n",
    )
    assert (await files())["configs/workflows/asks.yaml"]["code"] == "model_not_configured"
    loaded = await client.post("/api/workflows/", json={"config_path": "configs/workflows/chat.yaml"})
    assert loaded.status_code == 201
