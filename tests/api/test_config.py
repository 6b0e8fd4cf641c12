"""The configuration over HTTP: settings, files, versions, trying out, putting into force."""

import json
import os
import stat
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient, Response

from flowdeck.api.main import create_app
from flowdeck.container import Container
from flowdeck.settings import DatabaseSettings, ServerSettings, Settings, effective_settings
from flowdeck.storage.scope import Scope
from tests.factories import MODELS, code_of, create_session, load_workflow, problem_of, run
from tests.workbench import CHAT, Workbench

pytestmark = pytest.mark.anyio

FILES = "/api/config/files"
TINY = "name: tiny\nentry: a\nnodes:\n  a: {type: llm}\nedges:\n  - {from: a, to: END}\n"


async def save(client: AsyncClient, path: str, content: str, **headers: str) -> Response:
    return await client.put(f"{FILES}/{path}", json={"content": content}, headers=headers)


async def read(client: AsyncClient, path: str) -> dict[str, Any]:
    answer = await client.get(f"{FILES}/{path}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["etag"] == answer.json()["etag"]
    return dict(answer.json())


def models(**changes: Any) -> str:
    return json.dumps({"models": {**MODELS, **changes}})


def replying(text: str) -> dict[str, Any]:
    return {"provider": "scripted", "model": "rehearsal-1", "replies": [{"text": text}]}


async def test_every_setting_is_told_with_its_source(client: AsyncClient) -> None:
    settings = {one["name"]: one for one in (await client.get("/api/config")).json()["settings"]}

    assert settings["server.port"] == {
        "name": "server.port",
        "value": 8321,
        "source": "default",
        "default": 8321,
        "variable": "FLOWDECK_SERVER__PORT",
        "description": "Port to listen on; 0 takes a free one.",
    }
    assert (settings["server.grace_seconds"]["value"], settings["server.grace_seconds"]["source"]) == (0, "option")
    assert len(settings) > 25
    assert (await client.get("/api/config/")).status_code == 200


def test_where_a_setting_comes_from(workbench: Workbench, monkeypatch: pytest.MonkeyPatch) -> None:
    workbench.write("flowdeck.yaml", "server: {port: 9000, grace_seconds: 3}\nlog: {level: debug}\n")
    monkeypatch.setenv("FLOWDECK_SERVER__PORT", "9001")
    monkeypatch.setenv("FLOWDECK_CONFIG_DIR", str(workbench.folder / "configs"))

    settings = Settings(log={"format": "json"})
    found = {one.name: (one.value, one.source) for one in effective_settings(settings)}

    assert found["server.port"] == (9001, "environment")
    assert found["server.grace_seconds"] == (3, "file")
    assert found["log.level"] == ("debug", "file")
    assert found["log.format"] == ("json", "option")
    assert found["runs.steps"] == (100, "default")
    assert found["config_dir"][1] == "environment"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://flowdeck:s3cr3t@db/flowdeck", "postgresql://flowdeck:****@db/flowdeck"),
        ("postgresql://flowdeck:s3c/r3@t@db/flowdeck", "postgresql://flowdeck:****@db/flowdeck"),
        ("postgresql://db/f?user=u&password=s3cr3t&sslmode=x", "postgresql://db/f?user=u&password=****&sslmode=x"),
        ("sqlite:////srv/flowdeck.db", "sqlite:////srv/flowdeck.db"),
    ],
)
def test_a_password_in_an_address_is_never_shown(url: str, shown: str) -> None:
    settings = Settings(database=DatabaseSettings(url=url), server=ServerSettings(allowed_origins=(url,)))
    found = {one.name: one.value for one in effective_settings(settings)}
    assert found["database.url"] == shown
    assert found["server.allowed_origins"] == [shown]


async def test_files_are_listed_with_what_is_loaded(client: AsyncClient, workbench: Workbench) -> None:
    workbench.write("documents/note.yaml", "a: 1\n")
    workflow_id = await load_workflow(client)

    body = (await client.get(FILES)).json()

    files = {file["path"]: file for file in body["files"]}
    assert list(files) == sorted(files)
    assert set(files) == {"models.yaml", *(f"workflows/{name}.yaml" for name in ("ask", "broken", "chat", "count"))}
    assert body["total"] == 5
    assert (files["models.yaml"]["kind"], files["models.yaml"]["loaded"]) == ("models", True)
    chat = files["workflows/chat.yaml"]
    assert (chat["kind"], chat["loaded"], chat["workflow_id"]) == ("workflow", True, workflow_id)
    assert chat["size"] == (workbench.folder / "configs/workflows/chat.yaml").stat().st_size
    assert files["workflows/ask.yaml"]["loaded"] is False


@pytest.mark.parametrize("path", ["workflows/chat.yaml", "configs/workflows/chat.yaml", "./workflows//chat.yaml"])
async def test_a_file_is_read_with_its_etag(client: AsyncClient, workbench: Workbench, path: str) -> None:
    file = await read(client, path)

    assert file["path"] == "workflows/chat.yaml"
    assert file["content"] == (workbench.folder / "configs/workflows/chat.yaml").read_text()
    assert file["version"] == 1


async def test_a_saved_file_is_replaced_whole_and_keeps_its_rights(client: AsyncClient, workbench: Workbench) -> None:
    path = workbench.folder / "configs/workflows/chat.yaml"
    path.chmod(0o640)
    before = await read(client, "workflows/chat.yaml")

    saved = await save(client, "workflows/chat.yaml", TINY, **{"If-Match": before["etag"]})

    assert saved.status_code == 200
    assert (saved.json()["content"], saved.json()["version"]) == (TINY, 2)
    assert path.read_text() == TINY
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [left.name for left in path.parent.iterdir() if left.name.startswith(".")] == []


async def test_a_change_on_an_old_copy_is_refused(client: AsyncClient, workbench: Workbench) -> None:
    etag = (await read(client, "workflows/chat.yaml"))["etag"]
    assert (await save(client, "workflows/chat.yaml", TINY, **{"If-Match": etag})).status_code == 200
    stale = {"If-Match": etag}

    assert code_of(await save(client, "workflows/chat.yaml", CHAT, **stale)) == (412, "config_file_stale")
    assert code_of(await client.delete(f"{FILES}/workflows/chat.yaml", headers=stale)) == (412, "config_file_stale")
    restored = await client.post(f"{FILES}/workflows/chat.yaml/versions/1/restore", headers=stale)
    assert code_of(restored) == (412, "config_file_stale")
    weak = await save(client, "workflows/chat.yaml", CHAT, **{"If-Match": f"W/{etag}"})
    assert code_of(weak) == (412, "config_file_stale")
    assert (workbench.folder / "configs/workflows/chat.yaml").read_text() == TINY


async def test_a_new_file_is_created(client: AsyncClient, workbench: Workbench) -> None:
    only_there = await save(client, "workflows/sub/tiny.yaml", TINY, **{"If-Match": "*"})
    created = await save(client, "workflows/sub/tiny.yaml", TINY, **{"If-None-Match": "*"})
    again = await save(client, "workflows/sub/tiny.yaml", TINY, **{"If-None-Match": "*"})

    assert code_of(only_there) == (412, "config_file_stale")
    assert created.status_code == 201
    assert created.headers["location"] == f"{FILES}/workflows/sub/tiny.yaml"
    assert code_of(again) == (412, "config_file_exists")
    assert (workbench.folder / "configs/workflows/sub/tiny.yaml").read_text() == TINY
    assert (await create_session(client, "sub/tiny")).startswith("tiny-")


@pytest.mark.parametrize(
    ("path", "content", "field"),
    [
        ("models.yaml", "models:\n  default: {provider: locl}\n", "models.default.provider"),
        ("models.yaml", "models:\n  a: {provider: openai, model: m, api_key: sk-1}\n", "models.a.api_key"),
        ("tools.yaml", "tools:\n  a: {type: calculater}\n", "tools.a.type"),
        ("tools.yaml", "tools:\n  a: {type: python, call: 'os:getcwd'}\n", "tools.a.call"),
        ("prices.yaml", "prices: {m: {input: -1, output: 1}}\n", "prices.m.input"),
        ("workflows/chat.yaml", TINY.replace("to: END", "to: b"), "edges.0.to"),
        ("workflows/chat.yaml", TINY.replace("llm", "llm, model: nobody"), "nodes.a.model"),
        ("workflows/new.yaml", "name: [", ""),
    ],
)
async def test_what_would_not_load_is_refused_and_the_old_one_stays(
    client: AsyncClient, workbench: Workbench, path: str, content: str, field: str
) -> None:
    target = workbench.folder / "configs" / path
    before = target.read_text() if target.exists() else None

    refused = await save(client, path, content)

    problem = problem_of(refused)
    assert refused.status_code == 400
    place = problem["errors"][0]
    assert (place["file"], place["field"]) == (f"configs/{path}", field)
    assert place["line"] >= 1
    assert place["column"] >= 1
    assert (target.read_text() if target.exists() else None) == before
    tried = await client.post(f"{FILES}/{path}/validate", json={"content": content})
    assert tried.status_code == 200
    assert (tried.json()["valid"], tried.json()["code"]) == (False, problem["code"])
    assert tried.json()["errors"][0] == {**place, "message": place["message"]}
    session_id = await create_session(client, "count")
    assert (await run(client, session_id, None))["status"] == "succeeded"


@pytest.mark.parametrize(
    "path",
    [
        "../models.yaml",
        "workflows/../../outside.yaml",
        "/etc/passwd",
        "workflows/%252e%252e/x.yaml",
        "workflows/.hidden.yaml",
        "workflows/.git/x.yaml",
        "C:/x.yaml",
        "workflows\\x.yaml",
        "~/x.yaml",
        "file:///x.yaml",
        "a" * 3000 + ".yaml",
        "workflows/\u202ex.yaml",
    ],
)
async def test_a_path_that_could_lead_elsewhere_is_refused(
    client: AsyncClient, workbench: Workbench, path: str
) -> None:
    before = sorted(workbench.folder.rglob("*"))
    address = f"{FILES}/{path}".replace("..", "%2e%2e")

    assert (await client.get(address)).status_code in {400, 404}
    assert (await client.put(address, json={"content": TINY})).status_code in {400, 404}
    assert (await client.delete(address)).status_code in {400, 404}
    assert [p for p in sorted(workbench.folder.rglob("*")) if p not in before and "flowdeck.db" not in p.name] == []


async def test_a_folder_may_be_called_versions(client: AsyncClient) -> None:
    address = f"{FILES}/workflows/versions/tiny.yaml"

    assert (await client.put(address, json={"content": TINY})).status_code == 201
    assert (await client.get(address)).json()["path"] == "workflows/versions/tiny.yaml"
    assert (await client.get(f"{address}/versions/1")).json()["content"] == TINY


@pytest.mark.parametrize(
    "path", ["nothing.yaml", "documents/x.yaml", "workflows/x.txt", "workflows", "workflows/no.yaml"]
)
async def test_what_is_no_configuration_file_is_not_found(client: AsyncClient, path: str) -> None:
    assert code_of(await client.get(f"{FILES}/{path}")) == (404, "config_file_not_found")
    assert code_of(await client.get(f"{FILES}/{path}/versions")) == (404, "config_file_not_found")
    assert code_of(await client.post(f"{FILES}/{path}/validate", json={})) == (404, "config_file_not_found")


async def test_links_that_lead_outside_are_refused_and_those_inside_are_followed(
    client: AsyncClient, workbench: Workbench
) -> None:
    outside = workbench.folder / "outside.yaml"
    outside.write_text("secret: 1\n")
    folder = workbench.folder / "configs/workflows"
    (folder / "out.yaml").symlink_to(outside)
    (folder / "up").symlink_to(workbench.folder)
    (folder / "in.yaml").symlink_to(folder / "chat.yaml")
    os.mkfifo(folder / "pipe.yaml")

    for path in ("workflows/out.yaml", "workflows/up/outside.yaml", "workflows/up/new.yaml"):
        assert code_of(await client.get(f"{FILES}/{path}")) == (400, "path_outside_roots")
        assert code_of(await save(client, path, TINY)) == (400, "path_outside_roots")
    assert code_of(await client.get(f"{FILES}/workflows/pipe.yaml")) == (400, "path_not_a_file")
    assert code_of(await save(client, "workflows/pipe.yaml", TINY)) == (400, "path_not_a_file")
    assert (await save(client, "workflows/in.yaml", TINY)).status_code == 200
    assert (folder / "in.yaml").is_symlink()
    assert (folder / "chat.yaml").read_text() == TINY
    assert outside.read_text() == "secret: 1\n"
    listed = [file["path"] for file in (await client.get(FILES)).json()["files"]]
    assert not {"workflows/out.yaml", "workflows/pipe.yaml"} & set(listed)


@pytest.mark.parametrize(
    ("body", "code"),
    [({}, "request_invalid"), ({"content": 5}, "request_invalid"), ({"content": "\u0000"}, "request_invalid")],
)
async def test_a_body_that_does_not_fit_is_refused(client: AsyncClient, body: dict[str, Any], code: str) -> None:
    assert code_of(await client.put(f"{FILES}/models.yaml", json=body)) == (422, code)


async def test_a_text_over_the_limit_is_refused(client: AsyncClient) -> None:
    large = TINY + "#" * (262_144 - len(TINY))
    assert (await save(client, "workflows/large.yaml", large)).status_code == 201
    assert code_of(await save(client, "workflows/large.yaml", f"{large}#")) == (400, "definition_too_large")


async def test_versions_are_kept_compared_and_restored(client: AsyncClient, workbench: Workbench) -> None:
    first = await read(client, "workflows/chat.yaml")
    await save(client, "workflows/chat.yaml", TINY)
    await save(client, "workflows/chat.yaml", TINY)  # nothing changes, so there is no version
    url = f"{FILES}/workflows/chat.yaml"

    restored = await client.post(f"{url}/versions/1/restore")

    assert restored.json()["content"] == first["content"]
    assert (workbench.folder / "configs/workflows/chat.yaml").read_text() == first["content"]
    page = (await client.get(f"{url}/versions?page_size=2")).json()
    assert (page["total"], page["has_next"]) == (3, True)
    assert [(row["number"], row["origin"], row["restored_from"], row["created_by"]) for row in page["versions"]] == [
        (3, "restored", 1, "local"),
        (2, "saved", None, "local"),
    ]
    assert page["versions"][0]["etag"] == first["etag"]
    assert (await client.get(f"{url}/versions/2")).json()["content"] == TINY
    diff = (await client.get(f"{url}/diff?from=1&to=2")).json()
    assert "+name: tiny\n" in diff["diff"]
    assert (await client.get(f"{url}/diff?from=3")).json()["diff"] == ""
    assert code_of(await client.get(f"{url}/versions/4")) == (404, "config_version_not_found")
    assert code_of(await client.post(f"{url}/versions/4/restore")) == (404, "config_version_not_found")
    assert code_of(await client.get(f"{url}/diff?from=1&to=9")) == (404, "config_version_not_found")
    assert code_of(await client.get(f"{url}/diff?to=1")) == (422, "request_invalid")


async def test_a_version_that_would_not_load_today_is_not_restored(client: AsyncClient, workbench: Workbench) -> None:
    await save(client, "workflows/chat.yaml", TINY.replace("llm", "llm, model: slow"))
    await save(client, "workflows/chat.yaml", TINY)
    assert (await save(client, "models.yaml", models().replace('"slow"', '"fast"'))).status_code == 200

    refused = await client.post(f"{FILES}/workflows/chat.yaml/versions/2/restore")

    assert code_of(refused) == (400, "model_not_configured")
    assert (workbench.folder / "configs/workflows/chat.yaml").read_text() == TINY


async def test_what_was_edited_on_disk_becomes_a_version(client: AsyncClient, workbench: Workbench) -> None:
    await read(client, "workflows/chat.yaml")
    workbench.write("workflows/chat.yaml", TINY)
    await save(client, "workflows/chat.yaml", f"{TINY}# mine\n")
    (workbench.folder / "configs/workflows/chat.yaml").write_bytes(b"\xef\xbb\xbfname: \x00\n")
    await read(client, "workflows/chat.yaml")

    rows = (await client.get(f"{FILES}/workflows/chat.yaml/versions")).json()["versions"]

    assert [(row["number"], row["origin"], row["created_by"]) for row in rows] == [
        (4, "disk", "disk"),
        (3, "saved", "local"),
        (2, "disk", "disk"),
        (1, "disk", "disk"),
    ]
    assert (await client.get(f"{FILES}/workflows/chat.yaml/versions/2")).json()["content"] == TINY


async def test_a_deleted_file_can_be_brought_back(client: AsyncClient, workbench: Workbench) -> None:
    session_id = await create_session(client)

    deleted = await client.delete(f"{FILES}/workflows/chat.yaml")

    assert deleted.status_code == 200
    assert not (workbench.folder / "configs/workflows/chat.yaml").exists()
    assert code_of(await client.get(f"{FILES}/workflows/chat.yaml")) == (404, "config_file_not_found")
    assert code_of(await client.delete(f"{FILES}/workflows/chat.yaml")) == (404, "config_file_not_found")
    assert (await run(client, session_id))["status"] == "succeeded"
    rows = (await client.get(f"{FILES}/workflows/chat.yaml/versions")).json()["versions"]
    assert [(row["origin"], row["etag"] is None) for row in rows] == [("deleted", True), ("disk", False)]
    gone = await client.post(f"{FILES}/workflows/chat.yaml/versions/2/restore")
    assert code_of(gone) == (404, "config_version_not_found")
    assert (await client.post(f"{FILES}/workflows/chat.yaml/versions/1/restore")).status_code == 200
    assert (await create_session(client)).startswith("chat-")


async def test_another_project_sees_no_versions_of_this_one(client: AsyncClient, container: Container) -> None:
    await read(client, "models.yaml")
    stranger = Scope("other", "somebody")
    async with container.database.read(stranger) as tx:
        assert await container.config_versions.latest(tx, "models.yaml") is None
        assert await container.config_versions.latest_of_all(tx) == {}
        assert await container.config_versions.find_number(tx, "models.yaml", models()) is None
    page = await container.config_service.list_versions(stranger, "models.yaml", page=1, page_size=20)
    assert [(row.number, row.project_id) for row in page.items] == [(1, "other")]


async def test_saved_models_serve_the_next_run(client: AsyncClient) -> None:
    session_id = await create_session(client)
    assert (await run(client, session_id))["output"]["messages"][-1]["content"] == "Hello there, friend"

    await save(client, "models.yaml", models(default=replying("something new")))

    assert (await run(client, session_id))["output"]["messages"][-1]["content"] == "something new"
    await client.post(f"{FILES}/models.yaml/versions/1/restore")
    assert (await run(client, session_id))["output"]["messages"][-1]["content"] == "Hello there, friend"


async def test_saved_tools_and_prices_serve_the_next_run(client: AsyncClient, workbench: Workbench) -> None:
    node = "type: tool, tool: sums, args: {expression: 6*7}, output: n"
    text = (
        f"name: tooled\nstate: {{n: {{type: any}}}}\nentry: a\nnodes:\n  a: {{{node}}}\nedges: [{{from: a, to: END}}]\n"
    )
    assert code_of(await save(client, "workflows/tooled.yaml", text)) == (400, "tool_not_configured")

    assert (await save(client, "tools.yaml", "tools: {sums: {type: calculator}}\n")).status_code == 201
    assert (await save(client, "workflows/tooled.yaml", text)).status_code == 201
    session_id = await create_session(client, "tooled")
    assert (await run(client, session_id, None))["status"] == "succeeded"
    assert (await save(client, "prices.yaml", 'prices: {rehearsal-1: {input: "1", output: "2"}}\n')).status_code == 201
    chat = await create_session(client)
    limited = await run(client, chat, limits={"cost": "1"})
    assert limited["status"] == "succeeded"  # without a price it would fail: limit_cost_unpriced


async def test_a_saved_workflow_is_a_new_version_for_the_next_session(client: AsyncClient) -> None:
    old = await create_session(client)

    await save(client, "workflows/chat.yaml", CHAT.replace("Be brief.", "Be long."))

    new = await create_session(client)
    ids = [(await client.get(f"/api/sessions/{one}")).json()["workflow_id"] for one in (old, new)]
    assert ids[0] != ids[1]
    assert (await run(client, old))["status"] == (await run(client, new))["status"] == "succeeded"


async def test_a_dry_run_says_what_would_change_and_whom_it_concerns(client: AsyncClient, workbench: Workbench) -> None:
    workflow_id = await load_workflow(client)
    count = await load_workflow(client, "count")
    before = (workbench.folder / "configs/models.yaml").read_text()
    without = {name: spec for name, spec in MODELS.items() if name not in {"default", "tardy"}}
    proposed = json.dumps({"models": {**without, "fresh": replying("x"), "slow": replying("y")}})

    told = (await client.post(f"{FILES}/models.yaml/validate", json={"content": proposed})).json()

    assert (told["valid"], told["errors"]) == (True, [])
    assert told["entries"] == {"added": ["fresh"], "removed": ["default", "tardy"], "changed": ["slow"]}
    assert told["diff"].startswith("--- models.yaml\n+++ models.yaml\n@@")
    assert [(one["workflow_id"], one["uses"]) for one in told["workflows"]] == [(workflow_id, ["default"])]
    assert "No model is called default" in told["workflows"][0]["broken_by"]
    assert count not in [one["workflow_id"] for one in told["workflows"]]
    assert (workbench.folder / "configs/models.yaml").read_text() == before
    assert (await run(client, await create_session(client)))["status"] == "succeeded"


async def test_a_dry_run_of_a_workflow_compares_its_graphs(client: AsyncClient) -> None:
    workflow_id = await load_workflow(client, "ask")
    content = (await read(client, "workflows/ask.yaml"))["content"]
    changed = content.replace("Send it?", "Really?").replace("when: approved", "when: approved == true")

    told = (await client.post(f"{FILES}/workflows/ask.yaml/validate", json={"content": changed})).json()

    graph = told["graph"]
    assert [node["id"] for node in graph["nodes_changed"]] == ["approve"]
    assert graph["nodes_changed"][0]["after"]["config"]["question"] == "Really?"
    assert graph["edges_changed"] == [
        {
            "before": {"from": "approve", "to": "send", "when": "approved"},
            "after": {"from": "approve", "to": "send", "when": "approved == true"},
        }
    ]
    assert (graph["nodes_added"], graph["edges_removed"], graph["reordered"]) == ([], [], [])
    assert [one["workflow_id"] for one in told["workflows"]] == [workflow_id]


async def test_a_dry_run_of_a_workflow_gives_the_graph_that_the_text_makes(client: AsyncClient) -> None:
    older = (
        "name: older\nentry_point: say\nnodes:\n  say: {type: llm_node, config: {system_prompt: Hi}}\n"
        "edges: [{from: say, to: END}]\n"
    )

    told = (await client.post(f"{FILES}/workflows/older.yaml/validate", json={"content": older})).json()

    assert [(node["id"], node["type"]) for node in told["outline"]["nodes"]] == [
        ("START", "start"),
        ("say", "llm"),
        ("END", "end"),
    ]
    assert [(edge["from"], edge["to"]) for edge in told["outline"]["edges"]] == [("START", "say"), ("say", "END")]
    broken = await client.post(f"{FILES}/workflows/older.yaml/validate", json={"content": "name: ["})
    assert broken.json()["outline"] is None


async def test_a_dry_run_without_a_text_looks_at_the_disk(client: AsyncClient, workbench: Workbench) -> None:
    await load_workflow(client)
    workbench.write("workflows/chat.yaml", CHAT.replace("brief", "long"))

    told = (await client.post(f"{FILES}/workflows/chat.yaml/validate")).json()

    assert [node["id"] for node in told["graph"]["nodes_changed"]] == ["answer"]
    workbench.write("workflows/chat.yaml", "name: [")
    assert (await client.post(f"{FILES}/workflows/chat.yaml/validate")).json()["valid"] is False


async def test_a_mistake_repeats_no_secret_of_the_environment(workbench: Workbench) -> None:
    app = create_app(workbench.settings(), environment={"CRM_TOKEN": "s3cr3tvalue"})
    async with (
        app.router.lifespan_context(app),
        AsyncClient(transport=ASGITransport(app), base_url="http://127.0.0.1") as client,
    ):
        for path, content in (
            ("tools.yaml", "tools:\n  a: {type: python, call: '${CRM_TOKEN}:x'}\n"),
            ("workflows/x.yaml", TINY.replace("llm", "llm, model: '${CRM_TOKEN}'")),
            ("workflows/x.yaml", TINY.replace("to: END", "to: '${CRM_TOKEN}'")),
        ):
            refused = await save(client, path, content)
            tried = await client.post(f"{FILES}/{path}/validate", json={"content": content})
            assert refused.status_code == 400
            assert tried.json()["valid"] is False
            assert "s3cr3tvalue" not in refused.text + tried.text
            assert "***" in tried.json()["errors"][0]["message"]


async def test_a_refusal_is_told_in_chinese_too(client: AsyncClient) -> None:
    told = await client.post(
        f"{FILES}/models.yaml/validate", json={"content": "models: {}"}, headers={"Accept-Language": "zh"}
    )
    assert "无法加载" in told.json()["detail"]


async def test_the_settings_are_read_only_and_their_secrets_hidden(client: AsyncClient, workbench: Workbench) -> None:
    workbench.write("flowdeck.yaml", "database: {url: 'postgresql://u:s3cr3t@db/x'}\n")

    file = await read(client, "flowdeck.yaml")

    assert "s3cr3t" not in json.dumps(file)
    assert (file["kind"], file["writable"], file["loaded"]) == ("settings", False, False)
    assert code_of(await save(client, "flowdeck.yaml", "{}")) == (403, "config_file_read_only")
    assert code_of(await client.delete(f"{FILES}/flowdeck.yaml")) == (403, "config_file_read_only")
    told = (await client.post(f"{FILES}/flowdeck.yaml/validate", json={"content": "server: {prt: 1}\n"})).json()
    assert (told["errors"][0]["field"], told["errors"][0]["line"]) == ("server.prt", 1)
    assert (await client.post(f"{FILES}/flowdeck.yaml/validate")).json()["valid"] is False


async def test_secrets_written_into_the_models_file_are_not_shown(client: AsyncClient, workbench: Workbench) -> None:
    workbench.write("models.yaml", "models:\n  default: {provider: openai, model: m, api_key: sk-s3cr3t}\n")

    shown = [await client.get(f"{FILES}/models.yaml"), await client.get(f"{FILES}/models.yaml/versions/1")]
    shown.append(await client.post(f"{FILES}/models.yaml/validate"))

    assert all(answer.status_code == 200 for answer in shown)
    assert [answer.text for answer in shown if "s3cr3t" in answer.text] == []
    assert shown[0].json()["loaded"] is False
    assert (await run(client, await create_session(client)))["status"] == "succeeded"
