"""A folder without a checkout: `flowdeck init`, and what works before it."""

from pathlib import Path

from tests.cli.conftest import Program


def test_init_writes_a_configuration_that_loads(flowdeck: Program, tmp_path: Path) -> None:
    made = flowdeck("init", ".")
    assert made.code == 0
    assert (tmp_path / "configs" / "models.yaml").is_file()
    shipped = sorted(path.name for path in (tmp_path / "configs" / "workflows").iterdir())
    assert shipped == [
        "chat.yaml",
        "extract.yaml",
        "map_summarize.yaml",
        "plan_execute.yaml",
        "react.yaml",
        "triage.yaml",
    ]
    checked = flowdeck("workflows", "validate", *(f"configs/workflows/{name}" for name in shipped))
    assert (checked.code, checked.err) == (0, "")


def test_init_overwrites_nothing_unless_forced(flowdeck: Program, tmp_path: Path) -> None:
    flowdeck("init", "here")
    mine = tmp_path / "here" / "configs" / "models.yaml"
    mine.write_text("models: {default: {provider: local}}\n")
    (tmp_path / "here" / "configs" / "tools.yaml").unlink()
    refused = flowdeck("init", "here")
    assert refused.code == 1
    assert refused.err.startswith("error: here/configs/")
    assert refused.err.endswith(" already exists, so nothing was written. Use --force to overwrite it.\n")
    assert not (tmp_path / "here" / "configs" / "tools.yaml").exists()
    assert flowdeck("init", "here", "--force").code == 0
    assert mine.read_text() != "models: {default: {provider: local}}\n"


def test_init_tells_where_it_cannot_write(flowdeck: Program, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = flowdeck("init", "file")
    assert (result.code, result.err) == (1, "error: Cannot write file/configs: Not a directory\n")


def test_an_empty_folder_uses_the_packaged_configuration_and_says_so(flowdeck: Program, tmp_path: Path) -> None:
    result = flowdeck("run", "chat", "Hi", "--model", "rehearsal")
    assert (result.code, result.out) == (0, "This answer was written in advance.\n")
    assert result.err.startswith("The folder configs does not exist, so the packaged one is used. To create your own: ")
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_a_configuration_folder_that_was_asked_for_must_be_there(flowdeck: Program) -> None:
    result = flowdeck("workflows", "list", "--config-dir", "nowhere/configs")
    assert result.code == 1
    assert result.err == (
        "error: The configuration folder nowhere/configs does not exist. Create it with: flowdeck init nowhere\n"
    )
