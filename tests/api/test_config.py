"""Settings, what a saved configuration does, dry runs, and what is never shown."""

import json

import pytest
from httpx import ASGITransport, AsyncClient

from flowdeck.api.main import create_app
from flowdeck.settings import DatabaseSettings, ServerSettings, Settings, effective_settings
from tests.api.config_files import FILES, TINY, models, read, replying, save
from tests.factories import MODELS, code_of, create_session, load_workflow, run
from tests.workbench import CHAT, Workbench

pytestmark = pytest.mark.anyio


async def test_every_setting_is_told_with_its_source(client: AsyncClient) -> None:
    settings = {one["name"]: one for one in (await client.get("/api/config")).json()["settings"]}

    assert settings["server.port"] == {
        "name": "server.port",
        "value": 8321,
        "source": "default",
        "default": 8321,
        "variable": "FLOWDECK_SERVER__PORT",
        "description": "Port to listen on. 0 means any free port.",
        "description_zh": "监听端口；0 表示使用任意空闲端口。",
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
    assert "Model default is not configured" in told["workflows"][0]["broken_by"]
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
