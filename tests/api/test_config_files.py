"""Configuration files: read, saved, refused, their versions kept and restored."""

import os
import stat
from typing import Any

import pytest
from httpx import AsyncClient

from flowdeck.container import Container
from flowdeck.storage.scope import Scope
from tests.api.config_files import FILES, TINY, models, read, save
from tests.factories import code_of, create_session, load_workflow, problem_of, run
from tests.workbench import CHAT, Workbench

pytestmark = pytest.mark.anyio


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


async def test_every_mistake_of_a_workflow_is_told_at_once(client: AsyncClient) -> None:
    content = """name: many
entry: a
nodes:
  a: {type: llm, model: absent, temperature: hot, system: "{{ nothing }}", prompt: "${NOT_SET_ANYWHERE}"}
edges:
  - {from: a, to: nowhere}
"""
    expected = [
        (4, "nodes.a.model"),
        (4, "nodes.a.temperature"),
        (4, "nodes.a.system"),
        (4, "nodes.a.prompt"),
        (6, "edges.0.to"),
    ]
    tried = await client.post(f"{FILES}/workflows/many.yaml/validate", json={"content": content})
    saved = await client.put(f"{FILES}/workflows/many.yaml", json={"content": content}, headers={"If-None-Match": "*"})
    loaded = await client.post("/api/workflows/", json={"config_data": content})
    for answer in (tried, saved, loaded):
        told = answer.json()
        # A workflow sent as data may not read this variable either.
        assert [(item["line"], item["field"]) for item in told["errors"]] == expected, told


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
