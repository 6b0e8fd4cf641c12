"""The configuration as one archive: out, in, and what an archive must not hold."""

import errno
import json
import shutil
import stat
import zipfile
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path

import pytest
from httpx import AsyncClient, Response

from flowdeck.managers import config_archive
from tests.factories import MODELS, code_of, create_session, problem_of, run
from tests.workbench import CHAT, Workbench

pytestmark = pytest.mark.anyio

EXPORT, IMPORT = "/api/config/export", "/api/config/import"
FRESH = json.dumps({"models": {**MODELS, "fresh": {**MODELS["default"], "replies": [{"text": "imported"}]}}})
USES_FRESH = CHAT.replace("type: llm", "type: llm, model: fresh")


def archive(files: Mapping[str, str | bytes]) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as written:
        for name, content in files.items():
            written.writestr(zipfile.ZipInfo(name), content, compress_type=zipfile.ZIP_DEFLATED)
    return packed.getvalue()


async def send(client: AsyncClient, content: bytes, **query: str) -> Response:
    return await client.post(IMPORT, content=content, params=query, headers={"Content-Type": "application/zip"})


def texts(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def configs(workbench: Workbench) -> Path:
    return workbench.folder / "configs"


async def test_an_export_holds_every_file_and_is_always_the_same(client: AsyncClient, configs: Path) -> None:
    (configs / "flowdeck.yaml").write_text("runs: {steps: 7}\n")
    (configs / "workflows/chat.yaml").write_text(CHAT.replace("Be brief.", "Be ${TONE:brief}. 简短"))

    first, second = await client.get(EXPORT), await client.get(EXPORT)

    assert first.headers["content-type"] == "application/zip"
    assert first.headers["content-disposition"] == 'attachment; filename="flowdeck-config.zip"'
    assert first.content == second.content
    with zipfile.ZipFile(BytesIO(first.content)) as packed:
        assert packed.testzip() is None
        held = {name: packed.read(name) for name in packed.namelist()}
    there = texts(configs)
    del there["flowdeck.yaml"]
    assert held == there
    assert "${TONE:brief}. 简短" in held["workflows/chat.yaml"].decode()


async def test_an_export_is_imported_elsewhere(client: AsyncClient, configs: Path) -> None:
    exported = (await client.get(EXPORT)).content
    shutil.rmtree(configs / "workflows")
    (configs / "models.yaml").unlink()

    answer = await send(client, exported)

    assert answer.status_code == 200, answer.text
    assert answer.json()["valid"] is True
    assert (await client.get(EXPORT)).content == exported
    assert (await run(client, await create_session(client)))["status"] == "succeeded"


async def test_new_workflows_are_checked_against_the_new_models(client: AsyncClient, configs: Path) -> None:
    files = {"models.yaml": FRESH, "workflows/chat.yaml": USES_FRESH}
    before = texts(configs)

    tried = (await send(client, archive(files), dry_run="true")).json()
    assert (tried["dry_run"], tried["valid"]) == (True, True)
    assert {file["path"]: file["entries"]["added"] for file in tried["files"]}["models.yaml"] == ["fresh"]
    assert texts(configs) == before

    assert (await send(client, archive(files))).status_code == 200
    output = (await run(client, await create_session(client)))["output"]
    assert output["messages"][-1]["content"] == "imported"
    rows = (await client.get("/api/config/files/models.yaml/versions")).json()["versions"]
    assert [row["origin"] for row in rows] == ["imported", "disk"]
    assert "workflows/ask.yaml" in texts(configs)


async def test_one_file_that_would_not_load_keeps_all_out(client: AsyncClient, configs: Path) -> None:
    before = texts(configs)
    files = {"models.yaml": FRESH, "workflows/chat.yaml": USES_FRESH.replace("fresh", "nobody")}

    refused = await send(client, archive(files))

    assert code_of(refused) == (400, "model_not_configured")
    assert problem_of(refused)["errors"][0]["file"] == "configs/workflows/chat.yaml"
    assert (await send(client, archive(files), dry_run="true")).json()["valid"] is False
    assert texts(configs) == before


async def test_a_write_that_fails_in_the_midst_is_taken_back(
    client: AsyncClient, configs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = texts(configs)
    replace: Callable[[Path, Path], Path] = Path.replace
    calls = 0

    def fail_the_third(path: Path, target: Path) -> Path:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise OSError(errno.EROFS, "Read-only file system")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", fail_the_third)
    files = {"models.yaml": FRESH, "prices.yaml": "prices: {}\n", "workflows/chat.yaml": USES_FRESH}

    refused = await send(client, archive(files))

    assert code_of(refused) == (503, "config_not_writable")
    assert texts(configs) == before
    assert (await run(client, await create_session(client)))["output"]["messages"][-1]["content"] != "imported"
    assert (await client.get("/api/config/files/models.yaml/versions")).json()["total"] == 1


def link() -> bytes:
    entry = zipfile.ZipInfo("workflows/link.yaml")
    entry.create_system = 3
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as written:
        written.writestr(entry, "/etc/passwd")
    return packed.getvalue()


def twice() -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as written:
        written.writestr("workflows/x.yaml", CHAT)
        with pytest.warns(UserWarning, match="Duplicate name"):
            written.writestr("workflows/x.yaml", CHAT)
    return packed.getvalue()


def encrypted() -> bytes:
    content = bytearray(archive({"workflows/x.yaml": CHAT}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + offset] |= 1
    return bytes(content)


def lying() -> bytes:
    """Says that it holds ten bytes, and unpacks to 600,000."""
    content = bytearray(archive({"workflows/x.yaml": b"#" * 600_000}))
    for mark, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = content.index(mark) + offset
        content[at : at + 4] = (10).to_bytes(4, "little")
    return bytes(content)


def damaged() -> bytes:
    content = bytearray(archive({"workflows/x.yaml": CHAT}))
    content[60] ^= 0xFF
    return bytes(content)


HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "no archive": b"PK but no zip",
    "empty": archive({}),
    "outside": archive({"../outside.yaml": CHAT}),
    "deep outside": archive({"workflows/../../outside.yaml": CHAT}),
    "absolute": archive({"/etc/flowdeck.yaml": CHAT}),
    "backslashes": archive({"workflows\\..\\..\\x.yaml": CHAT}),
    "a drive": archive({"C:/x.yaml": CHAT}),
    "hidden": archive({"workflows/.x.yaml": CHAT}),
    "something else": archive({"documents/x.md": "x"}),
    "settings": archive({"flowdeck.yaml": "{}"}),
    "other case": archive({"workflows/x.yaml": CHAT, "workflows/X.yaml": CHAT}),
    "other name": archive({"workflows/x.yaml": CHAT, "configs/workflows/x.yaml": CHAT}),
    "no text": archive({"workflows/x.yaml": b"\xff\xfe"}),
    "a bomb": archive({"workflows/x.yaml": b"#" * 50_000_000}),
    "many bombs": archive({f"workflows/x{n}.yaml": b"#" * 262_000 for n in range(200)}),
    "many entries": archive({f"workflows/x{n}.yaml": "#" for n in range(config_archive.MAX_ENTRIES + 1)}),
    "a link": link(),
    "encrypted": encrypted(),
    "lying": lying(),
    "damaged": damaged(),
}


@pytest.mark.parametrize("name", [*HOSTILE, "twice"])
async def test_a_hostile_archive_is_refused_and_nothing_is_written(
    client: AsyncClient, workbench: Workbench, configs: Path, name: str
) -> None:
    content = twice() if name == "twice" else HOSTILE[name]
    before = texts(configs)

    for query in ({}, {"dry_run": "true"}):
        assert code_of(await send(client, content, **query)) == (400, "archive_invalid")

    assert texts(configs) == before
    assert not (workbench.folder / "outside.yaml").exists()


async def test_an_archive_is_the_body_itself_and_not_too_large(client: AsyncClient) -> None:
    content = archive({"workflows/chat.yaml": CHAT})

    assert code_of(await client.post(IMPORT, content=content)) == (415, "archive_type_unsupported")
    assert code_of(await client.post(IMPORT, json={})) == (415, "archive_type_unsupported")
    assert code_of(await send(client, b"x" * 16_777_217)) == (413, "body_too_large")
    assert code_of(await send(client, content, dry_run="maybe")) == (422, "request_invalid")
